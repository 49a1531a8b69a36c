"""What of an answer is taken in, and what something else answers is not taken for Gong's."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache

import pytest

from sources.gong.api.answers.received import AnswerRules
from sources.gong.api.errors import (
    ClockApart,
    GaveUp,
    StopRun,
    TooLarge,
    Unreachable,
    Unsure,
    WrongHost,
)
from sources.gong.api.operations import operation
from tests.harness.scripted_server import MEETING, SPAN, Answer, json_answer, refused
from tests.unit.sources.api.conftest import Asking

USERS, CALLS, WRITE = map(operation, ("listUsers", "listCallsExtensive", "addMeeting"))
NOW = 1_800_000_000.0
DATE = format_datetime(datetime.fromtimestamp(NOW, UTC), usegmt=True)

HTML = {"Content-Type": "text/html"}
GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
PACKED = gzip.compress(b'{"users": []}')
BROKEN = {
    "not packed": Answer(200, b'{"users": []}', GZIP),
    "packing cut": Answer(200, PACKED[:-12], GZIP),
    "wrong checksum": Answer(200, PACKED[:-8] + bytes(8), GZIP),
    "packed nothing": Answer(200, b"", GZIP),
    "packed twice": Answer(200, gzip.compress(PACKED), GZIP | {"Content-Encoding": "gzip, gzip"}),
    "packed otherwise": Answer(200, b"{}", GZIP | {"Content-Encoding": "br"}),
    "302 to nowhere": Answer(302, b""),
    "302 to an empty place": Answer(302, b"", {"Location": ""}),
    "304": Answer(304, b""),
    "204": Answer(204, b""),
    "too slow": refused(408, "Request Timeout"),
    "text after the JSON": Answer(200, b'{"users": []} </body>'),
}
"""Answers after which a read is sent again."""
PAGES = {
    "blocked": Answer(403, b"<html>Blocked</html>", HTML | {"Server": "squid/5.7"}),
    "a login": Answer(401, b"<html>", HTML),
    "login at the proxy": Answer(407, b"", {"Via": "1.1 proxy"}),
    "a gateway": Answer(403, b'{"message": "Forbidden"}', {"Content-Type": "application/json"}),
    "bad request": Answer(400, b"Bad Request", {"Content-Type": "text/plain"}),
}
"""What a proxy, a firewall or a gateway says of its own."""


def dated() -> Answer:
    """An answer that Gong gave at `NOW`."""
    return json_answer(200, {"users": []}, Date=DATE)


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_is_asked_for_again_and_then_given_up(
    asking: Asking, naps: list[float], answer: Answer
) -> None:
    sound = json_answer(200, {"users": [1]})
    with asking([answer, answer, sound, answer]) as (server, client):
        assert client.call(USERS, {}) == {"users": [1]}
        assert len(server.requests) == 3
        with pytest.raises(GaveUp, match="5 times in a row"):
            client.call(USERS, {})
        assert len(server.requests) == 8


def test_a_packed_answer_is_unpacked(asking: Asking) -> None:
    with asking([Answer(200, PACKED, GZIP)]) as (server, client):
        assert client.call(USERS, {}) == {"users": []}
        assert server.requests[0].headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("answer", PAGES.values(), ids=PAGES)
def test_a_page_of_a_proxy_is_not_taken_for_a_refusal_of_gong(
    asking: Asking, naps: list[float], answer: Answer
) -> None:
    with asking([answer]) as (server, client):
        with pytest.raises(Unreachable) as unreachable:
            client.call(USERS, {})
        with pytest.raises(StopRun):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 3
    said = str(unreachable.value)
    assert f"{answer.status}, not in Gong's form" in said
    assert "The key was not refused" in said
    assert "HTTPS_PROXY" in said
    assert answer.headers.get("Server", "") in said


@pytest.mark.parametrize("answer", PAGES.values(), ids=PAGES)
def test_a_page_of_a_proxy_later_costs_the_table_and_not_the_run(
    asking: Asking, naps: list[float], answer: Answer
) -> None:
    with asking([json_answer(), answer]) as (_, client):
        client.call(USERS, {})
        with pytest.raises(GaveUp, match="not in Gong's form"):
            client.call(operation("listFlows"), {"flowOwnerEmail": "a@b"})
        with pytest.raises(Unsure, match="not in Gong's form"):
            client.call(WRITE, MEETING)


def test_a_sign_in_page_in_place_of_every_answer_is_named(
    asking: Asking, naps: list[float]
) -> None:
    with (
        asking([Answer(200, b"<html>Sign in</html>", HTML)]) as (_, client),
        pytest.raises(Unreachable, match="Gong was not reached: the 200 answer is not a JSON"),
    ):
        client.call(USERS, {})


def test_the_place_of_a_redirect_is_not_called_gongs_without_looking(asking: Asking) -> None:
    with (
        asking([Answer(302, b"", {"Location": "https://me:secret@login.corp/x"})]) as (_, client),
        pytest.raises(WrongHost, match="If that host is Gong's") as wrong,
    ):
        client.call(USERS, {})
    assert "redirected to login.corp." in str(wrong.value)


def test_one_byte_that_is_no_utf_8_lands_as_the_replacement_character_and_is_told(
    asking: Asking,
) -> None:
    told: list[str] = []
    rules = AnswerRules(warn=told.append)
    with asking([Answer(200, b'{"users": ["a\xffb", "c"]}')], answers=rules) as (server, client):
        assert client.call(USERS, {}) == {"users": ["a\ufffdb", "c"]}
        assert len(server.requests) == 1
    (said,) = told
    assert said.startswith("GET /v2/users: an answer has a place that is no UTF-8; U+FFFD")


def test_an_answer_in_another_charset_that_it_names_is_read_in_that(asking: Asking) -> None:
    told: list[str] = []
    kind = {"Content-Type": 'application/json; charset="ISO-8859-1"; x=y'}
    answer = Answer(200, b'{"users": ["\xe4"]}', kind)
    with asking([answer], answers=AnswerRules(warn=told.append)) as (_, client):
        assert client.call(USERS, {}) == {"users": ["ä"]}
    assert told == []


def test_an_answer_is_not_read_beyond_its_bound_nor_asked_for_again(
    asking: Asking, naps: list[float]
) -> None:
    bomb = Answer(200, gzip.compress(b'{"users": []}' + b" " * 30_000_000), GZIP)
    rules = AnswerRules(max_bytes=20_000_000)
    with asking([json_answer(), bomb], answers=rules) as (server, client):
        client.call(USERS, {})
        with pytest.raises(TooLarge, match="MAX_ANSWER_MB") as large:
            client.call(CALLS, SPAN)
        assert len(server.requests) == 2
        with pytest.raises(Unsure, match=r"POST /v2/meetings: the answer has more than 20 MB"):
            client.call(WRITE, MEETING)
    assert "POST /v2/calls/extensive: the answer has more than 20 MB unpacked" in str(large.value)
    assert naps == []
    with asking([bomb], answers=AnswerRules.of(0, has_clock=False)) as (_, client):
        assert client.call(USERS, {}) == {"users": []}


@cache
def _packed_blanks() -> bytes:
    return gzip.compress(b" " * 20_000_000, compresslevel=1)


@pytest.mark.parametrize("status", [500, 429, 403, 302])
def test_no_more_is_read_of_an_answer_that_is_no_success_than_a_message_needs(
    asking: Asking, naps: list[float], status: int
) -> None:
    bomb = Answer(status, _packed_blanks(), GZIP)
    rules = AnswerRules(max_bytes=1000)
    with asking([bomb, json_answer(200, {"users": []})], answers=rules) as (_, client):
        assert client.call(USERS, {}) == {"users": []}


@pytest.mark.parametrize("ahead", [60 * 86_400, 1900, -3 * 3600])
def test_a_clock_far_from_gongs_stops_the_run_at_its_first_answer(
    asking: Asking, ahead: int
) -> None:
    rules = AnswerRules(clock=lambda: NOW + ahead)
    with asking([dated()], answers=rules) as (server, client):
        with pytest.raises(ClockApart, match="Set the clock") as apart:
            client.call(USERS, {})
        with pytest.raises(StopRun):
            client.call(CALLS, SPAN)
        assert len(server.requests) == 1
    assert ("ahead of" if ahead > 0 else "behind") in str(apart.value)
    assert "Gong's answer 2027-01-15 08:00 UTC" in str(apart.value)


def test_a_refusal_of_gong_tells_its_clock_too(asking: Asking) -> None:
    refusal = refused(404, "No calls found corresponding to the provided filters", Date=DATE)
    with (
        asking([refusal], answers=AnswerRules(clock=lambda: NOW + 7200)) as (_, client),
        pytest.raises(ClockApart),
    ):
        client.call(CALLS, SPAN)


def test_the_date_of_a_proxy_is_not_gongs(asking: Asking, naps: list[float]) -> None:
    page = Answer(403, b"<html>", HTML | {"Date": DATE})
    with asking([page, json_answer()], answers=AnswerRules(clock=lambda: NOW + 7200)) as (
        _,
        client,
    ):
        assert client.call(USERS, {}) == {}


def test_a_clock_some_minutes_from_gongs_is_told_once(asking: Asking) -> None:
    told: list[str] = []
    rules = AnswerRules(clock=lambda: NOW + 300, warn=told.append)
    with asking([dated()], answers=rules) as (_, client):
        client.call(USERS, {})
        client.call(USERS, {})
    (said,) = told
    assert said.startswith("The clock of this machine is 5 min ahead of Gong's.")


def test_a_slow_answer_is_no_difference_of_clocks(asking: Asking) -> None:
    told: list[str] = []
    times = iter((NOW - 3600, NOW + 3600))
    rules = AnswerRules(clock=lambda: next(times), warn=told.append)
    with asking([dated()], answers=rules) as (_, client):
        client.call(USERS, {})
    assert told == []


@pytest.mark.parametrize("date", ["", "soon", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_date_that_is_missing_or_odd_is_no_reason_to_stop(asking: Asking, date: str) -> None:
    rules = AnswerRules(clock=lambda: NOW)
    with asking([json_answer(200, Date=date)], answers=rules) as (_, client):
        assert client.call(USERS, {}) == {}


def test_a_present_that_is_fixed_on_purpose_is_not_compared(asking: Asking) -> None:
    with asking([dated()], answers=AnswerRules.of(100, has_clock=False)) as (_, client):
        assert client.call(USERS, {}) == {"users": []}


def test_a_write_that_gong_did_is_done_and_the_clock_stops_what_follows(asking: Asking) -> None:
    told: list[str] = []
    rules = AnswerRules(clock=lambda: NOW + 86_400, warn=told.append)
    done = json_answer(201, {"meetingId": "1"}, Date=DATE)
    with asking([done], answers=rules) as (server, client):
        assert client.call(WRITE, MEETING) == {"meetingId": "1"}
        with pytest.raises(ClockApart):
            client.call(WRITE, MEETING)
        assert len(server.requests) == 1
    assert "24.0 hours ahead of Gong's" in told[0]


def test_clocks_are_compared_with_one_request_where_no_answer_has_shown_gongs(
    asking: Asking,
) -> None:
    closed = refused(401, "You don't have permission to use 'api:users:read' in your app.")
    script = [closed, dated(), json_answer()]
    with asking(script, answers=AnswerRules(clock=lambda: NOW)) as (server, client):
        client.compare_clocks(USERS)
        client.compare_clocks(USERS)
        client.compare_clocks(USERS)
        assert len(server.requests) == 2, "the first has no date, the third is not needed"
    with (
        asking([dated()], answers=AnswerRules(clock=lambda: NOW - 86_400)) as (_, client),
        pytest.raises(ClockApart),
    ):
        client.compare_clocks(USERS)
