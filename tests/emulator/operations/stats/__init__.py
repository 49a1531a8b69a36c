"""Statistics and answered scorecards."""
