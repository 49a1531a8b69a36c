from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.gong.extract.existing_rows import Scope
from sources.gong.extract.windows import Span
from sources.gong.load.deletions import (
    DeletionAlarm,
    DeletionCheck,
    DeletionDecision,
    MissingRows,
    decide,
    enumerated_scopes,
    is_suspicious,
    review_text,
    span_around,
)
from sources.gong.schema.tables import table

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
    asked = review_text(DeletionCheck("users", None, 1234, 500))
    assert "500 of 1,234 rows" in asked
    assert asked.endswith("gong-elt sync --accept-deletes users")
    span = Span(at(1), datetime(2026, 1, 8, 6, 30, tzinfo=UTC))
    assert review_text(DeletionCheck("calls", span, 3, 3)).endswith(
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


def keys(count: int) -> list[str]:
    return [f"{number:03}" for number in range(count)]


def missing(check: DeletionCheck, **facts: object) -> DeletionDecision:
    """Decides about as many rows as the check misses, of which as many were seen as it found."""
    seen = check.expected - check.missing
    return decide(MissingRows(check, keys(check.missing), seen, **facts))  # type: ignore[arg-type]


def test_few_missing_rows_are_marked() -> None:
    check = calls(1, 8, 100, 5)
    assert missing(check) == DeletionDecision(keys(5), check)


def test_where_nothing_is_missing_the_check_is_recorded() -> None:
    check = calls(1, 8, 100, 0)
    assert missing(check) == DeletionDecision([], check)


def test_too_many_missing_rows_raise_an_alarm_and_none_is_marked() -> None:
    check = calls(1, 8, 100, 50)
    assert missing(check) == DeletionDecision([], check, check)


def test_a_loss_that_comes_in_slices_is_seen() -> None:
    earlier = [calls(1, 8, 50, 19)]
    check = calls(8, 15, 50, 19)
    assert missing(check).alarm is None
    assert missing(check, earlier=earlier).alarm == check


def test_a_loss_of_a_few_rows_a_night_is_seen() -> None:
    check = calls(1, 8, 100, 15)
    assert missing(check, nights=[(100, 10)]).alarm is None
    assert missing(check, nights=[(100, 20)]).alarm == check


def test_rows_under_an_alarm_that_was_not_looked_at_are_missing_too() -> None:
    check = calls(1, 8, 100, 15)
    elsewhere = DeletionAlarm(calls(10, 12, 30, 20), at(9))
    here = DeletionAlarm(calls(2, 4, 30, 20), at(9))
    assert missing(check, nights=[(100, 0)], alarms=[elsewhere]).alarm == check
    assert missing(check, nights=[(100, 0)], alarms=[here]).alarm is None


def test_accepted_rows_are_marked_however_many_and_make_nothing_else_suspicious() -> None:
    check = calls(1, 8, 100, 60)
    decision = missing(check, accepted=keys(50))
    assert decision.mark == keys(60)
    assert decision.check == calls(1, 8, 50, 10)
    assert decision.alarm is None


def test_accepted_rows_are_marked_also_where_the_others_raise_an_alarm() -> None:
    check = calls(1, 8, 100, 60)
    decision = missing(check, accepted=keys(5))
    assert decision.mark == keys(5)
    assert decision.alarm == calls(1, 8, 100, 55)
    assert decision.check == calls(1, 8, 95, 55)


def test_rows_under_an_alarm_that_is_not_covered_wait_for_the_rest_of_it() -> None:
    check = calls(1, 8, 100, 5)
    decision = missing(check, under_alarm=keys(3))
    assert decision.mark == ["003", "004"]
    assert decision.alarm is None


@given(COUNTS.filter(bool), st.integers(0, 60), st.integers(0, 60))
def test_a_row_is_marked_or_waits_and_what_is_accepted_never_waits(
    expected: int, lost: int, accepted: int
) -> None:
    lost, accepted = min(lost, expected), min(accepted, lost, expected)
    decision = missing(calls(1, 8, expected, lost), accepted=keys(accepted))
    assert set(keys(accepted)) <= set(decision.mark) <= set(keys(lost))
    assert decision.alarm is None or decision.mark == keys(accepted)
    assert decision.check.missing == lost - accepted


def within(column: str, *values: str) -> Scope:
    return Scope({column: frozenset(values)})


def test_scopes_of_one_column_are_joined_and_those_of_other_tables_left_out() -> None:
    scopes = [within("user_id", "1"), within("user_id", "2"), within("folder_id", "9")]
    joined = enumerated_scopes(table("tasks"), scopes, is_child_stream=True, is_complete=False)
    assert joined == [within("user_id", "1", "2")]


def test_a_table_without_its_parents_is_enumerated_when_all_parents_were_requested() -> None:
    scopes = [within("user_id", "1"), within("user_id", "2")]
    for is_complete, expected in ((True, [Scope()]), (False, [])):
        assert enumerated_scopes(
            table("flows"), scopes, is_child_stream=True, is_complete=is_complete
        ) == expected  # fmt: skip
    assert enumerated_scopes(table("flows"), [], is_child_stream=True, is_complete=True) == []


def test_spans_and_scopes_of_several_columns_stay_as_they_are() -> None:
    first = Scope(span=("started_at", Span(at(1), at(3))))
    second = Scope(span=("started_at", Span(at(5), at(8))))
    both = enumerated_scopes(
        table("calls"), [first, second], is_child_stream=False, is_complete=True
    )
    assert both == [first, second]
    assert span_around(both) == Span(at(1), at(8))
    assert span_around([Scope()]) is None
    fields = Scope({"integration_id": frozenset("1"), "object_type": frozenset(("DEAL",))})
    assert enumerated_scopes(
        table("crm_schema_fields"), [fields], is_child_stream=True, is_complete=False
    ) == [fields]  # fmt: skip
