"""Rows that were deleted in Gong long ago are purged, with what belongs to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pipelines.privacy.retention import purge
from pipelines.session import Session
from tests.harness.warehouses.erasure_home import NOW, ErasureHome


def session(company: ErasureHome, days: int | None) -> Session:
    session = company.session()
    return replace(session, settings=replace(session.settings, purge_deleted_after_days=days))


def test_only_expired_calls_are_purged_and_their_transcripts_with_them(
    company: ErasureHome,
) -> None:
    long_ago, lately = NOW - timedelta(days=31), NOW - timedelta(days=29)
    with company.warehouse.writing() as db:
        db.execute("alter table gong_raw.calls add column _deleted_at timestamptz")
        db.execute("create table gong_raw.transcript_sentences as select '1' as call_id")
        db.execute("insert into gong_raw.transcript_sentences values ('2')")
        db.execute("update gong_raw.calls set _deleted_at = ? where call_id = '1'", [long_ago])
        db.execute("update gong_raw.calls set _deleted_at = ? where call_id = '2'", [lately])
    purge(session(company, None), company.warehouse)
    assert company.query("select count(*) from gong_raw.calls") == [(2,)]
    own = session(company, 30)
    purge(own, company.warehouse)
    assert company.query("select call_id from gong_raw.calls") == [("2",)]
    assert company.query("select call_id from gong_raw.call_parties") == []
    assert company.query("select call_id from gong_raw.transcript_sentences") == [("2",)]
    message = own.console._stream.getvalue()  # type: ignore[attr-defined]
    assert "1 deleted in Gong more than 30 days ago, purged" in message


def test_entities_in_quarantine_that_gong_has_deleted_are_purged_too(company: ErasureHome) -> None:
    long_ago = NOW - timedelta(days=31)
    with company.warehouse.writing() as db:
        db.execute(
            "create table gong_raw._quarantine (quarantine_id varchar, _deleted_at timestamptz)"
        )
        db.execute("insert into gong_raw._quarantine values ('1', ?), ('2', null)", [long_ago])
        db.execute("alter table gong_raw.calls add column _deleted_at timestamptz")
    purge(session(company, 30), company.warehouse)
    assert company.query("select quarantine_id from gong_raw._quarantine") == [("2",)]
