"""Pure: what a user gives for an operation's inputs, checked, typed and put in its place.

`validate` turns the texts of a command line, or the values of a row, into values of the kinds that
`operations.py` states, and tells everything that is wrong at once, before anything is sent.
`prepare` puts such values where Gong reads them. Nothing here touches a file or the network.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sources.gong.api.errors import UnusableInput
from sources.gong.api.operations import Operation, Parameter, ParameterLocation, ParameterType

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WHOLE = re.compile(r"[+-]?\d{1,100}", re.ASCII)


class InvalidParameters(UnusableInput):
    """Inputs cannot be used; `problems` has a line for each of them."""

    def __init__(self, operation: Operation, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lead = f"{operation.operation_id} ({operation.method} {operation.path}): "
        super().__init__(lead + "; ".join(self.problems))


def validate(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns typed values by `Parameter.name`, as `Client.call` takes them.

    Args:
        operation: the row.
        given: values by name. A name may be written as Gong does, with the way to it in dots
            (`filter.fromDateTime`), as the catalogue does (`filter__fromDateTime`, `workspace__id`)
            or in snake case: capitals, dots, dashes and underscores count for nothing. A whole
            object may be given under its own name, as JSON. Texts are read by the kind of the
            input; other values must be of that kind. None is left out.

    Returns:
        Text, whole numbers of any length as `int`, numbers, `bool`, instants and dates as ISO
        text, lists, JSON objects, files as `Path`, or as text where it is an address.

    Raises:
        InvalidParameters: with all that is wrong.
    """
    names = _Names(operation)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        if value is None:
            continue
        for one, part, problem in names.leaves(name, value):
            if one is None:
                problems.append(problem)
            elif one.name in values:
                problems.append(f"{one.name} is given twice")
            else:
                try:
                    values[one.name] = _checked(one, part)
                except _Wrong as wrong:
                    problems.append(f"{one.name} {wrong}")
                    # it is there, though not as it should be: not missing as well
                    values[one.name] = None
    problems += _missing(operation, values)
    if problems:
        raise InvalidParameters(operation, problems)
    return values


