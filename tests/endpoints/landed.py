"""A finished sync of the small company, and the rows that it loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sources.gong.schema.tables import STREAMS, TABLES, table
from tests.conftest import Gong
from tests.endpoints.altering import Rewrite
from tests.harness.landed import all_rows, without_load_columns
from tests.harness.loops import for_each

NAMES = tuple(landed.name for landed in TABLES)
every_table = for_each("name", NAMES)
every_stream = for_each("name", STREAMS)

Rows = list[dict[str, Any]]


@dataclass
class Landed:
    """A finished sync: its command, its stderr, and the rows of its raw tables."""

    gong: Gong
    stderr: str
    _rows: dict[str, Rows] = field(default_factory=dict)

    def rows(self, name: str) -> Rows:
        """Returns the rows of a raw table; all tables are read at the first call."""
        if not self._rows:
            self._rows |= all_rows(self.gong.warehouse, NAMES)
        return self._rows[name]

    def content(self, name: str) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Returns the rows of a raw table by key, without the columns that record loads."""
        rows = map(without_load_columns, self.rows(name))
        return {tuple(row[key] for key in table(name).key): row for row in rows}


SyncRewritten = Callable[[str, dict[str, Rewrite]], Landed]
"""Syncs from rewritten answers into a new home; the name is the folder's."""
