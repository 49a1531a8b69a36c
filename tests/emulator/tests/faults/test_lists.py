"""Faults of lists: cursors that lead astray, rows seen twice or not at all, rows out of sight."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json

# Three ways to page: by place and id, by number, by the key of the last row.
LISTS: tuple[tuple[str, str, str, str, Any], ...] = (
    ("GET", "calls", "calls", "id", {}),
    ("GET", "users", "users", "id", {}),
    (
        "GET",
        "logs",
        "logEntries",
        "eventTime",
        {"logType": "UserActivityLog", "fromDateTime": "2026-10-01T00:00:00Z"},
    ),
    ("POST", "calls/extensive", "calls", "metaData", {"filter": {}}),
)
by_list = pytest.mark.parametrize(("method", "path", "key", "name", "inputs"), LISTS)


@pytest.fixture
def emulator(world: Emulator) -> Iterator[Emulator]:
    """The shared world with no rules before and none left behind."""
    world.client.delete("/_emulator/requests")
    yield world
    world.client.delete("/_emulator/faults")


def identity(row: Json, name: str) -> str:
    return str(row[name])


def walk(emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json) -> Any:
    """The pages of a list, each as its ids."""
    pages = emulator.pages(method, path, inputs)
    return [[identity(row, name) for row in page[key]] for page in pages]


def flat(pages: list[list[str]]) -> list[str]:
    return [row for page in pages for row in page]


@by_list
def test_rows_of_the_page_before_come_again(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    sound = walk(emulator, method, path, key, name, inputs)
    emulator.fault("duplicate_rows", rows=3)
    pages = walk(emulator, method, path, key, name, inputs)
    assert len(pages) > 1
    for before, after in pairwise(pages):
        assert after[:3] == before[-3:]
    assert set(flat(pages)) == set(flat(sound))
    assert emulator.faults()[0]["fired"] == len(pages) - 1


@by_list
def test_a_row_moves_to_the_end_and_another_slips_through(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    sound = flat(walk(emulator, method, path, key, name, inputs))
    emulator.fault("row_moved")
    moved = flat(walk(emulator, method, path, key, name, inputs))
    assert moved == [*sound[:100], *sound[101:], sound[0]]
    assert emulator.faults()[0]["fired"] == 1


@by_list
def test_a_row_goes_and_another_slips_through(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    sound = flat(walk(emulator, method, path, key, name, inputs))
    emulator.fault("row_removed", times=1)
    pages = emulator.pages(method, path, inputs)
    rows = [identity(row, name) for page in pages for row in page[key]]
    assert rows == [*sound[:100], *sound[101:]]
    assert {page["records"]["totalRecords"] for page in pages} == {
        emulator.pages(method, path, inputs)[0]["records"]["totalRecords"]
    }
    assert flat(walk(emulator, method, path, key, name, inputs)) == sound


@by_list
def test_a_row_comes_in_front_and_shifts_the_rest(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    sound = flat(walk(emulator, method, path, key, name, inputs))
    total = emulator.pages(method, path, inputs)[0]["records"]["totalRecords"]
    emulator.fault("row_inserted", times=1)
    pages = emulator.pages(method, path, inputs)
    rows = [identity(row, name) for page in pages for row in page[key]]
    assert rows == [*sound[1:101], *sound[100:]]
    assert pages[0]["records"]["totalRecords"] == total - 1
    assert flat(walk(emulator, method, path, key, name, inputs)) == sound


def test_a_move_may_come_on_a_later_page(emulator: Emulator) -> None:
    sound = flat(walk(emulator, *LISTS[0]))
    emulator.fault("row_moved", page=2)
    assert flat(walk(emulator, *LISTS[0])) == [*sound[:200], *sound[201:], sound[0]]


@by_list
def test_an_empty_page_lies_before_each_next_one(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    sound = walk(emulator, method, path, key, name, inputs)
    emulator.fault("empty_page")
    pages = walk(emulator, method, path, key, name, inputs)
    assert [page for page in pages if page] == sound
    assert [bool(page) for page in pages[1:]] == [False, True] * (len(sound) - 1)


@by_list
def test_an_empty_page_lies_at_the_end(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    sound = walk(emulator, method, path, key, name, inputs)
    emulator.fault("empty_last_page")
    assert walk(emulator, method, path, key, name, inputs) == [*sound, []]


@by_list
def test_a_lost_cursor_cuts_the_list_short(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json
) -> None:
    emulator.fault("lost_cursor")
    (page,) = emulator.pages(method, path, inputs)
    assert len(page[key]) == 100 < page["records"]["totalRecords"]


@by_list
@pytest.mark.parametrize("fresh", [False, True])
def test_a_repeated_cursor_leads_to_the_same_page_for_ever(
    emulator: Emulator, method: str, path: str, key: str, name: str, inputs: Json, fresh: bool
) -> None:
    emulator.fault("repeated_cursor", fresh=fresh)
    ask = emulator.client.get if method == "GET" else emulator.client.post
    place = "params" if method == "GET" else "json"
    cursor: Json = {}
    cursors, rows = [], []
    for _ in range(5):
        sent: Json = {place: {**inputs, **cursor}}
        answer = ask(f"/v2/{path}", **sent).json()
        cursor = {"cursor": answer["records"]["cursor"]}
        cursors.append(cursor["cursor"])
        rows.append([identity(row, name) for row in answer[key]])
    assert rows[0] != rows[1] == rows[2] == rows[3] == rows[4]
    assert len(set(cursors)) == (5 if fresh else 1)
    assert emulator.faults()[0]["fired"] == 4


@pytest.mark.parametrize(
    ("ask", "nothing"),
    [
        (("GET", "calls", {}), (404, "No calls found corresponding to the provided filters")),
        (
            ("POST", "calls/extensive", {"filter": {}}),
            (404, "No calls found corresponding to the provided filters"),
        ),
        (
            ("POST", "calls/transcript", {"filter": {}}),
            (404, "No calls found corresponding to the provided filters"),
        ),
        (
            ("POST", "stats/activity/scorecards", {"filter": {}}),
            (404, "No answered scorecards found corresponding to the provided filters."),
        ),
        (
            ("GET", "logs", {"logType": "AccessLog", "fromDateTime": "2026-11-10T00:00:00Z"}),
            (404, "No logs found for the specified period"),
        ),
        (
            (
                "POST",
                "stats/activity/day-by-day",
                {"filter": {"fromDate": "2026-11-01", "toDate": "2026-11-10"}},
            ),
            (404, "User not found"),
        ),
        (
            (
                "POST",
                "stats/interaction",
                {"filter": {"fromDate": "2026-11-01", "toDate": "2026-11-10"}},
            ),
            (404, "No stats found for the specified period"),
        ),
        (("GET", "users", {}), (200, "users")),
        (("GET", "workspaces", {}), (200, "workspaces")),
        (("GET", "settings/scorecards", {}), (200, "scorecards")),
        (("GET", "calls/manual-crm-associations", {}), (200, "associations")),
    ],
)
def test_who_sees_nothing_is_answered_like_an_empty_company(
    emulator: Emulator, ask: Any, nothing: Any
) -> None:
    method, path, inputs = ask
    call = emulator.client.get if method == "GET" else emulator.client.post
    sent = {"params" if method == "GET" else "json": inputs}
    assert call(f"/v2/{path}", **sent).status_code == 200
    emulator.fault("lost_visibility")
    answer = call(f"/v2/{path}", **sent)
    assert answer.status_code == nothing[0]
    body = answer.json()
    assert body["errors"] == [nothing[1]] if nothing[0] == 404 else body[nothing[1]] == []
    assert emulator.requests()[-1]["fault"] == "lost_visibility"


def test_single_entities_are_out_of_sight_too(emulator: Emulator) -> None:
    call, user = (emulator.truth(kind)[0] for kind in ("calls", "users"))
    folders = {"workspaceId": emulator.truth("library_folders")[0]["workspaceId"]}
    assert emulator.get("library/folders", **folders).status_code == 200
    emulator.fault("lost_visibility")
    call_id = call["metaData"]["id"]
    gone = emulator.errors(emulator.get(f"calls/{call_id}"))
    assert gone == (404, [f"Call ID {call_id} was not found"])
    assert emulator.errors(emulator.get(f"users/{user['id']}")) == (404, ["User not found"])
    assert emulator.get("library/folders", **folders).status_code == 404


def test_the_same_part_is_hidden_wherever_it_is_asked_for(emulator: Emulator) -> None:
    sound = emulator.walk("GET", "calls", "calls", {})
    emulator.fault("lost_visibility", part=0.3)
    listed = {call["id"] for call in emulator.walk("GET", "calls", "calls", {})}
    pages = emulator.pages("POST", "calls/extensive", {"filter": {}})
    extensive = {call["metaData"]["id"] for page in pages for call in page["calls"]}
    assert listed == extensive
    assert 0.15 < 1 - len(listed) / len(sound) < 0.45
    assert [len(page["calls"]) for page in pages[:-1]] == [100] * (len(pages) - 1)
    for call in sound:
        status = emulator.get(f"calls/{call['id']}").status_code
        assert status == (200 if call["id"] in listed else 404)
    emulator.client.delete("/_emulator/faults")
    emulator.fault("lost_visibility", part=0.3, hidden_seed=1)
    others = {call["id"] for call in emulator.walk("GET", "calls", "calls", {})}
    assert others != listed


def test_what_a_fault_cannot_touch_is_not_counted(emulator: Emulator) -> None:
    emulator.fault("row_moved")
    emulator.fault("expired_cursor")
    assert emulator.get("workspaces").status_code == 200
    assert [rule["fired"] for rule in emulator.faults()] == [0, 0]
    assert [rule["matched"] for rule in emulator.faults()] == [1, 1]
    assert emulator.requests()[-1]["fault"] is None
