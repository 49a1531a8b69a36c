from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.warehouse.ops.conftest import DAY, NOW, Landing


def vanishing(landing: Landing, empty: dict[str, Any]) -> list[dict[str, Any]]:
    """A history in which all is filled, then nights without; the changes after each of them."""
    landing.many(100, title="a", duration_seconds=1, has_video=True, topics=("t",))
    landing.examine()
    nights = []
    for night in (1, 2, 3, 4):
        landing.many(20, **empty)
        landing.examine(NOW + night * DAY)
        nights.append({change["field"]: change for change in landing.changes()})
    return nights


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("title", {"duration_seconds": 1, "has_video": True, "topics": ("t",)}),
        ("title", {"title": "", "duration_seconds": 1, "has_video": True, "topics": ("t",)}),
        ("duration_seconds", {"title": "a", "has_video": True, "topics": ("t",)}),
        ("has_video", {"title": "a", "duration_seconds": 1, "has_video": False, "topics": ("t",)}),
        ("*", {"title": "a", "duration_seconds": 1, "has_video": True}),
    ],
)
def test_a_field_vanishes_with_fifty_rows_and_three_days(
    landing: Landing, field: str, empty: dict[str, Any]
) -> None:
    *before, after = vanishing(landing, empty)
    assert before == [{}, {}, {}]
    assert after.keys() == {field}
    change = after[field]
    assert change["change"] == "vanished field"
    assert change["table_name"] == ("topics" if field == "*" else "calls")
    assert (change["expected"], change["found"]) == ("filled in 100% of 100 rows", "nothing")
    assert change["first_seen_at"] == NOW + 4 * DAY


def test_a_vanished_field_that_is_filled_again_is_resolved_and_may_vanish_again(
    landing: Landing,
) -> None:
    full = {"duration_seconds": 1, "has_video": True, "topics": ("t",)}
    vanishing(landing, full)
    landing.many(1, title="b", **full)
    assert landing.examine(NOW + 5 * DAY) == {}
    assert landing.changed_values("resolved_at") == [(NOW + 5 * DAY,)]
    landing.many(1, title="c", **full)
    landing.examine(NOW + 6 * DAY)
    assert landing.changed_values("resolved_at") == [(NOW + 5 * DAY,)]
    landing.many(2000, title="c", **full)
    landing.many(1, **full)
    landing.examine(NOW + 7 * DAY)
    landing.many(60, **full)
    landing.examine(NOW + 8 * DAY)
    assert landing.examine(NOW + 11 * DAY) == {"vanished field": 1}
    assert landing.changed_values("first_seen_at", "last_seen_at", "resolved_at") == [
        (NOW + 4 * DAY, NOW + 11 * DAY, None)
    ]


def test_rows_that_all_came_in_one_night_vanish_when_three_days_have_passed(
    landing: Landing,
) -> None:
    landing.many(100, title="a")
    landing.examine()
    landing.many(60)
    assert landing.examine(NOW + DAY) == {}
    assert landing.examine(NOW + 4 * DAY - timedelta(seconds=1)) == {}
    assert landing.examine(NOW + 4 * DAY) == {"vanished field": 1}
    assert landing.examine(NOW + 5 * DAY) == {}


def test_what_comes_late_does_not_vanish(landing: Landing) -> None:
    """Each night lists new calls without their content, and those of two nights ago with it."""
    landing.many(500, title="a")
    landing.examine()
    for night in range(1, 10):
        landing.many(80)
        landing.examine(NOW + night * DAY)
        if night % 3 == 0:
            landing.many(80, title="b")
            landing.examine(NOW + night * DAY)
    assert landing.changes() == []


@pytest.mark.parametrize(
    ("filled", "unfilled", "empty"), [(99, 0, 500), (179, 21, 500), (1000, 0, 49)]
)
def test_what_was_not_regularly_there_or_has_few_rows_does_not_vanish(
    landing: Landing, filled: int, unfilled: int, empty: int
) -> None:
    landing.calls(*[{"title": "a"}] * filled, *[{}] * unfilled)
    landing.examine()
    landing.many(empty)
    landing.examine(NOW + DAY)
    assert landing.examine(NOW + 30 * DAY) == {}


def test_rows_of_backfills_are_not_counted_and_searched_all_the_same(landing: Landing) -> None:
    landing.many(100, title="a")
    landing.examine()
    landing.calls(*[{"extra": '{"a": 1}'}] * 90, kind="backfill")
    assert landing.examine(NOW + DAY) == {"unknown field": 1}
    assert landing.examine(NOW + 30 * DAY) == {}


def test_rows_marked_as_deleted_say_nothing(landing: Landing) -> None:
    landing.many(100, title="a", topics=("t",))
    landing.examine()
    landing.many(90, _deleted_at=NOW)
    landing.examine(NOW + DAY)
    assert landing.examine(NOW + 30 * DAY) == {}


def test_what_could_not_be_asked_for_has_not_vanished(landing: Landing) -> None:
    landing.many(100, has_video=True)
    landing.examine()
    landing.many(90, has_video=None)
    landing.examine(NOW + DAY)
    assert landing.examine(NOW + 30 * DAY) == {}
