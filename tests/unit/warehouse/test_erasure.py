"""What goes out of a warehouse with a person, and that no byte of it is left in the file."""

from __future__ import annotations

import json
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.privacy.personal_columns import layout
from sources.gong.load.suppression import Person
from warehouse import erasure
from warehouse.connection import Warehouse
from warehouse.ops import suppression_list as tombstones
from warehouse.prepare import prepare
from warehouse.publication import connect, folder, publish, take_out
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
JANE, NUMBER = "jane@x.example", "442070004711"

RAW = """
create schema gong_raw; create schema gong_build; create schema gong_mine;
create table gong_mine.notes as select 1 as a;
create table gong_build.fct_calls as select 'c1' as call_id;
create table gong_raw.calls (call_id varchar, brief varchar, extra json, _deleted_at timestamptz);
create table gong_raw.call_parties (
    call_id varchar, party_index bigint, email_address varchar, phone_number varchar, name varchar
);
create table gong_raw._transcript_asks (call_id varchar);
create table gong_raw.call_crm_objects (
    call_id varchar, object_index bigint, party_index bigint, object_type varchar, object_id varchar
);
create table gong_raw.call_crm_fields (
    call_id varchar, object_index bigint, name varchar, value varchar
);
create table gong_raw.answered_scorecards (answered_scorecard_id varchar, call_id varchar);
create table gong_raw.scorecard_answers (answered_scorecard_id varchar, answer_text varchar);
create table gong_raw.users (user_id varchar, email_address varchar);
create table gong_raw.user_email_aliases (user_id varchar, email_alias varchar);
create table gong_raw.logs (log_id varchar, call_id varchar, user_email_address varchar,
    log_record json);
create table gong_raw.tasks (task_id varchar, contact_crm_id varchar, contact_emails json);
comment on column gong_raw.calls.brief is 'What was said.';
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with raw tables and nothing in them."""
    made = Warehouse(Target(tmp_path / "w.duckdb"))
    prepare(made)
    with made.writing() as db:
        db.execute(RAW)
        tombstones.prepare(db)
    return made


def insert(warehouse: Warehouse, **tables: list[tuple[Any, ...]]) -> None:
    with warehouse.writing() as db:
        for table, rows in tables.items():
            for row in rows:
                marks = ", ".join("?" * len(row))
                db.execute(f"insert into gong_raw.{table} values ({marks})", list(row))


def rows(warehouse: Warehouse, table: str) -> list[tuple[Any, ...]]:
    with warehouse.writing() as db:
        return db.execute(f"select * from gong_raw.{table} order by all").fetchall()


def found(
    warehouse: Warehouse, email: str | None = JANE, phone: str | None = None
) -> erasure.Found:
    with warehouse.writing() as db:
        return erasure.find(db, email, phone, layout())


def person(told: erasure.Found) -> Person:
    return Person(
        frozenset(told.emails),
        frozenset(told.phones),
        frozenset(told.crm_ids),
        frozenset(name.lower() for name in told.names),
    )


def erase(warehouse: Warehouse, *, with_names: bool = False) -> erasure.Outcome:
    told = found(warehouse)
    with warehouse.writing() as db:
        db.begin()
        outcome = erasure.erase(db, person(told), told.calls, layout(), with_names=with_names)
        db.commit()
    return outcome


def test_a_person_is_found_with_what_stands_on_the_same_record(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, "JANE@x.example", "+44 20 7000 4711", "Jane Doe"),
            ("c2", 0, None, "0044 (20) 7000-4711", None),
            ("c3", 0, "john@x.example", None, "Jane Doe"),
        ],
    )
    told = found(warehouse)
    assert (told.emails, told.phones, told.names) == ({JANE}, {NUMBER}, {"Jane Doe"})
    assert told.calls == ["c1", "c2"]
    by_phone = found(warehouse, None, NUMBER)
    assert (by_phone.emails, by_phone.calls) == ({JANE}, ["c1", "c2"])


def test_what_others_have_too_is_not_the_persons(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        call_parties=[
            ("c1", 0, JANE, "+1 800 555 000", "Jane Doe"),
            ("c2", 0, "john@x.example", "+1 800 555 000", "John Doe"),
            ("c3", 0, None, "+1 800 555 000", None),
        ],
    )
    told = found(warehouse)
    assert (told.phones, told.calls, told.shared) == (set(), ["c1"], 1)
    switchboard = found(warehouse, None, "1800555000")
    assert (switchboard.emails, switchboard.shared) == (set(), 2)
    assert switchboard.calls == ["c1", "c2", "c3"]


