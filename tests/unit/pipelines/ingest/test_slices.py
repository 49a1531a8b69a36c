from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.coverage import sync_windows
from pipelines.ingest.slices import LONGEST, Slice, calls_per_day, left_of, slice_length, slices
from sources.gong.extract.window_plan import is_divisible, is_windowed, windows
from sources.gong.extract.windows import Reason, Span, Window, merged, midnight
from sources.gong.schema.tables import STREAMS
from tests.harness.property_profiles import examples
from warehouse.ops.load_log import DoneWindow

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 2, 10, 9, 17, tzinfo=UTC)
DAY = timedelta(days=1)
WINDOWED = tuple(filter(is_windowed, STREAMS))
FOLLOWING = ("transcripts", "call_user_access", "crm_objects", "flow_prospects")
"""What is asked about the calls of a slice, or what they refer to."""


def follows(window: Window) -> bool:
    return window.stream in FOLLOWING


def day(number: float) -> datetime:
    return START + number * DAY


def all_of(packages: Sequence[Slice]) -> list[Window]:
    return [w for package in packages for own in package.values() for w in own]


def history(days: float, streams: Sequence[str] = WINDOWED) -> list[Window]:
    """The windows of a backfill of all that has history."""
    span = Span(START, day(days))
    return [
        window
        for stream in streams
        for window in windows(stream, [(span, Reason.BACKFILL)], day(days + 30), BERLIN)
    ]


def done(window: Window, seen: int = 0) -> DoneWindow:
    return DoneWindow(
        window.stream, window.detail, "backfill", str(window.reason), "run", window.span.start,
        window.span.end, day(500), seen,
    )  # fmt: skip


