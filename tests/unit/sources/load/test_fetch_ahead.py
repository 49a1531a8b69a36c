"""Pages of the next package are fetched while another is read, and its reading finds them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load import fetch_ahead
from sources.gong.load.fetch_ahead import FetchAhead
from sources.gong.schema.columns import Entity
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, json_answer, refused

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def window(stream: str, day: int = 0, reason: Reason = Reason.BACKFILL, detail: str = "") -> Window:
    return Window(stream, Span(START + day * DAY, START + (day + 1) * DAY), reason, detail)


class Gong:
    """Two pages of calls per window; `answers` replaces all that come after as many requests."""

    def __init__(self) -> None:
        self.fails: Answer | None = None
        self.gong = ScriptedAnswers(self.answer)
        self.arrived = threading.Semaphore(0)

    def answer(self, request: ReceivedRequest, _number: int) -> Answer:
        self.arrived.release()
        if self.fails:
            return self.fails
        cursor = (request.body or {}).get("cursor")
        name = (request.body or {}).get("filter", {}).get("fromDateTime", "")
        call = {"metaData": {"id": f"{name}{cursor or ''}"}, "content": {"brief": "A brief."}}
        records = {"totalRecords": 2} if cursor else {"totalRecords": 2, "cursor": "second"}
        return json_answer(200, {"calls": [call], "records": records})

    def wait_for(self, requests: int) -> None:
        for number in range(1, requests + 1):
            arrived = self.arrived.acquire(timeout=60)
            assert arrived, f"{number} of {requests} did not arrive; these did: {self.bodies()}"

    def bodies(self) -> list[Any]:
        return [request.body for request in self.gong.requests]


class Timer:
    """Lets a request give way to others as long as they wait, as outside the unit ring."""

    time, monotonic = staticmethod(time.time), staticmethod(time.monotonic)

    def sleep(self, seconds: float, /) -> None:
        threading.Event().wait(seconds)


@pytest.fixture
def gong() -> Gong:
    return Gong()


@pytest.fixture
def reader(gong: Gong) -> Iterator[Reader]:
    budget = Budget(":memory:", Limits(0, 0), timer=Timer())
    retries = RetryPolicy(attempts=1)
    key = credentials("k", "s", None)
    with Client(gong.gong.url, key, budget, retries=retries, transport=gong.gong) as client:
        client.accepted.set()
        yield Reader(client)
    budget.close()


def settle(gong: Gong, reader: Reader, requests: int) -> None:
    """Waits until as many requests have been made and their answers can be taken."""
    gong.wait_for(requests)
    for thread in threading.enumerate():
        if thread.daemon and thread.name.startswith(fetch_ahead.THREAD_NAME):
            thread.join(timeout=60)


def test_a_window_that_was_fetched_ahead_is_read_without_a_request(
    gong: Gong, reader: Reader
) -> None:
    ahead = FetchAhead(reader, lambda: True)
    ahead.begin({"calls": [window("calls"), window("calls", 1)]})
    settle(gong, reader, 4)
    read = [page for day in (0, 1) for page in reader.entities(window("calls", day))]
    assert len(read) == 4
    assert len({page[0]["metaData"]["id"] for page in read}) == 4
    assert len(gong.gong.requests) == 4
    list(reader.entities(window("calls", 2)))
    assert len(gong.gong.requests) == 6


def test_of_a_page_that_waits_nothing_but_its_answer_is_kept(
    gong: Gong, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[list[Entity]] = []

    def fetch(ahead: Reader, waiting: deque[Window], _calls: object) -> None:
        held.extend(ahead.entities(waiting.popleft()))

    monkeypatch.setattr(fetch_ahead, "_fetch", fetch)
    FetchAhead(reader, lambda: True).begin({"calls": [window("calls")]})
    settle(gong, reader, 2)
    read = list(reader.entities(window("calls")))
    assert [list(call) for page in read for call in page] == [["metaData", "content"]] * 2
    assert held == [[{"metaData": call["metaData"]} for call in page] for page in read]
    assert len(gong.gong.requests) == 2


def test_only_lists_of_windows_are_fetched_and_no_sweep(gong: Gong, reader: Reader) -> None:
    ahead = FetchAhead(reader, lambda: True)
    present = Span(START, START)
    ahead.begin(
        {
            "calls": [window("calls", reason=Reason.SWEEP)],
            "users": [Window("users", present, Reason.WHOLE)],
            "transcripts": [Window("transcripts", present, Reason.AWAITED)],
        }
    )
    settle(gong, reader, 0)
    assert gong.gong.requests == []


def test_nothing_is_fetched_where_requests_are_short(gong: Gong, reader: Reader) -> None:
    ahead = FetchAhead(reader, lambda: False)
    ahead.begin({"calls": [window("calls")]})
    settle(gong, reader, 0)
    assert gong.gong.requests == []


def test_no_more_waits_than_may_be_held(
    gong: Gong, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_ahead, "MOST_BYTES", 1)
    monkeypatch.setattr(fetch_ahead, "_THREADS", 1)
    monkeypatch.setattr(fetch_ahead, "_LOOK_AGAIN", 0.01)
    ahead = FetchAhead(reader, lambda: True)
    ahead.begin({"calls": [window("calls"), window("calls", 1)]})
    gong.wait_for(1)
    assert not gong.arrived.acquire(timeout=0.1)
    ahead.begin({"calls": [window("calls", 1)]})
    assert not gong.arrived.acquire(timeout=0.1)
    assert len(list(reader.entities(window("calls")))) == 2
    gong.wait_for(2)
    assert not gong.arrived.acquire(timeout=0.1), "what was taken has made room for one"
    ahead.forget()
    settle(gong, reader, 0)


def test_nothing_is_fetched_before_gong_has_accepted_the_key(
    gong: Gong, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_ahead, "_LOOK_AGAIN", 0.01)
    reader.client.accepted.clear()
    ahead = FetchAhead(reader, lambda: True)
    ahead.begin({"calls": [window("calls")]})
    assert not gong.arrived.acquire(timeout=0.1)
    reader.client.accepted.set()
    settle(gong, reader, 2)
    ahead.begin({"calls": [window("calls", 1)]})
    ahead.forget()
    settle(gong, reader, 0)


def test_a_stream_that_has_spent_its_share_is_not_fetched(gong: Gong, reader: Reader) -> None:
    reader.quota.per_stream = 2
    list(reader.entities(window("calls")))
    settle(gong, reader, 2)
    ahead = FetchAhead(reader, lambda: True)
    ahead.begin({"calls": [window("calls", 1)]})
    settle(gong, reader, 0)
    assert len(gong.gong.requests) == 2


@pytest.mark.parametrize(
    "failure",
    [refused(400, "Bad request"), refused(500, "Internal"), json_answer(200, {"calls": 1})],
)
def test_a_fault_ahead_is_met_by_the_reading(gong: Gong, reader: Reader, failure: Answer) -> None:
    gong.fails = failure
    ahead = FetchAhead(reader, lambda: True)
    ahead.begin({"calls": [window("calls")]})
    settle(gong, reader, 1)
    with pytest.raises(Exception, match="calls"):
        list(reader.entities(window("calls")))
    gong.fails = None
    assert len(list(reader.entities(window("calls")))) == 2


def test_what_was_fetched_for_a_package_is_forgotten_after_it(gong: Gong, reader: Reader) -> None:
    ahead = FetchAhead(reader, lambda: True)
    ahead.begin({"calls": [window("calls")]})
    settle(gong, reader, 2)
    ahead.begin({"calls": [window("calls", 1)]})
    settle(gong, reader, 2)
    ahead.forget_earlier()
    list(reader.entities(window("calls", 1)))
    assert len(gong.gong.requests) == 4
    list(reader.entities(window("calls")))
    assert len(gong.gong.requests) == 6
