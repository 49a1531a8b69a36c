"""Truth and changes of calls."""
