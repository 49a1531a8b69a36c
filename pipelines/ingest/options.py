"""What the command line says of a run; imports nothing heavy, so that usage errors come at once."""

from __future__ import annotations

from dataclasses import dataclass

from sources.gong.schema.tables import STREAMS


@dataclass(frozen=True, slots=True)
class Accepted:
    """A deletion that a person has looked into.

    Attributes:
        table: of which rows are gone.
        start: first day (company's zone) or instant, as typed; None for the whole table.
        end: the day or instant after.
    """

    table: str
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of a run.

    Attributes:
        streams: what to read.
        is_only: whether they were named, so that one that is skipped counts as a failure.
        transform: whether to build and publish afterwards.
        wait: whether to wait while another run holds the warehouse.
        max_requests: how many requests this run may spend; None for no limit.
        reserve: how many of the day's requests to leave for others.
        ids: the only calls or users to read; empty for all.
        accepted: tables whose rows may be marked as deleted, however many are gone.
    """

    streams: tuple[str, ...] = STREAMS
    is_only: bool = False
    transform: bool = True
    wait: bool = True
    max_requests: int | None = None
    reserve: int = 0
    ids: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
