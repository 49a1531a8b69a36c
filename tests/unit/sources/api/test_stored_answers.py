"""An answer that was fetched ahead is handed out once, to the call that asks the same."""

from __future__ import annotations

import threading

import httpx
import pytest

from sources.gong.api.answers.received import AnswerRules, Received
from sources.gong.api.errors import MissingScope, Rejected
from sources.gong.api.operations import operation
from sources.gong.api.stored_answers import StoredAnswers
from tests.harness.scripted_server import SPAN, Answer, ReceivedRequest, json_answer, refused
from tests.unit.sources.api.conftest import Asking

CALLS, USERS = operation("listCallsExtensive"), operation("listUsers")
CURSOR = {**SPAN, "cursor": "c"}


def always() -> bool:
    return True


def received(text: str) -> Received:
    return Received(200, httpx.Headers(), text.encode())


def test_the_call_that_asks_the_same_gets_the_answer_and_nothing_is_sent_again(
    asking: Asking,
) -> None:
    with asking([json_answer(200, {"calls": [number]}) for number in range(3)]) as (gong, client):
        ahead = client.call_ahead(CALLS, SPAN, always)
        other = client.call_ahead(CALLS, CURSOR, always)
        assert client.stored_answers.size > 0
        assert client.call(CALLS, CURSOR) == other == {"calls": [1]}
        assert client.call(CALLS, SPAN) == ahead == {"calls": [0]}
        assert len(gong.requests) == 2
        assert client.stored_answers.size == 0
        assert client.call(CALLS, SPAN) == {"calls": [2]}, "an answer is handed out once"


def test_what_is_odd_about_an_answer_is_said_once(asking: Asking) -> None:
    said: list[str] = []
    damaged = Answer(200, b'{"calls": ["Caf\xe9"]}')
    with asking([damaged], answers=AnswerRules(warn=said.append)) as (_, client):
        client.call_ahead(CALLS, SPAN, always)
        assert said == [], "it may never be read"
        assert client.call(CALLS, SPAN) == {"calls": ["Caf\ufffd"]}
    assert [text.partition(":")[0] for text in said] == [CALLS.request]


def test_what_gong_refuses_is_refused_to_the_call_too(asking: Asking) -> None:
    script = [
        json_answer(200, {"users": []}),
        refused(400, "Bad request"),
        refused(401, "You don't have permission to use 'api:calls:read:extensive' in your app."),
        json_answer(200, {"calls": []}),
    ]
    with asking(script) as (gong, client):
        client.call(USERS, {})
        for error in (Rejected, MissingScope):
            with pytest.raises(error):
                client.call_ahead(CALLS, SPAN, always)
        for error in (Rejected, MissingScope):
            with pytest.raises(error):
                client.call(CALLS, SPAN)
        assert len(gong.requests) == 3
        assert client.call(CALLS, SPAN) == {"calls": []}


def test_an_answer_that_did_not_come_is_requested_by_the_call(asking: Asking) -> None:
    def script(_request: ReceivedRequest, number: int) -> object:
        return json_answer(200, {"calls": []}) if number == 1 else refused(500, "Internal")

    with asking(script) as (gong, client):
        assert client.call_ahead(CALLS, SPAN, always) == {"calls": []}, "after another attempt"
        assert client.call(CALLS, SPAN) == {"calls": []}
        assert len(gong.requests) == 2


def test_who_asks_for_an_answer_that_is_under_way_waits_for_it() -> None:
    stored, taken = StoredAnswers(), []
    waiter = threading.Thread(target=lambda: taken.append(stored.take(CALLS, SPAN)))
    with stored.expecting(CALLS, SPAN):
        waiter.start()
        assert stored.take(CALLS, CURSOR) is None, "another request is not waited for"
        assert not taken
        stored.put(CALLS, SPAN, received("a"))
    waiter.join(timeout=10)
    assert [answer.content for answer in taken if answer] == [b"a"]


def test_who_waits_for_an_answer_that_fails_is_let_go() -> None:
    stored, taken = StoredAnswers(), []
    waiter = threading.Thread(target=lambda: taken.append(stored.take(CALLS, SPAN)))
    with stored.expecting(CALLS, SPAN):
        waiter.start()
    waiter.join(timeout=10)
    assert taken == [None]


def test_answers_that_nobody_took_are_forgotten_with_their_batch() -> None:
    stored = StoredAnswers()
    stored.put(CALLS, SPAN, received("old"))
    stored.begin_batch()
    stored.put(CALLS, SPAN, received("newer"))
    stored.put(USERS, {}, received("new"))
    stored.forget_earlier()
    assert stored.size == len("newer") + len("new")
    first = stored.take(CALLS, SPAN)
    assert first is not None
    assert first.content == b"newer"
    stored.begin_batch()
    stored.forget_earlier()
    assert (stored.size, stored.take(USERS, {})) == (0, None)
