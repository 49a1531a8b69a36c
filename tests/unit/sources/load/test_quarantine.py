"""What one stream sets aside in a package, and what leaves the quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sources.gong.api.errors import SchemaDrift
from sources.gong.extract.answers import refused_id
from sources.gong.extract.existing_rows import ExistingRows, QuarantinedEntity, Scope
from sources.gong.extract.tasks import TaskResult
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.package import LoadContext, LoadStamp, RunFacts
from sources.gong.load.quarantine import StreamQuarantine, are_too_many
from sources.gong.load.root_table import root_tables
from sources.gong.schema.arrow_pages import decoder
from sources.gong.schema.columns import marked
from sources.gong.schema.odd_entities import FEW

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
STAMP = LoadStamp(NOW, "load 1")
WEEK = Span(NOW - timedelta(days=7), NOW)
DRIFT = SchemaDrift(
    "calls.duration_seconds promises an integer; Gong sent a number",
    table="calls",
    field="duration_seconds",
    expected="integer",
    found="a number",
)


class Earlier(ExistingRows):
    """What earlier packages have put into the quarantine."""

    is_available = True

    def __init__(self, *quarantined: QuarantinedEntity) -> None:
        self._quarantined = quarantined

    def quarantined(self, _stream: str) -> Sequence[QuarantinedEntity]:
        return self._quarantined


def call(call_id: str) -> dict[str, Any]:
    return {"metaData": {"id": call_id, "duration": 1339.5}}


def result(stream: str = "calls", reason: Reason = Reason.NEW, **facts: Any) -> TaskResult:
    return TaskResult(Window(stream, WEEK, reason), **facts)


def quarantine_of(
    stream: str = "calls", earlier: ExistingRows | None = None, kind: str = "sync"
) -> StreamQuarantine:
    context = LoadContext(None, earlier or Earlier())  # type: ignore[arg-type]
    return StreamQuarantine(stream, root_tables(stream), context, RunFacts("run1", kind, NOW))


def rows(quarantine: StreamQuarantine, *, is_complete: bool = False) -> list[dict[str, Any]]:
    return quarantine.rows(STAMP, is_complete=is_complete).to_pylist()


def earlier(stream: str, *entities: tuple[str, Any], parent: str = "") -> Earlier:
    """What the package of the night before has set aside."""
    quarantine = quarantine_of(stream)
    for _, entity in entities:
        quarantine.set_aside(entity, DRIFT, result(stream, page_of=parent))
    return Earlier(
        *(
            QuarantinedEntity(
                row["quarantine_id"], row["entity_id"], row["detail"], row["parent"],
                Span(row["start_at"], row["end_at"]), (NOW, NOW), (), row,
            )
            for row in rows(quarantine)
        )
    )  # fmt: skip


def test_an_odd_entity_is_kept_whole_with_reason_and_id() -> None:
    quarantine = quarantine_of()
    quarantine.set_aside(call("12"), DRIFT, result())
    (row,) = rows(quarantine)
    assert (row["stream"], row["table_name"], row["entity_id"], row["call_id"]) == (
        "calls", "calls", "12", "12",
    )  # fmt: skip
    assert (row["field"], row["reason"]) == (
        "duration_seconds", "a number where integer is expected",
    )  # fmt: skip
    assert row["entity"] == '{"metaData":{"id":"12","duration":1339.5}}'
    assert (row["start_at"], row["end_at"], row["first_seen_at"]) == (WEEK.start, WEEK.end, NOW)
    assert row["landed_at"] is None


def test_an_entity_that_was_read_into_arrow_is_kept_whole_too() -> None:
    decode = decoder("transcripts", "callTranscripts")
    assert decode is not None
    answer = decode(b'{"callTranscripts":[{"callId":"12","transcript":[{"sentences":[{}]}]}]}')
    assert answer is not None
    quarantine = quarantine_of("transcripts")
    quarantine.set_aside(answer["callTranscripts"][0], DRIFT, result("transcripts"))
    (row,) = rows(quarantine)
    assert row["entity"] == '{"callId":"12","transcript":[{"sentences":[{}]}]}'


@pytest.mark.parametrize(
    ("odd", "seen", "is_changed"),
    [(1, 1, False), (FEW, FEW, False), (21, 105, False), (21, 104, True), (200, 999, True)],
)
def test_few_odd_entities_are_set_aside_and_a_fifth_of_them_is_a_change_of_gongs(
    odd: int, seen: int, is_changed: bool
) -> None:
    assert are_too_many(odd, seen) is is_changed


def test_a_stream_with_too_many_odd_entities_fails_and_sets_nothing_aside() -> None:
    quarantine = quarantine_of()
    for number in range(FEW):
        quarantine.set_aside(call(str(number)), DRIFT, result())
    quarantine.check_share()
    quarantine.set_aside(call("one too many"), DRIFT, result())
    with pytest.raises(SchemaDrift, match=r"calls\.duration_seconds promises"):
        quarantine.check_share()
    assert rows(quarantine) == []


def test_what_is_in_quarantine_already_does_not_count_as_a_change_of_gongs() -> None:
    odd = [(str(number), call(str(number))) for number in range(3 * FEW)]
    quarantine = quarantine_of(earlier=earlier("calls", *odd))
    for _, entity in odd:
        quarantine.set_aside(entity, DRIFT, result(reason=Reason.BY_ID))
    quarantine.check_share()
    assert len(rows(quarantine)) == 3 * FEW
    for number in range(FEW + 1):
        quarantine.set_aside(call(f"new {number}"), DRIFT, result())
    with pytest.raises(SchemaDrift):
        quarantine.check_share()


def null_of(stream: str) -> Any:
    return marked(
        {"value": None}, "an element is null", table=stream, field="[]",
        expected="an object", actual="null",
    )  # fmt: skip


def test_equal_entities_without_a_key_are_kept_apart_by_the_place_that_they_came_in() -> None:
    quarantine = quarantine_of("logs")
    for days in (0, 7, 7):
        span = Span(NOW - timedelta(days=days + 7), NOW - timedelta(days=days))
        window = Window("logs", span, Reason.NEW, "AccessLog")
        quarantine.set_aside(null_of("logs"), DRIFT, TaskResult(window))
    assert [row["end_at"] for row in sorted(rows(quarantine), key=lambda row: row["end_at"])] == [
        NOW - timedelta(days=7), NOW,
    ]  # fmt: skip
    known = earlier("logs", ("", null_of("logs")))
    later = quarantine_of("logs", known)
    for days in (1, 1, 9):
        span = Span(NOW - timedelta(days=days), NOW - timedelta(days=days - 1))
        later.set_aside(null_of("logs"), DRIFT, TaskResult(Window("logs", span, Reason.NEW)))
    again = {row["quarantine_id"] for row in rows(later)}
    assert {row.quarantine_id for row in known.quarantined("logs")} < again, "it keeps its row"
    assert len(again) == 2
    quarantine = quarantine_of("flows")
    for parent in ("u1", "u2"):
        quarantine.set_aside(null_of("flows"), DRIFT, result("flows", page_of=parent))
    assert {row["parent"] for row in rows(quarantine)} == {"u1", "u2"}
    assert quarantine.is_odd_parent("u1")


def test_what_a_package_has_set_aside_is_not_requested_by_the_next_one_of_the_run() -> None:
    first = quarantine_of()
    first.set_aside(call("12"), DRIFT, result())
    first.report()
    known = earlier("calls", ("12", call("12")), ("13", call("13")))
    context = replace(first._context, existing=known)
    second = StreamQuarantine("calls", root_tables("calls"), context, RunFacts("r", "sync", NOW))
    assert second.ids_to_read_again() == ["13"]


@pytest.mark.parametrize("stream", ["calls", "transcripts"])
def test_an_entity_that_can_be_requested_by_id_is_not_gone_because_others_were_read(
    stream: str,
) -> None:
    entity = call("12") if stream == "calls" else {"callId": "12"}
    quarantine = quarantine_of(stream, earlier(stream, ("12", entity)))
    quarantine.note(result(stream, is_end=True))
    assert rows(quarantine, is_complete=True) == []


def test_an_entity_of_a_batch_is_gone_only_if_its_own_id_was_requested() -> None:
    entity = {"_integrationId": "5", "_objectType": "LEAD", "_crmId": "00Q1", "fields": "odd"}
    (known,) = earlier("crm_objects", ("", entity)).quarantined("crm_objects")
    quarantine = quarantine_of("crm_objects", Earlier(replace(known, span=Span(NOW, NOW))))

    def requested(*ids: str) -> list[dict[str, Any]]:
        within = {
            "integration_id": frozenset("5"), "object_type": frozenset(("LEAD",)),
            "crm_id": frozenset(ids),
        }  # fmt: skip
        quarantine.note(result("crm_objects", scope=Scope(within)))
        quarantine.note(result("crm_objects", is_end=True))
        return rows(quarantine, is_complete=True)

    assert requested("00Q2") == []
    assert [row["_deleted_at"] for row in requested("00Q1", "00Q2")] == [NOW]


def test_an_entity_that_lands_leaves_the_quarantine_and_its_content_goes() -> None:
    quarantine = quarantine_of(earlier=earlier("calls", ("12", call("12")), ("13", call("13"))))
    quarantine.landed(["12", "14"])
    (row,) = rows(quarantine)
    assert (row["entity_id"], row["landed_at"], row["entity"]) == ("12", NOW, None)


def test_an_entity_is_requested_once_more_in_a_run_and_is_gone_if_gong_has_it_no_more() -> None:
    quarantine = quarantine_of(earlier=earlier("calls", ("12", call("12")), ("13", call("13"))))
    quarantine.landed(["12"])
    assert quarantine.ids_to_read_again() == ["13"]
    assert quarantine.ids_to_read_again() == []
    quarantine.read_by_id(["13"])
    gone = [row["entity_id"] for row in rows(quarantine) if row["_deleted_at"] == NOW]
    assert gone == ["13"]


def refused_batch(stream: str, *ids: str) -> StreamQuarantine:
    quarantine = quarantine_of(stream)
    page = [refused_id(stream, id_, "filter.callIds") for id_ in ids]
    assert quarantine.split(page, result(stream)) == ([], [])
    return quarantine


@pytest.mark.parametrize("stream", ["transcripts", "call_user_access"])
def test_an_id_that_gong_refuses_is_in_quarantine_until_gong_takes_it(stream: str) -> None:
    quarantine = refused_batch(stream, "x")
    assert not quarantine.has_keyless, "it is known what is missing"
    (row,) = rows(quarantine)
    assert (row["entity_id"], row["parent"], row["field"]) == ("x", "x", "callIds")
    assert row["reason"] == "an id that Gong refuses where one that it accepts is expected"
    before = Earlier(
        QuarantinedEntity(
            row["quarantine_id"], "x", "", "x", Span(row["start_at"], row["end_at"]),
            (NOW, NOW), (), row,
        )
    )  # fmt: skip
    later = quarantine_of(stream, before)
    later.note(result(stream, taken_ids=frozenset(("1",))))
    assert rows(later) == [], "others were taken"
    later.note(result(stream, taken_ids=frozenset(("x",))))
    (closed,) = rows(later)
    assert (closed["landed_at"], closed["_deleted_at"]) == (NOW, None)


def test_an_id_that_coaching_cannot_be_requested_for_leaves_once_its_period_has_all() -> None:
    quarantine = refused_batch("coaching_metrics", "ws-2")
    (row,) = rows(quarantine)
    assert (row["entity_id"], row["parent"]) == ("ws-2", "")
    before = Earlier(
        QuarantinedEntity(
            row["quarantine_id"], "ws-2", "", "", Span(row["start_at"], row["end_at"]),
            (NOW, NOW), (), row,
        )
    )  # fmt: skip
    later = quarantine_of("coaching_metrics", before)
    assert rows(later) == []
    later.note(result("coaching_metrics", is_end=True))
    assert [gone["_deleted_at"] for gone in rows(later)] == [NOW]


def test_refused_ids_of_coaching_are_a_share_of_the_ids_not_of_the_periods() -> None:
    refused = [str(number) for number in range(FEW + 1)]
    quarantine = refused_batch("coaching_metrics", *refused)
    with pytest.raises(SchemaDrift, match="Gong refuses an id"):
        quarantine.check_share()
    quarantine = refused_batch("coaching_metrics", *refused)
    taken = frozenset(str(number) for number in range(100, 200))
    quarantine.note(result("coaching_metrics", taken_ids=taken))
    quarantine.check_share()
    assert len(rows(quarantine)) == FEW + 1


def test_what_is_known_of_an_odd_entity_stays_where_gong_refuses_its_id() -> None:
    known = earlier("calls", ("12", call("12")))
    quarantine = quarantine_of(earlier=known)
    quarantine.split([refused_id("calls", "12", "filter.callIds")], result(reason=Reason.BY_ID))
    quarantine.read_by_id(["12"])
    (row,) = rows(quarantine)
    assert (row["field"], row["parent"]) == ("duration_seconds", "")
    assert row["entity"] == '{"metaData":{"id":"12","duration":1339.5}}'
    assert row["_deleted_at"] is None


def test_a_backfill_requests_nothing_that_lies_outside_its_days() -> None:
    known = earlier("calls", ("12", call("12")))
    assert quarantine_of(earlier=known, kind="backfill").ids_to_read_again() == []


def test_an_entity_stays_in_quarantine_until_its_parent_or_its_window_was_read_whole() -> None:
    nameless = marked(
        {"value": None}, "an element is null", table="trackers", field="keywordTrackers[]",
        expected="an object", actual="null",
    )  # fmt: skip
    known = earlier("trackers", ("", nameless))
    quarantine = quarantine_of("trackers", known)
    assert rows(quarantine) == []
    quarantine.note(result("trackers", is_end=True))
    assert [row["_deleted_at"] for row in rows(quarantine, is_complete=True)] == [NOW]

    of_flow = {"id": 7, "name": ["odd"]}
    quarantine = quarantine_of("flows", earlier("flows", ("7", of_flow), parent="u1"))
    quarantine.note(result("flows", is_end=True))
    assert rows(quarantine) == []
    quarantine.note(result("flows", finished_parent="u1"))
    assert [row["_deleted_at"] for row in rows(quarantine)] == [NOW]


def test_an_odd_user_is_a_parent_record_where_the_ids_can_be_read() -> None:
    quarantine = quarantine_of("users")
    page = [{"id": "1", "created": 5}, {"id": ["odd"]}]
    assert quarantine.set_aside(page[0], DRIFT, result("users")) == [page[0]]
    assert not quarantine.has_lost_parents
    assert quarantine.split(page[1:], result("users")) == ([], [])
    assert quarantine.has_lost_parents
    assert quarantine.has_keyless


def test_where_earlier_rows_are_not_known_a_landed_entity_takes_any_row_of_it_away() -> None:
    quarantine = quarantine_of(earlier=ExistingRows())
    quarantine.landed(["12"])
    (row,) = rows(quarantine)
    assert row["_tombstone"] is True
