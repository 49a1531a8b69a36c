"""Cursors are followed to the end, and what goes in circles or does not hold still is noticed."""

from __future__ import annotations

import pytest

from sources.gong.api.errors import CursorExpired, EndlessPaging
from sources.gong.api.operations import operation
from sources.gong.api.pagination import pages
from tests.harness.scripted_server import Answer, json_answer, refused
from tests.unit.sources.api.conftest import Asking

USERS, CALLS = operation("listUsers"), operation("listCallsExtensive")
SPAN = {
    "filter.fromDateTime": "2026-01-01T00:00:00Z",
    "filter.toDateTime": "2026-01-08T00:00:00Z",
}


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


def test_nothing_found_is_no_page(asking: Asking) -> None:
    text = "No calls found corresponding to the provided filters"
    with asking([refused(404, text)]) as (_, client):
        assert list(pages(client, CALLS, SPAN)) == []


def test_an_expired_cursor_reaches_who_reads_the_window(asking: Asking) -> None:
    script = [*cursors("c1"), refused(400, "cursor has expired")]
    with asking(script) as (_, client), pytest.raises(CursorExpired):
        list(pages(client, USERS, {}))
