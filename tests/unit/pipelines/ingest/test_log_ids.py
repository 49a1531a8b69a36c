"""A warehouse whose log entries have the ids of an earlier version."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.ingest.log_ids import renew_log_ids
from pipelines.session import Session
from sources.gong.extract.logs import LOG_TYPES, REIDENTIFIED, former_id_digest, log_entity
from sources.gong.schema.coercion import dumps
from tests.unit.pipelines.ingest.conftest import FilledWarehouse, messages
from warehouse import entity_rows

RECORD = {"call_id": "7", "sequence_num": 3, "play_speed": 1.0, "start_time": 0.5, "device": "é"}


def play(event_time: str = "2026-11-20T10:00:00.000Z", **changes: Any) -> dict[str, Any]:
    record = {**RECORD, **changes}
    return {"userId": "1", "userEmailAddress": "a@b", "eventTime": event_time, "logRecord": record}


PLAYS = [
    play(),
    play(),  # equal entries
    play(play_speed=2.0),  # equal in what is hashed now
    play(sequence_num=4),
    play("2026-11-20T10:00:00Z", sequence_num=5),
    play("2026-11-20T10:00:00.123456Z", sequence_num=6),
    play("2026-11-20T10:00:00.1Z", sequence_num=7),
]


@pytest.fixture
def warehouse(tmp_path: Path) -> FilledWarehouse:
    """The entries of each log as commit 31bf778 landed them."""
    warehouse = FilledWarehouse(tmp_path, ("logs",))
    rows = []
    for log_type in LOG_TYPES:
        seen = Counter[str]()
        for entry in PLAYS:
            digest = former_id_digest(entry, log_type)
            rows.append(row(f"{digest}-{seen[digest]}", entry, log_type))
            seen[digest] += 1
    warehouse.add_all("logs", rows)
    return warehouse


def land(
    warehouse: FilledWarehouse,
    log_id: str,
    entry: dict[str, Any],
    log_type: str = "UserCallPlay",
    load: str = "closed",
) -> None:
    warehouse.add_all("logs", [row(log_id, entry, log_type)], load)


def row(log_id: str, entry: dict[str, Any], log_type: str) -> dict[str, Any]:
    return {
        "log_id": log_id,
        "log_type": log_type,
        "user_id": entry["userId"],
        "user_email_address": entry["userEmailAddress"],
        "event_at": datetime.fromisoformat(entry["eventTime"]),
        "log_record": dumps(entry["logRecord"]),
    }


def ids(warehouse: FilledWarehouse) -> list[str]:
    rows = warehouse.file.rows("select log_id from gong_raw.logs order by log_id")
    return [log_id for (log_id,) in rows]


def ids_of_this_version(*log_types: str) -> list[str]:
    """The ids of the plays, as entries of some logs."""
    seen: Counter[str] = Counter()
    return [
        log_entity(entry, log_type, seen)["_logId"]
        for log_type in log_types or ("UserCallPlay",)
        for entry in PLAYS
    ]


@pytest.mark.parametrize(
    ("log_type", "digest"),
    [
        ("UserCallPlay", "05b59edda36651d86f56533e57a387ed"),
        ("ExternallySharedCallPlay", "f1996969d91619f53e87e839778a67ea"),
        ("ExternallySharedCallAccess", "256baf358bbb041dfea5a50e1ce99ea3"),
        ("AccessLog", "5e485faae339ab422db267174e15960f"),
    ],
)
def test_the_former_id_is_that_of_commit_31bf778(log_type: str, digest: str) -> None:
    entry = {
        "userId": "1",
        "userEmailAddress": "a@b.example",
        "eventTime": "2026-01-01T00:00:00.123Z",
        "logRecord": {"call_id": "7", "play_speed": 1.5, "sequence_num": 3},
    }
    assert former_id_digest(entry, log_type) == digest
    has_changed = log_entity(entry, log_type, Counter())["_logId"] != f"{digest}-0"
    assert has_changed == (log_type in REIDENTIFIED)


def test_entries_of_an_earlier_version_get_the_ids_under_which_they_are_read_again(
    session: Session, warehouse: FilledWarehouse
) -> None:
    stay = ids_of_this_version("AccessLog", "UserActivityLog")
    assert set(ids(warehouse)) & set(ids_of_this_version(*LOG_TYPES)) == set(stay)
    renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == sorted(ids_of_this_version(*LOG_TYPES))
    assert "21 log entries of an earlier version have new ids; 0 of" in messages(session)


def test_entries_that_have_landed_twice_are_there_once(
    session: Session, warehouse: FilledWarehouse
) -> None:
    for log_id, entry in zip(ids_of_this_version(), PLAYS, strict=True):
        land(warehouse, log_id, entry)
    renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == sorted(ids_of_this_version(*LOG_TYPES))
    renew_log_ids(session, warehouse.file)
    assert messages(session).count("new ids") == 1, "it is done once"
    assert "21 log entries of an earlier version have new ids; 7 of" in messages(session)


def test_entries_of_a_package_that_never_closed_get_them_too(
    session: Session, tmp_path: Path
) -> None:
    warehouse = FilledWarehouse(tmp_path, ("logs",))
    land(warehouse, f"{former_id_digest(play(), 'UserCallPlay')}-0", play(), load="killed")
    renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == ids_of_this_version()[:1]


def test_a_kill_on_the_way_leaves_all_as_it_was_and_the_next_run_renames(
    session: Session, warehouse: FilledWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(warehouse, ids_of_this_version()[0], PLAYS[0])
    before = ids(warehouse)

    def killed(statement: duckdb.DuckDBPyConnection) -> int:
        assert statement.fetchone() == (1,), "the first statement was carried out"
        raise KeyboardInterrupt

    monkeypatch.setattr(entity_rows, "changed_rows", killed)
    with pytest.raises(KeyboardInterrupt):
        renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == before
    monkeypatch.undo()
    renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == sorted(ids_of_this_version(*LOG_TYPES))


def test_what_has_the_ids_of_this_version_stays_as_it_is(session: Session, tmp_path: Path) -> None:
    warehouse = FilledWarehouse(tmp_path, ("logs",))
    for log_id, entry in zip(ids_of_this_version(), PLAYS, strict=True):
        land(warehouse, log_id, entry)
    land(warehouse, "7168612352", play())
    renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == sorted([*ids_of_this_version(), "7168612352"])
    assert messages(session) == ""


def test_an_entry_whose_id_does_not_follow_from_its_row_keeps_it(
    session: Session, tmp_path: Path
) -> None:
    """An erasure has masked something in it."""
    warehouse = FilledWarehouse(tmp_path, ("logs",))
    former = f"{former_id_digest(play(viewer='a person'), 'UserCallPlay')}-0"
    land(warehouse, former, play(viewer="[erased]"))
    renew_log_ids(session, warehouse.file)
    assert ids(warehouse) == [former]


def test_a_new_warehouse_has_nothing_to_rename(session: Session, tmp_path: Path) -> None:
    renew_log_ids(session, FilledWarehouse(tmp_path).file)
    assert messages(session) == ""
