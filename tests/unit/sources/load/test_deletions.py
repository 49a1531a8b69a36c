from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.gong.extract.windows import Span
from sources.gong.load.deletions import (
    DeletionAlarm,
    DeletionCheck,
    is_suspicious,
    question,
)

COUNTS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("expected", "missing", "seen", "is_odd"),
    [
        (0, 0, 0, False),
        (1, 1, 0, False),  # the last one of a short list was deleted
        (2, 2, 0, True),
        (100, 20, 80, False),
        (30, 20, 10, False),
        (100, 30, 70, False),
        (100, 31, 69, True),
        (21, 21, 1, True),
        (10_000, 3_000, 7_000, False),
        (10_000, 3_001, 6_999, True),
    ],
)
def test_much_missing_or_all_of_it_is_suspicious(
    expected: int, missing: int, seen: int, is_odd: bool
) -> None:
    assert is_suspicious(expected, missing, seen) is is_odd


@given(COUNTS, COUNTS, COUNTS)
def test_nothing_missing_is_never_suspicious_and_more_missing_is_never_less_so(
    expected: int, missing: int, seen: int
) -> None:
    assert not is_suspicious(expected, 0, seen)
    if is_suspicious(expected, missing, seen):
        assert is_suspicious(expected, missing + 1, seen)
        assert missing > 1


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def calls(first: int, after: int, expected: int, missing: int) -> DeletionCheck:
    return DeletionCheck("calls", Span(at(first), at(after)), expected, missing)


def test_the_question_is_a_command_that_accepts() -> None:
    asked = question(DeletionCheck("users", None, 1234, 500))
    assert "500 of 1,234 rows" in asked
    assert asked.endswith("gong-elt sync --accept-deletes users")
    span = Span(at(1), datetime(2026, 1, 8, 6, 30, tzinfo=UTC))
    assert question(DeletionCheck("calls", span, 3, 3)).endswith(
        "--accept-deletes calls:2026-01-01T00:00:00Z..2026-01-08T06:30:00Z"
    )


@pytest.mark.parametrize(
    ("checks", "is_settled"),
    [
        ([], False),
        ([calls(1, 8, 100, 50)], False),  # as odd as before
        ([calls(1, 8, 100, 2)], True),
        ([calls(2, 8, 90, 0)], False),  # the first day was not looked at
        ([calls(1, 4, 50, 1), calls(4, 9, 60, 0)], True),  # in pieces
        ([calls(1, 4, 50, 19), calls(4, 8, 50, 19)], False),  # each piece for itself is not odd
        ([DeletionCheck("users", None, 100, 0)], False),
    ],
)
def test_an_alarm_over_time_ends_when_all_of_it_is_there_again(
    checks: list[DeletionCheck], is_settled: bool
) -> None:
    alarm = DeletionAlarm(calls(1, 8, 100, 60), at(9))
    assert alarm.is_settled_by(checks) is is_settled


@pytest.mark.parametrize(
    ("check", "is_settled"),
    [
        (DeletionCheck("users", None, 100, 1), True),
        (DeletionCheck("users", None, 100, 60), False),
        (DeletionCheck("users", None, 40, 0), False),  # a part of the table
        (DeletionCheck("flows", None, 100, 0), False),
    ],
)
def test_an_alarm_of_a_whole_list_ends_with_a_read_of_the_whole(
    check: DeletionCheck, is_settled: bool
) -> None:
    alarm = DeletionAlarm(DeletionCheck("users", None, 100, 60), at(9))
    assert alarm.is_settled_by([check]) is is_settled
