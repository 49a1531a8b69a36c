"""The windows of runs against a model of Gong: no piece and no night is missed.

No request is sent and nothing lands: a window "reads" what the model shows in its span just then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ingest.coverage import sync_windows, to_sweep
from pipelines.ingest.slices import left_of, slices
from sources.gong.extract.window_plan import is_divisible, is_windowed, latest, windows
from sources.gong.extract.windows import Reason, Span, Window, merged
from sources.gong.schema.tables import STREAMS
from tests.harness.property_profiles import examples
from warehouse.ops.load_log import DoneWindow

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WINDOWED = tuple(filter(is_windowed, STREAMS))
ZONES = ("Pacific/Pago_Pago", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe",
         "Pacific/Kiritimati")  # fmt: skip


def kept(planned: Sequence[Window], read_at: datetime, run_id: str) -> list[DoneWindow]:
    return [
        DoneWindow(
            w.stream, w.detail, "sync", str(w.reason), run_id, w.span.start, w.span.end, read_at
        )
        for w in planned
        if not w.span.is_empty
    ]


def covered(planned: Sequence[Window]) -> dict[tuple[str, str], list[Span]]:
    """The spans that windows read together, wherever they are cut."""
    spans: dict[tuple[str, str], list[Span]] = {}
    for window in planned:
        spans.setdefault((window.stream, window.detail), []).append(window.span)
    return {name: merged(own) for name, own in spans.items()}


FROM = datetime(2026, 2, 11, 9, 17, tzinfo=UTC)
"""A winter's day; the clocks change in March and April."""


@given(
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    hours=st.integers(30, 24 * 120),
    cuts=st.sets(st.floats(0.01, 0.99), max_size=4),
    lengths=st.lists(st.integers(1, 31), min_size=1, max_size=4),
    data=st.data(),
)
@settings(deadline=None, max_examples=examples(60))
def test_backfills_in_any_pieces_read_the_same_as_a_single_backfill(
    zone: ZoneInfo, hours: int, cuts: set[float], lengths: list[int], data: st.DataObject
) -> None:
    """In any order, from either end, stopped after any slice and resumed, some of them twice."""
    now, whole = FROM + 200 * DAY, Span(FROM, FROM + hours * HOUR)

    def asked(span: Span) -> list[Window]:
        return [
            window
            for stream in WINDOWED
            for window in windows(stream, [(span, Reason.BACKFILL)], now, zone)
        ]

    borders = [whole.start]
    borders += [whole.start + round(cut * hours) * HOUR for cut in sorted(cuts)]
    borders += [whole.end]
    pieces = [Span(a, b) for a, b in pairwise(borders) if a < b]
    order = data.draw(st.permutations(pieces)) + data.draw(
        st.lists(st.sampled_from(pieces), max_size=1)
    )
    turns = [*lengths]

    def length(_left: Span) -> timedelta:
        turns.append(turns.pop(0))
        return timedelta(days=turns[0])

    read: list[Window] = []
    for number, piece in enumerate(order):
        is_newest_first = data.draw(st.booleans())
        own: list[Window] = []
        stop = data.draw(st.none() | st.integers(0, 3))
        while left := left_of(asked(piece), kept(own, now, str(number))):
            for done, cut in enumerate(slices(left, zone, length, is_newest_first=is_newest_first)):
                if done == stop:
                    break
                own += [window for part in cut.values() for window in part]
            stop = None
        lengths_read = {
            name: sum((w.span.end - w.span.start for w in own if w.stream == name), timedelta())
            for name in filter(is_divisible, WINDOWED)
        }
        lengths_asked = {
            name: sum(
                (w.span.end - w.span.start for w in asked(piece) if w.stream == name), timedelta()
            )
            for name in filter(is_divisible, WINDOWED)
        }
        assert lengths_read == lengths_asked, "a part of a piece was read twice, or never"
        read += own
    assert covered(read) == covered(asked(whole))


@dataclass(frozen=True)
class ChangingCall:
    """A call of the model; hours from the first sync on."""

    started: int
    late: int
    edits: tuple[int, ...]
    deleted: int | None
    restored: int | None

    def at(self, hour: float) -> int | None:
        """Its version then; None where Gong does not show it."""
        if hour < self.started + self.late:
            return None
        is_gone = self.deleted is not None and hour >= self.deleted
        if is_gone and (self.restored is None or hour < self.restored):
            return None
        return sum(edit <= hour for edit in self.edits)

    def changed(self, hour: float) -> float:
        """The hour of its last change until then."""
        moments = [self.started + self.late, self.deleted, self.restored, *self.edits]
        return max(
            (moment for moment in moments if moment is not None and moment <= hour), default=-1e9
        )


HISTORY, NIGHTS = 110 * 24, 50
calls = st.builds(
    ChangingCall,
    started=st.integers(-HISTORY, 24 * 30),
    late=st.sampled_from([0, 0, 1, 20, 30]),
    edits=st.lists(st.integers(0, 24 * 30), max_size=3).map(tuple),
    deleted=st.none() | st.integers(0, 24 * 20),
    restored=st.none() | st.integers(0, 24 * 30),
)


@pytest.mark.parametrize(
    ("stream", "nightly", "weekly"), [("calls", 7, 30), ("answered_scorecards", 30, 180)]
)
@given(
    world=st.lists(calls, min_size=1, max_size=25),
    pauses=st.lists(st.sampled_from([22, 24, 24, 25, 26, 49, 70]), min_size=40, max_size=NIGHTS),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
@settings(deadline=None, max_examples=examples(60))
def test_a_change_is_known_after_the_next_night_whose_windows_include_it(
    stream: str,
    nightly: int,
    weekly: int,
    world: list[ChangingCall],
    pauses: list[int],
    zone: ZoneInfo,
) -> None:
    """Nights come early, late, or not at all; calls come late, change, go away and return.

    Promised: what began within the nightly lookback is known the next night; within the weekly one
    ten days later, as no pause is longer than three; else after thirty nights with a run. The same
    for reviews, but for those of today, which cannot be asked for.
    """
    first = FROM + 24 * 60 * HOUR
    start = first - HISTORY * HOUR
    known: list[DoneWindow] = []
    held: dict[ChangingCall, int | None] = {}
    hour, before = 0.0, None
    nights: list[float] = []
    for number, pause in enumerate([0, *pauses]):
        hour += pause
        now = first + hour * HOUR
        planned = sync_windows((stream,), known, start, now, zone)
        swept = to_sweep(known, now, [w.span for w in planned])
        planned += windows(stream, [(span, Reason.SWEEP) for span in swept], now, zone)
        cut = [w for package in slices(planned, zone) for w in package[stream]]
        for window in cut:
            for call in world:
                if window.span.start <= first + call.started * HOUR < window.span.end:
                    held[call] = call.at(hour)
        known += kept(cut, now, str(number))
        nights.append(hour)
        for call in world:
            end = latest(stream, now, zone)
            if not start <= first + call.started * HOUR < end:
                continue
            changed = call.changed(hour)
            since = [night for night in nights if night >= changed]
            is_new = before is None or call.started >= before - nightly * 24
            is_weekly = changed <= hour - 10 * 24 and call.started >= changed + (10 - weekly) * 24
            if is_new or is_weekly or len(since) > 30:
                assert held.get(call) == call.at(hour), (call, hour)
        before = hour
