"""Exit codes of every command, and the error that ends one with USAGE."""


class UsageError(ValueError):
    """The user gave something that cannot be used; the message names it and what would do."""


DONE = 0
FAILED = 1
"""Something failed; the rest landed."""
USAGE = 2
"""Wrong usage or configuration."""
POSTPONED = 75
"""Stopped early on purpose (quota); nothing is lost, run it again later."""
