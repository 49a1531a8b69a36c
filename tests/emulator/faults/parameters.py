"""The parameters of fault kinds, and the checks of their values."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

HOUR_SECONDS = 3600
LONGEST_SECONDS = 30 * 24 * HOUR_SECONDS
Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kind: its check (None: the value is valid) and its default."""

    check: Check
    default: Any = None
    required: bool = False


def whole(least: int, most: int) -> Check:
    """A whole number of a range."""

    def check(value: Any) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        fits = is_whole and least <= value <= most
        return None if fits else f"must be a whole number from {least} to {most}"

    return check


def number(least: float, most: float) -> Check:
    """A number of a range."""

    def check(value: Any) -> str | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = is_number and least <= value <= most
        return None if fits else f"must be a number from {least} to {most}"

    return check


def one_of(*values: Any) -> Check:
    """One of some values."""

    def check(value: Any) -> str | None:
        known = any(value == allowed and type(value) is type(allowed) for allowed in values)
        return None if known else f"must be one of {', '.join(map(str, values))}"

    return check


def text(value: Any) -> str | None:
    """A text on one line, as a header needs it."""
    fits = isinstance(value, str) and value and value.isprintable() and value.isascii()
    return None if fits else "must be a printable ASCII text that is not empty"


def an_object(value: Any) -> str | None:
    """An object that is not empty; its values may be anything."""
    return None if isinstance(value, dict) and value else "must be an object that is not empty"


def optional(check: Check) -> Check:
    """Null too."""
    return lambda value: None if value is None else check(value)


FLAG = Parameter(one_of(True, False), False)
SECONDS = number(0, LONGEST_SECONDS)
