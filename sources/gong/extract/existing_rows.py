"""Questions about rows that earlier runs have landed, with the answers where there is no warehouse.

The source knows no destination: a caller that has a warehouse overrides the methods. Only rows of
closed load packages count as known; rows of others can still be found deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from sources.gong.extract.child_streams import Parent
from sources.gong.extract.windows import Span
from sources.gong.schema.arrow import empty
from sources.gong.schema.columns import Entity


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows of a table that a read has enumerated completely; all conditions must hold.

    Attributes:
        within: column → values, of which the row has one.
        outside: column → values, of which the row has none.
        span: a column of instants, and the span in which it lies.
    """

    within: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    span: tuple[str, Span] | None = None


@dataclass(frozen=True, slots=True)
class QuarantinedEntity:
    """An entity that earlier runs could not land, and that has not landed since.

    Attributes:
        quarantine_id: names it.
        entity_id: its key; None where it has none that can be read.
        detail: of the window in which it was read.
        parent: what it was requested for, of a child stream; or the id that Gong refuses.
        span: of the window in which it was read; empty of a whole list.
        seen: when it was seen first and last.
        read_since: spans of its stream and detail that were read after it was seen last.
        row: all columns, as landed.
    """

    quarantine_id: str
    entity_id: str | None
    detail: str
    parent: str
    span: Span
    seen: tuple[datetime, datetime]
    read_since: Sequence[Span]
    row: Mapping[str, Any]


class ExistingRows:
    """The rows of earlier runs: here, none."""

    is_available = False
    """Whether rows of earlier runs can be looked up, so that deleted rows can be found."""

    def known_hashes(self, _table: str, _keys: Sequence[str], _span: Span) -> Mapping[str, str]:
        """Returns the content hashes of the live rows of a root table among the keys.

        A row that is marked as deleted is not known: when it is seen again it lands again.
        """
        return {}

    def unchanged_keys(self, _table: str, _entities: Sequence[Entity]) -> frozenset[str]:
        """Returns the keys of those entities, read in part, whose rows hold the same values."""
        return frozenset()

    def live_keys(self, _table: str, _scope: Scope) -> frozenset[str]:
        """Returns the keys of the rows of a root table in scope that are not marked as deleted."""
        return frozenset()

    def recent_deletions(self, _table: str, _spans: Sequence[Span]) -> Sequence[tuple[int, int]]:
        """Returns what the nights of the last month have marked of a table that is read by time.

        One pair for each night that marked rows: how many rows were expected where that night and
        those after it looked, the given spans included, and how many they marked as deleted. Rows
        whose deletion a person has accepted count in none.
        """
        return ()

    def quarantined(self, _stream: str) -> Sequence[QuarantinedEntity]:
        """Returns the entities of a stream that are in quarantine."""
        return ()

    def rows(self, table: str, _keys: Sequence[str]) -> pa.Table:
        """Returns whole rows of a root table by key, in the landed schema."""
        return empty(table)

    def period_rows(self, _table: str, _period_id: str) -> Sequence[Mapping[str, Any]]:
        """Returns the rows that a stats family has of a calendar period, by column."""
        return ()

    def open_history(self, _user_ids: Sequence[str]) -> pa.Table:
        """Returns the rows of `user_history` of these users that still hold."""
        return empty("user_history")

    def parents(self, _name: str) -> Sequence[Parent] | None:
        """Returns the parent records that earlier runs have landed; None where none has run."""
        return None

    def parents_again(self, _name: str) -> Sequence[Parent]:
        """Returns the parent records that name entities in quarantine (`parents.ASKED_AGAIN`)."""
        return ()

    def parents_read_at(self, _stream: str) -> Mapping[str, datetime]:
        """Returns when each parent of a stream was requested last, and Gong answered."""
        return {}

    def parents_refused_at(self, _stream: str) -> Mapping[str, datetime]:
        """Returns when Gong refused each parent of a stream last."""
        return {}

    def awaited_transcripts(self) -> Sequence[str]:
        """Returns ids of calls whose transcript is still to come."""
        return ()

    def call_ids(self) -> Sequence[str]:
        """Returns ids of calls to request where the run itself reads no calls."""
        return ()
