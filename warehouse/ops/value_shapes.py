"""The shape of a value, for samples that hold no personal data."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

SAMPLE_LENGTH = 60

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_CONSTANT = re.compile(r"[A-Za-z0-9_-]+( [A-Za-z0-9_-]+)*")
_CONSTANT_LENGTH = 40


def shape_of(text: str) -> str:
    """Returns the shape of a text, at most 60 characters of it.

    Letters become `x` and `X`, digits `9`, line breaks a space; other characters stay.
    """
    return "".join(map(_masked, text[:SAMPLE_LENGTH]))


def _masked(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] in "LM":
        return "X" if category in ("Lu", "Lt") else "x"
    return "9" if category[0] == "N" else " " if category[0] in "CZ" else character


def sample_of(value: Any) -> str:
    """Returns the shape of a text, the keys of an object, the type of any other JSON value."""
    if isinstance(value, str):
        return shape_of(value)
    if isinstance(value, dict):
        keys = (key if _NAME.fullmatch(key) else shape_of(key) for key in value)
        return f"object {{{', '.join(keys)}}}"[:SAMPLE_LENGTH]
    if isinstance(value, list):
        inner = sample_of(value[0]) if value and isinstance(value[0], dict) else ""
        of = inner or (json_type(value[0]) if value else "nothing")
        return f"list of {of}"[:SAMPLE_LENGTH]
    return json_type(value)


def constant(value: str) -> str:
    """Returns a value that looks like one of an enumeration; the shape of any other."""
    fits = len(value) <= _CONSTANT_LENGTH and _CONSTANT.fullmatch(value)
    return value if fits else shape_of(value)


def json_type(value: Any) -> str:
    """Returns what JSON calls a value: string, number, boolean, object, list or null."""
    return {
        str: "string", bool: "boolean", dict: "object", list: "list", type(None): "null",
    }.get(type(value), "number")  # fmt: skip
