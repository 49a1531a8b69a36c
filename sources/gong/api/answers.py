"""Reads the parts of an HTTP answer: its JSON, Gong's texts in it, the wait it asks for. Pure."""

from __future__ import annotations

import json
import math
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

_LONG_INTEGER = re.compile(rb"[:\[,]\s*-?\d{19,}")


def parse(content: bytes) -> Any:
    """Returns the JSON value of a body; None where it is not JSON. Integers stay exact."""
    # orjson turns integers beyond 64 bits into floats; the standard library keeps them exact
    if not _LONG_INTEGER.search(content):
        try:
            return orjson.loads(content)
        except ValueError:
            pass
    try:
        return json.loads(content)
    except ValueError:
        return None


def refusal(body: Any) -> tuple[list[str], str]:
    """Returns Gong's own texts in the body of a refusal, and its request id; empty where absent."""
    fields = body if isinstance(body, dict) else {}
    errors = fields.get("errors")
    texts = [str(text) for text in errors] if isinstance(errors, list) else []
    return texts, str(fields.get("requestId") or "")


def retry_after(header: str, default: float) -> float:
    """Returns how many seconds Gong asks to wait: a number of seconds or a date.

    Args:
        header: `Retry-After`; empty where it is missing.
        default: for a header that is missing or cannot be read.
    """
    try:
        seconds = float(header)
        return max(seconds, 0.0) if math.isfinite(seconds) else default
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except ValueError:
        return default
