from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import (
    FailTable,
    MissingScope,
    Rejected,
    SchemaDrift,
    SkipTable,
    ZoneChanged,
)
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.child_streams import CALL_STREAMS
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Reason, Span, Window, midnight
from sources.gong.schema.arrow_pages import ArrowPart, plain
from sources.gong.schema.odd_entities import FEW, requested_id
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, Script, json_answer, refused

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))
NO_CALLS = refused(404, "No calls found corresponding to the provided filters")
NO_MEDIA = refused(401, "You don't have permission to use 'api:calls:read:media-url' in your app.")


class Talk:
    """What a reader requested, and which ids were lost."""

    def __init__(self) -> None:
        self.asked: list[ReceivedRequest] = []
        self.lost: list[tuple[str, tuple[str, ...]]] = []


def read(
    script: Script | list[Answer],
    what: Callable[[Reader], Any],
    zone: ZoneInfo | None = BERLIN,
) -> tuple[list[Any], Talk]:
    """Returns what a reader yields where Gong answers from a script, and what it requested."""
    talk, answers = Talk(), ScriptedAnswers(script)
    talk.asked = answers.requests
    budget = Budget(":memory:", Limits(0, 0))
    key = credentials("k", "s", None)
    with Client(answers.url, key, budget, transport=answers) as client:
        reader = Reader(client, zone, lambda name, ids: talk.lost.append((name, tuple(ids))))
        try:
            return [row for page in what(reader) for row in page], talk
        finally:
            budget.close()


def window(stream: str, span: Span = WEEK, detail: str = "") -> Window:
    return Window(stream, span, Reason.NEW, detail)


def page(key: str, *rows: Any, cursor: str | None = None) -> Answer:
    return json_answer(200, {key: list(rows), "records": {"cursor": cursor} if cursor else {}})


def days(first: date, after: date) -> Span:
    return Span(midnight(first, BERLIN), midnight(after, BERLIN))


def test_calls_are_asked_for_with_everything_and_their_own_times() -> None:
    rows, talk = read([page("calls", {"a": 1})], lambda r: r.entities(window("calls")))
    assert rows == [{"a": 1}]
    body = talk.asked[0].body
    assert body["filter"] == {
        "fromDateTime": "2026-01-01T00:00:00Z",
        "toDateTime": "2026-01-08T00:00:00Z",
    }
    selected = body["contentSelector"]
    assert selected["context"] == "Extended"
    assert selected["contextTiming"] == ["Now", "TimeOfCall"]
    assert selected["exposedFields"]["media"] is True
    assert selected["exposedFields"]["collaboration"] == {"publicComments": True}


def test_without_the_media_scope_calls_are_read_without_media_from_then_on() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        fields = asked.body["contentSelector"]["exposedFields"]
        return NO_MEDIA if fields.get("media") else page("calls", {"a": 1})

    def twice(reader: Reader) -> Iterator[Any]:
        yield from reader.entities(window("calls"))
        yield from reader.entities(window("calls"))

    rows, talk = read(script, twice)
    assert len(rows) == 2
    assert len(talk.asked) == 3


def test_another_missing_scope_skips_the_calls() -> None:
    answer = refused(
        401, "You don't have permission to use 'api:calls:read:extensive' in your app."
    )
    with pytest.raises(MissingScope, match="api:calls:read:extensive"):
        read([answer], lambda r: r.entities(window("calls")))


def test_an_empty_window_gives_nothing() -> None:
    assert read([NO_CALLS], lambda r: r.entities(window("calls")))[0] == []


def test_when_the_cursor_expires_the_window_begins_again() -> None:
    script = [
        page("calls", {"id": 1}, cursor="c1"),
        refused(400, "cursor has expired"),
        page("calls", {"id": 1}, cursor="d1"),
        page("calls", {"id": 2}),
    ]
    rows, talk = read(script, lambda r: r.entities(window("calls")))
    assert [row["id"] for row in rows] == [1, 1, 2]
    assert [asked.body.get("cursor") for asked in talk.asked] == [None, "c1", None, "d1"]


def test_a_cursor_that_always_expires_fails_the_table() -> None:
    def script(asked: ReceivedRequest, _number: int) -> Answer:
        expired = refused(400, "cursor has expired")
        return expired if "cursor" in asked.body else page("calls", {"id": 1}, cursor="c")

    with pytest.raises(
        FailTable, match=r"4 times the window was not read to its end.*cursor has expired"
    ):
        read(script, lambda r: r.entities(window("calls")))


def test_reviews_are_asked_for_in_company_days_and_of_both_methods() -> None:
    span = days(date(2026, 3, 28), date(2026, 3, 30))
    _, talk = read(
        [page("answeredScorecards")], lambda r: r.entities(window("answered_scorecards", span))
    )
    assert talk.asked[0].body["filter"] == {
        "reviewFromDate": "2026-03-28",
        "reviewToDate": "2026-03-30",
        "reviewMethod": "BOTH",
    }


