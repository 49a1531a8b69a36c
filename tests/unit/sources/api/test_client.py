from __future__ import annotations

import base64
import pickle
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from sources.gong.api.auth import IncompleteCredentials, credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import (
    BadCredentials,
    CursorExpired,
    EndlessPaging,
    GaveUp,
    GongError,
    MissingScope,
    NothingFound,
    NotLicensed,
    Postponed,
    Rejected,
    StopRun,
    UnknownIds,
    Unreachable,
    WrongHost,
)
from sources.gong.api.operations import operation
from sources.gong.api.pagination import pages
from sources.gong.api.rate_limit import Budget, Limits
from tests.harness.scripted_server import (
    Answer,
    ReceivedRequest,
    ScriptedServer,
    free_port_url,
    json_answer,
    refused,
    serving,
)

KEY, SECRET, BODY = "the-access-key", "the-hidden-half", "a-value-of-the-body"
WHO = credentials(KEY, SECRET, None)
USERS, CALLS, STATS = (
    operation("listUsers"),
    operation("listCallsExtensive"),
    operation("listInteractionStats"),
)
SPAN = {
    "filter.fromDateTime": "2026-01-01T00:00:00Z",
    "filter.toDateTime": "2026-01-08T00:00:00Z",
}
Connect = Callable[..., Client]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Makes clients without a limit of requests, unless limits are given."""
    clients: list[Client] = []

    def connect(url: str, **limits: Any) -> Client:
        unlimited = {"per_second": 0, "per_day": 0, **limits}
        clients.append(Client(url, WHO, Budget(tmp_path / "ledger.sqlite", Limits(**unlimited))))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Takes the waits between attempts out of a test, and tells how long they would have been."""
    taken: list[float] = []
    monkeypatch.setattr("sources.gong.api.client.time.sleep", taken.append)
    return taken


@contextmanager
def asking(connect: Connect, script: Any, **limits: Any) -> Iterator[tuple[ScriptedServer, Client]]:
    with serving(script) as server:
        yield server, connect(server.url, **limits)


@pytest.mark.parametrize("answer", [refused(401, "Unauthorized"), refused(403, "Forbidden")])
def test_a_wrong_key_costs_one_request_although_eight_threads_ask(
    connect: Connect, answer: Answer
) -> None:
    def slowly(_asked: ReceivedRequest, _number: int) -> Answer:
        time.sleep(0.1)
        return answer

    with asking(connect, slowly) as (server, client):
        with ThreadPoolExecutor(8) as pool:
            results = [pool.submit(client.call, USERS, {}) for _ in range(8)]
        assert all(isinstance(result.exception(), BadCredentials) for result in results)
        with pytest.raises(BadCredentials):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1


def test_a_right_key_lets_requests_overlap(connect: Connect) -> None:
    with serving([json_answer(200, {"users": []})]) as server:
        client = connect(server.url)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.call(USERS, {}), range(16)))
        assert len(server.requests) == 16


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_trouble_at_gong_is_retried_until_it_passes(
    connect: Connect, naps: list[float], status: int
) -> None:
    script = [refused(status, "Internal server error occurred")] * 3 + [
        json_answer(200, {"users": []})
    ]
    with asking(connect, script) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert len(server.requests) == 4
        assert len(naps) == 3
        assert naps[0] < naps[2]


