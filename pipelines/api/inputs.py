"""Reads `OPERATION name=value …` into an operation and its checked parameters; sends nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.exit_codes import UsageError
from sources.gong.api.operations import Operation, ParameterType, UnknownOperation, operation
from sources.gong.api.parameters import InvalidParameters, parameter_named, validate
from sources.gong.api.request import file_urls

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def split_words(
    words: Sequence[str], *, with_values: bool = True
) -> tuple[Operation, dict[str, str]]:
    """Returns the operation, and the text of each parameter by name.

    Raises:
        UsageError: there is no such operation, or a word is not `name=value`.
    """
    name, *rest = words
    if name.upper() in _METHODS and rest and rest[0].startswith("/"):
        name = f"{name} {rest.pop(0)}"
    try:
        row = operation(name)
    except UnknownOperation as unknown:
        raise UsageError(f"{unknown} `gong-elt api` lists them all.") from None
    texts: dict[str, str] = {}
    for word in rest if with_values else ():
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise UsageError(
                f"{word!r} is not name=value; gong-elt api {row.kebab} --help lists the names"
            )
        if key in texts:
            raise UsageError(f"{key} is given twice; a list is written {key}=a,b")
        texts[key] = value
    return row, texts


def checked_values(row: Operation, texts: Mapping[str, str]) -> dict[str, Any]:
    """Returns the values of the parameters.

    Raises:
        UsageError: with all that is wrong.
    """
    values = {}
    for name, text in texts.items():
        parameter = parameter_named(row, name)
        is_path = parameter is not None and parameter.type is ParameterType.FILE
        values[name] = _value(name, text, is_path=is_path)
    try:
        inputs = validate(row, values)
    except InvalidParameters as error:
        problems = "".join(f"\n  {problem}" for problem in error.problems)
        raise UsageError(
            f"{row.operation_id} cannot be called like this; nothing was sent:{problems}\n"
            f"  what it takes: gong-elt api {row.kebab} --help"
        ) from None
    for name, address in file_urls(row, inputs).items():
        raise UsageError(
            f"{name}: {address} is an address; `gong-elt push {row.short}` fetches files from "
            "there, `api` takes those of this machine"
        )
    for name, value in inputs.items():
        if isinstance(value, Path) and not value.is_file():
            raise UsageError(f"{name}: there is no file {value}")
    return inputs


def _value(name: str, text: str, *, is_path: bool) -> str:
    """Returns the value, from a file where it is written `@file`; `@@` begins a text with an @."""
    if text.startswith("@@"):
        return text[1:]
    if not text.startswith("@"):
        return text
    if is_path:
        return text[1:]
    try:
        if text == "@-":
            return sys.stdin.read().strip()
        return Path(text[1:]).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"{name}: {text[1:]} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name}: {text[1:]} is not UTF-8 text") from None
