"""Checks a typed value against what Gong's document says of it, at every depth. Pure.

A list of objects is checked object by object. Its values are not converted: they are sent as given.
A key that the document does not know is let through, because Gong ignores it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.gong.api.operations import Elements, Parameter, ParameterLimits, ParameterType, Range
from sources.gong.api.spoilt_ids import spoilt_id
from sources.gong.api.values import InvalidValue, parse_value

Problem = tuple[str, str]
"""The way to a value below the parameter (`[2].userId`, or nothing), and what is wrong with it."""

_MOST = 2**31 - 1
"""The document's way to write "no limit"."""
_TEXTS = (ParameterType.TEXT, ParameterType.INSTANT, ParameterType.DATE, ParameterType.ANY)


def broken_limits(parameter: Parameter, value: Any) -> Iterator[Problem]:
    """Yields what Gong's document forbids of a value that has the type of its parameter.

    It forbids no id that a spreadsheet has spoilt; that is refused here as well.
    """
    limits = parameter.limits
    if isinstance(value, str):
        if spoilt := spoilt_id(parameter.name, value):
            yield "", spoilt
        else:
            yield from _of_text(limits, value)
    elif isinstance(value, list):
        yield from _of_list(parameter, value)
    elif limits.bounds and isinstance(value, (int, float)) and not _is_within(limits.bounds, value):
        yield "", f"must be {_span(limits.bounds)}, not {value}"


def in_words(limits: ParameterLimits) -> str:
    """Returns the limits as help shows them; empty where there are none."""
    words = []
    if limits.length:
        words.append(_amount(limits.length, "characters"))
    if limits.bounds and (limits.bounds[0] or 0) >= 0:
        words.append(_span(limits.bounds))
    if limits.count:
        words.append(_amount(limits.count, "items"))
    if limits.is_set:
        words.append("each once")
    if limits.form:
        words.append(f"must {limits.form}")
    if limits.elements:
        fields = (f.name + (" *" if f.is_required else "") for f in limits.elements.fields)
        words.append(f"objects of {', '.join(fields)}")
    return ", ".join(words)


def _of_text(limits: ParameterLimits, value: str) -> Iterator[Problem]:
    if limits.length and not _is_within(limits.length, len(value)):
        must = _amount(limits.length, "characters")
        yield "", f"has {len(value)} characters; it must have {must}"
    if limits.pattern and not re.fullmatch(limits.pattern, value, re.DOTALL):
        yield "", f"must {limits.form}"


def _of_list(parameter: Parameter, items: Sequence[Any]) -> Iterator[Problem]:
    limits = parameter.limits
    if limits.count and not _is_within(limits.count, len(items)):
        must = _amount(limits.count, "items")
        yield "", f"has {len(items)} items; it must have {must}"
    if limits.elements:
        for number, item in enumerate(items):
            for way, text in _of_object(limits.elements, item):
                yield f"[{number}]{way}", text
        return
    seen = set()
    for number, item in enumerate(items):
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            yield f"[{number}]", f"must be text, not {_kind(item)}"
        elif isinstance(item, str) and (spoilt := spoilt_id(parameter.name, item)):
            yield f"[{number}]", spoilt
        elif limits.is_set and str(item) in seen:
            yield "", f"has {str(item)!r} twice"
        else:
            seen.add(str(item))


def _of_object(elements: Elements, item: Any) -> Iterator[Problem]:
    if not isinstance(item, Mapping):
        yield "", f"must be a JSON object, not {_kind(item)}"
        return
    given = {name: value for name, value in item.items() if value is not None}
    for parameter in elements.fields:
        if parameter.name in given:
            for way, text in _of_field(parameter, given[parameter.name]):
                yield f".{parameter.name}{way}", text
        elif parameter.is_required:
            yield f".{parameter.name}", "is missing"
    for rule in elements.rules:
        for text in rule(given):
            yield ".", text


def _of_field(parameter: Parameter, value: Any) -> Iterator[Problem]:
    if isinstance(value, str) and parameter.type not in _TEXTS:
        # in JSON a number is no text; only a command line has nothing but texts
        yield "", f"must be a JSON {parameter.type}, not text"
        return
    if value == "" and parameter.type is ParameterType.TEXT and not parameter.choices:
        return
    try:
        typed = parse_value(parameter, value)
    except InvalidValue as invalid:
        yield "", str(invalid)
        return
    yield from broken_limits(parameter, typed)


def _is_within(limits: Range, value: float) -> bool:
    least, most = limits
    return (least is None or value >= least) and (most is None or value <= most)


def _amount(limits: Range, of: str) -> str:
    """A number of characters or items, in words."""
    least, most = limits
    if most is None or most == _MOST:
        return f"at least {least} {of}"
    return f"from {least} to {most} {of}" if least else f"at most {most} {of}"


def _span(bounds: Range) -> str:
    least, most = bounds
    return f"at least {least}" if (least, most) == (0, _MOST) else f"from {least} to {most}"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", type(None): "null"}
    return names.get(type(value), repr(value))
