"""What a landing may ask of the warehouse it lands in, and the answer where there is none.

The source knows no destination: whoever runs it next to a warehouse hands in `ExistingRows` of its
own.
Only rows of closed load packages count as known; what is there can be found gone all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from sources.gong.extract.child_streams import Parent
from sources.gong.extract.windows import Span
from sources.gong.schema.arrow import empty
from sources.gong.schema.columns import Entity


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows of a table that a read has enumerated completely; all conditions must hold.

    Attributes:
        within: column → values, one of which it has.
        outside: column → values, none of which it has.
        span: a column of instants, and between which it lies.
    """

    within: Mapping[str, frozenset[str]] = field(default_factory=dict)
    outside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    span: tuple[str, Span] | None = None


class ExistingRows:
    """What is held: here, nothing. A warehouse overrides the methods."""

    remembers = False
    """Whether rows of earlier runs can be asked for, so that what is missing now can be told."""

    def known(self, _table: str, _keys: Sequence[str], _span: Span) -> Mapping[str, str]:
        """Returns the content hashes of the live rows of a root table among the keys.

        A row that is marked as deleted is not known: when it is seen again it lands again.
        """
        return {}

    def as_known(self, _table: str, _entities: Sequence[Entity]) -> frozenset[str]:
        """Returns the keys of those entities, read in part, that are held just as they are."""
        return frozenset()

    def live(self, _table: str, _scope: Scope) -> frozenset[str]:
        """Returns the keys of the rows of a root table in scope that are not marked as deleted."""
        return frozenset()

    def lately(self, _table: str, _spans: Sequence[Span]) -> Sequence[tuple[int, int]]:
        """Returns what the nights of the last month have marked of a table that is read by time.

        One pair for each night that marked rows: how many rows should have been where that night
        and those after it looked, the given spans included, and how many they marked as deleted.
        What a person has accepted counts in none.
        """
        return ()

    def rows(self, table: str, _keys: Sequence[str]) -> pa.Table:
        """Returns whole rows of a root table by key, in the landed schema."""
        return empty(table)

    def open_history(self, _user_ids: Sequence[str]) -> pa.Table:
        """Returns the rows of `user_history` of these users that still hold."""
        return empty("user_history")

    def parents(self, _stream: str) -> Sequence[Parent] | None:
        """Returns what a stream of an earlier run has listed; None where it never ran."""
        return None

    def asked_at(self, _stream: str) -> Mapping[str, datetime]:
        """Returns when each parent of a stream was asked about last."""
        return {}

    def awaited(self) -> Sequence[str]:
        """Returns ids of calls whose transcript is still to come."""
        return ()

    def calls(self) -> Sequence[str]:
        """Returns ids of held calls to ask about where the run itself reads no calls."""
        return ()
