"""Tables in the warehouse file that are not gong-elt's."""

from __future__ import annotations

import pytest

from sources.gong.load.suppression.person import Person
from tests.unit.warehouse.erasure.conftest import JANE, NUMBER, erase, insert
from warehouse.connection import Warehouse
from warehouse.erasure.foreign import ForeignRows, foreign_rows, refuse_foreign_rows

PERSON = Person(frozenset([JANE]), frozenset([NUMBER]))


def test_rows_of_others_that_may_be_about_the_person_are_counted_and_refused(
    warehouse: Warehouse,
) -> None:
    with warehouse.writing() as db:
        db.execute("create table gong_mine.texts as select 'Write to Jane@x.example' as note")
        db.execute("create table gong_mine.calls as select unnest(['c1', 'c2']) as call_id")
        db.execute("create table main.others as select 'john@x.example' as note")
        assert foreign_rows(db, PERSON, ["c1"]) == {"gong_mine.texts": 1, "gong_mine.calls": 1}
        with pytest.raises(ForeignRows, match=r"gong_mine\.calls \(1 rows\), gong_mine\.texts"):
            refuse_foreign_rows(db, PERSON, ["c1"])
        db.execute("drop table gong_mine.texts; drop table gong_mine.calls")
        refuse_foreign_rows(db, PERSON, ["c1"])


def test_datasets_that_dlt_made_beside_ours_go_with_an_erasure(warehouse: Warehouse) -> None:
    with warehouse.writing() as db:
        for schema in ("gong_raw_20261128031500", "gong_raw_20261128031500_staging"):
            db.execute(f"create schema {schema}")
            db.execute(f"create table {schema}.call_parties as select '{JANE}' as email_address")
        refuse_foreign_rows(db, PERSON, [])
    insert(warehouse, calls=[("c1", "x", None, None)])
    erase(warehouse)
    with warehouse.reading() as db:
        schemas = {
            name for (name,) in db.execute("select schema_name from duckdb_schemas()").fetchall()
        }
    assert {"gong_raw", "gong_mine"} <= schemas
    assert not [name for name in schemas if name.startswith("gong_raw_2026")]
