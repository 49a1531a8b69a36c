"""The dlt source `gong()`: works alone, as dlt users expect.

Configured by dlt's own config and secrets under `sources.gong`. With `start` it reads exactly
`[start, end)` and keeps no state; without, it keeps one watermark per table in dlt's state and
reads again what its lookback covers.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import dlt

from sources.gong.api.answers.received import DEFAULT_MAX_BYTES, MEGABYTE, AnswerRules
from sources.gong.api.auth import credentials, default_state_folder
from sources.gong.api.client import DEFAULT_HOST, Client
from sources.gong.api.rate_limit import Budget, Limits, default_ledger
from sources.gong.extract.reader import Reader
from sources.gong.extract.time_zone import learn_zone, require_zone
from sources.gong.extract.window_plan import (
    frozen_now,
    is_windowed,
    latest,
    needs_zone,
    windows,
    with_parents,
)
from sources.gong.extract.windows import Reason, Span, Window, midnight, to_read
from sources.gong.load.entity_filter import EntityFilter
from sources.gong.load.package import LoadContext, PackageSpec, RunFacts
from sources.gong.load.resources import resources
from sources.gong.schema.table import Read
from sources.gong.schema.tables import SELECTABLE, STREAMS, streams_of, table
from sources.gong.schema.zone_names import zone_named

_LIMITS = Limits()


@dlt.source(name="gong", section="gong")
def gong(
    tables: Sequence[str] | None = None,
    start: str | datetime | date | None = None,
    end: str | datetime | date | None = None,
    base_url: str | None = None,
    access_key: str | None = None,
    access_key_secret: dlt.TSecretStrValue | None = None,
    access_token: dlt.TSecretStrValue | None = None,
    client_id: str | None = None,
    client_secret: dlt.TSecretStrValue | None = None,
    refresh_token: dlt.TSecretStrValue | None = None,
    token_file: str | None = None,
    auth_url: str | None = None,
    requests_per_second: int = _LIMITS.per_second,
    requests_per_day: int = _LIMITS.per_day,
    max_wait_seconds: float = _LIMITS.max_wait_seconds,
    max_answer_mb: int = DEFAULT_MAX_BYTES // MEGABYTE,
    start_date: str | None = None,
    company_time_zone: str | None = None,
    private_calls: str = "keep",
    xdg_state_home: str | None = None,
    now: str | None = None,
) -> Any:
    """Yields Gong's data as one dlt resource per stream, each landing its table and children.

    Args:
        tables: names of raw tables (`schema/tables/`); all by default. A child table brings its
            whole stream.
        start: inclusive; a date is midnight in the company's zone, a time needs an offset.
        end: exclusive; now by default. Whole lists are read as they are now.
        base_url: the API host; a company's own host where it has one. By default the one that
            comes with an OAuth token, or `https://api.gong.io`.
        access_key: of the key that Gong's API page gives, with `access_key_secret`.
        access_key_secret: the other half.
        access_token: an OAuth token that is used as it is, instead of the two.
        client_id: of an OAuth app whose tokens are renewed, with `client_secret`.
        client_secret: the other half.
        refresh_token: where the app's chain of tokens begins.
        token_file: where the tokens are kept; in the state folder by default.
        auth_url: where tokens are exchanged; Gong's by default.
        requests_per_second: Gong's limit for the company; 0 for none.
        requests_per_day: Gong's limit in any 24 hours; 0 for none.
        max_wait_seconds: a longer wait is raised as `Postponed`.
        max_answer_mb: megabytes that an answer may have, unpacked; 0 for no limit.
        start_date: where a first run without `start` begins; 30 days back by default.
        company_time_zone: IANA name; learnt from Gong's stats where possible.
        private_calls: `keep` or `drop`.
        xdg_state_home: folder of the state folder `gong-elt`, in which the ledger of requests is;
            XDG_STATE_HOME or ~/.local/state by default.
        now: an instant that stands for the present, for tests and reproductions.

    Raises:
        IncompleteCredentials: no key is configured.
        GongError: the first table that cannot be read ends the run, and nothing of it is loaded.
    """
    state_folder = default_state_folder(xdg_state_home)
    own = credentials(
        access_key,
        access_key_secret,
        access_token,
        client_id=client_id,
        client_secret=client_secret,
        refresh_token=refresh_token,
        token_file=token_file,
        state_folder=state_folder,
        auth_url=auth_url,
        keep_base_url=base_url is not None,
    )
    host = base_url or DEFAULT_HOST
    budget = Budget(
        default_ledger(state_folder, host, own.account),
        Limits(requests_per_second, requests_per_day, max_wait_seconds=max_wait_seconds),
    )
    warn = logging.getLogger(__name__).warning
    rules = AnswerRules.of(max_answer_mb, has_clock=now is None, warn=warn)
    client = Client(host, own, budget, answers=rules)
    present = frozen_now(_parse(now, None) or datetime.now(UTC))
    streams = _streams(tables, private_calls)
    zone = zone_named(company_time_zone) if company_time_zone else None
    has_dates = any(_is_date(value) for value in (start, end, start_date))
    if zone is None and (has_dates or any(map(needs_zone, streams))):
        zone = learn_zone(client, present)
    plan = _Windows(present, zone, _parse(start, zone), _parse(end, zone), _parse(start_date, zone))
    together = resources(
        PackageSpec({stream: plan.of(stream, "calls" in streams) for stream in streams}),
        RunFacts(uuid.uuid4().hex, "source", present),
        LoadContext(
            Reader(client, zone), entity_filter=EntityFilter(keep_private=private_calls != "drop")
        ),
    )
    if start is None:
        together.append(_watermarks(plan, streams))
    return together


def _streams(tables: Sequence[str] | None, private_calls: str) -> Sequence[str]:
    """Returns the streams to read, with those whose rows they need."""
    streams = streams_of(_known_names(tables) if tables else STREAMS)
    streams = with_parents(streams, lambda _stream: False)
    if private_calls not in ("keep", "drop"):
        raise ValueError(f"private_calls is {private_calls!r}; it can be keep or drop")
    if private_calls == "drop" and "transcripts" in streams and "calls" not in streams:
        raise ValueError("only calls tell which of them are private: read `calls` as well")
    return streams


def _watermarks(plan: _Windows, streams: Sequence[str]) -> Any:
    def keep() -> Iterator[Any]:
        marks = dlt.current.source_state().setdefault("watermarks", {})
        for stream in streams:
            if is_windowed(stream):
                marks[stream] = latest(stream, plan.now, plan.zone).isoformat()
        return
        yield

    # dlt commits state together with the data of the run, so a failed run moves no watermark
    return dlt.resource(keep, name="watermarks", selected=True)


@dataclass(frozen=True, slots=True)
class _Windows:
    """The windows of a run of the source alone: `[start, end)`, or from each stream's watermark."""

    now: datetime
    zone: ZoneInfo | None
    start: datetime | None
    end: datetime | None
    first_start: datetime | None

    def __post_init__(self) -> None:
        end = self.end or self.now
        if self.start is not None and self.start >= end:
            raise ValueError(f"start {self.start.isoformat()} is not before end {end.isoformat()}")

    def of(self, stream: str, with_calls: bool) -> list[Window]:
        """Returns the windows of a stream; transcripts follow the calls where these are read."""
        read = table(stream).read
        if read is Read.AWAITED_CALLS and with_calls:
            return [Window(stream, Span(self.now, self.now), Reason.AWAITED)]
        if read is not Read.AWAITED_CALLS and not is_windowed(stream):
            return [Window(stream, Span(self.now, self.now), Reason.WHOLE)]
        end = self.now
        if needs_zone(stream):
            end = latest(stream, self.now, require_zone(self.zone, stream))
        if self.start is not None:
            spans = [(Span(self.start, min(self.end or end, end)), Reason.NEW)]
        else:
            stored = dlt.current.source_state().get("watermarks", {}).get(stream)
            mark = datetime.fromisoformat(stored) if stored else None
            if mark and mark > self.now:
                mark = None  # set by a clock that was ahead: nobody knows what was really read
            spans = to_read(
                mark,
                self.first_start or self.now - timedelta(days=30),
                end,
                table(stream).lookback,
                is_weekly=False,
            )
        return windows(stream, spans, self.now, self.zone)


def _known_names(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in SELECTABLE:
            near = get_close_matches(name, SELECTABLE, n=3, cutoff=0.5)
            raise ValueError(f"there is no table {name!r}; near it are {', '.join(near) or 'none'}")
    return names


def _is_date(value: str | datetime | date | None) -> bool:
    if isinstance(value, datetime) or value is None:
        return False
    return isinstance(value, date) or len(value) == len("2026-01-01")


def _parse(value: str | datetime | date | None, zone: ZoneInfo | None) -> datetime | None:
    if value is None:
        return None
    if _is_date(value):
        return midnight(date.fromisoformat(str(value)), require_zone(zone, "A bare date"))
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset: write it as 2026-01-01T00:00:00Z, or as a date")
    return moment.astimezone(UTC)
