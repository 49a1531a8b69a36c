from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.coverage import covered_since, covered_until, sync_windows, to_sweep
from sources.gong.extract.logs import LOG_TYPES
from sources.gong.extract.window_plan import is_windowed, latest
from sources.gong.extract.windows import Reason, Span, Window, merged, minus
from sources.gong.schema.tables import STREAMS
from tests.harness.property_profiles import examples
from warehouse.ops.load_log import DoneWindow

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 2, 10, 9, 17, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOWED = tuple(filter(is_windowed, STREAMS))


def day(number: float) -> datetime:
    return START + number * DAY


def done(
    first: float, after: float, detail: str = "", stream: str = "calls", kind: str = "sync"
) -> DoneWindow:
    return DoneWindow(stream, detail, kind, "new", "run", day(first), day(after), day(after))


def kept(windows: list[Window], read_at: datetime) -> list[DoneWindow]:
    """What the warehouse knows of windows after their package was closed."""
    return [
        DoneWindow(
            w.stream, w.detail, "sync", str(w.reason), "run", w.span.start, w.span.end, read_at
        )
        for w in windows
        if not w.span.is_empty
    ]


def test_nothing_read_covers_nothing() -> None:
    assert covered_until([], START) is None
    assert covered_until([done(1, 2)], START) is None


def test_windows_that_touch_or_overlap_cover_together_in_any_order() -> None:
    assert covered_until([done(5, 9), done(0, 4), done(3, 5)], START) == day(9)


def test_what_was_read_before_the_start_counts_from_the_start_on() -> None:
    assert covered_until([done(-9, 2)], START) == day(2)
    assert covered_until([done(-9, 0)], START) is None


def test_coverage_stops_at_a_gap() -> None:
    assert covered_until([done(0, 3), done(4, 8), done(8, 9)], START) == day(3)


def test_a_window_inside_another_takes_nothing_back() -> None:
    assert covered_until([done(0, 8), done(1, 2)], START) == day(8)


def test_the_part_that_is_furthest_behind_decides() -> None:
    done_windows = [done(0, 9, "AccessLog"), done(0, 4, "UserCallPlay"), done(5, 9, "UserCallPlay")]
    assert covered_until(done_windows, START, ("AccessLog", "UserCallPlay")) == day(4)


def test_a_part_that_was_never_read_leaves_everything_uncovered() -> None:
    assert covered_until([done(0, 9, "AccessLog")], START, LOG_TYPES) is None


def test_history_is_covered_back_to_the_first_gap() -> None:
    done_windows = [done(-90, -60), done(-50, -20), done(-20, 0), done(-30, -25)]
    assert covered_since(done_windows, START) == day(-50)
    assert covered_since([], START) == START
    assert covered_since([done(-9, -3)], START) == START


def test_a_window_across_the_end_counts_for_history_too() -> None:
    assert covered_since([done(-3, 5), done(2, 8)], START) == day(-3)


@given(
    st.lists(st.timedeltas(timedelta(hours=2), timedelta(days=12)), min_size=1, max_size=12),
    st.sampled_from(["Pacific/Pago_Pago", "Europe/Berlin", "Africa/Cairo", "Pacific/Kiritimati"]),
)
@settings(deadline=None, max_examples=examples(40))
def test_the_windows_of_many_nights_have_no_gap(pauses: list[timedelta], name: str) -> None:
    zone, now, known = ZoneInfo(name), START + timedelta(days=2), []
    for pause in pauses:
        now += pause
        known += kept(sync_windows(WINDOWED, known, START, now, zone), now)
    for stream in WINDOWED:
        end = latest(stream, now, zone)
        for detail in {w.detail for w in known if w.stream == stream}:
            spans = merged(
                Span(w.start, w.end) for w in known if w.stream == stream and w.detail == detail
            )
            assert len(spans) == 1, f"{stream} {detail} has a gap"
            assert spans[0].start <= START
            assert spans[0].end == end


@pytest.mark.parametrize("stream", WINDOWED)
def test_any_window_that_failed_is_read_again_by_the_next_sync(stream: str) -> None:
    now = START + timedelta(days=95)
    first = sync_windows([stream], [], START, now, BERLIN)
    tomorrow = now + DAY
    for failed in first:
        others = [window for window in first if window is not failed]
        again = sync_windows([stream], kept(others, now), START, tomorrow, BERLIN)
        own = [w.span for w in again if w.detail == failed.detail]
        assert not minus(failed.span, own), failed


@pytest.mark.parametrize("stream", WINDOWED)
def test_after_a_complete_night_the_next_reads_the_lookback_only(stream: str) -> None:
    now = START + timedelta(days=200)
    first = sync_windows([stream], [], START, now, BERLIN)
    again = sync_windows([stream], kept(first, now), START, now + DAY, BERLIN)
    assert {window.reason for window in again} <= {Reason.LOOKBACK, Reason.NEW}
    reach = min(window.span.start for window in again)
    assert now - timedelta(days=62) < reach < now - DAY


def test_a_log_type_that_failed_from_the_start_is_not_hidden_by_the_others() -> None:
    now = START + timedelta(days=40)
    first = sync_windows(["logs"], [], START, now, BERLIN)
    read = [window for window in first if window.detail != "UserActivityLog"]
    again = sync_windows(["logs"], kept(read, now), START, now + DAY, BERLIN)
    spans = [w.span for w in again if w.detail == "UserActivityLog"]
    assert (spans[0].start, spans[-1].end) == (START, now + DAY)


