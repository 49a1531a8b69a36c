"""Calls with every section, with their metadata alone, by id, and how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import ShareSpent
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.calls import count_calls
from sources.gong.extract.pages import StreamQuota
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Reason, Span, Window
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, json_answer, refused

WEEK = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))


@contextmanager
def client_of(answers: ScriptedAnswers) -> Iterator[Client]:
    budget = Budget(":memory:", Limits(0, 0))
    key = credentials("k", "s", None)
    with Client(answers.url, key, budget, transport=answers) as client:
        yield client
    budget.close()


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (json_answer(200, {"calls": [], "records": {"totalRecords": 1234}}), 1234),
        (json_answer(200, {"calls": [], "records": {}}), None),
        (refused(404, "No calls found corresponding to the provided filters"), 0),
        (refused(400, "Bad request"), None),
    ],
)
def test_the_first_page_says_how_many_calls_a_span_holds(answer: Answer, count: int | None) -> None:
    answers = ScriptedAnswers([answer])
    with client_of(answers) as client:
        assert count_calls(client, WEEK) == count
    assert len(answers.requests) == 1


def test_metadata_are_requested_without_any_section_at_the_expense_of_the_sweep() -> None:
    answers = ScriptedAnswers([json_answer(200, {"calls": [{"metaData": {"id": "1"}}]})])
    with client_of(answers) as client:
        reader = Reader(client, quota=StreamQuota(per_stream=0, sweep=1))
        window = Window("calls", WEEK, Reason.SWEEP)
        assert list(reader.call_metadata(window)) == [[{"metaData": {"id": "1"}}]]
        with pytest.raises(ShareSpent):
            list(reader.call_metadata(window))
        with pytest.raises(ShareSpent):
            list(reader.entities(window))
    (request,) = answers.requests
    assert request.body == {
        "filter": {"fromDateTime": "2026-01-01T00:00:00Z", "toDateTime": "2026-01-08T00:00:00Z"}
    }


def test_calls_by_id_come_in_hundreds_with_every_section() -> None:
    answers = ScriptedAnswers(
        lambda request, _number: json_answer(
            200, {"calls": [{"id": id_} for id_ in request.body["filter"]["callIds"]]}
        )
    )
    ids = [str(number) for number in range(150)]
    with client_of(answers) as client:
        pages = list(Reader(client).by_id("calls", ids))
    assert [call["id"] for page in pages for call in page] == ids
    assert [len(request.body["filter"]["callIds"]) for request in answers.requests] == [100, 50]
    assert all("contentSelector" in request.body for request in answers.requests)


def test_users_by_id_are_asked_of_the_operation_that_takes_ids() -> None:
    answers = ScriptedAnswers([json_answer(200, {"users": [{"id": "7"}]})])
    with client_of(answers) as client:
        assert list(Reader(client).by_id("users", ["7"])) == [[{"id": "7"}]]
    (request,) = answers.requests
    assert (request.path, request.body) == ("/v2/users/extensive", {"filter": {"userIds": ["7"]}})
