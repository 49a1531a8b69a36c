"""Rows that were enumerated and not seen, confirmed by id, reviewed and marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.windows import Span
from sources.gong.load.deletion_marking import DeletionMarker
from sources.gong.load.deletions import DeletionAlarm, DeletionCheck, DeletionReview
from sources.gong.load.package import LoadContext, LoadStamp
from sources.gong.load.root_table import root_tables
from tests.unit.sources.load.fakes import FakeRows, RecordingListener

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
STAMP = LoadStamp(NOW, "load 1")
WEEK = Span(NOW - timedelta(days=7), NOW)


def numbered(count: int) -> list[str]:
    return [f"{number:03}" for number in range(count)]


class MarkingCase:
    """Calls of the last week, of which some are seen and some can be found by id."""

    def __init__(
        self,
        count: int,
        seen: Sequence[str] = (),
        there: Sequence[str] = (),
        review: DeletionReview | None = None,
        *,
        are_named: bool = False,
    ) -> None:
        row = {"started_at": NOW - timedelta(days=1), "_content_hash": "h"}
        self.listener, self.review = RecordingListener(), review or DeletionReview()
        self.asked: list[str] = []
        (self.root,) = roots = root_tables("calls")
        self.root.see(seen)
        self.existing = FakeRows({"calls": dict.fromkeys(numbered(count), row)})
        context = LoadContext(
            Any, self.existing, self.listener, review=self.review  # type: ignore[arg-type]
        )  # fmt: skip

        def read_by_id(ids: Sequence[str]) -> None:
            self.asked += ids
            self.root.see([key for key in ids if key in there])

        self.read_by_id = read_by_id
        self.marker = DeletionMarker("calls", roots, context, are_named=are_named)
        self.marker.note(Scope(span=("started_at", WEEK)))

    def marked(self) -> list[str]:
        tables = dict(self.marker.marked_rows(STAMP, self.read_by_id, is_complete=True))
        rows = tables.get("calls")
        return rows["call_id"].to_pylist() if isinstance(rows, pa.Table) else []


def test_a_missing_row_that_gong_does_not_know_by_id_is_marked() -> None:
    case = MarkingCase(5, ["000", "001"], there=["002"])
    tables = dict(case.marker.marked_rows(STAMP, case.read_by_id, is_complete=True))
    rows = tables["calls"].select(["call_id", "_deleted_at", "_loaded_at", "_dlt_load_id"])
    assert rows.to_pylist() == [
        {"call_id": key, "_deleted_at": NOW, "_loaded_at": NOW, "_dlt_load_id": "load 1"}
        for key in ("003", "004")
    ]
    assert case.asked == ["002", "003", "004"]
    assert case.listener.deletions == {"calls": 2}
    assert case.listener.checks == case.review.checks == [DeletionCheck("calls", WEEK, 5, 2)]


def test_without_a_warehouse_nothing_is_compared() -> None:
    case = MarkingCase(5)
    case.existing.is_available = False  # type: ignore[misc]
    assert case.marked() == []
    assert case.listener.checks == []
    assert not ExistingRows.is_available


def test_what_was_not_enumerated_is_not_missing() -> None:
    case = MarkingCase(5)
    case.marker._scopes.clear()
    assert case.marked() == []
    assert case.listener.checks == []


def test_too_many_missing_rows_are_doubted_and_after_the_first_hundred_not_asked_for() -> None:
    case = MarkingCase(300)
    assert case.marked() == []
    assert len(case.asked) == 100
    assert case.listener.doubts == [DeletionCheck("calls", WEEK, 300, 300)]
    assert case.listener.deletions == {}


def test_accepted_rows_are_all_asked_for_and_marked() -> None:
    case = MarkingCase(300, review=DeletionReview({"calls": None}))
    assert case.marked() == numbered(300)
    assert len(case.asked) == 300
    assert case.review.checks == [DeletionCheck("calls", WEEK, 0, 0)]


@pytest.mark.parametrize(("days", "marked"), [(7, 300), (0.5, 0)])
def test_rows_are_accepted_where_they_lie_in_the_accepted_span(days: float, marked: int) -> None:
    span = Span(NOW - timedelta(days=days), NOW)
    case = MarkingCase(300, review=DeletionReview({"calls": span}))
    assert len(case.marked()) == marked


def test_rows_under_an_alarm_of_a_wider_span_wait_for_the_rest() -> None:
    wider = Span(NOW - timedelta(days=30), NOW)
    alarm = DeletionAlarm(DeletionCheck("calls", wider, 400, 300), NOW)
    case = MarkingCase(50, numbered(50)[5:], review=DeletionReview(alarms=[alarm]))
    assert case.marked() == []
    assert case.listener.doubts == []
    covered = DeletionAlarm(DeletionCheck("calls", WEEK, 50, 30), NOW)
    case = MarkingCase(50, numbered(50)[5:], review=DeletionReview(alarms=[covered]))
    assert case.marked() == numbered(5)


def test_earlier_packages_and_nights_are_counted_in() -> None:
    earlier = DeletionCheck("calls", Span(NOW - timedelta(days=14), WEEK.start), 50, 19)
    case = MarkingCase(50, numbered(50)[19:], review=DeletionReview(checks=[earlier]))
    assert case.marked() == []
    assert case.review.checks == [earlier, DeletionCheck("calls", WEEK, 50, 19)]
    case = MarkingCase(50, numbered(50)[19:])
    case.existing.nights = [(50, 10)]
    assert case.marked() == []


def test_named_entities_that_are_missing_are_deleted_without_a_review() -> None:
    case = MarkingCase(300, are_named=True)
    assert case.marked() == numbered(300)
    assert case.asked == []
    assert case.listener.checks == case.review.checks == []
