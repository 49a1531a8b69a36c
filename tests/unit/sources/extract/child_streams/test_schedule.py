"""Which requests are due tonight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sources.gong.extract.child_streams.model import ChildRequest
from sources.gong.extract.child_streams.schedule import (
    due_requests,
    listed_parents,
    without_refused,
)
from sources.gong.schema.table import Parents

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
DAY = timedelta(days=1)
FREE = Parents(("users",), every_days=7)
BOUND = Parents(("users",), every_days=7, bound="user_id")
REQUESTS = [
    ChildRequest({}, name, scope={"user_id": frozenset((name,))}) for name in ("a", "b", "c", "new")
]
READ_AT = {"a": NOW - 8 * DAY, "b": NOW - 3 * DAY, "c": NOW - 20 * DAY}


def parents(requests: object) -> list[str]:
    assert isinstance(requests, list)
    return [request.parent for request in requests]


@pytest.mark.parametrize(
    ("row", "share", "due"),
    [
        (FREE, None, ["new", "c", "a"]),
        (FREE, 2, ["new", "c"]),
        (FREE, 0, []),
        # whether a row has lost its last parent is known only when all parents are requested
        (BOUND, None, ["a", "b", "c", "new"]),
        (BOUND, 4, ["a", "b", "c", "new"]),
        (BOUND, 3, ["new", "c", "a"]),
    ],
)
def test_the_longest_waiting_are_due_first(row: Parents, share: int | None, due: list[str]) -> None:
    assert parents(due_requests(row, REQUESTS, READ_AT, NOW, share)) == due


def test_new_parents_alone_are_no_turn_of_all() -> None:
    lately = dict.fromkeys("abc", NOW - DAY)
    assert parents(due_requests(BOUND, REQUESTS, lately, NOW, None)) == ["new"]


def test_a_parent_is_due_half_a_day_early_because_nights_begin_at_different_times() -> None:
    for hours, is_due in ((-12, True), (-13, False)):
        read_at = {"a": NOW - 7 * DAY - timedelta(hours=hours)}
        due = due_requests(FREE, REQUESTS[:1], read_at, NOW, None)
        assert bool(due) is is_due


def test_what_inactive_users_own_is_due_weekly_where_that_of_others_is_nightly() -> None:
    row = Parents(("users",))
    requests = [
        ChildRequest({}, "active"),
        *(ChildRequest({}, name, is_inactive=True) for name in ("late", "lately", "new")),
    ]
    read_at = {"late": NOW - 8 * DAY, "lately": NOW - 2 * DAY, "active": NOW - DAY / 24}
    assert parents(due_requests(row, requests, read_at, NOW, None)) == ["active", "new", "late"]
    assert parents(due_requests(row, requests, read_at, NOW, 2)) == ["active", "new"]
    assert parents(due_requests(row, requests, read_at, NOW, 0)) == ["active"]


@pytest.mark.parametrize(
    ("is_inactive", "refused", "read", "is_asked"),
    [
        (True, None, None, True),
        (True, 1, None, False),
        (True, 29, 40, False),
        (True, 29.6, None, True),
        (True, 31, None, True),
        # named in --only since, and answered
        (True, 5, 3, True),
        # works here again
        (False, 1, None, True),
    ],
)
def test_an_inactive_user_whom_gong_refused_rests_for_thirty_days(
    is_inactive: bool, refused: float | None, read: float | None, is_asked: bool
) -> None:
    requests = [ChildRequest({}, "u", is_inactive=is_inactive)]
    refused_at = {} if refused is None else {"u": NOW - refused * DAY}
    read_at = {} if read is None else {"u": NOW - read * DAY}
    assert parents(without_refused(requests, read_at, refused_at, NOW)) == ["u"] * is_asked


def test_the_parents_that_are_listed_bound_their_rows() -> None:
    assert listed_parents(BOUND, REQUESTS) == {"user_id": frozenset(("a", "b", "c", "new"))}
    assert listed_parents(BOUND, []) == {"user_id": frozenset()}
    assert listed_parents(FREE, REQUESTS) == {}
