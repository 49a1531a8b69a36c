"""An empty answer is a success without rows, whatever form it has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from sources.gong.extract.window_plan import parts
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import (
    STATS_TABLES,
    tables_of,
)
from tests.conftest import Emulator, Gong
from tests.endpoints.altering import Rewrite, altering, emptied
from tests.endpoints.landed import every_stream
from tests.endpoints.streams import LEAVES, PARENTS, operation_ids
from tests.endpoints.world import (
    command,
    distinct,
    entities,
    reader_of,
    synced,
)
from tests.harness.landed import connect


@dataclass(frozen=True)
class Emptied:
    gong: Gong
    output: str
    names: tuple[str, ...]
    """Streams whose answers were empty."""


def land_nothing(
    small_company: Emulator, folder: Path, names: tuple[str, ...], *, null: bool = False
) -> Emptied:
    rewrites: dict[str, Rewrite] = {
        operation_id: partial(emptied, null=null)
        for name in names
        for operation_id in operation_ids(name)
    }
    with altering(small_company, rewrites) as server:
        gong = command(small_company, server.url, folder)
        done = synced(gong)
    return Emptied(gong, done.stderr, names)


@pytest.fixture(scope="module")
def without_leaves(small_company: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Emptied:
    return land_nothing(small_company, tmp_path_factory.mktemp("leaves"), LEAVES)


@pytest.fixture(scope="module")
def without_parents(small_company: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Emptied:
    return land_nothing(small_company, tmp_path_factory.mktemp("parents"), PARENTS, null=True)


@every_stream
def test_an_empty_answer_is_a_success_without_rows(
    without_leaves: Emptied, without_parents: Emptied, name: str
) -> None:
    run = without_leaves if name in LEAVES else without_parents
    assert f"warning: {name}:" not in run.output
    with connect(run.gong.warehouse) as db:
        for landed in set(tables_of(name)) - {"stats_periods"}:
            (count,) = db.execute(f"select count(*) from gong_raw.{landed}").fetchone() or (None,)
            assert count == 0, landed
        closed = db.execute(
            "select detail from gong_ops.windows where stream = ?", [name]
        ).fetchall()
    assert set(parts(name)) <= {detail for (detail,) in closed}


def test_streams_with_rows_land_beside_empty_ones(
    without_leaves: Emptied, entities_by_stream: dict[str, list[Entity]]
) -> None:
    with connect(without_leaves.gong.warehouse) as db:
        for name in PARENTS:
            row = db.execute(f"select count(*) from gong_raw.{name}").fetchone()
            assert row == (distinct(entities_by_stream, name),), name


@pytest.mark.parametrize("null", [False, True], ids=["documented", "null"])
def test_documented_empty_answers_and_nulls_are_read_as_no_rows(
    small_company: Emulator, tmp_path: Path, null: bool
) -> None:
    rewrites: dict[str, Rewrite] = {
        operation_id: partial(emptied, null=null)
        for name in LEAVES
        for operation_id in operation_ids(name)
    }
    with (
        altering(small_company, rewrites) as server,
        reader_of(small_company, server.url, tmp_path) as read,
    ):
        by_stream = entities(read)
    for name in LEAVES:
        rows = [row for row in by_stream[name] if not (name in STATS_TABLES and not row["users"])]
        assert rows == [], name
    assert all(by_stream[name] for name in PARENTS)
