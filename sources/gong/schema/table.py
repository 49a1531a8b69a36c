"""The facts of a landed table: its part in the load, how it is read, what a missing row means.

Facts only; the rows are in `tables/`. Everything by which a stream is read, cut, paid for or
deleted is declared in its row, so that general code names no table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sources.gong.schema.columns import Column, Entity


class Absence(StrEnum):
    """What it means when a row that was there is missing from a complete read."""

    DELETED = "deleted"
    UNKNOWN = "unknown"
    """Nothing: Gong forgets these (the access log after two weeks), the warehouse does not."""
    ZERO = "zero"
    """A stats period without the row counts nothing; the period is replaced as a whole."""
    NOT_YET = "not yet"
    """The thing may still come: a transcript is requested again until it does."""


class Read(StrEnum):
    """The ways to read a stream."""

    LIST = "whole list"
    INSTANTS = "windows of instants"
    SINCE = "everything after an instant"
    """Gong takes no end: two windows would read everything after the second start twice."""
    DAYS = "windows of company days"
    PERIODS = "calendar periods"
    MANAGERS = "calendar periods, per manager of a workspace"
    LOGS = "windows of instants, per log type"
    AWAITED_CALLS = "batches of call ids, until each has an answer"
    CALLS_OF_RUN = "batches of the calls that the run reads"
    EACH = "once per parent, or per batch of them"
    """What Gong gives only for a user, a workspace, a folder, …"""


class Users(StrEnum):
    """Which users a child stream makes requests for."""

    ACTIVE = "active ones only"
    OWNERS = "inactive ones too, less often: who has left still owns things"


class Period(StrEnum):
    """Calendar periods that Gong aggregates by; weeks begin on Monday (OpenAPI)."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Lookback:
    """How many days a windowed stream is read again, because Gong's data arrives late and changes.

    Attributes:
        nightly: days before the last read that every sync reads again.
        weekly: the deeper span, read again once in seven days.
    """

    nightly: int
    weekly: int


@dataclass(frozen=True, slots=True)
class Windows:
    """How a stream is cut in time.

    Attributes:
        column: the one that the API filters on; narrows the search for existing rows.
        lookback: None for a stream that no sync reads by windows.
        days: at most as many in one window; None where `read` says how long a window is.
        weight: what one entity counts in a slice, in calls: a call brings hundreds of rows.
    """

    column: str | None = None
    lookback: Lookback | None = None
    days: int | None = None
    weight: float = 0.0


CRM_REFERENCES = "crm references"
"""Parent records that no stream lists: the CRM objects that calls refer to."""

OPEN_INSTANCES = "open instances"
"""Parent records that no stream lists: flow instances that were open when last seen."""

INACTIVE_EVERY_DAYS = 7
"""Days after which what an inactive user owns is requested again, where it is not less often."""

REFUSED_FOR_DAYS = 30
"""Days for which an inactive user whom Gong has refused is not requested again."""

BATCH = 100
"""Ids in one request. Proven live for transcripts; the OpenAPI document says the same of
integration status and CRM objects, and nothing of the other batches."""


@dataclass(frozen=True, slots=True)
class Parents:
    """The parent records that a child stream makes requests for: rows of other streams.

    Attributes:
        streams: those whose rows are the parents, or `CRM_REFERENCES`, `OPEN_INSTANCES`.
        every_days: days after which a parent is requested again.
        bound: the column that names the parent, where no row can outlive it.
        is_probed: whether the first request goes ahead of the others, because the surface may not
            be licensed and one request is enough to know.
        users: which users are requested, where a rule beside `every_days` says so.
        per_request: how many parents one request names.
        requests: how many requests one parent takes.
        optional: streams without which requests are still made for the others.
        how: the requests, in a sentence, where they are not one per row of a parent.
    """

    streams: tuple[str, ...]
    every_days: int = 1
    bound: str | None = None
    is_probed: bool = False
    users: Users | None = None
    per_request: int = 1
    requests: int = 1
    optional: tuple[str, ...] = ()
    how: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """How a stats operation is requested and where its answer keeps the numbers.

    Attributes:
        periods: the calendar periods that are read.
        rows_key: the list of users in an answer.
        stats_key: the numbers of a user.
        is_dated: whether each user has a list of dated items; else one answer is one period.
        days_per_window: how many days one request covers, for dated DAY answers.
        period_input: the input that names the period, where the operation takes one.
    """

    periods: tuple[Period, ...]
    rows_key: str
    stats_key: str
    is_dated: bool = False
    days_per_window: int = 31
    period_input: str | None = None


@dataclass(frozen=True, slots=True)
class ByIds:
    """How single entities are requested.

    Attributes:
        input: the one that takes the ids.
        operation: operationId, where it is not the one that fills the table.
    """

    input: str
    operation: str | None = None