def test_windows_of_backfills_do_not_move_the_sync() -> None:
    now = START + timedelta(days=40)
    history = [done(-400, 40, kind="backfill")]
    assert sync_windows(["calls"], history, START, now, None)[0].span.start == START


def test_the_weekly_lookback_comes_once_in_seven_days() -> None:
    known: list[DoneWindow] = []
    weekly = []
    for night in range(40, 70):
        planned = sync_windows(["calls"], known, START, day(night), BERLIN)
        if any(window.reason is Reason.WEEKLY for window in planned):
            weekly.append(night)
            assert planned[0].span.start == day(max(night - 1 - 30, 0))
        known += kept(planned, day(night))
    assert weekly == [47, 54, 61, 68]


def test_lists_are_read_whole_and_transcripts_by_what_is_awaited() -> None:
    planned = sync_windows(["users", "transcripts"], [], START, day(1), None)
    assert [(w.stream, w.reason, w.span.is_empty) for w in planned] == [
        ("users", Reason.WHOLE, True),
        ("transcripts", Reason.AWAITED, True),
    ]


def test_a_weekly_lookback_that_was_cut_short_is_due_again_the_next_night() -> None:
    start, first, second = day(0), day(60), day(61)
    before = kept([Window("calls", Span(start, day(50)), Reason.NEW)], day(50))
    week = sync_windows(["calls"], before, start, first, None, ended={"run"})
    weekly = [w for w in week if w.reason is Reason.WEEKLY]
    assert weekly
    cut_short = [replace(w, run_id="stopped") for w in kept(weekly[:1], first)]
    new = kept([Window("calls", Span(day(50), first), Reason.NEW)], first)
    known = [*before, *new, *cut_short]

    def reasons(ended: set[str]) -> set[Reason]:
        return {w.reason for w in sync_windows(["calls"], known, start, second, None, ended)}

    assert Reason.WEEKLY in reasons({"run"})
    assert Reason.WEEKLY not in reasons({"run", "stopped"})


def test_a_weekly_lookback_cut_short_again_and_again_comes_to_its_end() -> None:
    """Each night reads two slices of it before the quota ends it; what is new comes first."""
    past = kept(sync_windows(("calls",), [], START, day(60), BERLIN), day(60))
    ended = {"run"}
    left = []
    for night in range(8, 16):
        now = day(60 + night)
        planned = sync_windows(("calls",), past, START, now, BERLIN, ended)
        weekly = [
            replace(w, span=piece)
            for w in planned
            if w.reason is Reason.WEEKLY
            for piece in w.span.cut(timedelta(days=7))
        ]
        left.append(len(weekly))
        read = [w for w in planned if w.reason is not Reason.WEEKLY] + weekly[:2]
        past += [replace(w, run_id=f"cut {night}") for w in kept(read, now)]
    assert left[0] > 2, "it does not fit into one night"
    assert 0 in left, left
    assert max(left) == left[0], "no night has more to do than the first"


@given(
    st.integers(1, 400),
    st.lists(st.integers(0, 3), min_size=45, max_size=45),
    st.integers(0, 10),
)
@settings(deadline=None, max_examples=examples(30))
def test_all_history_is_swept_within_thirty_days_whatever_nights_are_missed(
    days: int, gaps: list[int], lookback: int
) -> None:
    """Of one to three nights without a run in a row, no more than five in any month are missed."""
    known = [done(0, days)]
    now = float(days)
    missed = 0
    for gap in gaps:
        missed += gap
        now += 1 + (gap if missed <= 5 else 0)
        taken = Span(day(max(now - lookback, 0)), day(now))
        swept = to_sweep(known, day(now), [taken])
        assert all(not minus(span, [Span(START, day(now))]) for span in swept)
        assert all(minus(span, [taken]) == [span] for span in swept), "it is read anyway"
        known += kept([Window("calls", taken, Reason.NEW)], day(now))
        known += kept([Window("calls", span, Reason.SWEEP) for span in swept], day(now))
        lately = [Span(w.start, w.end) for w in known if w.read_at >= day(now - 30)]
        assert minus(Span(START, day(days)), lately) == []


@pytest.mark.parametrize("days", [30, 365, 3000])
def test_no_night_sweeps_more_than_its_share(days: int) -> None:
    known = [done(0, days)]
    lengths = []
    for night in range(1, 90):
        now = day(days + night)
        swept = to_sweep(known, now)
        lengths.append(sum((s.end - s.start for s in swept), timedelta()) / DAY)
        known += kept([Window("calls", span, Reason.SWEEP) for span in swept], now)
    assert max(lengths) <= days / 25 + 1
    assert lengths[0] == 0, "what was read last night is not read again"
    assert sum(lengths) >= 3 * days


def test_a_sweep_counts_neither_as_lookback_nor_as_new() -> None:
    past = kept(sync_windows(("calls",), [], START, day(60), BERLIN), day(60))
    swept = kept([Window("calls", Span(day(10), day(60)), Reason.SWEEP)], day(66))
    assert sync_windows(("calls",), past, START, day(68), BERLIN) == sync_windows(
        ("calls",), [*past, *swept], START, day(68), BERLIN
    )


def test_the_stretches_of_a_sweep_do_not_touch() -> None:
    known = [done(n, n + 1) for n in range(100)]
    swept = to_sweep(known, day(150))
    assert swept == merged(swept)
    assert swept == [Span(START, day(100))]
