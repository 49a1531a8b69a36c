"""From rows to requests: the items of a row, the groups that share a request, the request's values.

Keys, digests and generated names are stored in the push ledger and at Gong, so they must not change
between versions. Sends nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sources.gong.api.operations import Elements, Operation
from sources.gong.api.parameters import InvalidParameters, parameter_named, validate
from sources.gong.write.model import Item, JsonLines, Values, Write


def items_of(write: Write, number: int, row: Mapping[str, Any]) -> Iterator[Item]:
    """Yields the items of a row.

    Args:
        write: the operation.
        number: of the row, from 1.
        row: values by column, as `parameters.validate` takes them.

    Raises:
        InvalidParameters: with all problems of the row.
    """
    row = {name: value for name, value in row.items() if value is not None}
    grouping = write.grouping
    is_list_given = grouping.parameter is not None and _has(
        write.operation, row, grouping.parameter
    )
    if grouping.parameter is None or (grouping.lines and is_list_given):
        yield _item(write, number, _validated(write, row))
    elif grouping.lines:
        yield _line(write, grouping.lines, number, row)
    elif is_list_given or not write.elements:
        yield from _listed(write, number, row)
    else:
        yield from _flat(write, number, row)


def group_items(write: Write, items: Iterator[Item]) -> Iterator[list[Item]]:
    """Yields the items of each request: equal shared values, at most as many as Gong takes.

    They need not follow each other: a row file may change its type of object in every line.
    """
    grouping = write.grouping
    groups: dict[str, list[Item]] = {}
    sizes: dict[str, int] = {}
    for item in items:
        if item.element is None:
            yield [item]
            continue
        shared = _digest(item.shared)
        size = len(_json(item.element)) + 1 if grouping.lines else 0
        group = groups.setdefault(shared, [])
        is_full = len(group) >= grouping.max_items or (
            grouping.lines is not None and sizes.get(shared, 0) + size > grouping.lines.max_bytes
        )
        if group and is_full:
            yield group
            group = groups[shared] = []
        sizes[shared] = size + (sizes[shared] if group else 0)
        group.append(item)
    yield from groups.values()


def request_values(write: Write, group: Sequence[Item], folder: Path) -> dict[str, Any]:
    """Returns the values of the request that does a group of items.

    Args:
        write: the operation.
        group: items with equal shared values.
        folder: where a file to upload is written.
    """
    values = dict(group[0].shared)
    # the same after a kill, and another one when what failed or was overwritten goes again
    name = "gong-elt-" + _digest([[item.digest, item.attempt] for item in group])
    if write.generated.request_id:
        values.setdefault(write.generated.request_id, name)
    if group[0].element is None:
        return values
    parameter = str(write.grouping.parameter)
    if write.is_json_lines:
        file = folder / f"{name}.ldjson"
        with file.open("wb") as lines:
            for item in group:
                lines.write(_json(item.element) + b"\n")
        return {**values, parameter: file}
    elements = [item.element for item in group]
    if write.grouping.split_by:
        elements = _merged(elements, *write.grouping.split_by)
    return {**values, parameter: elements}


def _listed(write: Write, number: int, row: Mapping[str, Any]) -> Iterator[Item]:
    """The items of a row that holds the list itself."""
    name = str(write.grouping.parameter)
    shared = _validated(write, row)
    elements = shared.pop(name)
    if not elements:
        raise InvalidParameters(write.operation, [f"{name} is an empty list"])
    for place, element in enumerate(elements):
        if not write.elements:
            yield _item(write, number, shared, str(element))
            continue
        fields = replace(
            write.operation, parameters=write.elements.fields, rules=write.elements.rules
        )
        try:
            typed = validate(fields, element)
        except InvalidParameters as invalid:
            problems = [f"{name}[{place}].{problem}" for problem in invalid.problems]
            raise InvalidParameters(write.operation, problems) from None
        yield from _of_element(write, number, shared, typed)


def _flat(write: Write, number: int, row: Mapping[str, Any]) -> Iterator[Item]:
    """The items of a row that holds the fields of one element."""
    assert write.elements is not None
    own_fields, own_rules = write.elements.fields, write.elements.rules
    others = [p for p in write.operation.parameters if p.name != write.grouping.parameter]
    together = replace(
        write.operation,
        parameters=(*others, *own_fields),
        rules=(*write.operation.rules, *own_rules),
    )
    values = validate(together, row)
    own = {parameter.name for parameter in own_fields}
    element = {name: value for name, value in values.items() if name in own}
    shared = {name: value for name, value in values.items() if name not in own}
    yield from _of_element(write, number, shared, element)


def _of_element(
    write: Write, number: int, shared: Values, element: dict[str, Any]
) -> Iterator[Item]:
    if write.grouping.split_by is None:
        yield _item(write, number, shared, element)
        return
    _, name = write.grouping.split_by
    for value in element[name]:
        yield _item(write, number, shared, {**element, name: [str(value)]})


def _merged(elements: Sequence[Mapping[str, Any]], key: str, name: str) -> list[dict[str, Any]]:
    values: dict[str, list[str]] = {}
    for element in elements:
        values.setdefault(str(element[key]), []).extend(element[name])
    return [{key: each, name: listed} for each, listed in values.items()]


def _line(write: Write, lines: JsonLines, number: int, row: Mapping[str, Any]) -> Item:
    """One object of a JSON Lines file: columns that are no parameters are its fields."""
    parameters = tuple(p for p in write.operation.parameters if p.name in lines.shared)
    around = replace(write.operation, parameters=parameters)
    given = {name: value for name, value in row.items() if parameter_named(around, name)}
    fields = {name: _plain(value) for name, value in row.items() if name not in given}
    problems: list[str] = []
    shared: dict[str, Any] = {}
    try:
        shared = validate(around, given)
    except InvalidParameters as invalid:
        problems += invalid.problems
    kind = lines.objects.get(str(_value_of(around, row, lines.kind)))
    try:
        fields |= _typed_object(write, kind, fields) if kind else {}
    except InvalidParameters as invalid:
        problems += invalid.problems
    if problems:
        raise InvalidParameters(write.operation, problems)
    return _item(write, number, shared, fields)


def _typed_object(write: Write, elements: Elements, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the known fields of an object in their types; a CSV file has texts only."""
    names = {parameter.name for parameter in elements.fields}
    known = {name: value for name, value in fields.items() if name in names}
    row_of = replace(write.operation, parameters=elements.fields, rules=elements.rules)
    return validate(row_of, known)


