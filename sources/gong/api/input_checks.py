"""Checks a typed value against what Gong's document says of it, at every depth. Pure.

A list of objects is checked object by object. Its values are not converted: they are sent as given.
A key that the document does not know is let through, because Gong ignores it.

Refuses ids, addresses and phone numbers that a spreadsheet or a data frame has spoilt as well. A
spreadsheet takes an id for a number: it shows 15 digits and replaces the others by zeros. A data
frame writes a missing one as `nan`. Gong would answer that nothing is found, or take the text as a
new key, under which a row goes a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sources.gong.api.operations import Elements, Parameter, ParameterLimits, ParameterType, Range
from sources.gong.api.values import InvalidValue, parse_value

Problem = tuple[str, str]
"""The way to a value below the parameter (`[2].userId`, or nothing), and what is wrong with it."""

_MOST = 2**31 - 1
"""The document's way to write "no limit"."""
_TEXTS = (ParameterType.TEXT, ParameterType.INSTANT, ParameterType.DATE, ParameterType.ANY)

_ID = re.compile(r"[a-z0-9]Ids?$|(?:^|-)ids?$|^primaryUser$|^uniqueName$")
"""How Gong's names of ids end, and the ids with other names."""
_ADDRESS = re.compile(r"e?mails?(?:Address)?$|^phoneNumber$", re.IGNORECASE)

_MISSING = frozenset({
    "nan", "null", "none", "nil", "nat", "<na>", "n/a", "#n/a", "undefined",
    "#ref!", "#value!", "#name?", "#num!", "#null!", "#div/0!",
})  # fmt: skip
_EXPONENT = re.compile(r"[+-]?(?:\d+[.,]\d+e[+-]?\d+|\d+e[+-]\d+)", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+[.,]0+", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})+", re.ASCII)
_FORMULA = re.compile(r"""'\d+|="?.*""", re.ASCII)
_UNSEEN = "\u200b\u2060\ufeff"
"""Characters without width, which `str.strip` leaves."""


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


def names_ids(name: str) -> bool:
    """Whether a parameter of that name, with or without the way to it, holds ids or addresses."""
    last = name.rpartition(".")[2]
    return bool(_ID.search(last) or _ADDRESS.search(last))


def spoilt_id(name: str, text: str) -> str:
    """Returns what is wrong with an id, an address or a number as a text; empty where it is sound.

    A key that a company has chosen itself may look like anything that no program writes by
    mistake: `1e18` is one, `1.0E+18` is not.

    Args:
        name: of the parameter, or the last step of it.
        text: its value, or an item of its list.
    """
    if not names_ids(name):
        return ""
    bare = text.strip().strip(_UNSEEN).strip()
    if not bare and text:
        return f"is {text!r}: it has blanks only"
    if bare.casefold() in _MISSING:
        return f"is {text!r}, which is how a program writes a missing value: leave the field empty"
    if _EXPONENT.fullmatch(bare):
        return (
            f"is {text!r}, a rounded number: a spreadsheet has taken the id for a number and its "
            "last digits are lost. Export it again with the column as text"
        )
    if _DECIMAL.fullmatch(bare):
        return f"is {text!r}, a number with decimals: export it again with the column as text"
    if _GROUPED.fullmatch(bare) and not _ADDRESS.search(name):
        return f"is {text!r}, a number in groups: export it again with the column as text"
    if _FORMULA.fullmatch(bare):
        return f"is {text!r}, a text as a spreadsheet marks it: write the id alone"
    if bare != text:
        return f"is {text!r}: it has blanks around it"
    return ""


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
