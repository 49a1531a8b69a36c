"""What a run knows when it plans (`RunContext`), and what it then reads (`RunPlan`).

A plan is a sequence of load packages, one per slice. A package is produced when the one before it
begins, because the length of a slice depends on what the slices before it have brought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.ingest.options import IngestOptions
from pipelines.ingest.slices import Length, Slice, calls_per_day, slice_length
from pipelines.session import Session
from sources.gong.extract.calls import count_calls
from sources.gong.extract.time_zone import learn_zone, unknown_zone_text
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.tables import BY_CALL, CALLS_STREAM
from sources.gong.schema.zone_names import is_same_zone, zone_named
from warehouse.connection import Warehouse
from warehouse.ops.load_log import company_time_zone, done_windows

if TYPE_CHECKING:
    from sources.gong.api.client import Client
    from sources.gong.api.rate_limit import Budget

AcceptedSpans = Mapping[str, Span | None]
"""Tables whose rows may be marked as deleted, however many, and in which span; None for all."""

_WORTH_COUNTING = timedelta(days=7)
"""A longer span of unknown history costs one request that counts its calls, to size the slices."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What a plan is made from; `client` and `budget` are None where Gong must not be asked."""

    session: Session
    warehouse: Warehouse
    streams: tuple[str, ...]
    zone: ZoneInfo | None
    options: IngestOptions = field(default_factory=IngestOptions)
    client: Client | None = None
    budget: Budget | None = None

    @property
    def now(self) -> datetime:
        """The frozen present of the run."""
        return self.session.started_at


@dataclass(frozen=True, slots=True)
class LoadPackage:
    """What one slice reads.

    Attributes:
        windows: what to read, by stream.
        with_awaited: whether to request the transcripts that earlier runs did not get, beside those
            of the calls that the package reads.
        calls_in: start times of the calls that child streams ask about where the package reads no
            calls.
        accepted: deletions that a person has reviewed.
    """

    windows: Mapping[str, Sequence[Window]]
    with_awaited: bool = False
    calls_in: Span | None = None
    accepted: AcceptedSpans = field(default_factory=dict)

    @property
    def is_sweep(self) -> bool:
        """Whether the package enumerates old history again."""
        return any(w.reason is Reason.SWEEP for own in self.windows.values() for w in own)

    @property
    def span(self) -> Span | None:
        """From the first to the last instant of the windows; None of whole lists alone."""
        spans = [w.span for own in self.windows.values() for w in own if not w.span.is_empty]
        return Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run reads.

    Attributes:
        run_id: names the run in the window rows; the id of the earlier run where it is resumed.
        packages: in the order in which they land; each is taken when the one before begins.
        windows: about how many windows they hold.
        note: printed at the end of the run.
        accepted: deletions that a person has reviewed.
        on_landed: called when the first package has landed.
        on_done: called when every stream was read to its end.
        stops_on_failed_call_stream: whether the run stops when a stream that is read by call has
            failed: the calls of the slice would be read again in any case.
    """

    run_id: str
    packages: Iterable[LoadPackage]
    windows: int
    note: str | None = None
    accepted: AcceptedSpans = field(default_factory=dict)
    on_landed: Callable[[], None] = lambda: None
    on_done: Callable[[], None] = lambda: None
    stops_on_failed_call_stream: bool = False


def load_packages(
    slices: Iterable[Slice], calls_in: Span, accepted: AcceptedSpans | None = None
) -> Iterator[LoadPackage]:
    """Yields a package per slice; the first that asks about calls requests awaited transcripts.

    Args:
        slices: windows by stream.
        calls_in: start times of the calls to ask about where a slice reads no calls.
        accepted: deletions that a person has reviewed.
    """
    has_asked = False
    for windows in slices:
        asks = not has_asked and not windows.keys().isdisjoint(BY_CALL)
        has_asked |= asks
        yield LoadPackage(windows, asks, calls_in if asks else None, accepted or {})


def slice_lengths(
    context: RunContext, windows: Sequence[Window], *, is_newest_first: bool = False
) -> Length:
    """Returns how long the slices of a run are to be.

    The estimate is by the windows that were read near by. Where there are none, one request asks
    Gong how many calls the rest of the run holds.

    Args:
        context: the run.
        windows: all that it reads.
        is_newest_first: at which end the next slice begins.
    """
    has_calls = any(window.stream == CALLS_STREAM for window in windows)
    counted: float | None = None
    is_counted = False

    def length(left: Span) -> timedelta:
        nonlocal counted, is_counted
        at = left.end if is_newest_first else left.start
        per_day = calls_per_day(done_windows(context.warehouse, context.now), at)
        if per_day is None and not has_calls:
            per_day = 0.0
        elif per_day is None:
            if not is_counted:
                counted, is_counted = _count_per_day(context.client, left), True
            per_day = counted
        return slice_length(per_day, context.budget.left() if context.budget else None)

    return length


def _count_per_day(client: Client | None, span: Span) -> float | None:
    """Returns how many calls a day of a span holds at Gong; None where that is not known."""
    length = span.end - span.start
    if client is None or length <= _WORTH_COUNTING:
        return None
    total = count_calls(client, span)
    return None if total is None else total / (length / timedelta(days=1))


def company_zone(session: Session, warehouse: Warehouse, client: Client) -> ZoneInfo | None:
    """Returns the company's zone: as set, as in earlier runs, or as Gong's stats say.

    None where nothing tells it.
    """
    stored = company_time_zone(warehouse)
    if session.settings.company_time_zone:
        zone = zone_named(session.settings.company_time_zone)
        if stored and not is_same_zone(stored, zone.key):
            session.console.warn(
                f"SOURCES__GONG__COMPANY_TIME_ZONE is {zone.key}; stats and scorecards so far were "
                f"read in {stored}. Run `gong-elt backfill` over them to cut their days again."
            )
        return zone
    if stored:
        return zone_named(stored)

    def unknown(told: str) -> None:
        session.console.warn(unknown_zone_text(told, None))

    return learn_zone(client, session.started_at, unknown)
