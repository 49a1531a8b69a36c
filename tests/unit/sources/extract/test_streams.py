from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, MissingScope, SchemaDrift, SkipTable, ZoneChanged
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.streams import Reader, instant, learn_zone, zone_named
from sources.gong.extract.windows import Reason, Span, Window, midnight
from tests.unit.sources.scripted_server import Answer, Asked, Script, refused, serving, told

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, tzinfo=UTC))
NO_CALLS = refused(404, "No calls found corresponding to the provided filters")
NO_MEDIA = refused(401, "You don't have permission to use 'api:calls:read:media-url' in your app.")


class Talk:
    """What a reader asked and got."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.lost: list[tuple[str, tuple[str, ...]]] = []


Read = Callable[..., tuple[list[Any], Talk]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads with a reader from a server with a script; gives what came and what was asked."""

    def read(
        script: Script | list[Answer],
        what: Callable[[Reader], Any],
        zone: ZoneInfo | None = BERLIN,
    ) -> tuple[list[Any], Talk]:
        talk = Talk()
        budget = Budget(tmp_path / "ledger.sqlite", Limits(0, 0))
        with (
            serving(script) as server,
            Client(server.url, credentials("k", "s", None), budget) as client,
        ):
            talk.asked = server.asked
            reader = Reader(client, zone, lambda name, ids: talk.lost.append((name, tuple(ids))))
            try:
                return [row for page in what(reader) for row in page], talk
            finally:
                budget.close()

    return read


def window(stream: str, span: Span = WEEK, detail: str = "") -> Window:
    return Window(stream, span, Reason.NEW, detail)


def page(key: str, *rows: Any, cursor: str | None = None) -> Answer:
    return told(200, {key: list(rows), "records": {"cursor": cursor} if cursor else {}})


def days(first: date, after: date) -> Span:
    return Span(midnight(first, BERLIN), midnight(after, BERLIN))