@pytest.mark.parametrize("stream", ["answered_scorecards", "interaction_stats"])
def test_company_days_without_a_zone_skip_the_table_with_the_settings_name(stream: str) -> None:
    with pytest.raises(SkipTable, match="SOURCES__GONG__COMPANY_TIME_ZONE"):
        read([json_answer()], lambda r: r.entities(window(stream, detail="DAY")), zone=None)


def test_a_period_is_asked_for_with_its_first_day_and_the_day_after() -> None:
    span = days(date(2026, 2, 1), date(2026, 3, 1))
    answer = json_answer(200, {"timeZone": "Europe/Berlin", "usersAggregateActivity": []})
    rows, talk = read([answer], lambda r: r.entities(window("activity_by_period", span, "MONTH")))
    assert talk.asked[0].body == {
        "filter": {"fromDate": "2026-02-01", "toDate": "2026-03-01"},
        "aggregationPeriod": "MONTH",
    }
    assert [row["id"] for row in rows] == ["activity_by_period/MONTH/2026-02-01"]


def test_stats_in_which_nobody_did_anything_are_empty_periods() -> None:
    span = days(date(2026, 2, 1), date(2026, 2, 4))
    answer = refused(404, "No stats found corresponding to the provided filters")
    rows, _ = read([answer], lambda r: r.entities(window("activity_by_period", span, "DAY")))
    assert [(row["fromDate"], row["users"]) for row in rows] == [
        ("2026-02-01", []),
        ("2026-02-02", []),
        ("2026-02-03", []),
    ]


def test_another_time_zone_than_the_one_read_in_stops_the_run() -> None:
    answer = json_answer(200, {"timeZone": "America/New_York", "peopleInteractionStats": []})
    span = days(date(2026, 2, 1), date(2026, 2, 2))
    with pytest.raises(ZoneChanged, match="America/New_York"):
        read([answer], lambda r: r.entities(window("interaction_stats", span, "DAY")))


def test_log_entries_count_equal_ones_across_pages_and_begin_again_after_an_expiry() -> None:
    entry = {"eventTime": "2026-01-01T00:00:00Z", "logRecord": {}}
    script = [
        page("logEntries", entry, cursor="c1"),
        refused(400, "cursor has expired"),
        page("logEntries", entry, cursor="c1"),
        page("logEntries", entry),
    ]
    rows, talk = read(script, lambda r: r.entities(window("logs", detail="AccessLog")))
    ids = [row["_logId"] for row in rows]
    assert ids[0] == ids[1] != ids[2]
    assert talk.asked[0].query == {
        "logType": "AccessLog",
        "fromDateTime": "2026-01-01T00:00:00Z",
        "toDateTime": "2026-01-08T00:00:00Z",
    }


def transcripts(reader: Reader, ids: list[str]) -> Iterator[Any]:
    stream = CALL_STREAMS["transcripts"]
    return reader.requested("transcripts", stream.request(ids), stream.entities)


def gong_knowing(*known: str) -> Script:
    """A Gong that has transcripts of these calls and refuses batches that hold others."""

    def script(asked: ReceivedRequest, _number: int) -> Answer:
        ids = asked.body["filter"]["callIds"]
        if not set(ids) <= set(known):
            return refused(400, "Some calls not found")
        return page("callTranscripts", *({"callId": call_id} for call_id in ids))

    return script


def test_transcripts_are_asked_for_by_their_calls() -> None:
    rows, talk = read(gong_knowing("1", "2"), lambda r: transcripts(r, ["1", "2"]))
    assert [row["callId"] for row in rows] == ["1", "2"]
    assert talk.asked[0].body == {"filter": {"callIds": ["1", "2"]}}
    assert talk.lost == []


def test_transcripts_are_read_into_arrow_by_call_by_window_and_by_id() -> None:
    entity = {"callId": "1", "transcript": [{"speakerId": "7", "sentences": [{"text": "Hello."}]}]}
    for what in (
        lambda r: transcripts(r, ["1"]),
        lambda r: r.entities(window("transcripts")),
        lambda r: r.by_id("transcripts", ["1"]),
    ):
        (row,), _ = read([page("callTranscripts", entity)], what)
        assert isinstance(row["transcript"], ArrowPart)
        assert plain(row) == entity


