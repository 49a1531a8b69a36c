"""Reads the parts of an answer: its JSON, Gong's texts in it, its date, the wait it asks for. Pure.

What an answer lands that is not quite JSON: a byte that is no UTF-8 (RFC 8259 allows nothing else)
is read as U+FFFD, the replacement character, and the rest of the answer as it is; an answer that
names another charset is read in that one. A byte order mark is dropped. Of equal keys of an object
the last counts. Whatever else is no JSON is not read at all.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

import orjson

_KINDS = bytes.maketrans(b"0123456789\t\r\n,:[", b"0" * 10 + b" " * 6)
"""Makes one of all digits, and one of what may stand before a number."""
_LONG_INTEGERS = (b" " + b"0" * 20, b"-" + b"0" * 19)
"""How the integers begin that may be beyond 64 bits."""
_UTF_8 = ("", "utf-8", "utf8")
_FIRST_DATE = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""No answer is older than this program."""
_LAST_DATE = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


Decode: TypeAlias = Callable[[bytes | bytearray], dict[str, Any] | None]
"""From a body to its JSON object; None where it is to be read as `parse` reads it."""


@dataclass(frozen=True, slots=True)
class JsonBody:
    """The JSON of a body.

    Attributes:
        value: None where the body is no JSON.
        replaced: how many bytes, or runs of them, were read as U+FFFD.
    """

    value: Any
    replaced: int = 0


def parse(content: bytes | bytearray, charset: str = "") -> JsonBody:
    """Returns the JSON of a body. Integers stay exact, however long.

    Args:
        content: the body.
        charset: that the answer names, for a body that is no UTF-8; empty where it names none.
    """
    if not _has_long_integers(content):
        try:
            return JsonBody(orjson.loads(content))
        except ValueError:
            pass
    try:
        return JsonBody(json.loads(content))
    except UnicodeDecodeError:
        return _parse_damaged(content, charset)
    except (ValueError, RecursionError):
        return JsonBody(None)


def _has_long_integers(content: bytes | bytearray) -> bool:
    """Whether a body may have integers beyond 64 bits.

    orjson turns these into floats, the standard library keeps them exact. A text may look like one
    too, which costs time and nothing else. A search for two fixed sequences costs a tenth of that
    with a regular expression.
    """
    kinds = content.translate(_KINDS)
    return any(start in kinds for start in _LONG_INTEGERS)


def _parse_damaged(content: bytes | bytearray, charset: str) -> JsonBody:
    """Returns the JSON of a body that has bytes which are no UTF-8."""
    try:
        text = content.decode("utf-8" if charset.lower() in _UTF_8 else charset, "replace")
    except (LookupError, ValueError):
        text = content.decode("utf-8", "replace")
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return JsonBody(None)
    return JsonBody(value, text.count("\ufffd") - content.count("\ufffd".encode()))


def is_of_gong(body: Any) -> bool:
    """Whether a refusal has Gong's form: every one that was ever seen names errors and request."""
    return isinstance(body, dict) and ("errors" in body or "requestId" in body)


def sender(headers: Mapping[str, str]) -> str:
    """Returns what the headers of an answer tell of who sent it, for a message."""
    names = {"content-type": "", "server": "Server: ", "via": "Via: "}
    parts = [f"{said}{headers[name]}" for name, said in names.items() if headers.get(name)]
    text = ", ".join(part for part in parts if part.isascii() and part.isprintable())
    return text[:120] or "no content type"


def refusal(body: Any) -> tuple[list[str], str]:
    """Returns Gong's own texts in the body of a refusal, and its request id; empty where absent."""
    fields = body if isinstance(body, dict) else {}
    errors = fields.get("errors")
    texts = [str(text) for text in errors] if isinstance(errors, list) else []
    return texts, str(fields.get("requestId") or "")


def answered_at(headers: Mapping[str, str]) -> float | None:
    """Returns when an answer was made by its `Date`, in seconds since 1970.

    None where the header is missing or cannot be right, or where the answer comes from a cache.
    """
    date = None if "age" in headers else _instant(headers.get("date", ""))
    return date if date and _FIRST_DATE <= date < _LAST_DATE else None


def retry_after(headers: Mapping[str, str], default: float) -> float:
    """Returns how many seconds Gong asks to wait: a number of seconds or a date.

    A date is counted from that of the answer, so that the clock of this machine does not matter.

    Args:
        headers: of the answer.
        default: for `Retry-After` that is missing or cannot be read.
    """
    header = headers.get("retry-after", "")
    try:
        seconds = float(header)
        return max(seconds, 0.0) if math.isfinite(seconds) else default
    except ValueError:
        pass
    until = _instant(header)
    if until is None:
        return default
    now = answered_at(headers)
    return max(until - (time.time() if now is None else now), 0.0)


def _instant(date: str) -> float | None:
    """Returns the seconds since 1970 of an HTTP date; None where it cannot be one."""
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    # without a zone it is meant as UTC
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
