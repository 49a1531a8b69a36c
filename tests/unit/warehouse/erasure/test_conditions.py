"""Which published rows go with a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from sources.gong.load.suppression.person import Person
from tests.unit.warehouse.erasure.conftest import JANE, NUMBER
from warehouse.erasure.conditions import published_where
from warehouse.publication.catalogue import folder
from warehouse.publication.erased_rows import remove_rows
from warehouse.publication.publish import publish
from warehouse.publication.reading import connect
from warehouse.target import Target


def test_published_rows_and_their_parts_go_at_once(tmp_path: Path) -> None:
    target = Target(tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(target.path)) as db:
        db.execute(
            f"""create schema gong_build; create schema gong_ops;
            create table gong_build.fct_calls as
                select 'c' || n as call_id, date '2026-01-15' + (n * 31)::integer as started_on,
                    case n when 2 then 'ask {JANE.upper()}' else 'x' end as brief
                from range(4) as t(n);
            create table gong_build.dim_crm_objects as select 'hers' as crm_id;
            create table gong_build.dim_users as select 'u' as user_id"""
        )
    publish(target, tmp_path)
    before = {file.name for file in folder(tmp_path).glob("parts/*/*")}
    her = Person(frozenset({JANE}), frozenset({NUMBER}), crm_ids=frozenset({"hers"}))

    def where(columns: Any) -> Any:
        return published_where(her, ["c0"], columns, with_mentions=False)

    assert remove_rows(tmp_path, where) == {"gong.fct_calls": 2, "gong.dim_crm_objects": 1}
    with connect(tmp_path) as db:
        assert db.execute("select call_id from gong.fct_calls").fetchall() == [("c1",), ("c3",)]
        assert db.execute("select count(*) from gong.dim_crm_objects").fetchall() == [(0,)]
        assert db.execute("select user_id from gong.dim_users").fetchall() == [("u",)]
    after = {file.name for file in folder(tmp_path).glob("parts/*/*")}
    assert len(after & before) == 3
    assert len(after) == len(before)
    assert remove_rows(tmp_path, where) == {}
    # a later publish takes no part for another
    assert publish(target, tmp_path).rows["gong.fct_calls"] == 4
