"""Exit codes of every command."""

DONE = 0
FAILED = 1
"""Something failed; the rest landed."""
USAGE = 2
"""Wrong usage or configuration."""
POSTPONED = 75
"""Stopped early on purpose (quota); nothing is lost, run it again later."""
