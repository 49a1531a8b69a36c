"""State about calls: access, manual associations, posted calls."""
