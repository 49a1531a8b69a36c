"""Basic credentials and OAuth tokens."""
