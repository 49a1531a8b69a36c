"""Parses a JSON body, or refuses it with Gong's 400."""

import json
from typing import Any

from tests.emulator.errors import parse_error
from tests.emulator.settings import Json


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise parse_error() from error


def parse_object(raw: bytes) -> Json:
    """A JSON object, or Gong's 400."""
    body = _parse(raw)
    if not isinstance(body, dict):
        raise parse_error()
    return body


def parse_list(raw: bytes) -> list[Any]:
    """A JSON array, or Gong's 400."""
    body = _parse(raw)
    if not isinstance(body, list):
        raise parse_error()
    return body
