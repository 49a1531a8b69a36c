"""Checks a body against a declared form; reports every fault with its path."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.emulator.errors import bad_request, parse_error
from tests.emulator.settings import Json
from tests.emulator.timing.instants import parse_instant

Check = Callable[[Any, str], list[str]]


def text(value: Any, path: str) -> list[str]:
    """A text; whole numbers pass, the way Gong's ids may be sent."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise parse_error()
    return []


def filled(value: Any, path: str) -> list[str]:
    """A text with something in it."""
    return text(value, path) or ([] if str(value).strip() else [f"{path}: must not be blank"])


def whole(value: Any, path: str) -> list[str]:
    """A whole JSON number of 32 bits: all that Gong declares in a body are."""
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        raise parse_error()
    return []


def flag(value: Any, path: str) -> list[str]:
    """A JSON boolean."""
    if not isinstance(value, bool):
        raise parse_error()
    return []


def scalar(value: Any, path: str) -> list[str]:
    """A text, number or boolean."""
    if not isinstance(value, (str, int, float)):
        raise parse_error()
    return []


def instant(value: Any, path: str) -> list[str]:
    """A date-time with Z or an offset."""
    text(value, path)
    if parse_instant(str(value)) is None:
        return [f"{path}: must be an ISO-8601 date-time with an offset or Z"]
    return []


def choice(*allowed: str) -> Check:
    """One of some words in exactly that case, or 400 `Json parse error` (seen live)."""

    def check(value: Any, path: str) -> list[str]:
        if value not in allowed:
            raise parse_error()
        return []

    return check


def listed(check: Check, *, most: int | None = None, least: int = 0) -> Check:
    """A list whose items all pass; its size may be limited."""

    def check_all(value: Any, path: str) -> list[str]:
        if not isinstance(value, list) or any(item is None for item in value):
            raise parse_error()
        faults = [fault for n, item in enumerate(value) for fault in check(item, f"{path}[{n}]")]
        if most is not None and len(value) > most:
            faults.append(f"{path}: size must not exceed {most}")
        if len(value) < least:
            faults.append(f"{path}: must not be empty")
        return faults

    return check_all


@dataclass(frozen=True)
class Form:
    """An object's known keys; a name with `*` is required, unknown keys are ignored."""

    keys: dict[str, Check]

    def __call__(self, value: Any, path: str) -> list[str]:
        """The faults of an object found at a path."""
        if not isinstance(value, dict):
            raise parse_error()
        faults: list[str] = []
        for name, check in self.keys.items():
            key = name.removesuffix("*")
            inner = f"{path}.{key}" if path else key
            if value.get(key) is not None:
                faults += check(value[key], inner)
            elif name.endswith("*"):
                faults.append(f"{inner}: must not be null")
        return faults

    def require(self, body: Json) -> None:
        """400 with every fault of a body."""
        faults = self(body, "")
        if faults:
            raise bad_request(*faults)