def test_a_crm_contact_is_the_persons_by_a_field_or_by_standing_with_her_alone(
    warehouse: Warehouse,
) -> None:
    insert(
        warehouse,
        call_parties=[("c1", 0, JANE, None, None), ("c2", 0, "john@x.example", None, None)],
        call_crm_objects=[
            ("c1", 0, 0, "Contact", "hers"),
            ("c1", 1, 0, "Account", "an account"),
            ("c1", 2, 0, "Lead", "shared"),
            ("c2", 0, 0, "Lead", "shared"),
            ("c2", 1, None, "Lead", "by field"),
            ("c2", 2, None, "Opportunity", "a deal"),
        ],
        call_crm_fields=[
            ("c2", 1, "Email", "Jane@X.example"),
            ("c2", 2, "Champion", JANE),
        ],
    )
    assert found(warehouse).crm_ids == {"hers", "by field"}


def test_a_call_goes_whole_and_with_it_what_others_tell_of_it(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        calls=[("c1", "x", None, None), ("c2", "y", None, NOW), ("c3", "z", None, None)],
        call_parties=[("c1", 0, JANE, None, None), ("c2", 0, JANE, None, None)],
        _transcript_asks=[("c1",), ("c3",)],
        answered_scorecards=[("a1", "c1"), ("a3", "c3")],
        scorecard_answers=[("a1", "good"), ("a3", "bad")],
        logs=[("l1", "c2", "n@y.example", None), ("l2", None, "n@y.example", None)],
    )
    outcome = erase(warehouse)
    assert outcome.removed == {
        "calls": 2, "call_parties": 2, "_transcript_asks": 1, "answered_scorecards": 1,
        "scorecard_answers": 1, "logs": 1,
    }  # fmt: skip
    assert [row[0] for row in rows(warehouse, "calls")] == ["c3"]
    assert rows(warehouse, "scorecard_answers") == [("a3", "bad")]
    assert [row[0] for row in rows(warehouse, "logs")] == ["l2"]
    with warehouse.reading() as db:
        assert not erasure.has_build(db)
        assert erasure.foreign_schemas(db) == ["gong_mine"]


def test_rows_about_the_person_go_and_mentions_are_masked(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        calls=[
            ("c1", f"ask {JANE}, said Jane Doe", f'{{"x":"{JANE}","n":12345678901234567890}}', None)
        ],
        call_parties=[
            ("c9", 0, JANE, None, "Jane Doe"),
            ("c1", 0, "j@y.example", None, "Jane Doe"),
        ],
        call_crm_objects=[("c1", 0, None, "Contact", "hers"), ("c1", 1, None, "Account", "a")],
        call_crm_fields=[
            ("c1", 0, "Email", JANE),
            ("c1", 0, "City", "Ulm"),
            ("c1", 1, "Champion", JANE),
        ],
        users=[("u1", "jane@old.example"), ("u2", "other@x.example")],
        user_email_aliases=[("u1", JANE), ("u2", "xjane@x.example")],
        logs=[
            ("l1", None, JANE.upper(), None),
            ("l2", None, "o@x.example", f'{{"to":["{JANE}"]}}'),
            ("l3", None, "o@x.example", f'{{"text":"to {JANE}"}}'),
        ],
        tasks=[
            ("t1", "hers", None),
            ("t2", "9", f'[{{"email":"{JANE}"}}]'),
            ("t3", "9", '[{"email":"xjane@x.example"}]'),
        ],
    )  # fmt: skip
    outcome = erase(warehouse)
    assert outcome.removed == {
        "call_parties": 1, "call_crm_objects": 1, "call_crm_fields": 2, "users": 1,
        "user_email_aliases": 1, "logs": 2, "tasks": 2,
    }  # fmt: skip
    assert outcome.masked == {"calls": 1, "call_crm_fields": 1, "logs": 1}
    assert outcome.mentions == {"calls": 1}
    extra = '{"x":"[erased]","n":12345678901234567890}'
    assert rows(warehouse, "calls") == [("c1", "ask [erased], said Jane Doe", extra, None)]
    assert rows(warehouse, "call_crm_fields") == [("c1", 1, "Champion", "[erased]")]
    assert rows(warehouse, "users") == [("u2", "other@x.example")]
    assert rows(warehouse, "logs") == [("l3", None, "o@x.example", '{"text":"to [erased]"}')]
    assert [row[0] for row in rows(warehouse, "tasks")] == ["t3"]


def test_a_name_is_masked_where_it_was_said_if_wished(warehouse: Warehouse) -> None:
    insert(
        warehouse,
        calls=[("c1", "JANE  DOE and Jane Doering", None, None)],
        call_parties=[
            ("c9", 0, JANE, None, "Jane Doe"),
            ("c1", 0, "j@y.example", None, "Jane Doe"),
        ],
    )
    outcome = erase(warehouse, with_names=True)
    assert (outcome.masked, outcome.mentions) == ({"calls": 1}, {})
    assert rows(warehouse, "calls")[0][1] == "[erased] and Jane Doering"
    assert rows(warehouse, "call_parties")[0][4] == "Jane Doe"


