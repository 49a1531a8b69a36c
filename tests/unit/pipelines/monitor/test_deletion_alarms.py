from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.monitor.deletion_alarms import accepted_at, keep_alarms, open_alarms
from sources.gong.extract.windows import Span
from sources.gong.load.deletions import Check
from warehouse.store import Store
from warehouse.target import Target


def at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def calls(first: int, after: int, held: int, gone: int) -> Check:
    return Check("calls", Span(at(first), at(after)), held, gone)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(Target(tmp_path / "w.duckdb"))
    found.prepare()
    return found


def checks(store: Store) -> list[Check]:
    return [alarm.check for alarm in open_alarms(store)]


def test_an_alarm_stays_open_until_its_rows_are_there_again(store: Store) -> None:
    doubt = calls(1, 8, 100, 60)
    keep_alarms(store, [doubt], [doubt], {}, at(8))
    keep_alarms(store, [Check("users", None, 40, 0)], [], {}, at(9))
    assert checks(store) == [doubt]
    assert open_alarms(store)[0].raised_at == at(8)
    keep_alarms(store, [calls(1, 9, 110, 0)], [], {}, at(10))
    assert checks(store) == []
    assert accepted_at(store) == {}


@pytest.mark.parametrize(
    ("accepted", "left"),
    [
        ({"calls": None}, 0),
        ({"calls": Span(at(1), at(8))}, 0),
        ({"calls": Span(at(2), at(8))}, 1),
        ({"users": None}, 1),
    ],
)
def test_an_alarm_ends_when_all_of_it_is_accepted(
    store: Store, accepted: dict[str, Span | None], left: int
) -> None:
    doubt = calls(1, 8, 100, 60)
    keep_alarms(store, [doubt], [doubt], {}, at(8))
    keep_alarms(store, [doubt], [], accepted, at(9))
    assert len(checks(store)) == left
    assert accepted_at(store) == ({} if left else {"calls": at(9)})


def test_what_overlaps_is_one_alarm_with_the_numbers_of_the_whole(store: Store) -> None:
    first, second = calls(1, 8, 50, 25), calls(20, 25, 30, 21)
    keep_alarms(store, [first, second], [first, second], {}, at(25))
    assert checks(store) == [first, second]
    between = [calls(1, 8, 50, 25), calls(8, 21, 10, 4), calls(21, 26, 40, 22)]
    keep_alarms(store, between, [calls(7, 21, 10, 4)], {}, at(26))
    (alarm,) = open_alarms(store)
    assert alarm.check == calls(1, 25, 60, 29)
    assert alarm.raised_at == at(25), "it began with the first of them"


def test_alarms_of_tables_and_of_stretches_apart_stay_apart(store: Store) -> None:
    users = Check("users", None, 40, 30)
    keep_alarms(store, [users], [users], {}, at(5))
    doubts = [calls(1, 3, 50, 40), calls(10, 12, 50, 40)]
    keep_alarms(store, doubts, doubts, {}, at(12))
    assert sorted(check.table for check in checks(store)) == ["calls", "calls", "users"]


def test_a_doubt_that_comes_again_is_not_a_second_alarm(store: Store) -> None:
    users = Check("users", None, 40, 30)
    for day in (5, 6, 7):
        keep_alarms(store, [users], [users], {}, at(day))
    assert checks(store) == [users]
    assert open_alarms(store)[0].raised_at == at(5)