@pytest.mark.parametrize(
    "answer",
    [
        refused(500, "Internal server error occurred"),
        Answer(200, b'{"users": [{"id": "1"', {"Content-Type": "application/json"}),
        Answer(200, b'{"users": []}', missing_bytes=50),
        Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
        Answer(200, b"", {"Content-Type": "application/json"}),
        Answer(200, b"[1, 2]", {"Content-Type": "application/json"}),
        Answer(200, b"\xff\xfe", {"Content-Type": "application/json"}),
        Answer(hangs_up=True),
    ],
    ids=["500", "cut JSON", "cut body", "HTML", "empty", "a list", "no UTF-8", "hang-up"],
)
def test_trouble_that_stays_is_given_up_after_five_attempts(
    connect: Connect, naps: list[float], answer: Answer
) -> None:
    with asking(connect, [json_answer(), answer]) as (server, client):
        client.call(USERS, {})
        with pytest.raises(GaveUp, match=r"GET /v2/users: .* 5 times in a row"):
            client.call(USERS, {})
        assert len(server.requests) == 6
        assert len(naps) == 4


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b'{"users": [{"id": "1"'),
        Answer(200, b'{"users": []}', missing_bytes=50),
        Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
        Answer(hangs_up=True),
    ],
    ids=["cut JSON", "cut body", "HTML", "hang-up"],
)
def test_a_broken_answer_is_asked_for_again(
    connect: Connect, naps: list[float], answer: Answer
) -> None:
    with asking(connect, [answer, answer, json_answer(200, {"users": [1]})]) as (server, client):
        assert client.call(USERS, {}) == {"users": [1]}
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (refused(400, "Json parse error"), Rejected),
        (refused(405, "Method Not Allowed"), Rejected),
        (refused(415, "Unsupported Media Type"), Rejected),
        (refused(404, "No calls found corresponding to the provided filters"), NothingFound),
        (refused(400, "cursor has expired"), CursorExpired),
        (refused(400, "Some calls not found"), UnknownIds),
        (refused(401, "You don't have permission to use 'api:x' in your app."), MissingScope),
        (Answer(401, b"<html>", {"Content-Type": "text/html"}), BadCredentials),
        (Answer(404, b"", {}), GongError),
    ],
)
def test_what_gong_refuses_for_good_is_asked_once(
    connect: Connect, answer: Answer, expected: type[GongError]
) -> None:
    with asking(connect, [answer]) as (server, client):
        with pytest.raises(expected):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1


def test_a_surface_without_licence_does_not_stop_the_others(connect: Connect) -> None:
    with asking(connect, [refused(403, "Forbidden"), json_answer(200, {"users": []})]) as (
        _,
        client,
    ):
        with pytest.raises(NotLicensed):
            client.call(operation("listFlows"), {"flowOwnerEmail": "a@b"})
        assert client.call(USERS, {}) == {"users": []}


def test_a_short_wait_that_gong_asks_for_is_kept(connect: Connect) -> None:
    script = [refused(429, "Too many requests", Retry_After="1"), json_answer(200, {"users": []})]
    with asking(connect, script) as (server, client):
        before = time.monotonic()
        assert client.call(USERS, {}) == {"users": []}
        assert time.monotonic() - before >= 0.95
        assert len(server.requests) == 2


def test_waits_that_gong_asks_for_do_not_count_as_failed_attempts(
    connect: Connect, naps: list[float]
) -> None:
    limited = refused(429, "Too many requests", Retry_After="0")
    script = [*[limited] * 9, refused(500, "x"), json_answer(200, {"users": []})]
    with asking(connect, script) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert len(server.requests) == 11


def test_a_long_wait_that_gong_asks_for_ends_the_run(connect: Connect) -> None:
    with asking(connect, [refused(429, "", Retry_After="7200")]) as (server, client):
        with pytest.raises(Postponed, match="7200 s") as postponed:
            client.call(USERS, {})
        assert postponed.value.wait_seconds == 7200
        with pytest.raises(Postponed):
            client.call(USERS, {})
        assert len(server.requests) == 1


def test_a_wait_that_a_server_in_trouble_asks_for_is_kept_and_counts_as_an_attempt(
    connect: Connect, naps: list[float]
) -> None:
    script = [refused(503, "", Retry_After="1"), refused(500, ""), json_answer(200, {"users": []})]
    with asking(connect, script) as (server, client):
        before = time.monotonic()
        assert client.call(USERS, {}) == {"users": []}
        assert time.monotonic() - before >= 0.95
    with asking(connect, [refused(503, "", Retry_After="0")]) as (server, client):
        with pytest.raises(GaveUp):
            client.call(USERS, {})
        assert len(server.requests) == 5
    with asking(connect, [refused(503, "", Retry_After="7200")]) as (server, client):
        with pytest.raises(Postponed, match="7200 s"):
            client.call(USERS, {})
        assert len(server.requests) == 1


def test_a_wait_told_as_a_date_is_understood(connect: Connect) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with asking(connect, [refused(429, "", Retry_After=when)]) as (_, client):
        with pytest.raises(Postponed) as postponed:
            client.call(USERS, {})
        assert 3500 < postponed.value.wait_seconds <= 3600


