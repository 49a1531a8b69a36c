"""Every reading where Gong has nothing to tell, and where a value is not what it promised to be.

An empty answer is a success of nothing. A value of another type fails the one table it belongs to:
the message names the table and the column and never the value, and everything else lands.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.api.operations import Operation
from sources.gong.extract.window_plan import parts
from sources.gong.schema.arrow import entity_key, to_arrow
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.columns import Column, Entity, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import (
    BY_CALL,
    PARENT_COLUMNS,
    STATS_TABLES,
    STREAMS,
    TABLES,
    children,
    parent_streams,
    root_of,
    roots,
    stream,
    table,
    tables_of,
)
from tests.conftest import Emulator, Gong
from tests.endpoints.altering import Rewrite, altering, elements, emptied
from tests.endpoints.places import Place, levels, places
from tests.endpoints.world import (
    EMULATOR,
    LEAVES,
    NOW,
    PARENTS,
    command,
    entities,
    reader_of,
    synced,
)
from tests.harness.landed import connect

LEAK = "s3cret-value-of-somebody"
WRONG: dict[Type, Any] = {
    Type.TEXT: [LEAK],
    Type.INTEGER: LEAK,
    Type.NUMBER: LEAK,
    Type.BOOLEAN: LEAK,
    Type.INSTANT: LEAK,
    Type.DATE: LEAK,
}
"""What no column of a type accepts; the other types accept everything."""


@pytest.fixture(scope="module")
def emulator(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*EMULATOR)


@pytest.fixture(scope="module")
def told(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Entity]]:
    """All that the streams read, as the landing gets it."""
    with reader_of(emulator, emulator.base_url, tmp_path_factory.mktemp("told")) as reader:
        return entities(reader)


def operation_ids(name: str) -> set[str]:
    found = {table(name).operation, *(root.operation for root in roots(name))}
    return {one for one in found if one}


# --- nothing there ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Emptied:
    gong: Gong
    said: str
    names: tuple[str, ...]
    """Streams that were told of nothing."""


def land_nothing(
    emulator: Emulator, folder: Path, names: tuple[str, ...], *, null: bool = False
) -> Emptied:
    rewrites: dict[str, Rewrite] = {
        operation_id: partial(emptied, null=null)
        for name in names
        for operation_id in operation_ids(name)
    }
    with altering(emulator, rewrites) as server:
        gong = command(emulator, server.url, folder)
        done = synced(gong)
    return Emptied(gong, done.stderr, names)


@pytest.fixture(scope="module")
def without_leaves(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Emptied:
    return land_nothing(emulator, tmp_path_factory.mktemp("leaves"), LEAVES)


@pytest.fixture(scope="module")
def without_parents(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Emptied:
    return land_nothing(emulator, tmp_path_factory.mktemp("parents"), PARENTS, null=True)


@pytest.mark.parametrize("name", STREAMS)
def test_an_empty_answer_is_a_success_without_rows(
    without_leaves: Emptied, without_parents: Emptied, name: str
) -> None:
    run = without_leaves if name in LEAVES else without_parents
    assert f"warning: {name}:" not in run.said
    with connect(run.gong.warehouse) as db:
        for landed in set(tables_of(name)) - {"stats_periods"}:
            (count,) = db.execute(f"select count(*) from gong_raw.{landed}").fetchone() or (None,)
            assert count == 0, landed
        closed = db.execute(
            "select detail from gong_ops.windows where stream = ?", [name]
        ).fetchall()
    assert set(parts(name)) <= {detail for (detail,) in closed}


def test_what_is_not_empty_lands_all_the_same(
    without_leaves: Emptied, told: dict[str, list[Entity]]
) -> None:
    with connect(without_leaves.gong.warehouse) as db:
        for name in PARENTS:
            row = db.execute(f"select count(*) from gong_raw.{name}").fetchone()
            assert row == (distinct(told, name),), name


def distinct(told: dict[str, list[Entity]], name: str) -> int:
    root = root_of(name)
    return len({entity_key(root, entity) for entity in told[name]})


@pytest.mark.parametrize("null", [False, True], ids=["documented", "null"])
def test_empty_answers_of_either_kind_are_read_as_nothing(
    emulator: Emulator, tmp_path: Path, null: bool
) -> None:
    rewrites: dict[str, Rewrite] = {
        operation_id: partial(emptied, null=null)
        for name in LEAVES
        for operation_id in operation_ids(name)
    }
    with altering(emulator, rewrites) as server, reader_of(emulator, server.url, tmp_path) as read:
        found = entities(read)
    for name in LEAVES:
        rows = [row for row in found[name] if not (name in STATS_TABLES and not row["users"])]
        assert rows == [], name
    assert all(found[name] for name in PARENTS)


# --- another type -------------------------------------------------------------------------------


def typed(landed: Table) -> Iterator[Column]:
    """Columns whose value comes from Gong and that refuse some values."""
    for column in landed.columns:
        if column.type in WRONG and places(landed, column):
            yield column


CASES = [
    pytest.param(landed.name, column.name, id=f"{landed.name}.{column.name}")
    for landed in TABLES
    for column in typed(landed)
    if not landed.is_history  # its values are those of users
]


def inside(value: Any, name: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields every object inside a value, and the key that leads to it."""
    if isinstance(value, list):
        for one in value:
            yield from inside(one, name)
    elif isinstance(value, dict):
        yield name, value
        for key, inner in value.items():
            yield from inside(inner, key)


