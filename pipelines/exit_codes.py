"""Exit codes of every command, and which error ends a command with which code."""

from __future__ import annotations

from sources.gong.api.errors import (
    BrokenLedger,
    GongError,
    Postponed,
    StopRun,
    Unreachable,
    UnusableInput,
)
from warehouse.errors import BadInput, WarehouseError

DONE = 0
FAILED = 1
"""Something failed; the rest landed."""
USAGE = 2
"""Wrong usage or configuration."""
POSTPONED = 75
"""Stopped early on purpose (quota, or a warehouse in use and --no-wait); nothing is lost, run it
again later."""
INTERRUPTED = 130
"""Ended by Ctrl-C or SIGTERM; nothing that has landed is lost, run it again."""


class CommandError(Exception):
    """Ends a command with its message and `exit_code`."""

    exit_code = FAILED


class UsageError(CommandError, ValueError):
    """The user gave something that cannot be used; the message names it and what would do."""

    exit_code = USAGE


class Later(CommandError):
    """Nothing was done, on purpose; the same command works later."""

    exit_code = POSTPONED


_OF_OTHER_LAYERS: tuple[tuple[type[Exception], int], ...] = (
    (UnusableInput, USAGE),
    (BadInput, USAGE),
    (Postponed, POSTPONED),
    (Unreachable, FAILED),
    (StopRun, USAGE),
    (GongError, FAILED),
    (BrokenLedger, FAILED),
    (WarehouseError, FAILED),
)
"""Exit codes of the errors of `sources` and `warehouse`; the first class that fits counts."""


def exit_code_of(error: Exception) -> int | None:
    """Returns the exit code of a foreseen error; None for a fault of the program."""
    if isinstance(error, CommandError):
        return error.exit_code
    return next((code for base, code in _OF_OTHER_LAYERS if isinstance(error, base)), None)


def outcome_of(code: int) -> str:
    """Returns the name in `gong_ops.runs` of a run that ended with a code."""
    return {DONE: "done", POSTPONED: "postponed"}.get(code, "failed")