@pytest.mark.parametrize("dead", [{"3"}, {"0", "9"}, {"4", "5"}, set("0123456789")])
def test_dead_ids_are_found_by_halving_and_all_others_are_read(dead: set[str]) -> None:
    ids = list("0123456789")
    rows, talk = read(gong_knowing(*set(ids) - dead), lambda r: transcripts(r, ids))
    assert [row["callId"] for row in rows] == [call_id for call_id in ids if call_id not in dead]
    assert sorted(call_id for _, lost in talk.lost for call_id in lost) == sorted(dead)


def test_ids_that_gong_names_are_dropped_at_once() -> None:
    script = [
        refused(404, "The following userIds were not found: 2"),
        page("callTranscripts", {"callId": "1"}, {"callId": "3"}),
    ]
    rows, talk = read(script, lambda r: transcripts(r, ["1", "2", "3"]))
    assert len(rows) == 2
    assert talk.lost == [("transcripts", ("2",))]
    assert talk.asked[1].body == {"filter": {"callIds": ["1", "3"]}}


def gong_refusing(*odd: str, is_named: bool) -> Script:
    """A Gong that refuses a batch with an odd id, and may name the first place of one."""

    def script(asked: ReceivedRequest, _number: int) -> Answer:
        ids = asked.body["filter"]["callIds"]
        places = [place for place, call_id in enumerate(ids) if call_id in odd]
        if places:
            where = f"filter.callIds[{places[0]}]: must match [0-9]{{1,20}}"
            return refused(400, where if is_named else "Bad request")
        return page("callTranscripts", *({"callId": call_id} for call_id in ids))

    return script


@pytest.mark.parametrize("is_named", [True, False])
@pytest.mark.parametrize("odd", [{"3"}, {"0", "9"}, {"4", "5", "8"}])
def test_ids_that_gong_refuses_are_set_aside_and_all_others_are_read(
    odd: set[str], is_named: bool
) -> None:
    ids = list("0123456789")
    script = gong_refusing(*odd, is_named=is_named)
    rows, talk = read(script, lambda r: [*transcripts(r, ["10"]), *transcripts(r, ids)])
    good = [row["callId"] for row in rows if "callId" in row]
    assert good == ["10", *(call_id for call_id in ids if call_id not in odd)]
    assert {requested_id(row) for row in rows if "callId" not in row} == odd
    assert talk.lost == []
    if is_named:
        assert len(talk.asked) == 2 + len(odd), "each refusal names one id"


def test_a_single_id_that_gong_refuses_without_naming_it_is_set_aside() -> None:
    script = gong_refusing("x", is_named=False)
    rows, _ = read(script, lambda r: transcripts(r, ["x"]))
    assert [requested_id(row) for row in rows] == ["x"]


@pytest.mark.parametrize(("is_named", "requests"), [(True, FEW + 1), (False, 9)])
def test_where_gong_refuses_whatever_is_requested_the_stream_fails(
    is_named: bool, requests: int
) -> None:
    ids = [str(number) for number in range(100)]
    asked: list[Any] = []

    def script(received: ReceivedRequest, number: int) -> Answer:
        asked.append(number)
        return gong_refusing(*ids, is_named=is_named)(received, number)

    with pytest.raises(Rejected, match="Gong would refuse the same request again"):
        read(script, lambda r: transcripts(r, ids))
    assert len(asked) == requests


def test_coaching_is_read_without_the_ids_that_are_no_numbers_and_these_are_set_aside() -> None:
    span = days(date(2026, 2, 2), date(2026, 2, 9))
    users = [
        {"user_id": "7", "manager_id": "8"},
        {"user_id": "8", "manager_id": "boss"},
        {"user_id": "boss", "manager_id": None},
    ]
    rows, talk = read(
        lambda _asked, _number: json_answer(200, {"coachingData": []}),
        lambda r: [
            r.coaching(
                window("coaching_metrics", span, "WEEK"),
                [{"workspace_id": "1"}, {"workspace_id": "ws-2"}, {"workspace_id": "3"}],
                users,
                ExistingRows(),
            ).entities
        ],
    )
    asked = [(request.query["workspace-id"], request.query["manager-id"]) for request in talk.asked]
    assert asked == [("1", "8"), ("3", "8")]
    assert {requested_id(row) for row in rows} == {"ws-2", "boss", ""}
    assert [row["id"] for row in rows if "id" in row] == ["coaching_metrics/WEEK/2026-02-02"]


@pytest.mark.parametrize("rows", [{"a": 1}, "x", 5])
def test_rows_of_another_form_are_refused(rows: Any) -> None:
    with pytest.raises(
        SchemaDrift, match="users: `users` of Gong's answer is not a list of objects"
    ):
        read([json_answer(200, {"users": rows})], lambda r: r.entities(window("users")))


def test_an_answer_without_its_list_is_refused() -> None:
    with pytest.raises(SchemaDrift, match="users"):
        read([json_answer(200, {"requestId": "1"})], lambda r: r.entities(window("users")))
