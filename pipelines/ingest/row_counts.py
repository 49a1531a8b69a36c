"""How many rows a stream has: as the warehouse knows, else as the first page at Gong says.

Sends at most one request per stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.ingest.run_plan import RunContext
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, StopRun
from sources.gong.api.operations import operation
from sources.gong.extract.window_reads import list_inputs
from sources.gong.extract.windows import Window
from sources.gong.schema.tables import USERS_STREAM, table
from warehouse import raw_tables


class RowCounts:
    """Counts the rows of streams, each stream once."""

    def __init__(self, context: RunContext, client: Client) -> None:
        self._context, self._client = context, client
        self._known: dict[str, int | None] = {}
        self._users: list[Mapping[str, Any]] = []

    def rows(self, stream: str) -> int | None:
        """Returns how many live rows the warehouse has; else, of a whole list, what Gong says."""
        if stream not in self._known:
            existing = self._distinct(stream, *table(stream).key)
            self._known[stream] = existing or self._at_gong(stream, {})
        return self._known[stream]

    def listed(self, window: Window) -> int | None:
        """Returns how many rows of a windowed list lie in a window, as Gong says."""
        if window.stream not in self._known:
            inputs = list_inputs(window, self._context.zone)
            self._known[window.stream] = self._at_gong(window.stream, inputs)
        return self._known[window.stream]

    def active_users(self) -> int:
        """Returns how many users child streams ask about that leave inactive users out."""
        users = len(self._ids("is_active and email_address is not null"))
        # of users never read before only the first page is known: all count as active
        return users or self.rows(USERS_STREAM) or 0

    def inactive_users(self) -> frozenset[str]:
        """Returns the ids of inactive users; none where users were never read."""
        return self._ids("is_active is not true")

    def users_with_address(self) -> int:
        """Returns how many users can be named by an address, inactive ones too."""
        return len(self._ids("email_address is not null")) or self.rows(USERS_STREAM) or 0

    def managers(self) -> int:
        """Returns how many users others report to."""
        managers = self._distinct(USERS_STREAM, "manager_id", condition="manager_id is not null")
        if managers:
            return managers
        self.rows(USERS_STREAM)
        return len({user.get("managerId") for user in self._users if user.get("managerId")})

    def _ids(self, condition: str) -> frozenset[str]:
        warehouse = self._context.warehouse
        rows = raw_tables.distinct(warehouse, USERS_STREAM, ("user_id",), condition)
        return frozenset(row["user_id"] for row in rows or ())

    def _distinct(self, stream: str, *columns: str, condition: str = "true") -> int:
        rows = raw_tables.distinct(self._context.warehouse, stream, columns, condition)
        return len(rows or ())

    def _at_gong(self, stream: str, inputs: Mapping[str, Any]) -> int | None:
        operation_id = table(stream).operation
        if operation_id is None:
            return None
        row = operation(operation_id)
        try:
            answer = self._client.call(row, inputs)
        except StopRun:
            raise
        except GongError:
            return 0
        rows = answer.get(row.rows_key or "") or []
        if stream == USERS_STREAM:
            self._users = rows
        return int((answer.get("records") or {}).get("totalRecords") or len(rows))