def test_no_byte_is_left_and_all_else_is_as_it_was(warehouse: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    unique = "The heliotrope ledger belongs to nobody but the cartographer."
    insert(
        warehouse,
        calls=[("c1", unique, None, None), ("c2", "z", None, None)],
        call_parties=[("c1", 0, JANE, None, None)],
    )
    with warehouse.writing() as db:
        db.execute("create view gong_raw.v as select count(*) as n from gong_raw.calls")
    assert unique.encode() in path.read_bytes()
    erase(warehouse)
    path.with_name(".w.duckdb.new").write_text("what a kill left")
    erasure.rewrite(Target(path))
    assert unique.encode() not in path.read_bytes()
    assert JANE.encode() not in path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["w.duckdb"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute("select n from gong_raw.v").fetchall() == [(1,)]
        told = "select comment from duckdb_columns() where column_name = 'brief'"
        assert db.execute(told).fetchall() == [("What was said.",)]
    prepare(warehouse)


def test_a_disk_without_room_stops_before_anything(warehouse: Warehouse, tmp_path: Path) -> None:
    target = Target(tmp_path / "w.duckdb")
    erasure.check_room(target)
    # a hole takes no room
    os.truncate(target.path, shutil.disk_usage(tmp_path).free)
    with pytest.raises(erasure.TooFull, match="nothing was erased"):
        erasure.check_room(target)


def test_published_rows_and_their_parts_go_at_once(tmp_path: Path) -> None:
    target = Target(tmp_path / "w.duckdb")
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
    her = Person(frozenset({JANE}), frozenset({NUMBER}), frozenset({"hers"}))

    def where(columns: Any) -> Any:
        return erasure.published_where(her, ["c0"], columns, with_names=False)

    assert take_out(tmp_path, where) == {"gong.fct_calls": 2, "gong.dim_crm_objects": 1}
    with connect(tmp_path) as db:
        assert db.execute("select call_id from gong.fct_calls").fetchall() == [("c1",), ("c3",)]
        assert db.execute("select count(*) from gong.dim_crm_objects").fetchall() == [(0,)]
        assert db.execute("select user_id from gong.dim_users").fetchall() == [("u",)]
    after = {file.name for file in folder(tmp_path).glob("parts/*/*")}
    assert len(after & before) == 3
    assert len(after) == len(before)
    assert take_out(tmp_path, where) == {}
    # a later publish takes no part for another
    assert publish(target, tmp_path).rows["gong.fct_calls"] == 4


def test_an_erasure_goes_on_adds_up_and_can_be_taken_back(warehouse: Warehouse) -> None:
    begun = {"erasure_id": "e1", "kind": "email", "mark": "m", "in_gong": tombstones.NOT_ASKED}
    with warehouse.writing() as db:
        tombstones.begin(db, begun)
        tombstones.add(db, [("email", "m", None), ("name", "n", 2)], "e1", NOW)
        tombstones.add(db, [("email", "m", None), ("call", "c", None)], None, NOW)
        tombstones.keep_check(db, "check")
        kept = tombstones.read(db)
        assert kept == tombstones.Tombstones(
            {"email": frozenset("m"), "name": frozenset("n"), "call": frozenset("c")},
            frozenset({2}),
            "check",
            1,
        )
        tombstones.update(db, "e1", removed={"calls": 2})
        tombstones.update(db, "e1", removed={"calls": 1, "logs": 1}, finished_at=NOW)
        told = db.execute("select removed from gong_ops.erasures").fetchone()
        assert told is not None
        assert json.loads(told[0]) == {"calls": 3, "logs": 1}
        assert tombstones.open_erasure(db, "email", "m") is None
        tombstones.update(db, "e1", in_gong=tombstones.REQUESTED, in_gong_requested_at=NOW)
        going_on = tombstones.open_erasure(db, "email", "m")
        assert going_on == tombstones.Erasure("e1", tombstones.REQUESTED, NOW, is_finished=True)
        tombstones.undo(db, "e1")
        assert tombstones.read(db) == tombstones.Tombstones(
            {"call": frozenset("c")}, frozenset(), "check", 0
        )


def test_where_nobody_was_erased_there_are_no_tombstones(tmp_path: Path) -> None:
    empty = Warehouse(Target(tmp_path / "w.duckdb"))
    prepare(empty)
    with empty.writing() as db:
        assert tombstones.read(db) is None
