"""The vocabulary in which the rows of the areas are written."""

from __future__ import annotations

from sources.gong.api.operations.model import (
    FILE,
    LIST,
    TEXT,
    EmptyAnswer,
    Operation,
    Paging,
    Parameter,
    ParameterLocation,
    ParameterType,
    Quirks,
)

LICENSED = Quirks(is_licensed=True)
_NO_QUIRKS = Quirks()


def path(name: str, type_: ParameterType = TEXT, *, aliases: tuple[str, ...] = ()) -> Parameter:
    """A placeholder of the path."""
    return Parameter(name, ParameterLocation.PATH, type_, is_required=True, aliases=aliases)


def query(
    name: str,
    type_: ParameterType = TEXT,
    *,
    is_required: bool = False,
    choices: tuple[str, ...] = (),
) -> Parameter:
    """A parameter of the query."""
    return Parameter(name, ParameterLocation.QUERY, type_, is_required, choices=choices)


def body(
    name: str,
    type_: ParameterType = TEXT,
    *,
    is_required: bool = False,
    is_required_in_object: bool = False,
    choices: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Parameter:
    """A key of the JSON body."""
    return Parameter(
        name, ParameterLocation.BODY, type_, is_required, is_required_in_object, choices, aliases
    )


def bodies(type_: ParameterType, names: str, under: str = "") -> tuple[Parameter, ...]:
    """Optional keys of the JSON body, all of one type; names separated by blanks."""
    prefix = f"{under}." if under else ""
    return tuple(body(prefix + name, type_) for name in names.split())


def whole_body(name: str) -> Parameter:
    """A list that is itself the JSON body."""
    return Parameter(name, ParameterLocation.WHOLE_BODY, LIST, is_required=True)


def file(name: str) -> Parameter:
    """A file part of a multipart form."""
    return Parameter(name, ParameterLocation.PART, FILE, is_required=True)


CURSOR_IN_QUERY = query("cursor")
CURSOR_IN_BODY = body("cursor")
WORKSPACE = query("workspaceId")


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
) -> Operation:
    """A row that changes something at Gong; none of these pages."""
    method, path_ = request.split()
    return Operation(
        slug, operation_id, method, path_, summary, scopes, parameters, Paging.NONE,
        _usual(rows_key), rows_key, is_write=True, quirks=quirks,
    )  # fmt: skip


def _usual(rows_key: str | None) -> EmptyAnswer:
    return EmptyAnswer.EMPTY_LIST if rows_key else EmptyAnswer.NEVER
