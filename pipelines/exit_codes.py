"""Exit codes of every command, and the errors that end one with a code of their own."""


class UsageError(ValueError):
    """The user gave something that cannot be used; the message names it and what would do."""


class Later(RuntimeError):
    """Nothing was done, on purpose; the same command works later. Ends a command with POSTPONED."""


DONE = 0
FAILED = 1
"""Something failed; the rest landed."""
USAGE = 2
"""Wrong usage or configuration."""
POSTPONED = 75
"""Stopped early on purpose (quota, or a warehouse in use and --no-wait); nothing is lost, run it
again later."""


def outcome_of(code: int) -> str:
    """Returns how a run that ended with a code is called in `gong_ops.runs`."""
    return {DONE: "done", POSTPONED: "postponed"}.get(code, "failed")
