"""What schema drift is looked for in: the landed tables, and the rows of some load packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class WatchedColumn:
    """A column of a landed table.

    Attributes:
        name: its name.
        is_counted: whether its fill rate is kept.
        is_flag: whether it is true where something exists; false is empty, null is unknown.
        values: all values that Gong documents; none where any value is good.
        is_list: whether it holds JSON lists of such values.
    """

    name: str
    is_counted: bool = True
    is_flag: bool = False
    values: Sequence[str] = ()
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class WatchedTable:
    """A landed table.

    Attributes:
        name: its name in `gong_raw`.
        columns: its columns.
        parent: the table whose rows usually have rows here; None where there is none.
        parent_key: the columns that identify a row of the parent, in both tables.
        source_keys: the keys of Gong's answer that some column reads.
    """

    name: str
    columns: Sequence[WatchedColumn] = ()
    parent: str | None = None
    parent_key: Sequence[str] = ()
    source_keys: frozenset[str] = frozenset()

    def values_of(self, name: str) -> Sequence[str]:
        """Returns the documented values of a column."""
        return next((column.values for column in self.columns if column.name == name), ())


@dataclass(frozen=True, slots=True)
class Packages:
    """Load packages, by their ids in `_dlt_loads`."""

    load_ids: Sequence[str]

    @property
    def where(self) -> str:
        """SQL for their rows, with a `?` for each of `values`."""
        # the bounds let DuckDB skip what landed long before
        return "_dlt_load_id between ? and ? and _dlt_load_id in (select unnest(?::varchar[]))"

    @property
    def values(self) -> list[Any]:
        """The values of `where`."""
        return [min(self.load_ids), max(self.load_ids), list(self.load_ids)]