def _has(operation: Operation, row: Mapping[str, Any], name: str) -> bool:
    """Whether a row has a column for the parameter of that name."""
    return _value_of(operation, row, name) is not None


def _value_of(operation: Operation, row: Mapping[str, Any], name: str) -> Any:
    """Returns what a row has for the parameter of that name; None where it has nothing."""
    for column, value in row.items():
        parameter = parameter_named(operation, column)
        if parameter is not None and parameter.name == name:
            return value
    return None


def _validated(write: Write, row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the typed values of a row, with its generated key, but without a request id."""
    given = dict(row)
    row_of = _without_count(write)
    key, request_id = write.generated.key, write.generated.request_id
    if key and not _has(row_of, given, key):
        given[key] = "gong-elt-" + _digest(given)
    if request_id and not _has(row_of, given, request_id):
        values = validate(row_of, {**given, request_id: "generated-later"})
        del values[request_id]
        return values
    return validate(row_of, given)


def _without_count(write: Write) -> Operation:
    """The operation without what only holds of a request, and without what is checked later.

    A list of a row is divided among requests, and its objects are checked one by one.
    """
    name = write.grouping.parameter
    if name is None or write.is_json_lines:
        return write.operation
    any_objects = Elements(()) if write.elements else None
    parameters = tuple(
        replace(p, limits=replace(p.limits, count=None, elements=any_objects))
        if p.name == name
        else p
        for p in write.operation.parameters
    )
    return replace(write.operation, parameters=parameters)


def _item(write: Write, number: int, shared: Values, element: Any = None) -> Item:
    _check_json(write, shared, element)
    # of media it is not worth reading a gigabyte: name and size will do
    content = {
        name: _file_hash(write, name, value)
        if isinstance(value, Path) and write.is_json_lines
        else value
        for name, value in shared.items()
    }
    digest = _digest([content, element])
    own = element if isinstance(element, Mapping) else {write.grouping.parameter: element}
    named = {**shared, **own}
    is_named = bool(write.key) and all(named.get(name) is not None for name in write.key)
    key = [str(named[name]) for name in write.key] if is_named else digest
    return Item(number, _digest(key), digest, shared, element)


def _check_json(write: Write, shared: Values, element: Any) -> None:
    values = {name: value for name, value in shared.items() if not isinstance(value, Path)}
    try:
        json.dumps([values, element], allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        reason = "half a character" if isinstance(error, UnicodeError) else str(error)
        raise InvalidParameters(
            write.operation, [f"a value inside it cannot be sent as JSON: {reason}"]
        ) from None


def _plain(value: Any) -> Any:
    """A value as JSON has it; times without fractions of a second, which Gong does not take."""
    if hasattr(value, "isoformat"):
        value = value.replace(microsecond=0) if hasattr(value, "microsecond") else value
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (str, int, float, bool, list, dict)) or value is None:
        return value
    return str(value)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _file_hash(write: Write, name: str, file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, hashlib.blake2b).hexdigest()
    except OSError as error:
        reason = f"there is no file {file}" if not file.exists() else f"{file}: {error.strerror}"
        raise InvalidParameters(write.operation, [f"{name}: {reason}"]) from None


def _digest(value: Any) -> str:
    def plain(other: Any) -> Any:
        if isinstance(other, Path):
            return [other.name, other.stat().st_size if other.is_file() else None]
        return str(other)

    text = json.dumps(value, sort_keys=True, default=plain, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
