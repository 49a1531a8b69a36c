"""Checks one value against its parameter and gives it the parameter's type. Pure.

Texts are read as a command line has them, other values must be of the type already. Whole numbers
of any length stay exact.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sources.gong.api.operations import Parameter, ParameterLocation, ParameterType

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.+)?")
_INTEGER = re.compile(r"[+-]?\d{1,100}", re.ASCII)


class InvalidValue(Exception):
    """A value that cannot be used; the text follows the name of the parameter."""


def parse_value(parameter: Parameter, value: Any) -> Any:
    """Returns a value in the type of its parameter.

    Returns:
        Text, whole numbers as `int`, numbers, `bool`, instants and dates as ISO text, lists, JSON
        objects, files as `Path`, or as text where it is a URL.

    Raises:
        InvalidValue: it is not of that type, empty, or not one of the choices.
    """
    if isinstance(value, str) and not value and not _may_be_empty(parameter):
        is_list = parameter.type is ParameterType.LIST
        raise InvalidValue("is empty" + (": write [] for an empty list" if is_list else ""))
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidValue("is not valid UTF-8")
    parse, form = _TYPES[parameter.type]
    try:
        typed = parse(value)
    except (TypeError, ValueError):
        raise InvalidValue(f"must be {form}, not {_shown(value)}") from None
    if parameter.location is ParameterLocation.PATH and is_dot_segment(typed):
        raise InvalidValue(f"cannot be {typed!r}")
    if parameter.choices:
        for item in typed if isinstance(typed, list) else (typed,):
            _check_choice(parameter, item)
    return typed


def parse_json(text: str) -> Any:
    """Returns the value of a JSON text; the standard library keeps whole numbers of any length.

    Raises:
        InvalidValue: it is not valid JSON.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidValue(
            f"is not valid JSON ({error.msg} at character {error.pos + 1})"
        ) from None
    except (ValueError, RecursionError):
        raise InvalidValue("is not valid JSON") from None


def is_dot_segment(value: Any) -> bool:
    """Whether a value in a path would be resolved away, so that another operation is reached."""
    return str(value).strip(".") == ""


def _check_choice(parameter: Parameter, item: Any) -> None:
    if item in parameter.choices:
        return
    choices = {choice.casefold(): choice for choice in parameter.choices}
    near = get_close_matches(str(item).casefold(), choices, n=1, cutoff=0.8)
    hint = f" (did you mean {choices[near[0]]}?)" if near else ""
    raise InvalidValue(f"cannot be {item!r}{hint}; it can be {', '.join(parameter.choices)}")


def _may_be_empty(parameter: Parameter) -> bool:
    # a text in a body may be emptied on purpose, unless it is required
    return (
        parameter.type is ParameterType.TEXT
        and parameter.location is ParameterLocation.BODY
        and not parameter.is_required
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    # ids are text at Gong, and numbers in many a table
    return str(_whole(value))


def _whole(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError


def _integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    return _whole(value)


def _number(value: Any) -> int | float:
    try:
        return _integer(value)
    except TypeError:
        number = float(value) if isinstance(value, (str, float, Decimal)) else math.nan
    if math.isfinite(number):
        return number
    raise TypeError


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    raise TypeError


def _instant(value: Any) -> str:
    if isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if _INSTANT.fullmatch(value):
            return value
        if moment.tzinfo is None:
            written = f"{moment.isoformat()}Z (or another offset than Z)"
            raise InvalidValue(f"has no offset: write {written}, not {value!r}")
    elif isinstance(value, datetime):
        if value.tzinfo is not None:
            return value.isoformat()
        raise InvalidValue(f"has no offset ({value.isoformat()})")
    raise TypeError


def _date(value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        if len(value) > len("2026-01-31"):
            # Gong reads the day of a date-time; many a client sends one
            datetime.fromisoformat(value)
            return value
        return date.fromisoformat(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


def _list(value: Any) -> list[Any]:
    if isinstance(value, str) and not value.lstrip().startswith(("[", "{")):
        items = [item.strip() for item in re.split(r"[,\n]", value.strip())]
        if not all(items):
            raise InvalidValue("has an empty item between its commas")
        return items
    items = parse_json(value) if isinstance(value, str) else value
    if isinstance(items, (list, tuple)):
        return list(items)
    raise TypeError


def _object(value: Any) -> dict[str, Any]:
    parsed = parse_json(value) if isinstance(value, str) else value
    if isinstance(parsed, Mapping):
        return dict(parsed)
    raise TypeError


def _any(value: Any) -> Any:
    try:
        return parse_json(value) if isinstance(value, str) else value
    except InvalidValue:
        return value


def _file(value: Any) -> Path | str:
    if isinstance(value, str) and value.lower().startswith(("http://", "https://")):
        return value
    if isinstance(value, (str, Path)):
        return Path(value)
    raise TypeError


_TYPES: Mapping[ParameterType, tuple[Callable[[Any], Any], str]] = {
    ParameterType.TEXT: (_text, "text"),
    ParameterType.INTEGER: (_integer, "a whole number"),
    ParameterType.NUMBER: (_number, "a number"),
    ParameterType.BOOLEAN: (_boolean, "true or false"),
    ParameterType.INSTANT: (_instant, "a time such as 2026-01-31T00:00:00Z"),
    ParameterType.DATE: (_date, "a day such as 2026-01-31"),
    ParameterType.LIST: (_list, "a list, a,b or JSON"),
    ParameterType.OBJECT: (_object, "a JSON object"),
    ParameterType.ANY: (_any, "JSON"),
    ParameterType.FILE: (_file, "the path of a file"),
}
"""How a value is read, and the form it must have. A parser raises TypeError or ValueError."""


def _no_constant(name: str) -> Any:
    raise InvalidValue(f"is not valid JSON ({name} is no number there)")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
