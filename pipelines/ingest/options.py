"""Options of a sync, a backfill or a plan, as parsed from the command line."""

from __future__ import annotations

from dataclasses import dataclass

from sources.gong.schema.tables import STREAMS


@dataclass(frozen=True, slots=True)
class AcceptedDeletion:
    """Deleted rows that a person has reviewed.

    Attributes:
        table: the table they belong to.
        start: first day (company's zone) or instant, as typed; None for the whole table.
        end: the day or instant after.
    """

    table: str
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The span of a backfill, as typed; without an end it reaches up to what is covered already."""

    start: str
    end: str | None = None
    is_newest_first: bool = False


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """Options of a run.

    Attributes:
        streams: what to read.
        is_only: whether they were named in `--only`, so that a skipped stream is a failure.
        transform: whether to build and publish afterwards.
        wait: whether to wait while another run holds the warehouse.
        max_requests: how many requests the run may spend; None for no limit.
        reserve: how many of the day's requests to leave for others.
        ids: the only calls or users to read; empty for all.
        accepted: deletions to mark, however many rows they are.
    """

    streams: tuple[str, ...] = STREAMS
    is_only: bool = False
    transform: bool = True
    wait: bool = True
    max_requests: int | None = None
    reserve: int = 0
    ids: tuple[str, ...] = ()
    accepted: tuple[AcceptedDeletion, ...] = ()