@pytest.mark.parametrize("value", ["soon", "", "nan", "inf"])
def test_a_wait_that_cannot_be_read_is_a_second(connect: Connect, value: str) -> None:
    with asking(connect, [refused(429, "", Retry_After=value), json_answer()]) as (server, client):
        before = time.monotonic()
        client.call(USERS, {})
        assert 0.95 <= time.monotonic() - before < 20
        assert len(server.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_a_redirect_to_another_host(connect: Connect, status: int) -> None:
    with (
        serving([json_answer()]) as other,
        serving([Answer(status, b"", {"Location": f"{other.url}/v2/users"})]) as server,
    ):
        client = connect(server.url)
        with pytest.raises(WrongHost) as wrong:
            client.call(USERS, {})
        assert other.url.removeprefix("http://") in str(wrong.value)
        assert "SOURCES__GONG__BASE_URL" in str(wrong.value)
        assert other.requests == []
        with pytest.raises(StopRun):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1


def test_a_host_that_is_not_there_is_named(connect: Connect, naps: list[float]) -> None:
    url = free_port_url()
    client = connect(url)
    with pytest.raises(Unreachable, match="BASE_URL") as unreachable:
        client.call(USERS, {})
    assert url in str(unreachable.value)
    assert len(naps) == 2


def test_a_connection_lost_later_fails_the_table_and_not_the_run(
    connect: Connect, naps: list[float]
) -> None:
    with serving([json_answer()]) as server:
        client = connect(server.url)
        client.call(USERS, {})
    with pytest.raises(GaveUp):
        client.call(USERS, {})


@pytest.mark.parametrize(
    "number",
    [
        9007199254740993,
        9012345678901234567,
        18446744073709551615,
        18446744073709551616,
        99999999999999999999,
        -99999999999999999999,
        123456789012345678901234567890123456789,
    ],
)
def test_whole_numbers_of_any_length_stay_exact(connect: Connect, number: int) -> None:
    body = {"users": [{"id": number, "n": [number, {"m": number}]}], "f": 0.1}
    with asking(connect, [json_answer(200, body)]) as (_, client):
        assert client.call(USERS, {}) == body


def test_text_with_a_lone_surrogate_is_read(connect: Connect) -> None:
    with asking(connect, [Answer(200, b'{"users": ["a\\ud800b"]}')]) as (_, client):
        assert client.call(USERS, {}) == {"users": ["a\ud800b"]}


def cursors(*names: str | None) -> list[Answer]:
    """A page per cursor; None is a last page, without the key."""
    return [
        json_answer(
            200, {"users": [], "records": {"totalRecords": 0} | ({"cursor": c} if c else {})}
        )
        for c in names
    ]


def test_the_cursor_of_a_get_goes_into_the_query_beside_all_other_inputs(connect: Connect) -> None:
    with asking(connect, cursors("c1", "c2", None)) as (server, client):
        assert len(list(pages(client, USERS, {"includeAvatars": True}))) == 3
    assert [asked.query for asked in server.requests] == [
        {"includeAvatars": "true"},
        {"includeAvatars": "true", "cursor": "c1"},
        {"includeAvatars": "true", "cursor": "c2"},
    ]
    assert all(asked.body is None for asked in server.requests)


def test_the_cursor_of_a_post_goes_to_the_root_of_the_body(connect: Connect) -> None:
    with asking(connect, cursors("c1", "c2", None)) as (server, client):
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


def test_a_body_without_inputs_still_holds_a_filter(connect: Connect) -> None:
    with asking(connect, [json_answer()]) as (server, client):
        client.call(CALLS, {"filter.workspaceId": None})
    assert server.requests[0].body == {"filter": {}}


def test_a_value_goes_into_the_path(connect: Connect) -> None:
    with asking(connect, [json_answer()]) as (server, client):
        client.call(operation("getCall"), {"id": "8123456789012345673"})
    assert server.requests[0].path == "/v2/calls/8123456789012345673"


def test_an_input_that_the_operation_does_not_have_is_our_own_mistake(connect: Connect) -> None:
    with asking(connect, [json_answer()]) as (server, client):
        with pytest.raises(ValueError, match="has no input 'fromDateTime'"):
            client.call(CALLS, {"fromDateTime": "x"})
        assert server.requests == []


@pytest.mark.parametrize("names", [("c1", "c1"), ("c1", "c2", "c1"), ("c1", "c2", "c2")])
def test_a_cursor_that_comes_again_ends_the_window(connect: Connect, names: tuple[str]) -> None:
    with asking(connect, cursors(*names)) as (server, client):
        with pytest.raises(EndlessPaging, match=r"GET /v2/users"):
            list(pages(client, USERS, {}))
        assert len(server.requests) == len(names)


@pytest.mark.parametrize("cursor", [None, ""])
def test_a_page_without_a_cursor_is_the_last(connect: Connect, cursor: str | None) -> None:
    page = json_answer(200, {"users": [], "records": {"cursor": cursor}})
    for answer in (
        page,
        json_answer(200, {"users": [], "records": None}),
        json_answer(200, {"users": []}),
    ):
        with asking(connect, [answer]) as (server, client):
            assert len(list(pages(client, USERS, {}))) == 1
            assert len(server.requests) == 1


def test_nothing_found_is_no_page(connect: Connect) -> None:
    text = "No calls found corresponding to the provided filters"
    with asking(connect, [refused(404, text)]) as (_, client):
        assert list(pages(client, CALLS, SPAN)) == []


def test_an_expired_cursor_reaches_who_reads_the_window(connect: Connect) -> None:
    script = [*cursors("c1"), refused(400, "cursor has expired")]
    with asking(connect, script) as (_, client), pytest.raises(CursorExpired):
        list(pages(client, USERS, {}))


def test_every_request_is_paid_for_also_those_that_fail(
    connect: Connect, naps: list[float]
) -> None:
    script = [refused(500), refused(500), json_answer()]
    with asking(connect, script, max_requests=3) as (server, client):
        client.call(USERS, {})
        with pytest.raises(Postponed, match="--max-requests 3"):
            client.call(USERS, {})
        assert len(server.requests) == 3


def test_the_key_is_sent_as_basic_and_a_token_as_bearer(tmp_path: Path) -> None:
    pair = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    budget = Budget(tmp_path / "l.sqlite", Limits(0, 0))
    for who, header in ((WHO, f"Basic {pair}"), (credentials(None, None, "tok"), "Bearer tok")):
        with serving([json_answer()]) as server, Client(server.url, who, budget) as client:
            client.call(USERS, {})
        assert server.requests[0].headers["authorization"] == header


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((None, None, None), "ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET are not set"),
        ((KEY, None, None), "ACCESS_KEY_SECRET is not set"),
        ((None, SECRET, None), "ACCESS_KEY is not set"),
        ((KEY, SECRET, "tok"), "Both"),
        ((KEY, None, "tok"), "Both"),
        (("", "", ""), "are not set"),
    ],
)
def test_missing_half_and_double_credentials_are_named_without_being_shown(
    given: tuple[str | None, str | None, str | None], named: str
) -> None:
    with pytest.raises(IncompleteCredentials, match=named) as incomplete:
        credentials(*given)
    assert not any(value and value in str(incomplete.value) for value in given)


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, "Unauthorized"),
        refused(400, "Bad request"),
        refused(500, "x"),
        Answer(302, b"", {"Location": "https://other.example/x"}),
        Answer(200, b"{", {}),
        Answer(hangs_up=True),
        refused(429, "x", Retry_After="9999"),
    ],
)
def test_no_error_shows_the_key(connect: Connect, naps: list[float], answer: Answer) -> None:
    encoded = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    with asking(connect, [answer]) as (_, client):
        with pytest.raises(GongError) as raised:
            client.call(CALLS, {**SPAN, "filter.workspaceId": BODY})
        shown = (
            str(raised.value)
            + repr(raised.value)
            + repr(vars(raised.value))
            + "".join(traceback.format_exception(raised.value))
            + repr(client)
            + repr(WHO)
            + str(WHO)
        )
    for secret in (SECRET, encoded, BODY):
        assert secret not in shown


def test_credentials_tell_nothing_when_printed() -> None:
    assert repr(WHO) == "Fixed(base_url=None)"
    assert SECRET.encode() not in pickle.dumps(repr(WHO))