def bent(landed: Table, column: Column, entity: Entity, *, null: bool) -> Entity | None:
    """An entity with a wrong value in one place of a column; None if it has no such place.

    Args:
        landed: the table.
        column: of which a value is changed.
        entity: stays as it is.
        null: whether a null may be changed as well.
    """
    entity = copy.deepcopy(dict(entity))
    for place in places(landed, column):
        last = place.level.rpartition(".")[2].removesuffix("[]")
        # the list of an answer becomes entities, or the users of a period
        names = {last, *({"users", "stats"} if landed.name in STATS_TABLES else ())}
        for name, holder in inside(entity):
            of_entity = column.source.startswith("$") or (
                landed.is_root and place.level in levels(landed)
            )
            is_entity = name == "" and of_entity
            has_value = place.key in holder and (null or holder[place.key] is not None)
            if (name in names or is_entity) and has_value:
                holder[place.key] = WRONG[column.type]
                return entity
    return None


@pytest.mark.parametrize(("name", "column_name"), CASES)
def test_a_changed_type_is_refused_and_named_without_its_value(
    told: dict[str, list[Entity]], name: str, column_name: str
) -> None:
    landed, root = table(name), root_of(name) if name in STATS_TABLES else root_table(name)
    names = (name,) if name in STATS_TABLES else tuple(c.name for c in children(root.name))
    found = (
        bent(landed, landed.column(column_name), entity, null=null)
        for null in (False, True)
        for entity in told[stream(name)]
    )
    wrong = next(one for one in found if one is not None)
    with pytest.raises(SchemaDrift) as drift:
        convert(root, names, wrong)
    assert str(drift.value).partition(":")[0].partition(".")[0] in {root.name, *names}
    assert LEAK not in str(drift.value)
    told = drift.value
    assert told.table in {root.name, *names}
    assert all((told.field, told.expected, told.found))
    assert LEAK not in told.field + told.expected + told.found


def convert(root: Table, names: tuple[str, ...], entity: Entity) -> None:
    entity_key(root, entity)
    to_arrow(root.name, names, [entity], [content_hash(entity)], NOW, "load")


def root_table(name: str) -> Table:
    return table(table(name).parent or name)


@dataclass(frozen=True)
class Broken:
    """A sync in which some streams met a value of another type."""

    gong: Gong
    said: str
    tables: dict[str, str]
    """Reading → the table of it that was hit."""


def hit(name: str, turn: int) -> tuple[str, Column | None]:
    """The table of a stream to hit, another one in each turn, and a column of it."""
    found = [
        (landed, column)
        for landed in tables_of(name)
        if not table(landed).is_history
        for column in typed(table(landed))
        if column.name not in (*table(landed).key, *PARENT_COLUMNS.get(landed, ()))
    ] or [(landed, column) for landed in tables_of(name) for column in typed(table(landed))]
    by_table = dict(reversed(found))
    if not by_table:
        return name, None
    landed = list(by_table)[turn % len(by_table)]
    return landed, by_table[landed]