def test_an_instant_is_sent_in_utc_with_z() -> None:
    assert instant(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_calls_are_asked_for_with_everything_and_their_own_times(read: Read) -> None:
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


def test_without_the_media_scope_calls_are_read_without_media_from_then_on(read: Read) -> None:
    def script(asked: Asked, _number: int) -> Answer:
        fields = asked.body["contentSelector"]["exposedFields"]
        return NO_MEDIA if fields.get("media") else page("calls", {"a": 1})

    def twice(reader: Reader) -> Iterator[Any]:
        yield from reader.entities(window("calls"))
        yield from reader.entities(window("calls"))

    rows, talk = read(script, twice)
    assert len(rows) == 2
    assert len(talk.asked) == 3


def test_another_missing_scope_skips_the_calls(read: Read) -> None:
    answer = refused(
        401, "You don't have permission to use 'api:calls:read:extensive' in your app."
    )
    with pytest.raises(MissingScope, match="api:calls:read:extensive"):
        read([answer], lambda r: r.entities(window("calls")))


def test_an_empty_window_gives_nothing(read: Read) -> None:
    assert read([NO_CALLS], lambda r: r.entities(window("calls")))[0] == []


def test_when_the_cursor_expires_the_window_begins_again(read: Read) -> None:
    script = [
        page("calls", {"id": 1}, cursor="c1"),
        refused(400, "cursor has expired"),
        page("calls", {"id": 1}, cursor="d1"),
        page("calls", {"id": 2}),
    ]
    rows, talk = read(script, lambda r: r.entities(window("calls")))
    assert [row["id"] for row in rows] == [1, 1, 2]
    assert [asked.body.get("cursor") for asked in talk.asked] == [None, "c1", None, "d1"]


def test_a_cursor_that_always_expires_fails_the_table(read: Read) -> None:
    def script(asked: Asked, _number: int) -> Answer:
        expired = refused(400, "cursor has expired")
        return expired if "cursor" in asked.body else page("calls", {"id": 1}, cursor="c")

    with pytest.raises(
        FailTable, match=r"4 times the window was not read to its end.*cursor has expired"
    ):
        read(script, lambda r: r.entities(window("calls")))


def test_reviews_are_asked_for_in_company_days_and_of_both_methods(read: Read) -> None:
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
def test_company_days_without_a_zone_skip_the_table_with_the_settings_name(
    read: Read, stream: str
) -> None:
    with pytest.raises(SkipTable, match="SOURCES__GONG__COMPANY_TIME_ZONE"):
        read([told()], lambda r: r.entities(window(stream, detail="DAY")), zone=None)


def test_a_period_is_asked_for_with_its_first_day_and_the_day_after(read: Read) -> None:
    span = days(date(2026, 2, 1), date(2026, 3, 1))
    answer = told(200, {"timeZone": "Europe/Berlin", "usersAggregateActivity": []})
    rows, talk = read([answer], lambda r: r.entities(window("activity_by_period", span, "MONTH")))
    assert talk.asked[0].body == {
        "filter": {"fromDate": "2026-02-01", "toDate": "2026-03-01"},
        "aggregationPeriod": "MONTH",
    }
    assert [row["id"] for row in rows] == ["activity_by_period/MONTH/2026-02-01"]


def test_stats_in_which_nobody_did_anything_are_empty_periods(read: Read) -> None:
    span = days(date(2026, 2, 1), date(2026, 2, 4))
    answer = refused(404, "No stats found corresponding to the provided filters")
    rows, _ = read([answer], lambda r: r.entities(window("activity_by_period", span, "DAY")))
    assert [(row["fromDate"], row["users"]) for row in rows] == [
        ("2026-02-01", []),
        ("2026-02-02", []),
        ("2026-02-03", []),
    ]


def test_another_time_zone_than_the_one_read_in_stops_the_run(read: Read) -> None:
    answer = told(200, {"timeZone": "America/New_York", "peopleInteractionStats": []})
    span = days(date(2026, 2, 1), date(2026, 2, 2))
    with pytest.raises(ZoneChanged, match="America/New_York"):
        read([answer], lambda r: r.entities(window("interaction_stats", span, "DAY")))


def test_log_entries_count_equal_ones_across_pages_and_begin_again_after_an_expiry(
    read: Read,
) -> None:
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


def gong_knowing(*known: str) -> Script:
    """A Gong that has transcripts of these calls and refuses batches that hold others."""

    def script(asked: Asked, _number: int) -> Answer:
        ids = asked.body["filter"]["callIds"]
        if not set(ids) <= set(known):
            return refused(400, "Some calls not found")
        return page("callTranscripts", *({"callId": one} for one in ids))

    return script


def test_transcripts_are_asked_for_by_their_calls(read: Read) -> None:
    rows, talk = read(gong_knowing("1", "2"), lambda r: r.transcripts(["1", "2"]))
    assert [row["callId"] for row in rows] == ["1", "2"]
    assert talk.asked[0].body == {"filter": {"callIds": ["1", "2"]}}
    assert talk.lost == []


@pytest.mark.parametrize("dead", [{"3"}, {"0", "9"}, {"4", "5"}, set("0123456789")])
def test_dead_ids_are_found_by_halving_and_all_others_are_read(read: Read, dead: set[str]) -> None:
    ids = list("0123456789")
    rows, talk = read(gong_knowing(*set(ids) - dead), lambda r: r.transcripts(ids))
    assert [row["callId"] for row in rows] == [one for one in ids if one not in dead]
    assert sorted(one for _, lost in talk.lost for one in lost) == sorted(dead)


def test_ids_that_gong_names_are_dropped_at_once(read: Read) -> None:
    script = [
        refused(404, "The following userIds were not found: 2"),
        page("callTranscripts", {"callId": "1"}, {"callId": "3"}),
    ]
    rows, talk = read(script, lambda r: r.transcripts(["1", "2", "3"]))
    assert len(rows) == 2
    assert talk.lost == [("transcripts", ("2",))]
    assert talk.asked[1].body == {"filter": {"callIds": ["1", "3"]}}


@pytest.mark.parametrize("rows", [{"a": 1}, ["x"], "x", 5])
def test_rows_of_another_form_are_refused(read: Read, rows: Any) -> None:
    with pytest.raises(
        SchemaDrift, match="users: `users` of Gong's answer is not a list of objects"
    ):
        read([told(200, {"users": rows})], lambda r: r.entities(window("users")))


def test_an_answer_without_its_list_is_refused(read: Read) -> None:
    with pytest.raises(SchemaDrift, match="users"):
        read([told(200, {"requestId": "1"})], lambda r: r.entities(window("users")))


def learnt(tmp_path: Path, script: Script | list[Answer]) -> tuple[ZoneInfo | None, list[Asked]]:
    budget = Budget(tmp_path / "ledger.sqlite", Limits(0, 0))
    with (
        serving(script) as server,
        Client(server.url, credentials("k", "s", None), budget) as client,
    ):
        return learn_zone(client, datetime(2026, 11, 22, 6, tzinfo=UTC)), server.asked


def test_the_zone_is_learnt_from_a_stats_answer(tmp_path: Path) -> None:
    answer = told(200, {"timeZone": "America/New_York"})
    zone, asked = learnt(tmp_path, [answer])
    assert zone == ZoneInfo("America/New_York")
    assert len(asked) == 1


def test_the_days_asked_for_to_learn_the_zone_have_ended_everywhere(tmp_path: Path) -> None:
    _, asked = learnt(tmp_path, [told(200, {"timeZone": "UTC"})])
    last = date.fromisoformat(asked[0].body["filter"]["toDate"])
    first_zone = midnight(last, ZoneInfo("Etc/GMT+12"))
    assert first_zone <= datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_a_zone_that_no_answer_tells_is_unknown(tmp_path: Path) -> None:
    nothing = refused(404, "No stats found")
    scope = refused(401, "You don't have permission to use 'api:stats:interaction' in your app.")
    for answer in (nothing, scope, told(200, {"timeZone": None})):
        zone, asked = learnt(tmp_path, [answer])
        assert zone is None
        assert len(asked) == 2


@pytest.mark.parametrize("name", ["", "Berlin", "CET+1", "../etc/passwd", "Europe/", "UTC+2"])
def test_what_is_no_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        zone_named(name)


def test_a_zone_is_known_by_its_name() -> None:
    assert zone_named("Asia/Kathmandu").utcoffset(datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(
        hours=5, minutes=45
    )
