from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.monitor.deletion_alarms import update_alarms
from pipelines.monitor.status import read_status
from pipelines.monitor.status_facts import common, write_status
from pipelines.monitor.status_text import status_lines
from pipelines.session import Session
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.deletions import DeletionCheck
from tests.unit.pipelines.ingest.conftest import NOW, FilledWarehouse, MakeSession, make_session
from warehouse.ops import backfills
from warehouse.ops.backfills import OpenBackfill
from warehouse.ops.runs import Run, record_run

__all__ = ["make_session"]  # a fixture

DAY = timedelta(days=1)


def span(first: float, after: float) -> Span:
    return Span(NOW + first * DAY, NOW + after * DAY)


@pytest.fixture
def session(make_session: MakeSession) -> Session:
    return make_session()


@pytest.fixture
def warehouse(tmp_path: Path) -> FilledWarehouse:
    return FilledWarehouse(tmp_path, ("calls", "transcripts", "transcript_sentences", "users"))


def test_what_lies_in_both_is_common() -> None:
    assert common([span(0, 5), span(8, 9)], [span(3, 8.5)]) == [span(3, 5), span(8, 8.5)]
    assert common([span(0, 1)], [span(1, 2)]) == []


def test_a_stream_with_parts_is_covered_where_all_its_parts_are(
    session: Session, warehouse: FilledWarehouse
) -> None:
    for detail, covered in (
        ("AccessLog", span(-9, -1)),
        ("UserCallPlay", span(-9, -5)),
        ("UserCallPlay", span(-5, -4)),
    ):
        warehouse.add_window(Window("logs", covered, Reason.NEW, detail))
    write_status(session, warehouse.file)
    status = read_status(session.home)
    assert status is not None
    (logs,) = status["streams"]
    assert datetime.fromisoformat(logs["read_until"]) == NOW - 4 * DAY
    ((start, end),) = logs["covered"]
    assert (datetime.fromisoformat(start), datetime.fromisoformat(end)) == (
        NOW - 9 * DAY,
        NOW - 4 * DAY,
    )


def test_tables_runs_alarms_and_backfills_are_among_the_facts(
    session: Session, warehouse: FilledWarehouse
) -> None:
    warehouse.add("users", user_id="1")
    warehouse.add("calls", call_id="1", started_at=NOW - DAY)
    record_run(warehouse.file, Run("r", "sync", NOW, NOW, "done", 12, 3, 2))
    doubt = DeletionCheck("calls", span(-60, -50), 100, 90)
    update_alarms(warehouse.file, [doubt], [doubt], {}, NOW)
    backfills.keep(
        warehouse.file, "k", OpenBackfill("b", NOW - 90 * DAY, NOW - 60 * DAY, ("calls", "logs"))
    )
    warehouse.add_window(Window("calls", span(-90, -80), Reason.BACKFILL), run_id="b")
    write_status(session, warehouse.file)
    status = read_status(session.home)
    assert status is not None
    rows = {table["table"]: table["rows"] for table in status["tables"]}
    assert (rows["users"], rows["calls"], rows["transcripts"]) == (1, 1, 0)
    assert status["runs"][0]["outcome"] == "done"
    assert status["awaited_transcripts"] == 1
    (alarm,) = status["alarms"]
    assert (alarm["table"], alarm["held"], alarm["gone"]) == ("calls", 100, 90)
    (backfill,) = status["open_backfills"]
    assert (backfill["streams"], backfill["windows_done"]) == (["calls", "logs"], 1)
    ((left, _),) = backfill["calls_left"]
    assert datetime.fromisoformat(left).astimezone(UTC) == NOW - 80 * DAY
    assert "calls left: 2026-09-03 to 2026-09-23" in "\n".join(status_lines(status))
