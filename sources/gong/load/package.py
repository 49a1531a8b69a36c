"""What one load package reads, for which run, and with what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Window
from sources.gong.load.deletions import DeletionReview
from sources.gong.load.entity_filter import EntityFilter
from sources.gong.load.listener import LoadListener


@dataclass(frozen=True, slots=True)
class PackageSpec:
    """What one load package reads.

    Attributes:
        windows: what to read, by stream.
        ids: the only calls or users to read; empty for all.
        without_limits: streams to which neither schedule nor `most_not_due` applies.
        most_not_due: how many parents that are not due every night a stream may request; None
            for all.
        missing_tables: landed tables that the warehouse does not have yet; None for all.
        failed_streams: streams that are read by call, were wanted, and have failed in this run.
        must_finish: whether a failing stream fails the package, instead of ending alone.
    """

    windows: Mapping[str, Sequence[Window]]
    ids: Sequence[str] = ()
    without_limits: frozenset[str] = frozenset()
    most_not_due: int | None = None
    missing_tables: frozenset[str] | None = None
    failed_streams: frozenset[str] = frozenset()
    must_finish: bool = True


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The run that a package belongs to.

    Attributes:
        run_id: names the run in the load log.
        kind: sync, backfill or source.
        loaded_at: the run's frozen present.
    """

    run_id: str
    kind: str
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class LoadContext:
    """What the streams of a package are read with.

    Attributes:
        reader: reads Gong.
        existing: the rows of earlier runs.
        listener: told how the package is going.
        entity_filter: what may land.
        review: what is known of deletions.
        requested: by stream, the parents that earlier packages of the run have requested; added to.
        retried: by stream, the ids in quarantine that packages of the run have requested again;
            added to.
    """

    reader: Reader
    existing: ExistingRows = field(default_factory=ExistingRows)
    listener: LoadListener = field(default_factory=LoadListener)
    entity_filter: EntityFilter = field(default_factory=EntityFilter)
    review: DeletionReview = field(default_factory=DeletionReview)
    requested: dict[str, set[str]] = field(default_factory=dict)
    retried: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadStamp:
    """What every row of a package carries: when its content changed, and which package wrote it."""

    loaded_at: datetime
    load_id: str
