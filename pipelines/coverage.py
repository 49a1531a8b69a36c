"""Pure: what earlier windows cover, and from there what a sync or a backfill has to read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sources.gong.fans import follows_calls
from sources.gong.planning import is_windowed, latest, needs_zone, parts, windows
from sources.gong.tables import READINGS, STATS_TABLES, table
from sources.gong.windows import Reason, Span, Window, to_read
from warehouse.store import DoneWindow

BY_CALL = ("transcripts", *filter(follows_calls, READINGS))
"""What belongs to the calls of a slice and is read with them, also by a backfill."""

_WEEK = timedelta(days=7)
SLICE = timedelta(days=31)


def covered_until(
    done: Iterable[DoneWindow], start: datetime, expected: Iterable[str] = ("",)
) -> datetime | None:
    """Returns how far from `start` on everything was read, or None if not even the start was.

    A window that failed leaves a gap, and nothing after a gap counts. Where a reading has parts
    (log types, periods) the part that is furthest behind decides, also if none of it was read.

    Args:
        done: windows of one reading.
        start: from where on.
        expected: the parts of the reading, `detail` of its windows.
    """
    reached = dict.fromkeys(expected, start)
    for window in sorted(done, key=lambda w: w.start):
        until = reached.get(window.detail)
        if until is not None and window.start <= until:
            reached[window.detail] = max(until, window.end)
    furthest_behind = min(reached.values())
    return furthest_behind if furthest_behind > start else None


def covered_since(done: Iterable[DoneWindow], end: datetime) -> datetime:
    """Returns how far back from `end` everything was read; `end` itself if nothing was."""
    since = end
    for window in sorted(done, key=lambda w: w.end, reverse=True):
        if window.end < since:
            break
        since = min(since, window.start)
    return since


def covered_back_to(done: Iterable[DoneWindow], reading: str, end: datetime) -> datetime:
    """Returns how far back from `end` all parts of a reading were read, by whatever command.

    Transcripts have no windows: they go with the calls.
    """
    own = [w for w in done if w.reading == ("calls" if reading == "transcripts" else reading)]
    return max(
        covered_since([w for w in own if w.detail == part], end)
        for part in parts("calls" if reading == "transcripts" else reading)
    )


def sync_windows(
    readings: Sequence[str],
    done: Sequence[DoneWindow],
    sync_start: datetime,
    now: datetime,
    zone: ZoneInfo | None,
    ended: Collection[str] | None = None,
) -> list[Window]:
    """Returns every window that a sync reads, oldest first.

    Args:
        readings: those to read; such as need the zone must not be among them without one.
        done: windows of closed packages.
        sync_start: where the very first sync began.
        now: the frozen present.
        zone: the company's time zone.
        ended: the runs that were not cut short; all by default. A weekly lookback that the quota
            or a kill cut short is due again the next night.
    """
    found: list[Window] = []
    for reading in readings:
        if not is_windowed(reading):
            reason = Reason.AWAITED if reading == "transcripts" else Reason.WHOLE
            found.append(Window(reading, Span(now, now), reason))
            continue
        own = [w for w in done if w.reading == reading and w.kind == "sync"]
        weekly = [
            w.read_at
            for w in own
            if w.reason == Reason.WEEKLY and (ended is None or w.run_id in ended)
        ]
        since_weekly = max(weekly, default=min((w.read_at for w in own), default=now))
        # a weekly lookback that was cut short goes on where it stopped
        begun = min((w.read_at for w in own if _is_weekly_after(w, since_weekly)), default=now)
        recent = [w for w in own if w.read_at >= max(begun, now - _WEEK)]
        lookback = table("stats_periods" if reading in STATS_TABLES else reading).lookback
        until = covered_until(own, sync_start, parts(reading))
        spans = to_read(
            until,
            # a lookback reaches over what a backfill has brought, and not beyond it
            sync_start if until is None else covered_back_to(done, reading, sync_start),
            latest(reading, now, zone) if needs_zone(reading) else now,
            lookback,
            is_weekly=now - since_weekly >= _WEEK,
        )
        due = windows(reading, spans, now, zone)
        left = [w for w in due if w.reason is not Reason.WEEKLY or not _is_covered(w, recent)]
        found += left
    return sorted(found, key=lambda window: window.span.start)


def _is_weekly_after(window: DoneWindow, moment: datetime) -> bool:
    return window.reason == Reason.WEEKLY and window.read_at > moment


def _is_covered(window: Window, done: Iterable[DoneWindow]) -> bool:
    """Whether windows that were read hold all of one that is to be read."""
    same = [w for w in done if w.detail == window.detail]
    until = covered_until(same, window.span.start, (window.detail,))
    return until is not None and until >= window.span.end


def slices(found: Sequence[Window]) -> list[dict[str, list[Window]]]:
    """Cuts windows into load packages by the time they begin; whole lists go into the first.

    A package is what a crash can cost, and what memory and disk must hold at once. The weekly
    lookback comes after what is new, which must not wait for it where the quota is short. What
    follows the calls goes into every package that has calls.
    """
    timed = [window for window in found if not window.span.is_empty]
    packages = [
        *_cut(window for window in timed if window.reason is not Reason.WEEKLY),
        *_cut(window for window in timed if window.reason is Reason.WEEKLY),
    ] or [{}]
    for window in found:
        if not window.span.is_empty:
            continue
        name = window.reading
        are_with_calls = [p for p in packages if "calls" in p]
        if name in BY_CALL and are_with_calls:
            for number, package in enumerate(are_with_calls, 1):
                # a window of its own per package, as each is closed by itself
                detail = window.detail if number == 1 else f"package {number}"
                package.setdefault(name, []).append(replace(window, detail=detail))
        else:
            packages[0].setdefault(name, []).append(window)
    return [package for package in packages if package]


def _cut(windows: Iterable[Window]) -> list[dict[str, list[Window]]]:
    packages: list[dict[str, list[Window]]] = []
    border: datetime | None = None
    for window in sorted(windows, key=lambda w: w.span.start):
        if border is None or window.span.start >= border:
            border = window.span.start + SLICE
            packages.append({})
        packages[-1].setdefault(window.reading, []).append(window)
    return packages
