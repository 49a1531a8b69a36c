"""Every reading landed for real, read again, and read with fields more and fields less.

One case per landed table or reading, made from the tables themselves: a new row is covered by them.
Three syncs over real HTTP serve all cases: as Gong answers, with a key nobody announced in every
object of every answer, and with one known key of each table left out of every answer.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sources.gong.api.operations import OPERATIONS, Operation
from sources.gong.extract.logs import LOG_TYPES
from sources.gong.extract.window_plan import parts
from sources.gong.load.load_log import LOG_TABLES
from sources.gong.schema.arrow import landed_columns, schema
from sources.gong.schema.columns import Column, Sensitivity, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import (
    PARENT_COLUMNS,
    STREAMS,
    TABLES,
    roots,
    stream,
    table,
    tables_of,
)
from sources.gong.schema.unknown_fields import WITHOUT_ROWS
from tests.conftest import Emulator, Gong
from tests.endpoints.altering import Rewrite, altering, elements, with_levels
from tests.endpoints.places import MAPS, Place, json_columns, own_tables, places
from tests.endpoints.world import EMULATOR, NOW, START, command, synced
from tests.harness.landed import connect, rows_of, without_load_columns

NAMES = tuple(landed.name for landed in TABLES)
Rows = list[dict[str, Any]]


@dataclass
class Landed:
    """A finished sync, its command, and what the warehouse held after it."""

    gong: Gong
    said: str
    _rows: dict[str, Rows] = field(default_factory=dict)

    def rows(self, name: str) -> Rows:
        if name not in self._rows:
            self._rows[name] = rows_of(self.gong.warehouse, name)
        return self._rows[name]

    def content(self, name: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        rows = map(without_load_columns, self.rows(name))
        return {tuple(row[key] for key in table(name).key): row for row in rows}


Factory = Callable[[str, dict[str, Rewrite]], Landed]


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*EMULATOR)


@pytest.fixture(scope="module")
def land(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Factory:
    def land(name: str, rewrites: dict[str, Rewrite]) -> Landed:
        with altering(emulator, rewrites) as server:
            gong = command(emulator, server.url, tmp_path_factory.mktemp(name))
            done = synced(gong)
        return Landed(gong, done.stderr)

    return land


@pytest.fixture(scope="module")
def plain(land: Factory) -> Landed:
    return land("plain", {})


# --- what lands ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_something_lands_and_its_key_is_unique_and_never_null(plain: Landed, name: str) -> None:
    rows, key = plain.rows(name), table(name).key
    assert rows, "nothing landed, so nothing was tested"
    keys = Counter(tuple(row[part] for part in key) for row in rows)
    assert {k: count for k, count in keys.items() if count > 1} == {}
    assert not any(None in k for k in keys)


DUCKDB = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
    pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
}


@pytest.mark.parametrize("name", NAMES)
def test_the_warehouse_has_the_columns_of_the_table_in_their_types(
    plain: Landed, name: str
) -> None:
    with connect(plain.gong.warehouse) as db:
        found = db.execute(
            "select column_name, data_type, is_nullable from duckdb_columns() "
            "where schema_name = 'gong_raw' and table_name = ?",
            [name],
        ).fetchall()
    arrow = schema(name)
    expected = {
        column.name: "JSON" if column.type is Type.JSON else DUCKDB[arrow.field(column.name).type]
        for column in landed_columns(name)
    }
    assert {column: kind for column, kind, _ in found} == expected
    assert {column for column, _, is_nullable in found if not is_nullable} == set(table(name).key)


@pytest.mark.parametrize("name", NAMES)
def test_the_types_of_columns_follow_the_promises_on_names(name: str) -> None:
    for column in table(name).columns:
        arrow = schema(name).field(column.name).type
        if column.name.endswith("_id"):
            assert arrow == pa.string(), column.name
        # said_at is Gong's word for a part of the call, last_modified_at its own spelling
        if column.name.endswith("_at") and column.name not in ("said_at", "last_modified_at"):
            assert arrow == pa.timestamp("us", "UTC"), column.name
        if column.name.endswith("_on"):
            assert arrow == pa.date32(), column.name
        if column.name.startswith(("is_", "has_")):
            assert arrow == pa.bool_(), column.name
        if column.sensitivity is Sensitivity.SECRET:
            assert column.type is Type.PRESENCE, column.name


@pytest.mark.parametrize("name", LOG_TABLES)
def test_the_account_of_what_was_read_has_a_unique_key(plain: Landed, name: str) -> None:
    key = LOG_TABLES[name].field(0).name
    with connect(plain.gong.warehouse) as db:
        rows = db.execute(f"select {key}, count(*) from gong_raw.{name} group by all").fetchall()
    assert rows
    assert all(value is not None and count == 1 for value, count in rows)


@pytest.mark.parametrize("name", STREAMS)
def test_every_part_of_a_reading_was_read_to_its_end(plain: Landed, name: str) -> None:
    with connect(plain.gong.warehouse) as db:
        rows = db.execute(
            "select detail, entities_seen from gong_ops.windows where stream = ?", [name]
        ).fetchall()
    assert {detail for detail, _ in rows if not detail.startswith("package")} == set(parts(name))
    assert sum(seen for _, seen in rows) > 0


# --- read again ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Again:
    landed: Landed
    counts: dict[str, tuple[int, int]]
    """Entities seen and changed by the second read, by reading."""


@pytest.fixture(scope="module")
def again(plain: Landed, land: Factory, emulator: Emulator) -> Again:
    """The same once more: lists as if named, so that no cadence holds one back, then history."""
    with connect(plain.gong.warehouse) as db:
        before = {row[0] for row in db.execute("select window_id from gong_ops.windows").fetchall()}
    with altering(emulator, {}) as server:
        env = {"SOURCES__GONG__BASE_URL": server.url}
        for arguments in (
            ("sync", "--only", ",".join(STREAMS)),
            ("backfill", "--from", START.isoformat(), "--to", NOW.isoformat()),
        ):
            done = plain.gong(*arguments, "--no-transform", env=env)
            assert done.returncode == 0, done.stderr
    with connect(plain.gong.warehouse) as db:
        rows = db.execute(
            "select stream, entities_seen, entities_changed, window_id from gong_ops.windows"
        ).fetchall()
    counts: dict[str, tuple[int, int]] = {}
    for name, seen, changed, window_id in rows:
        if window_id not in before:
            had = counts.get(name, (0, 0))
            counts[name] = (had[0] + seen, had[1] + changed)
    return Again(Landed(plain.gong, done.stderr), counts)


@pytest.mark.parametrize("name", STREAMS)
def test_a_second_read_sees_what_is_there_and_lands_nothing(again: Again, name: str) -> None:
    seen, changed = again.counts[name]
    assert seen > 0
    assert changed == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_second_read_leaves_every_row_as_it_was(
    first_rows: dict[str, Rows], again: Again, name: str
) -> None:
    def texts(rows: Rows) -> list[str]:
        return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)

    assert texts(again.landed.rows(name)) == texts(first_rows[name])


@pytest.fixture(scope="module")
def first_rows(plain: Landed) -> dict[str, Rows]:
    return {name: plain.rows(name) for name in NAMES}


@pytest.fixture(scope="module", autouse=True)
def in_order(first_rows: dict[str, Rows], again: Again) -> None:
    """What the first sync landed is read before the second one, whatever the order of tests."""


# --- a field more -------------------------------------------------------------------------------

ENVELOPES = {"", "records"}
"""What is around the rows of an answer; nothing of it lands."""
PLANTED_MAPS: dict[str, frozenset[str]] = {
    **MAPS,
    # a name more in these is one activity or metric more, whose calls land under that name
    "listMultipleUsersDayByDayActivity": frozenset(
        {"usersDetailedActivities[].userDailyActivityStats[]"}
    ),
    "listUsers_1": frozenset({"coachingData[].directReportsMetrics[].metrics"}),
}
WITHOUT_ROW: dict[str, str] = {
    "callAccessList[]": "a call to which nobody was given access has no row",
    "coachingData[]": "whom nobody coached has no row",
    "coachingData[].manager": "whom nobody coached has no row",
    "coachingData[].directReportsMetrics[]": "whom nobody coached has no row",
    "coachingData[].directReportsMetrics[].report": "whom nobody coached has no row",
    "flows[]": "a flow without steps has no row among the steps",
    "usersDetailedActivities[]": "who did nothing has no row",
    "logEntries[].logRecord": "of what is planted there, addresses and the like are dropped",
}
"""Levels at which some elements give no row that could hold what is unknown of them."""
DROPPED = {
    "calls[].media": "signed addresses are not kept, whatever they may be called",
    "logEntries[].logRecord.httpRequest": "the value of anything in a request may be a secret",
    "logEntries[].logRecord.httpRequest.parameters[]": "the same",
}


def novel(level: str) -> str:
    return "novel" + "".join(part.capitalize() for part in level.replace("[]", "").split("."))


@dataclass
class Planted:
    """What was put into answers, by operation and level, as JSON text."""

    found: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rewrite(self, row: Operation, answer: dict[str, Any]) -> None:
        maps = PLANTED_MAPS.get(row.operation_id, frozenset())
        places = list(with_levels(answer, "", maps))
        for level, element in places:
            if level in ENVELOPES or level in maps or level.endswith("logRecord.httpRequest"):
                continue
            scalars = {k: v for k, v in element.items() if not isinstance(v, (dict, list))}
            value = {"operation": row.operation_id, "at": level, "in": scalars}
            with self.lock:
                self.found[row.operation_id, level].add(spelled(value))
            element[novel(level)] = value


def spelled(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def planted_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from planted_in(one)
    elif isinstance(value, dict):
        if value.keys() == {"operation", "at", "in"}:
            yield value
        else:
            for one in value.values():
                yield from planted_in(one)


@dataclass(frozen=True)
class Novel:
    landed: Landed
    planted: Planted
    by_place: dict[tuple[str, str], dict[tuple[str, str], set[str]]]
    """Operation and level → table and column → values found there."""


@pytest.fixture(scope="module")
def with_novelties(land: Factory) -> Novel:
    planted = Planted()
    rewrites: dict[str, Rewrite] = {row.operation_id: planted.rewrite for row in OPERATIONS}
    landed = land("novel", rewrites)
    found: dict[tuple[str, str], dict[tuple[str, str], set[str]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for name in NAMES:
        for row in landed.rows(name):
            for column, cell in row.items():
                kept = cell
                if name == "crm_object_fields" and column == "value" and cell:
                    kept = json.loads(cell) if cell.startswith("{") else None
                for value in planted_in(kept):
                    found[value["operation"], value["at"]][name, column].add(spelled(value))
    return Novel(landed, planted, found)


@pytest.mark.parametrize("name", STREAMS)
def test_an_unknown_field_at_each_level_lands_in_extra_of_its_table(
    with_novelties: Novel, name: str
) -> None:
    told = {table(root.name).operation for root in roots(name)} | {table(name).operation}
    checked = 0
    for (operation_id, level), planted in with_novelties.planted.found.items():
        if operation_id not in told:
            continue
        found = with_novelties.by_place[operation_id, level]
        if level in DROPPED:
            assert found == {}, level
            continue
        checked += 1
        assert found.keys() == homes(operation_id, level), level
        kept = set().union(*found.values())
        if level not in WITHOUT_ROW:
            assert planted - kept == set(), level
        assert kept, level
    assert checked


def homes(operation_id: str, level: str) -> set[tuple[str, str]]:
    if (operation_id, level) == ("getCrmObjects", "crmObjectsMap.*"):
        # a key more of an object is a field more
        return {("crm_object_fields", "value")}
    inside = json_columns(operation_id, level)
    return inside or {(name, "extra") for name in own_tables(operation_id, level)}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_field_lands_in_the_row_of_its_element(with_novelties: Novel, name: str) -> None:
    landed = table(name)
    own = {
        place: column
        for column in landed.columns
        for place in places(landed, column)
        if column.type in (Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN, Type.INSTANT)
    }
    checked = 0
    for row in with_novelties.landed.rows(name):
        for value in planted_in(row["extra"]):
            for key, told in value["in"].items():
                column = own.get(Place(value["operation"], value["at"], key))
                if column is not None:
                    assert row[column.name] == read(column, told), (value["at"], column.name)
                    checked += 1
    are_scalars = any(column.source == "." for column in landed.columns)
    assert checked or are_scalars or name in WITHOUT_OWN_ELEMENT


WITHOUT_OWN_ELEMENT = {
    # shares the element with another table, which takes what is unknown
    "user_history", "flow_visibility",
    # made of ids, of a map, or of nothing of Gong's
    "stats_periods", "activity_daily_calls", "crm_objects", "crm_object_fields",
}  # fmt: skip


def read(column: Column, told: Any) -> Any:
    """A value of the wire as a column of its type shows it."""
    if told is None or isinstance(told, bool):
        return told
    if column.type is Type.TEXT:
        return str(told)
    if column.type is Type.INSTANT:
        return datetime.fromisoformat(told).astimezone(UTC)
    return int(told) if column.type is Type.INTEGER else float(told)


def test_the_names_of_unknown_fields_are_reported(with_novelties: Novel) -> None:
    with connect(with_novelties.landed.gong.warehouse) as db:
        told = set(db.execute("select table_name, field from gong_ops.schema_changes").fetchall())
    expected = {
        name
        for place in with_novelties.by_place.values()
        for name, column in place
        if column == "extra"
    }
    assert {name for name, _ in told} == expected
    assert "unknown fields (kept in extra)" in with_novelties.landed.said


# --- a field less -------------------------------------------------------------------------------

UNFIT = {
    # what the id of an entry without auditId is made of
    "logs": {"user_id", "user_email_address", "impersonator_user_id", "event_at"},
    # by which an occurrence is found under its phrase
    "call_tracker_occurrences": {"start_seconds"},
}
"""Columns whose absence would do more than leave a null."""


def removable(landed: Table) -> Column | None:
    """The first column of a table that may be missing without anything else being different."""
    parents = PARENT_COLUMNS.get(stream(landed.name) if landed.beside else landed.name, ())
    for column in landed.columns:
        is_needed = column.name in (*landed.key, *parents, landed.window_column)
        is_needed |= column.name in UNFIT.get(landed.name, ()) or column.type is Type.PRESENCE
        if not is_needed and places(landed, column) and not column.source.startswith("$"):
            return column
    return None


REMOVED = {landed.name: column for landed in TABLES if (column := removable(landed))}
WITHOUT_REMOVABLE = {
    # nothing but keys, or nothing that comes from a field of its own
    "transcripts", "user_email_aliases", "stats_periods", "activity_daily_calls",
    "call_user_access", "crm_objects", "crm_object_fields",
}  # fmt: skip


def test_tables_of_which_no_field_can_be_missing_have_only_keys() -> None:
    assert set(NAMES) - REMOVED.keys() <= WITHOUT_REMOVABLE


@pytest.fixture(scope="module")
def with_less(land: Factory) -> Landed:
    gone: dict[str, set[Place]] = defaultdict(set)
    for name, column in REMOVED.items():
        for place in places(table(name), column):
            gone[place.operation_id].add(place)

    def rewrite(_row: Operation, answer: dict[str, Any], places: set[Place]) -> None:
        for place in places:
            for element in elements(answer, place.level):
                element.pop(place.key, None)

    return land("less", {name: partial(rewrite, places=found) for name, found in gone.items()})


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_field_is_null_and_everything_else_is_as_it_was(
    plain: Landed, first_rows: dict[str, Rows], with_less: Landed, name: str
) -> None:
    landed = table(name)
    removed = {place for n, column in REMOVED.items() for place in places(table(n), column)}
    nulls = {
        column
        for column in landed.columns
        if (found := places(landed, column)) and set(found) <= removed
    }
    gone = {c.name: "null" if c.type is Type.SCALAR_TYPE else None for c in nulls}
    expected = plain.content(name)
    if name in REMOVED:
        was = REMOVED[name].name
        assert was in gone
        assert any(row[was] is not None for row in expected.values()), "it was null before"
    assert {key: without_hollow(row) for key, row in with_less.content(name).items()} == {
        key: without_hollow({**row, **gone}) for key, row in expected.items()
    }


def without_hollow(row: dict[str, Any]) -> dict[str, Any]:
    """Without the elements that have no rows of their own, which are kept as Gong told them."""
    extra = {k: v for k, v in (row["extra"] or {}).items() if k != WITHOUT_ROWS}
    return {**row, "extra": extra or None}


def test_the_suite_knows_every_table_and_every_log(plain: Landed) -> None:
    assert {name for one in STREAMS for name in tables_of(one)} == set(NAMES)
    assert all(stream(name) in STREAMS for name in NAMES if name != "stats_periods")
    assert {row["log_type"] for row in plain.rows("logs")} == set(LOG_TYPES)
    assert Path(plain.gong.home / "warehouse.duckdb").is_file()