def parameter_named(operation: Operation, name: str) -> Parameter | None:
    """Returns the input of that name, however it is written; None if there is none."""
    return _Names(operation).named(name)


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request without its host and its credentials."""

    method: str
    path: str
    """From `/v2` on, values percent-encoded."""
    query: dict[str, Any]
    """A list stands for a parameter that is repeated."""
    has_body: bool
    """Whether `body` is sent, be it empty."""
    body: Any = field(repr=False)
    files: dict[str, Path]


def prepare(operation: Operation, inputs: Mapping[str, Any]) -> PreparedRequest:
    """Returns the request that an operation makes of its inputs.

    Args:
        operation: the row.
        inputs: values by `Parameter.name`; None is left out.

    Raises:
        ValueError: an input that the operation does not have, no value for a place in the path, or
            two kinds of body at once.
    """
    known = {one.name: one for one in operation.parameters}
    path, query, body = operation.path, dict[str, Any](), dict[str, Any]()
    files: dict[str, Path] = {}
    whole: list[Any] = []
    for name, value in inputs.items():
        if name not in known:
            raise ValueError(f"{operation.operation_id} has no input {name!r}")
        if value is None:
            continue
        match known[name].location:
            case ParameterLocation.PATH:
                if _is_no_step(value):
                    raise ValueError(f"{operation.operation_id}: {name} cannot be {value!r}")
                path = path.replace("{" + name + "}", quote(str(value), safe=""))
            case ParameterLocation.QUERY:
                query[name] = value
            case ParameterLocation.BODY:
                _put(body, name, value)
            case ParameterLocation.WHOLE_BODY:
                whole.append(value)
            case ParameterLocation.PART:
                files[name] = Path(value)
    if "{" in path:
        raise ValueError(f"{operation.operation_id}: {path} has no value for what is in braces")
    if operation.needs_filter:
        body.setdefault("filter", {})
    takes = {one.location for one in operation.parameters}
    if sum((bool(whole), bool(files), bool(body))) > 1:
        raise ValueError(f"{operation.operation_id}: its body is of one kind, not of several")
    return PreparedRequest(
        operation.method,
        path,
        query,
        bool(whole) or ParameterLocation.BODY in takes,
        whole[0] if whole else body,
        files,
    )


def file_urls(operation: Operation, inputs: Mapping[str, Any]) -> dict[str, str]:
    """Returns the file inputs that are file_urls, from which the files are still to be fetched."""
    return {
        one.name: inputs[one.name]
        for one in operation.parameters
        if one.type is ParameterType.FILE and isinstance(inputs.get(one.name), str)
    }


def example(one: Parameter) -> str:
    """Returns a value of the right form, as it is typed on a command line."""
    if one.choices:
        return one.choices[0]
    last = one.name.rpartition(".")[2].lower()
    if one.type is ParameterType.LIST:
        return "1234567890,1234567891" if last.endswith("ids") else "[]"
    if one.type is ParameterType.TEXT:
        if "email" in last:
            return "somebody@example.com"
        if last.endswith("id"):
            return "1234567890"
    return {
        ParameterType.TEXT: "text",
        ParameterType.INTEGER: "1234567890",
        ParameterType.NUMBER: "1.5",
        ParameterType.BOOLEAN: "true",
        ParameterType.INSTANT: "2026-01-31T00:00:00Z",
        ParameterType.DATE: "2026-01-31",
        ParameterType.OBJECT: "{}",
        ParameterType.ANY: "null",
        ParameterType.FILE: "@recording.mp3",
    }[one.type]


def _folded(name: str) -> str:
    return re.sub(r"[._\s-]", "", name).casefold()


class _Names:
    """The inputs of an operation by all names they go by."""

    def __init__(self, operation: Operation) -> None:
        self._inputs = {
            _folded(name): one for one in operation.parameters for name in (one.name, *one.aliases)
        }
        self._objects = {
            _folded(".".join(way[:depth])): ".".join(way[:depth])
            for one in operation.parameters
            if one.location is ParameterLocation.BODY
            for way in (one.name.split("."),)
            for depth in range(1, len(way))
        }

    def named(self, name: str) -> Parameter | None:
        """Returns the input itself; an object around inputs is none."""
        return self._inputs.get(_folded(name))

    def leaves(self, name: str, value: Any) -> Iterator[tuple[Parameter | None, Any, str]]:
        """Yields the inputs that a name and its value stand for, or what is wrong with it."""
        key = _folded(name)
        one = self.named(name)
        if one is not None:
            yield one, value, ""
        elif key in self._objects:
            yield from self._inside(self._objects[key], value)
        else:
            yield None, None, self._unknown(name, key)

    def _inside(self, name: str, value: Any) -> Iterator[tuple[Parameter | None, Any, str]]:
        try:
            inner = _json(value) if isinstance(value, str) else value
        except _Wrong as wrong:
            yield None, None, f"{name} {wrong}"
            return
        if not isinstance(inner, Mapping):
            yield None, None, f"{name} must be a JSON object, or be given by its parts, {name}.…"
            return
        for key, part in inner.items():
            if part is not None:
                yield from self.leaves(f"{name}.{key}", part)

    def _unknown(self, name: str, key: str) -> str:
        known = {**{k: one.name for k, one in self._inputs.items()}, **self._objects}
        near = get_close_matches(key, known, n=3)
        # a last word alone is too short for difflib to find among long ones
        near += [other for other in known if len(key) > 2 and key in other and other not in near]
        found = list(dict.fromkeys(known[other] for other in near))[:3]
        if found:
            return f"there is no parameter {name!r}; did you mean {' or '.join(found)}?"
        names = [one.name for one in dict.fromkeys(self._inputs.values())]
        if not names:
            return f"there is no parameter {name!r}; the operation takes none"
        return f"there is no parameter {name!r}; it takes {', '.join(names[:12])}" + (
            ", …" if len(names) > 12 else ""
        )


def _missing(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    for one in operation.parameters:
        if one.name in values:
            continue
        if one.is_required:
            yield f"{one.name} is missing ({_kind(one)})"
        elif one.is_required_in_object:
            around = one.name.rpartition(".")[0]
            if any(name.startswith(around + ".") for name in values):
                yield f"{one.name} is missing ({_kind(one)}): {around} needs it"


def _kind(one: Parameter) -> str:
    return f"{one.type}: {', '.join(one.choices)}" if one.choices else str(one.type)


class _Wrong(Exception):
    """A value that cannot be used; the text follows the name of the input."""


def _checked(one: Parameter, value: Any) -> Any:
    if isinstance(value, str) and not value and _must_not_be_empty(one):
        raise _Wrong(
            "is empty" + (": write [] for an empty list" if one.type is ParameterType.LIST else "")
        )
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Wrong("is not valid UTF-8")
    typed = _TYPED[one.type](value)
    if one.location is ParameterLocation.PATH and _is_no_step(typed):
        raise _Wrong(f"cannot be {typed!r}")
    if one.choices:
        for item in typed if isinstance(typed, list) else (typed,):
            if item not in one.choices:
                choices = {choice.casefold(): choice for choice in one.choices}
                hint = get_close_matches(str(item).casefold(), choices, n=1, cutoff=0.8)
                near = f" (did you mean {choices[hint[0]]}?)" if hint else ""
                raise _Wrong(f"cannot be {item!r}{near}; it can be {', '.join(one.choices)}")
    return typed


def _is_no_step(value: Any) -> bool:
    """Whether a value in a path would be resolved away on its way, and reach another operation."""
    return str(value).strip(".") == ""


def _must_not_be_empty(one: Parameter) -> bool:
    # a text in a body may be emptied on purpose, if it is not one that must be there
    return (
        one.type is not ParameterType.TEXT
        or one.location is not ParameterLocation.BODY
        or one.is_required
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        # ids are text at Gong, and numbers in many a table
        return str(value)
    raise _Wrong(f"must be text, not {_said(value)}")


def _integer(value: Any) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _Wrong(f"must be a whole number, not {_said(value)}")


def _number(value: Any) -> int | float:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, (str, float, Decimal)):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise _Wrong(f"must be a number, not {_said(value)}")


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in ("true", "false"):
        return value.strip().casefold() == "true"
    raise _Wrong(f"must be true or false, not {_said(value)}")


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise _Wrong(f"has no offset ({value.isoformat()})")
        return value.isoformat()
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            parsed = None
        if parsed and _INSTANT.fullmatch(value):
            return value
        if parsed and parsed.tzinfo is None:
            raise _Wrong(f"has no offset: write {_with_offset(value)}, not {value!r}")
    raise _Wrong(f"must be a time such as 2026-01-31T00:00:00Z, not {_said(value)}")


def _with_offset(value: str) -> str:
    parsed = datetime.fromisoformat(value)
    return f"{parsed.isoformat()}Z (or another offset than Z)"


def _date(value: Any) -> str:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise _Wrong(f"must be a day such as 2026-01-31, not {_said(value)}")


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        if value.lstrip().startswith(("[", "{")):
            value = _json(value)
        else:
            items = [item.strip() for item in re.split(r"[,\n]", value.strip())]
            if not all(items):
                raise _Wrong("has an empty item between its commas")
            return items
    if isinstance(value, (list, tuple)):
        return list(value)
    raise _Wrong(f"must be a list, a,b or JSON, not {_said(value)}")


def _object(value: Any) -> dict[str, Any]:
    found = _json(value) if isinstance(value, str) else value
    if isinstance(found, Mapping):
        return dict(found)
    raise _Wrong(f"must be a JSON object, not {_said(value)}")


def _any(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return _json(value)
        except _Wrong:
            return value
    return value


def _file(value: Any) -> Path | str:
    if isinstance(value, Path):
        return value
    if isinstance(value, str):
        return value if value.lower().startswith(("http://", "https://")) else Path(value)
    raise _Wrong(f"must be the path of a file, not {_said(value)}")


_TYPED: Mapping[ParameterType, Callable[[Any], Any]] = {
    ParameterType.TEXT: _text,
    ParameterType.INTEGER: _integer,
    ParameterType.NUMBER: _number,
    ParameterType.BOOLEAN: _boolean,
    ParameterType.INSTANT: _instant,
    ParameterType.DATE: _date,
    ParameterType.LIST: _items,
    ParameterType.OBJECT: _object,
    ParameterType.ANY: _any,
    ParameterType.FILE: _file,
}


def _json(text: str) -> Any:
    try:
        # the standard library keeps whole numbers of any length
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _Wrong(f"is not valid JSON ({error.msg} at character {error.pos + 1})") from None
    except (ValueError, RecursionError):
        raise _Wrong("is not valid JSON") from None


def _no_constant(name: str) -> Any:
    raise _Wrong(f"is not valid JSON ({name} is no number there)")


def _said(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _put(body: dict[str, Any], dotted: str, value: Any) -> None:
    *outer, last = dotted.split(".")
    for key in outer:
        body = body.setdefault(key, {})
    body[last] = value
