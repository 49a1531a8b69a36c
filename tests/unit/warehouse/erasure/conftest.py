"""A warehouse with the raw tables in which a person is, and one person to erase."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.privacy.personal_columns import data_map
from sources.gong.load.suppression.person import Person
from sources.gong.load.suppression.phones import phone_spellings
from tests.harness.warehouses.templates import copied
from warehouse.connection import Warehouse
from warehouse.erasure import erasing
from warehouse.erasure.search import PersonalData, find
from warehouse.ops import erasures, suppression_list
from warehouse.prepare import prepare
from warehouse.target import Target

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
create table gong_raw._quarantine (quarantine_id varchar, call_id varchar, entity json,
    entity_id varchar, parent varchar);
create table gong_raw.tasks (task_id varchar, contact_crm_id varchar, contact_emails json);
comment on column gong_raw.calls.brief is 'What was said.';
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """A warehouse with raw tables and nothing in them."""
    warehouse = Warehouse(Target(tmp_path / "w.duckdb"))
    copied(warehouse.path, "of a person", _make)
    return warehouse


def _make(path: Path) -> None:
    made = Warehouse(Target(path))
    prepare(made)
    with made.writing() as db:
        db.execute(RAW)
        suppression_list.prepare(db)
        erasures.prepare(db)


def insert(warehouse: Warehouse, **tables: list[tuple[Any, ...]]) -> None:
    with warehouse.writing() as db:
        for table, rows in tables.items():
            for row in rows:
                marks = ", ".join("?" * len(row))
                db.execute(f"insert into gong_raw.{table} values ({marks})", list(row))


def rows(warehouse: Warehouse, table: str) -> list[tuple[Any, ...]]:
    with warehouse.writing() as db:
        return db.execute(f"select * from gong_raw.{table} order by all").fetchall()


def search(
    warehouse: Warehouse, email: str | None = JANE, phone: str | None = None
) -> PersonalData:
    with warehouse.writing() as db:
        return find(db, email, phone, data_map(), phone_spellings)


def erase(warehouse: Warehouse, *, with_mentions: bool = False) -> erasing.ErasureCounts:
    """Erases Jane."""
    data = search(warehouse)
    names = frozenset(name.lower() for name in data.names)
    matcher = Person(data.emails, data.phones, data.national_phones, data.crm_ids, names)
    with warehouse.writing() as db:
        db.begin()
        counts = erasing.erase(db, matcher, data.calls, data_map(), with_mentions=with_mentions)
        db.commit()
    return counts