def break_some(emulator: Emulator, folder: Path, names: tuple[str, ...], turn: int) -> Broken:
    hits = {name: hit(name, turn) for name in names}
    rewrites: dict[str, Rewrite] = {}
    for name, (landed, column) in hits.items():
        found = places(table(landed), column) if column else ()
        for operation_id in {one.operation_id for one in found} or operation_ids(name):
            rewrites[operation_id] = partial(spoil, found=found, column=column)
    with altering(emulator, rewrites) as server:
        gong = command(emulator, server.url, folder)
        done = synced(gong, code=1)
    return Broken(gong, done.stderr + done.stdout, {n: landed for n, (landed, _) in hits.items()})


def spoil(
    _row: Operation, answer: dict[str, Any], found: tuple[Place, ...], column: Column | None
) -> None:
    """Changes the first value of a column in an answer; of a map of objects, the first object."""
    if column is None:
        for one in answer.values():
            if isinstance(one, dict):
                one.update(dict.fromkeys(list(one)[:1], LEAK))
        return
    for place in found:
        for element in elements(answer, place.level):
            if element.get(place.key) is not None:
                element[place.key] = WRONG[column.type]
                return


@pytest.fixture(scope="module")
def broken(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[Broken, ...]:
    """Every reading is broken in one of three syncs, and in that one no reading that it asks about.

    First those that ask and are asked about, with half of the leaves; then the other leaves; last
    those that ask about none.
    """
    inner = tuple(name for name in PARENTS if parent_streams(name))
    outer = tuple(name for name in PARENTS if not parent_streams(name))
    half = tuple(name for name in LEAVES[::2] if not set(parent_streams(name)) & set(inner))
    rest = tuple(name for name in LEAVES if name not in half)
    return tuple(
        break_some(emulator, tmp_path_factory.mktemp("broken"), names, turn)
        for turn, names in enumerate(((*inner, *half), rest, outer))
    )


@pytest.mark.parametrize("name", STREAMS)
def test_a_changed_type_fails_its_table_with_a_message_that_names_it(
    broken: tuple[Broken, ...], name: str
) -> None:
    (run,) = (one for one in broken if name in one.tables)
    (line,) = [line for line in run.said.splitlines() if line.startswith(f"warning: {name}: ")]
    assert run.tables[name] in line.removeprefix(f"warning: {name}: ")
    assert LEAK not in run.said
    with connect(run.gong.warehouse) as db:
        closed = db.execute(
            "select detail from gong_ops.windows where stream = ? and detail not like 'package%'",
            [name],
        ).fetchall()
    assert set(parts(name)) - {detail for (detail,) in closed}, "counted as read to its end"


@pytest.mark.parametrize("name", STREAMS)
def test_the_others_land_as_if_nothing_had_happened(
    broken: tuple[Broken, ...], told: dict[str, list[Entity]], name: str
) -> None:
    for run in broken:
        if name in run.tables or any(parent in run.tables for parent in depends_on(name)):
            continue
        with connect(run.gong.warehouse) as db:
            if name in STATS_TABLES:
                sql = f"select count(*) from gong_raw.stats_periods where table_name = '{name}'"
            else:
                sql = f"select count(*) from gong_raw.{root_of(name).name}"
            assert db.execute(sql).fetchone() == (distinct(told, name),)
        assert f"warning: {name}:" not in run.said


def depends_on(name: str) -> set[str]:
    """The streams whose rows a stream asks about, and whose rows these ask about."""
    own = {*parent_streams(name), *(("calls",) if name in BY_CALL else ())}
    return own.union(*(depends_on(parent) for parent in own))


def test_who_asks_about_rows_that_failed_is_skipped_and_says_so(broken: tuple[Broken, ...]) -> None:
    run = broken[-1]
    for name in LEAVES:
        # whom tasks name is only one of the ways to find prospects
        parents = parent_streams(name)
        if name != "flow_prospects" and parents and "calls" not in parents:
            (line,) = [one for one in run.said.splitlines() if one.startswith(f"warning: {name}:")]
            assert "it asks about the rows of" in line


def test_the_value_of_another_type_is_written_nowhere(broken: tuple[Broken, ...]) -> None:
    for run in broken:
        files = [file for file in run.gong.home.parent.rglob("*") if file.is_file()]
        assert len(files) > 5
        assert [file for file in files if LEAK.encode() in file.read_bytes()] == []
