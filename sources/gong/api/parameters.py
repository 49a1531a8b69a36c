"""Checks what a user gives for the parameters of an operation, before anything is sent. Pure.

`validate` turns the texts of a command line, or the values of a row, into values of the types that
the operation's row states, and reports all problems at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from sources.gong.api.errors import UnusableInput
from sources.gong.api.input_checks import broken_limits
from sources.gong.api.operations import (
    Elements,
    Operation,
    Parameter,
    ParameterLocation,
    ParameterType,
)
from sources.gong.api.values import InvalidValue, parse_json, parse_value

_SHOWN_NAMES = 12


class InvalidParameters(UnusableInput):
    """Values of parameters cannot be used; `problems` has a line for each of them."""

    def __init__(self, operation: Operation, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lead = f"{operation.operation_id} ({operation.request}): "
        super().__init__(lead + "; ".join(self.problems))


def validate(operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns typed values by `Parameter.name`, as `Client.call` takes them.

    Args:
        operation: the row.
        given: values by name. A name may be written as Gong does, with the way to it in dots
            (`filter.fromDateTime`), as the catalogue does (`filter__fromDateTime`, `workspace__id`)
            or in snake case: capitals, dots, dashes and underscores count for nothing. A whole
            object may be given under its own name, as JSON. Texts are read by the type of the
            parameter; other values must be of that type. None is left out.

    Raises:
        InvalidParameters: with all problems.
    """
    names = _Names(operation)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        if value is None:
            continue
        for parameter, part in names.leaves(name, value):
            if isinstance(parameter, str):
                problems.append(parameter)
            elif parameter.name in values:
                problems.append(f"{parameter.name} is given twice")
            else:
                # a value that cannot be used is not missing as well
                values[parameter.name] = None
                try:
                    values[parameter.name] = parse_value(parameter, part)
                except InvalidValue as invalid:
                    problems.append(f"{parameter.name} {invalid}")
                problems += _beyond_limits(parameter, values[parameter.name])
    problems += _missing(operation, values)
    for rule in operation.rules:
        problems += rule(values)
    if problems:
        raise InvalidParameters(operation, problems)
    return values


def parameter_named(operation: Operation, name: str) -> Parameter | None:
    """Returns the parameter of that name, however it is written; None if there is none."""
    return _Names(operation).named(name)


def example(parameter: Parameter) -> str:
    """Returns a value of the right form, as it is typed on a command line."""
    value = _example(parameter)
    return value if isinstance(value, str) else json.dumps(value)


def _example(parameter: Parameter) -> Any:
    if parameter.choices:
        return parameter.choices[0]
    last = parameter.name.rpartition(".")[2].lower()
    if parameter.type is ParameterType.LIST:
        if parameter.limits.elements:
            return [_example_object(parameter.limits.elements)]
        return "1234567890,1234567891" if last.endswith("ids") else "[]"
    if parameter.type is ParameterType.TEXT:
        if "email" in last:
            return "somebody@example.com"
        if "phone" in last:
            return "+15550100"
        if last.endswith("id"):
            return "1234567890"
    if parameter.limits.bounds and (parameter.limits.bounds[0] or 0) >= 0:
        return str(parameter.limits.bounds[0])
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
    }[parameter.type]


def _example_object(elements: Elements) -> dict[str, Any]:
    """What an object in a list must hold; all its texts where nothing must."""
    fields = [field for field in elements.fields if field.is_required] or [
        field for field in elements.fields if field.type is ParameterType.TEXT
    ]
    values = {}
    for field in fields:
        typed = parse_value(field, example(field))
        if isinstance(typed, list):
            typed = typed[:1]
        values[field.name] = "text" if typed is None else typed
    return values


def _folded(name: str) -> str:
    return re.sub(r"[._\s-]", "", name).casefold()


class _Names:
    """The parameters of an operation, and the objects around them, by all their names."""

    def __init__(self, operation: Operation) -> None:
        self._parameters = {
            _folded(name): parameter
            for parameter in operation.parameters
            for name in (parameter.name, *parameter.aliases)
        }
        self._objects = {
            _folded(".".join(steps[:depth])): ".".join(steps[:depth])
            for parameter in operation.parameters
            if parameter.location is ParameterLocation.BODY
            for steps in (parameter.name.split("."),)
            for depth in range(1, len(steps))
        }

    def named(self, name: str) -> Parameter | None:
        """Returns the parameter itself; an object around parameters is none."""
        return self._parameters.get(_folded(name))

    def leaves(self, name: str, value: Any) -> Iterator[tuple[Parameter | str, Any]]:
        """Yields each parameter that a name stands for with its value, or a problem and None."""
        parameter = self.named(name)
        if parameter is not None:
            yield parameter, value
        elif _folded(name) in self._objects:
            yield from self._inside(self._objects[_folded(name)], value)
        else:
            yield self._unknown(name), None

    def _inside(self, name: str, value: Any) -> Iterator[tuple[Parameter | str, Any]]:
        try:
            inner = parse_json(value) if isinstance(value, str) else value
        except InvalidValue as invalid:
            yield f"{name} {invalid}", None
            return
        if not isinstance(inner, Mapping):
            yield f"{name} must be a JSON object, or be given by its parts, {name}.…", None
            return
        for key, part in inner.items():
            if part is not None:
                yield from self.leaves(f"{name}.{key}", part)

    def _unknown(self, name: str) -> str:
        key = _folded(name)
        known = {folded: parameter.name for folded, parameter in self._parameters.items()}
        known |= self._objects
        near = get_close_matches(key, known, n=3)
        # a last word alone is too short for difflib to find among long ones
        near += [other for other in known if len(key) > 2 and key in other and other not in near]
        offers = list(dict.fromkeys(known[other] for other in near))[:3]
        if offers:
            return f"there is no parameter {name!r}; did you mean {' or '.join(offers)}?"
        names = [parameter.name for parameter in dict.fromkeys(self._parameters.values())]
        if not names:
            return f"there is no parameter {name!r}; the operation takes none"
        return f"there is no parameter {name!r}; it takes {', '.join(names[:_SHOWN_NAMES])}" + (
            ", …" if len(names) > _SHOWN_NAMES else ""
        )


def _missing(operation: Operation, values: Mapping[str, Any]) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.name in values:
            continue
        if parameter.is_required:
            yield f"{parameter.name} is missing ({_form(parameter)})"
        elif parameter.is_required_in_object:
            around = parameter.name.rpartition(".")[0]
            if any(name.startswith(around + ".") for name in values):
                yield f"{parameter.name} is missing ({_form(parameter)}): {around} needs it"


def _beyond_limits(parameter: Parameter, value: Any) -> Iterator[str]:
    for way, text in broken_limits(parameter, value):
        # a rule names the value itself
        yield (
            f"{parameter.name}{way}{text}" if way.endswith(".") else f"{parameter.name}{way} {text}"
        )


def _form(parameter: Parameter) -> str:
    choices = ", ".join(parameter.choices)
    return f"{parameter.type}: {choices}" if choices else str(parameter.type)
