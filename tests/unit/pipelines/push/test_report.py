"""What a push says in the end, and the exit code."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path

import pytest

from pipelines.console import Console
from pipelines.push.report import (
    PushTally,
    exit_code,
    report_refused,
    report_statuses,
    write_rejected,
)
from pipelines.push.row_files import RowFile
from sources.gong.api.errors import BadCredentials, GongError, Postponed, Unreachable
from sources.gong.write.model import Item
from warehouse.ops.push_ledger import ItemResult, ItemStatus

ITEM = Item(2, "a", "digest", {})


def tally(*statuses: ItemStatus) -> PushTally:
    tally = PushTally()
    tally.add([ItemResult("a", status) for status in statuses], [ITEM])
    return tally


def test_an_item_that_is_accepted_and_then_done_counts_once() -> None:
    counted = tally(ItemStatus.ACCEPTED, ItemStatus.DONE)
    assert counted.statuses[ItemStatus.DONE] == counted.items == 1


def test_at_most_fifty_refused_rows_are_reported_with_their_reason() -> None:
    stream, counted = io.StringIO(), PushTally()
    counted.refused = [(number, "no such task") for number in range(60, 0, -1)]
    counted.refused_elsewhere = 2
    report_refused(Console(stream=stream), counted)
    lines = stream.getvalue().splitlines()
    assert lines[0] == "error: row 1: no such task"
    assert lines[50].startswith("error: … and 10 more")
    assert lines[51].startswith("error: 2 rows of earlier pushes")


def test_items_are_counted_by_status() -> None:
    stream, counted = io.StringIO(), tally(ItemStatus.ACCEPTED, ItemStatus.DONE)
    counted.skipped = 3
    report_statuses(Console(stream=stream), "push update-task", counted, 1)
    report_statuses(Console(stream=stream), "push update-task", PushTally(), 2)
    assert stream.getvalue().splitlines() == [
        "push update-task: 1 done, 3 done before (1 request)",
        "push update-task: nothing to send (2 requests)",
    ]


@pytest.mark.parametrize(
    ("statuses", "stop", "waiting", "code"),
    [
        ([ItemStatus.DONE], None, 0, 0),
        ([ItemStatus.ACCEPTED], None, 1, 75),
        ([ItemStatus.REJECTED], None, 1, 1),
        ([ItemStatus.UNKNOWN], None, 0, 1),
        ([ItemStatus.REJECTED], Postponed("the quota is spent", 1.0), 0, 75),
        ([], BadCredentials("refused"), 0, 2),
        ([], Unreachable("no host"), 0, 1),
    ],
)
def test_the_exit_code_says_whether_to_fix_to_wait_or_neither(
    statuses: list[ItemStatus], stop: GongError | None, waiting: int, code: int
) -> None:
    assert exit_code(Console(stream=io.StringIO()), tally(*statuses), stop, waiting) == code


def test_refused_rows_are_written_with_the_reason_for_their_owner_alone(tmp_path: Path) -> None:
    counted = PushTally()
    counted.refused = [(2, "no such task"), (2, "no such user")]
    rows = RowFile("rows.csv", lambda: iter([{"taskId": "1"}, {"taskId": "2"}]))
    file = tmp_path / "rejected.jsonl"
    write_rejected(Console(stream=io.StringIO()), file, rows, counted)
    assert json.loads(file.read_text()) == {
        "taskId": "2",
        "_rejected_because": "no such task; no such user",
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