def read(planned: Sequence[Window]) -> dict[tuple[str, str], list[Span]]:
    """What windows cover, wherever they are cut; those that cannot be cut one by one."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for window in planned:
        if not follows(window):
            spans.setdefault((window.stream, window.detail), []).append(window.span)
    return {
        name: merged(own) if is_divisible(name[0]) else sorted(own, key=lambda span: span.start)
        for name, own in spans.items()
    }


@given(st.integers(0, 500), st.sets(st.sampled_from(STREAMS), min_size=1), st.booleans())
@settings(deadline=None, max_examples=examples(60))
def test_slices_hold_every_window_once_in_order_and_only_what_follows_calls_often(
    days: int, streams: set[str], is_reversed: bool
) -> None:
    now = START + days * DAY
    planned = sync_windows(sorted(streams, reverse=is_reversed), [], START, now, BERLIN)
    packages = list(slices(planned, BERLIN))
    held = [w for package in packages for windows in package.values() for w in windows]
    assert len(set(held)) == len(held), "a window is closed by two packages"
    counts = Counter(replace(window, detail="") for window in held if follows(window))
    assert set(counts) == set(filter(follows, planned))
    assert read(held) == read(planned)
    for package in packages:
        assert package, "an empty package"
        for stream, own in package.items():
            assert {w.stream for w in own} == {stream}
    for stream in streams:
        starts = [
            w.span.start for p in packages for w in p.get(stream, ()) if w.span.end > w.span.start
        ]
        assert starts == sorted(starts)


def test_a_slice_ends_before_the_next_begins_and_lasts_at_most_a_month() -> None:
    planned = sync_windows(["calls", "logs"], [], START, day(200), BERLIN)
    packages = list(slices(planned, BERLIN))
    starts = [sorted(w.span.start for ws in p.values() for w in ws) for p in packages]
    assert len(packages) > 5
    assert all(own[-1] - own[0] < LONGEST * 1.25 for own in starts)
    assert all(a[-1] < b[0] for a, b in pairwise(starts))


@pytest.mark.parametrize("stream", FOLLOWING)
def test_every_slice_with_calls_asks_about_them(stream: str) -> None:
    planned = sync_windows(["calls", stream, "users"], [], START, day(100), BERLIN)
    packages = list(slices(planned, BERLIN))
    assert len(packages) > 2
    assert all(stream in package for package in packages)
    assert ["users" in package for package in packages] == [True] + [False] * (len(packages) - 1)


def test_slices_without_calls_ask_about_none() -> None:
    planned = sync_windows(["logs", "transcripts", "crm_objects"], [], START, day(100), BERLIN)
    first, *others = list(slices(planned, BERLIN))
    assert {"transcripts", "crm_objects"} <= first.keys()
    assert others
    assert all(package.keys() == {"logs"} for package in others)


def test_whole_lists_alone_are_one_slice_and_no_window_gives_no_slice() -> None:
    whole = Window("users", Span(START, START), Reason.WHOLE)
    assert list(slices([whole], None)) == [{"users": [whole]}]
    assert list(slices([], None)) == []


def test_what_is_new_is_landed_before_a_weekly_lookback() -> None:
    planned = [
        Window("calls", Span(day(0), day(7)), Reason.WEEKLY),
        Window("calls", Span(day(30), day(37)), Reason.LOOKBACK),
        Window("calls", Span(day(37), day(38)), Reason.NEW),
    ]
    reasons = [[w.reason for w in package["calls"]] for package in slices(planned, None)]
    assert reasons == [[Reason.LOOKBACK, Reason.NEW], [Reason.WEEKLY]]


@given(st.floats(0.1, 400), st.lists(st.integers(1, 31), min_size=1), st.booleans())
@settings(deadline=None, max_examples=examples(60))
def test_slices_of_any_length_read_the_same(
    days: float, lengths: list[int], is_newest_first: bool
) -> None:
    planned = history(days)
    turns = [*lengths]

    def length(_left: Span) -> timedelta:
        turns.append(turns.pop(0))
        return timedelta(days=turns[0])

    packages = list(slices(planned, BERLIN, length, is_newest_first=is_newest_first))
    held = all_of(packages)
    assert len(set(held)) == len(held)
    assert read(held) == read(planned)
    for name in filter(is_divisible, WINDOWED):
        own = [(w.detail, w.span) for w in held if w.stream == name]
        assert all(
            a[1].end <= b[1].start or b[1].end <= a[1].start or a[0] != b[0]
            for a, b in pairwise(own)
        ), "read twice"


def test_the_newest_windows_come_first_on_request() -> None:
    planned = history(150, ["calls", "logs", "activity_by_period"])
    starts = [
        min(w.span.start for w in all_of([package]) if w.stream == "calls")
        for package in slices(planned, BERLIN, is_newest_first=True)
        if "calls" in package
    ]
    assert len(starts) > 3
    assert starts == sorted(starts, reverse=True)


@given(st.integers(20, 200), st.lists(st.integers(1, 20), min_size=1), st.data())
@settings(deadline=None, max_examples=examples(40))
def test_read_and_remaining_windows_make_up_the_whole_span(
    days: int, lengths: list[int], data: st.DataObject
) -> None:
    """A backfill that stopped after any slice reads the rest, cut again, and nothing twice."""
    planned = history(days)
    turns = [*lengths]

    def length(_left: Span) -> timedelta:
        turns.append(turns.pop(0))
        return timedelta(days=turns[0])

    packages = list(slices(planned, BERLIN, length))
    before = all_of(packages[: data.draw(st.integers(0, len(packages)))])
    left = left_of(planned, [done(window) for window in before])
    after = all_of(list(slices(left, BERLIN, length)))
    assert read([*before, *after]) == read(planned)
    for name in filter(is_divisible, WINDOWED):
        length_read = sum((w.span.end - w.span.start for w in before + after if w.stream == name),
                          timedelta())  # fmt: skip
        length_asked = sum((w.span.end - w.span.start for w in planned if w.stream == name),
                           timedelta())  # fmt: skip
        assert length_read == length_asked


def test_days_are_cut_at_the_midnights_of_the_company() -> None:
    planned = history(120, ["answered_scorecards"])
    for window in all_of(list(slices(planned, BERLIN, lambda _left: timedelta(days=5)))):
        assert window.span.start.astimezone(BERLIN).hour == 0
        assert window.span.end.astimezone(BERLIN).hour == 0


@pytest.mark.parametrize(
    ("per_day", "left", "expected"),
    [
        (None, None, 7),
        (0.0, None, 31),
        (10.0, None, 31),
        (1_000.0, None, 5),
        (100_000.0, None, 1),
        (100.0, 10_000, 31),
        (1_000.0, 130, 3),
        (1_000.0, 0, 1),
    ],
)
def test_a_slice_is_as_long_as_its_calls_and_the_quota_allow(
    per_day: float | None, left: int | None, expected: int
) -> None:
    assert slice_length(per_day, left) == timedelta(days=expected)


def test_the_rows_of_a_day_are_estimated_from_windows_near_by() -> None:
    def window(stream: str, first: float, after: float, reason: Reason = Reason.NEW) -> Window:
        return Window(stream, Span(day(first), day(after)), reason)

    known = [
        done(window("calls", 0, 10), 1_000),
        done(window("calls", 10, 20), 3_000),
        done(window("calls", 200, 210), 90_000),
        done(window("calls", 5, 6, Reason.SWEEP), 9_999),
        done(window("calls", 5, 5.01), 9_999),
        done(window("logs", 0, 20), 20_000),
    ]
    assert calls_per_day(known, day(30)) == 200 + 10
    assert calls_per_day(known, day(205)) == 9_000
    assert calls_per_day(known, day(400)) is None
    assert calls_per_day(known[-1:], day(5)) is None


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("stream", ["calls", "logs", "answered_scorecards"])
def test_a_slice_reads_each_list_once_also_where_the_clocks_change(zone: str, stream: str) -> None:
    company = ZoneInfo(zone)
    span = Span(midnight(date(2026, 2, 1), company), midnight(date(2026, 12, 1), company))
    planned = windows(stream, [(span, Reason.BACKFILL)], span.end, company)
    for cut in slices(planned, company):
        per_list = Counter(window.detail for window in cut[stream])
        assert set(per_list.values()) == {1}, cut
