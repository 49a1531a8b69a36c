"""Reads request inputs strictly, in Gong's words where those are known."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.emulator.errors import bad_request, parse_error
from tests.emulator.settings import Json
from tests.emulator.timing.instants import parse_date, parse_instant


@dataclass(frozen=True)
class Fields:
    """One object of a request with the path that its faults are reported under."""

    values: Json
    path: str = ""
    in_query: bool = False

    def name(self, key: str) -> str:
        """A field as error texts write it, `filter.fromDateTime` for example."""
        return f"{self.path}.{key}" if self.path else key

    def require(self, *keys: str, text: str = "must not be null") -> None:
        """400 for every required field that is missing or null; of a query, for the first one."""
        missing = [key for key in keys if self.values.get(key) is None]
        if missing and self.in_query:
            raise bad_request(f"{missing[0]} parameter is missing")
        if missing:
            raise bad_request(*(f"{self.name(key)}: {text}" for key in missing))

    def inner(self, key: str, *, required: bool = False) -> "Fields":
        """An object inside this one; absent is empty unless required."""
        value = self.values.get(key)
        if value is None:
            if required:
                raise bad_request(f"{self.name(key)}: must not be null")
            value = {}
        if not isinstance(value, dict):
            raise parse_error()
        return Fields(value, self.name(key))

    def text(self, key: str) -> str | None:
        """A text; whole numbers are taken as text, the way Gong's ids may be sent."""
        return _text(self.values.get(key))

    def ids(self, key: str) -> list[str] | None:
        """A list of ids; absent, null and empty all mean no restriction."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or any(item is None for item in value):
            raise parse_error()
        return [str(_text(item)) for item in value] or None

    def flag(self, key: str) -> bool:
        """A boolean, false when absent; a query sends it as text."""
        value = self.values.get(key)
        if value in ("true", "false"):
            return bool(value == "true")
        if value is None or isinstance(value, bool):
            return bool(value)
        raise parse_error()

    def choice(self, key: str, allowed: tuple[str, ...]) -> str | None:
        """One of some words in exactly that case, or 400 `Json parse error` (seen live)."""
        value = self.values.get(key)
        if value is not None and value not in allowed:
            raise parse_error()
        return _text(value)

    def long(self, key: str) -> str | None:
        """An id that Gong declares as a whole number of 64 bits."""
        text = self.text(key)
        is_number = text is not None and re.fullmatch(r"-?\d{1,19}", text, re.ASCII)
        if text is not None and not (is_number and -(2**63) <= int(text) < 2**63):
            raise bad_request("Bad request")
        return text

    def number(self, key: str) -> str | None:
        """An id in a query, up to twenty digits; anything else is a plain 400 (seen live)."""
        text = self.text(key)
        if text is not None and not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise bad_request("Bad request")
        return text

    def instant(self, key: str) -> int | None:
        """A date-time with Z or an offset, in microseconds."""
        text = self.text(key)
        if text is None:
            return None
        value = parse_instant(text)
        if value is None:
            raise bad_request(
                f"{self.name(key)}: must be an ISO-8601 date-time with an offset or Z"
            )
        return value

    def day(self, key: str) -> date | None:
        """A day; of a date-time, which live clients send too, the day that is written."""
        text = self.text(key)
        if text is None:
            return None
        value = parse_date(text if parse_instant(text) is None else text[:10])
        if value is None:
            raise bad_request(f"{self.name(key)}: must be a date in the format YYYY-MM-DD")
        return value

    def window(self, start: str, end: str) -> tuple[int | None, int | None]:
        """A half-open window of instants; 400 unless it starts before it ends (seen live)."""
        low, high = self.instant(start), self.instant(end)
        if low is not None and high is not None and low >= high:
            raise bad_request(f"{self.name(start)}: must be before {end}")
        return low, high

    def days(self, start: str, end: str) -> tuple[date | None, date | None]:
        """A half-open range of days; equal ends are a range of nothing (seen live)."""
        low, high = self.day(start), self.day(end)
        if low is not None and high is not None and low > high:
            raise bad_request(f"{self.name(start)}: must be before {end}")
        return low, high


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise parse_error()