Explode = Callable[[Entity], Iterator[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Part:
    """Where the rows of a child table lie in an entity of its parent.

    Attributes:
        of: the root table, whose row and these are replaced together.
        rows: paths of the lists that hold the rows, or a function yielding them.
        is_outer: whether an element without inner rows still gives one row (a section with no
            items). Where False, what such an element says is kept in `extra` of the root row.
        entity_columns: how many of the first columns name the entity, as the key of the root does.
    """

    of: str
    rows: tuple[str, ...] | Explode
    is_outer: bool = False
    entity_columns: int = 1


@dataclass(frozen=True, slots=True)
class Beside:
    """A root table that is filled from the answers of another stream.

    Attributes:
        stream: the one whose answers fill it, next to the table of its own name.
        keys: those of the entity that belong to this table; the others are the business of the
            stream's first table. Empty for all that no other one takes.
        is_history: whether its rows are what earlier runs saw of the stream's table.
    """

    stream: str
    keys: tuple[str, ...] = ()
    is_history: bool = False


@dataclass(frozen=True, slots=True)
class Removal:
    """What takes rows out of the warehouse together with those of another table.

    Attributes:
        purged_with: the table whose rows take these along when they are purged.
        erased_with: the table whose rows take these along when a person is erased.
        if_party: whether a row goes if the person took part in the call, and else stays, whatever
            it says of the person.
        also: a child table and its column that identify the person of a row as well.
    """

    purged_with: str | None = None
    erased_with: str | None = None
    if_party: bool = False
    also: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CrmObject:
    """Where a table of CRM objects says what an object is.

    Attributes:
        type: the column of its type.
        id: the column of its id in the CRM.
        fields: the child table of its fields, with the same key.
    """

    type: str
    id: str
    fields: str


@dataclass(frozen=True, slots=True)
class Table:
    """A landed table.

    A root table is the unit of change: its row carries the hash of the whole entity, and when that
    changes the rows of its child tables are replaced with it. A table is a stream where an
    operation fills it by itself; the stats families share one root and are a stream each.

    Attributes:
        name: as in the warehouse, and for `--only`.
        grain: what one row is, beginning with "one row per".
        key: the columns that are never null and, together, never repeat.
        columns: those that are declared; every table has further ones (`arrow.landed_columns`).
        operation: operationId of the one that fills it.
        read: how the stream is read; of `stats_periods`, how its streams are.
        windows: how the stream is cut in time.
        parents: the parent records that a child stream makes requests for.
        family: how a stats operation is requested.
        by_ids: how single rows are requested; None where they cannot be.
        part: where the rows lie, of a child table.
        beside: the stream that fills this table too, of a root without a stream of its own.
        absence: what a row means that is missing from a complete read.
        removal: what takes its rows along.
        crm_object: where a row says which CRM object it is, of a table of such.
        ignored: keys that are read elsewhere or dropped on purpose; they never reach `extra`.
        parent_columns: what child streams need of its rows for their requests; kept in memory.
        parents_as: the name of these parent records, where it is not the stream's.
        rows_at: where the rows lie in the answer, for documents, where nothing else tells.
        in_arrow: whether pages are read into Arrow whole where their form allows (`arrow_pages`),
            and the content hash is one of the rows; for a root of many rows and simple types.
    """

    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    operation: str | None = None
    read: Read | None = None
    windows: Windows = Windows()
    parents: Parents | None = None
    family: Family | None = None
    by_ids: ByIds | None = None
    part: Part | None = None
    beside: Beside | None = None
    absence: Absence = Absence.DELETED
    removal: Removal = Removal()
    crm_object: CrmObject | None = None
    ignored: tuple[str, ...] = ()
    parent_columns: tuple[str, ...] = ()
    parents_as: str = ""
    rows_at: str = ""
    in_arrow: bool = False

    @property
    def is_root(self) -> bool:
        """Whether the table is the unit of change, rather than a part of one."""
        return self.part is None

    @property
    def parent(self) -> str | None:
        """The root table of a child table."""
        return self.part.of if self.part else None

    @property
    def rows(self) -> tuple[str, ...] | Explode:
        """Where the rows lie in an entity; empty of a root table, whose row is the entity."""
        return self.part.rows if self.part else ()

    @property
    def is_outer(self) -> bool:
        """Whether an element without inner rows still gives one row."""
        return self.part is not None and self.part.is_outer

    @property
    def is_history(self) -> bool:
        """Whether its rows are what earlier runs saw of another table."""
        return self.beside is not None and self.beside.is_history

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the entity that this table alone takes; empty where it takes the rest."""
        return self.beside.keys if self.beside else ()

    @property
    def is_period_log(self) -> bool:
        """Whether its rows are calendar periods that were read, which no answer of Gong holds."""
        return self.is_root and self.read is Read.PERIODS

    @property
    def window_column(self) -> str | None:
        """The column that the API filters on; None of a stream without windows."""
        return self.windows.column

    @property
    def lookback(self) -> Lookback | None:
        """How far back a sync reads again; None of a stream that it does not read by windows."""
        return self.windows.lookback

    @property
    def entity(self) -> tuple[str, ...]:
        """The columns that name the entity, in the root and in its children alike."""
        if self.part is None:
            return self.key
        return tuple(column.name for column in self.columns[: self.part.entity_columns])

    def column(self, name: str) -> Column:
        """Returns the declared column of that name."""
        return next(c for c in self.columns if c.name == name)
