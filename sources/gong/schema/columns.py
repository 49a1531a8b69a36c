"""The vocabulary in which landed tables are declared: types, sensitivity, columns, tables.

Facts only. `tables.py` writes the rows in these words and `records.py` executes them; nothing here
reads JSON, sends a request or knows a destination.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Entity = Mapping[str, Any]
"""One element of the list in an API answer: a call, a user, a log entry."""

NOT_ASKED = "_notAsked"
"""Key that a reader adds to an entity: the section that there is no scope to ask for."""


class Type(StrEnum):
    """What a column holds, and what it accepts from the wire."""

    TEXT = "text"
    """A string. Numbers are accepted digit by digit, because Gong sends some ids as numbers."""
    INTEGER = "integer"
    """A whole number of 64 bits; digits in a string are accepted (scorecard ranges)."""
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    """An ISO time with an offset, kept as UTC with microseconds."""
    DATE = "date"
    """A company day, YYYY-MM-DD."""
    JSON = "json"
    """A list or an object, kept as JSON text."""
    SCALAR = "scalar"
    """Any JSON scalar as text: a string as it is, anything else as JSON spells it."""
    SCALAR_TYPE = "scalar_type"
    """Which kind of JSON value a SCALAR was: string, number, boolean, null or json."""
    PRESENCE = "presence"
    """Whether the key holds a value, which is not kept; null where it could not be asked for."""


class Sensitivity(StrEnum):
    """How a column must be treated when data is shared, masked or erased."""

    NONE = "none"
    PERSON = "person"
    """Names a person or how to reach one."""
    CONTENT = "content"
    """Something said or written by a person."""
    SECRET = "secret"  # noqa: S105  (a name)
    """Never landed: the column records that the value exists, nothing else."""


class Absence(StrEnum):
    """What it means when a row that was there is missing from a complete read."""

    DELETED = "deleted"
    UNKNOWN = "unknown"
    """Nothing: Gong forgets these (the access log after two weeks), the warehouse does not."""
    ZERO = "zero"
    """A stats period without the row counts nothing; the period is replaced as a whole."""
    NOT_YET = "not yet"
    """The thing may still come: a transcript is asked for again until it does."""


class Read(StrEnum):
    """The ways to read an operation; `readers.py` has one function for each."""

    LIST = "whole list"
    INSTANTS = "windows of instants"
    DAYS = "windows of company days"
    PERIODS = "calendar periods"
    LOGS = "windows of instants, per log type"
    IDS = "batches of call ids"
    EACH = "once per parent, or per batch of them"
    """What Gong gives only for a user, a workspace, a folder, …; `fans.py` says how."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a landed table.

    `source` says where the value comes from, seen from the row object: `key` or `outer.key` in the
    row itself; `^key` in the list element around it (`^^key` one further out); `#`, `^#` the
    position in that list; `@`, `^@` the ordinal among all such elements of the entity; `.` the
    element itself, where the list holds scalars; `$key` in the entity.
    """

    name: str
    type: Type
    source: str
    description: str = ""
    sensitivity: Sensitivity = Sensitivity.NONE
    values: tuple[str, ...] = ()
    """What Gong documents that it may hold (of a JSON list: its elements), where that is an
    enumeration. Anything else lands as well, and is reported."""

    @property
    def is_position(self) -> bool:
        """Whether the value is a place in a list, hence never null."""
        return self.source.lstrip("^") in ("#", "@")


Explode = Callable[[Entity], Iterator[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Lookback:
    """How many days a windowed table is read again, because Gong's data arrives late and changes.

    Attributes:
        nightly: days before the last read that every sync reads again.
        weekly: the deeper span, read again once in seven days.
    """

    nightly: int
    weekly: int


@dataclass(frozen=True, slots=True)
class Table:
    """A landed table.

    A root table is filled by an operation and is the unit of change: its row carries the hash of
    the whole entity, and when that changes the rows of its child tables are replaced with it.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[str, ...] | Explode = ()
    """Child: paths of the lists that hold the rows, from the entity, or a function yielding them.
    Root: empty, the row is the entity itself."""
    is_outer: bool = False
    """Child: whether an element without inner rows still gives one row (a section with no items).
    Where False, what such an element says is kept in `extra` of the root row."""
    parent: str | None = None
    operation: str | None = None
    """Root: operationId of the operation that fills it."""
    read: Read | None = None
    window_column: str | None = None
    """Root, windowed: the column that the API filters on; narrows the search for known rows."""
    lookback: Lookback | None = None
    absence: Absence = Absence.DELETED
    ignored: tuple[str, ...] = field(default=())
    """Keys that are read elsewhere or dropped on purpose; they never reach `extra`."""
    entity_columns: int = 1
    """Child: how many of the first columns name the entity, as the key of the root does."""
    beside: str | None = None
    """Root: the stream whose answers fill this table too, next to the table of its own name."""
    keys: tuple[str, ...] = ()
    """Root, where a stream fills several: the keys of the entity that belong to this table; the
    others are the business of the stream's first table. Empty for all that no other one takes."""
    is_history: bool = False
    """Root: its rows are what earlier runs saw of another table, which `history.py` writes."""

    @property
    def is_root(self) -> bool:
        """Whether the table is the unit of change, rather than a part of one."""
        return self.parent is None

    @property
    def entity(self) -> tuple[str, ...]:
        """The columns that name the entity, in the root and in its children alike."""
        if self.is_root:
            return self.key
        return tuple(column.name for column in self.columns[: self.entity_columns])

    def column(self, name: str) -> Column:
        """Returns the declared column of that name."""
        return next(c for c in self.columns if c.name == name)


_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """Turns Gong's camelCase into the column form: `callsAsHost` becomes `calls_as_host`.

    A run of capitals is one word: `toCSV` becomes `to_csv`.
    """
    return _BORDER.sub("_", name).lower()


def columns(
    type_: Type,
    keys: Iterable[str],
    sensitivity: Sensitivity = Sensitivity.NONE,
    prefix: str = "",
) -> tuple[Column, ...]:
    """Declares a run of columns named after their keys (the last part, in snake case)."""
    if type_ is Type.BOOLEAN:
        prefix += "is_"

    def name(key: str) -> str:
        bare = snake(key.rpartition(".")[2].lstrip("^$"))
        return bare if bare.startswith(("is_", "has_")) else prefix + bare

    return tuple(Column(name(key), type_, key, sensitivity=sensitivity) for key in keys)
