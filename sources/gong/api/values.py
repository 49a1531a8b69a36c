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
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
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
    typed = _PARSERS[parameter.type](value)
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
    if isinstance(value, int) and not isinstance(value, bool):
        # ids are text at Gong, and numbers in many a table
        return str(value)
    raise InvalidValue(f"must be text, not {_shown(value)}")


def _integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidValue(f"must be a whole number, not {_shown(value)}")


def _number(value: Any) -> int | float:
    try:
        return _integer(value)
    except InvalidValue:
        pass
    if isinstance(value, (str, float, Decimal)):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise InvalidValue(f"must be a number, not {_shown(value)}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    raise InvalidValue(f"must be true or false, not {_shown(value)}")


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidValue(f"has no offset ({value.isoformat()})")
        return value.isoformat()
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed and _INSTANT.fullmatch(value):
            return value
        if parsed and parsed.tzinfo is None:
            raise InvalidValue(
                f"has no offset: write {parsed.isoformat()}Z (or another offset than Z), "
                f"not {value!r}"
            )
    raise InvalidValue(f"must be a time such as 2026-01-31T00:00:00Z, not {_shown(value)}")


def _date(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise InvalidValue(f"must be a day such as 2026-01-31, not {_shown(value)}")


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        if value.lstrip().startswith(("[", "{")):
            value = parse_json(value)
        else:
            items = [item.strip() for item in re.split(r"[,\n]", value.strip())]
            if not all(items):
                raise InvalidValue("has an empty item between its commas")
            return items
    if isinstance(value, (list, tuple)):
        return list(value)
    raise InvalidValue(f"must be a list, a,b or JSON, not {_shown(value)}")


def _object(value: Any) -> dict[str, Any]:
    parsed = parse_json(value) if isinstance(value, str) else value
    if isinstance(parsed, Mapping):
        return dict(parsed)
    raise InvalidValue(f"must be a JSON object, not {_shown(value)}")


def _any(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return parse_json(value)
        except InvalidValue:
            return value
    return value


def _file(value: Any) -> Path | str:
    if isinstance(value, Path):
        return value
    if isinstance(value, str):
        return value if value.lower().startswith(("http://", "https://")) else Path(value)
    raise InvalidValue(f"must be the path of a file, not {_shown(value)}")


_PARSERS: Mapping[ParameterType, Callable[[Any], Any]] = {
    ParameterType.TEXT: _text,
    ParameterType.INTEGER: _integer,
    ParameterType.NUMBER: _number,
    ParameterType.BOOLEAN: _boolean,
    ParameterType.INSTANT: _instant,
    ParameterType.DATE: _date,
    ParameterType.LIST: _list,
    ParameterType.OBJECT: _object,
    ParameterType.ANY: _any,
    ParameterType.FILE: _file,
}


def _no_constant(name: str) -> Any:
    raise InvalidValue(f"is not valid JSON ({name} is no number there)")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"
