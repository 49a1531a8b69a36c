"""The vocabulary in which the rows of the areas are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.api.operations.model import (
    ANY,
    FILE,
    LIST,
    TEXT,
    Elements,
    EmptyAnswer,
    Operation,
    Paging,
    Parameter,
    ParameterLimits,
    ParameterLocation,
    ParameterType,
    Quirks,
    Rule,
)

LICENSED = Quirks(is_licensed=True)
_NO_QUIRKS = Quirks()
_NO_LIMITS = ParameterLimits()

INT32 = ParameterLimits(bounds=(-(2**31), 2**31 - 1))
INT64 = ParameterLimits(bounds=(-(2**63), 2**63 - 1))
SET = ParameterLimits(is_set=True)


def path(
    name: str,
    type_: ParameterType = TEXT,
    *,
    aliases: tuple[str, ...] = (),
    limits: ParameterLimits = _NO_LIMITS,
) -> Parameter:
    """A placeholder of the path."""
    return Parameter(
        name, ParameterLocation.PATH, type_, is_required=True, aliases=aliases, limits=limits
    )


def query(
    name: str,
    type_: ParameterType = TEXT,
    *,
    is_required: bool = False,
    choices: tuple[str, ...] = (),
    limits: ParameterLimits = _NO_LIMITS,
) -> Parameter:
    """A parameter of the query."""
    return Parameter(
        name, ParameterLocation.QUERY, type_, is_required, choices=choices, limits=limits
    )


def body(
    name: str,
    type_: ParameterType = TEXT,
    *,
    is_required: bool = False,
    is_required_in_object: bool = False,
    choices: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    limits: ParameterLimits = _NO_LIMITS,
) -> Parameter:
    """A key of the JSON body, or of an object in a list there."""
    return Parameter(
        name,
        ParameterLocation.BODY,
        type_,
        is_required,
        is_required_in_object,
        choices,
        aliases,
        limits,
    )


def bodies(
    type_: ParameterType, names: str, under: str = "", *, limits: ParameterLimits = _NO_LIMITS
) -> tuple[Parameter, ...]:
    """Optional keys of the JSON body, all of one type; names separated by blanks."""
    prefix = f"{under}." if under else ""
    return tuple(body(prefix + name, type_, limits=limits) for name in names.split())


def whole_body(name: str, *, limits: ParameterLimits = _NO_LIMITS) -> Parameter:
    """A list that is itself the JSON body."""
    return Parameter(name, ParameterLocation.WHOLE_BODY, LIST, is_required=True, limits=limits)


def characters(most: int, least: int = 0) -> ParameterLimits:
    """A text of limited length."""
    return ParameterLimits(length=(least, most))


def between(least: int, most: int = 2**31 - 1) -> ParameterLimits:
    """A number within limits, both included."""
    return ParameterLimits(bounds=(least, most))


def objects(
    *fields: Parameter, rules: tuple[Rule, ...] = (), count: tuple[int, int] | None = None
) -> ParameterLimits:
    """A list of objects with these fields."""
    return ParameterLimits(count=count, elements=Elements(fields, rules))


def crm_links(*object_types: str) -> ParameterLimits:
    """A list of links to objects of other systems, as calls and events take it."""
    data = objects(body("name"), body("value", ANY))
    linked = objects(
        body("objectType", is_required=True, choices=object_types),
        body("objectId", is_required=True),
        body("fields", LIST, limits=data),
    )
    systems = ("Salesforce", "HubSpot", "MicrosoftDynamic", "Generic")
    return objects(
        body("system", is_required=True, choices=systems), body("objects", LIST, limits=linked)
    )


def is_given(values: Mapping[str, Any], name: str) -> bool:
    """Whether an object holds a value, or any value of the object of that name."""
    return any(key == name or key.startswith(f"{name}.") for key in values)


def exclusive(first: str, second: str) -> Rule:
    """Gong takes one of two values."""

    def check(values: Mapping[str, Any]) -> Iterator[str]:
        if is_given(values, first) and is_given(values, second):
            yield f"{first} cannot be given together with {second}: Gong takes one of them"

    return check


def needed_without(names: tuple[str, ...], other: str) -> Rule:
    """Values that must be given where another one is not."""

    def check(values: Mapping[str, Any]) -> Iterator[str]:
        for name in names:
            if not values.get(other) and not values.get(name):
                yield f"{name} is missing: it is needed without a {other}"

    return check


def file(name: str) -> Parameter:
    """A file part of a multipart form."""
    return Parameter(name, ParameterLocation.PART, FILE, is_required=True)


CURSOR_IN_QUERY = query("cursor")
CURSOR_IN_BODY = body("cursor")
WORKSPACE = query("workspaceId")
CALL_IDS = body("filter.callIds", LIST, limits=SET)
USER_IDS = body("filter.userIds", LIST, limits=SET)

OF_A_CALL = ("Opportunity", "Account", "Lead", "Contact", "User", "Opportunity,Account")
OF_A_PERSON = ("Lead", "Contact", "Account", "Opportunity", "User", "Lead,Contact")
"""The types of objects that a call or an event, and a person in it, may be linked to."""


def read(
    slug: str,
    operation_id: str,
    request: str,
    scopes: tuple[str, ...],
    summary: str,
    parameters: tuple[Parameter, ...],
    rows_key: str | None = None,
    *,
    row_id: str | None = None,
    empty: EmptyAnswer | None = None,
    quirks: Quirks = _NO_QUIRKS,
    rules: tuple[Rule, ...] = (),
) -> Operation:
    """A row that changes nothing at Gong. Its paging follows from where its cursor goes."""
    if CURSOR_IN_QUERY in parameters:
        paging = Paging.QUERY_CURSOR
    elif CURSOR_IN_BODY in parameters:
        paging = Paging.BODY_CURSOR
    else:
        paging = Paging.NONE
    method, path_ = request.split()
    return Operation(
        slug, operation_id, method, path_, summary, scopes, parameters, paging,
        empty or _usual(rows_key), rows_key, is_write=False, row_id=row_id, quirks=quirks,
        rules=rules,
    )  # fmt: skip


def write(
    slug: str,
    operation_id: str,
    request: str,
    scopes: tuple[str, ...],
    summary: str,
    parameters: tuple[Parameter, ...],
    rows_key: str | None = None,
    *,
    quirks: Quirks = _NO_QUIRKS,
    rules: tuple[Rule, ...] = (),
) -> Operation:
    """A row that changes something at Gong; none of these pages."""
    method, path_ = request.split()
    return Operation(
        slug, operation_id, method, path_, summary, scopes, parameters, Paging.NONE,
        _usual(rows_key), rows_key, is_write=True, quirks=quirks, rules=rules,
    )  # fmt: skip


def _usual(rows_key: str | None) -> EmptyAnswer:
    return EmptyAnswer.EMPTY_LIST if rows_key else EmptyAnswer.NEVER
