"""Cursors are followed to the end, and what goes in circles or does not hold still is noticed."""

from __future__ import annotations

import pytest

from sources.gong.api.errors import CursorExpired, EndlessPaging, FailTable, SchemaDrift
from sources.gong.api.operations import operation
from sources.gong.api.pagination import pages
from tests.harness.scripted_server import SPAN, Answer, ReceivedRequest, json_answer, refused
from tests.unit.sources.api.conftest import Asking

USERS, CALLS = operation("listUsers"), operation("listCallsExtensive")


def cursors(*names: str | None) -> list[Answer]:
    """A page per cursor; None is a last page, without the key."""
    return [
        json_answer(
            200, {"users": [], "records": {"totalRecords": 0} | ({"cursor": c} if c else {})}
        )
        for c in names
    ]


def test_the_cursor_of_a_get_goes_into_the_query_beside_all_other_inputs(asking: Asking) -> None:
    with asking(cursors("c1", "c2", None)) as (server, client):
        assert len(list(pages(client, USERS, {"includeAvatars": True}))) == 3
    assert [asked.query for asked in server.requests] == [
        {"includeAvatars": "true"},
        {"includeAvatars": "true", "cursor": "c1"},
        {"includeAvatars": "true", "cursor": "c2"},
    ]
    assert all(asked.body is None for asked in server.requests)


def test_the_cursor_of_a_post_goes_to_the_root_of_the_body(asking: Asking) -> None:
    with asking(cursors("c1", "c2", None)) as (server, client):
        list(pages(client, CALLS, {**SPAN, "contentSelector.context": "Extended"}))
    body = {
        "filter": {
            "fromDateTime": "2026-01-01T00:00:00Z",
            "toDateTime": "2026-01-08T00:00:00Z",
        },
        "contentSelector": {"context": "Extended"},
    }
    assert [asked.body for asked in server.requests] == [
        body,
        {**body, "cursor": "c1"},
        {**body, "cursor": "c2"},
    ]
    assert all(asked.query == {} for asked in server.requests)


@pytest.mark.parametrize("names", [("c1", "c1"), ("c1", "c2", "c1"), ("c1", "c2", "c2")])
def test_a_cursor_that_comes_again_ends_the_window(asking: Asking, names: tuple[str]) -> None:
    with asking(cursors(*names)) as (server, client):
        with pytest.raises(EndlessPaging, match=r"GET /v2/users"):
            list(pages(client, USERS, {}))
        assert len(server.requests) == len(names)


@pytest.mark.parametrize("cursor", [None, ""])
def test_a_page_without_a_cursor_is_the_last(asking: Asking, cursor: str | None) -> None:
    page = json_answer(200, {"users": [], "records": {"cursor": cursor}})
    for answer in (
        page,
        json_answer(200, {"users": [], "records": None}),
        json_answer(200, {"users": []}),
    ):
        with asking([answer]) as (server, client):
            assert len(list(pages(client, USERS, {}))) == 1
            assert len(server.requests) == 1


def test_an_empty_answer_gives_no_page(asking: Asking) -> None:
    text = "No calls found corresponding to the provided filters"
    with asking([refused(404, text)]) as (_, client):
        assert list(pages(client, CALLS, SPAN)) == []


def test_an_expired_cursor_reaches_the_reader_of_the_window(asking: Asking) -> None:
    script = [*cursors("c1"), refused(400, "cursor has expired")]
    with asking(script) as (_, client), pytest.raises(CursorExpired):
        list(pages(client, USERS, {}))


def users(*ids: str, total: int, cursor: str | None = None) -> Answer:
    records = {"totalRecords": total} | ({"cursor": cursor} if cursor else {})
    return json_answer(200, {"users": [{"id": user_id} for user_id in ids], "records": records})


def test_a_list_that_lost_rows_between_pages_is_read_again(asking: Asking) -> None:
    again: list[int] = []
    first = [users("1", "2", total=4, cursor="a"), users("4", total=4)]
    second = [users("1", "2", total=4, cursor="b"), users("3", "4", total=4)]
    with asking([*first, *second]) as (gong, client):
        read = list(pages(client, USERS, {}, on_restart=lambda: again.append(1)))
    assert [len(page["users"]) for page in read] == [2, 1, 2, 2]
    assert [request.query for request in gong.requests] == [
        {}, {"cursor": "a"}, {}, {"cursor": "b"},
    ]  # fmt: skip
    assert again == [1]


def test_a_list_whose_total_is_wrong_is_read_again_once_only(asking: Asking) -> None:
    def script(request: ReceivedRequest, _number: int) -> Answer:
        return users("2", total=4) if request.query else users("1", total=4, cursor="a")

    with asking(script) as (gong, client):
        assert len(list(pages(client, USERS, {}))) == 4
    assert len(gong.requests) == 4


def test_a_list_that_shrinks_during_every_pass_is_given_up(asking: Asking) -> None:
    def script(request: ReceivedRequest, number: int) -> Answer:
        ids = (f"{number}-1", f"{number}-2")
        return users(*ids, total=3) if request.query else users(*ids, total=4, cursor="a")

    with asking(script) as (gong, client), pytest.raises(FailTable, match="each of 3 reads"):
        list(pages(client, USERS, {}))
    assert len(gong.requests) == 6


def test_a_single_pass_takes_a_list_as_it_is(asking: Asking) -> None:
    with asking([users("1", total=9, cursor="a"), users("2", total=2)]) as (gong, client):
        assert len(list(pages(client, USERS, {}, single_pass=True))) == 2
    assert len(gong.requests) == 2


def test_a_total_that_counts_calls_in_analysis_does_not_matter(asking: Asking) -> None:
    def calls(*ids: str, cursor: str | None = None) -> Answer:
        rows = [{"metaData": {"id": call_id}} for call_id in ids]
        records = {"totalRecords": 5} | ({"cursor": cursor} if cursor else {})
        return json_answer(200, {"calls": rows, "records": records})

    with asking([calls("1", cursor="a"), calls("2")]) as (gong, client):
        assert len(list(pages(client, CALLS, SPAN))) == 2
    assert len(gong.requests) == 2


def test_pages_without_new_rows_end_the_window(asking: Asking) -> None:
    def script(_request: ReceivedRequest, number: int) -> Answer:
        return users("1", total=9, cursor=str(number))

    with asking(script) as (gong, client), pytest.raises(EndlessPaging, match="rows of this"):
        list(pages(client, USERS, {}))
    assert len(gong.requests) == 6


def test_equal_rows_without_an_id_all_count_but_an_equal_page_is_an_error(asking: Asking) -> None:
    logs, span = operation("listLogs"), {"logType": "AccessLog"}

    def page(*texts: str, cursor: str) -> Answer:
        return json_answer(200, {"logEntries": list(texts), "records": {"cursor": cursor}})

    with asking([page("a", cursor="1"), page("a", cursor="2"), page("b", "b", cursor="")]) as (
        _,
        client,
    ):
        assert len(list(pages(client, logs, span))) == 3
    with (
        asking([page("a", "a", cursor="1"), page("a", "a", cursor="2")]) as (_, client),
        pytest.raises(EndlessPaging, match="the same page"),
    ):
        list(pages(client, logs, span))


def test_records_that_are_no_object_are_schema_drift(asking: Asking) -> None:
    with (
        asking([json_answer(200, {"users": [], "records": [1]})]) as (_, client),
        pytest.raises(SchemaDrift) as drift,
    ):
        list(pages(client, USERS, {}))
    assert drift.value.field == "records"
