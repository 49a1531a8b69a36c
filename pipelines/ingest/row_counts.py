"""How many rows a stream has: as the warehouse knows, else as the first page at Gong says.

Sends at most one request per list: a windowed stream has one, a log one of each type, and what is
listed by workspace one in each of the first workspaces, by user one for two users.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from math import ceil
from typing import Any

from pipelines.ingest.existing_rows import UNLISTED
from pipelines.ingest.run_plan import RunContext
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, StopRun
from sources.gong.api.operations import operation
from sources.gong.extract.child_streams import CHILD_STREAMS, Parent
from sources.gong.extract.window_reads import list_inputs
from sources.gong.extract.windows import Window
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES, Users
from sources.gong.schema.tables import USERS_STREAM, WORKSPACES_STREAM, parent_records, table
from warehouse import raw_tables

_MOST_WORKSPACES = 5


class RowCounts:
    """Counts the rows of streams, each stream once."""

    def __init__(self, context: RunContext, client: Client) -> None:
        self._context, self._client = context, client
        self._known: dict[str, int | None] = {}
        self._users: list[Mapping[str, Any]] = []
        self._workspaces: list[str] = []

    def rows(self, stream: str) -> int | None:
        """Returns how many live rows the warehouse has; else, of a whole list, what Gong says."""
        if stream not in self._known:
            existing = self._distinct(stream, *table(stream).key)
            self._known[stream] = existing or self._all_at_gong(stream)
        return self._known[stream]

    def listed(self, window: Window) -> int | None:
        """Returns how many rows of a windowed list lie in a window, as Gong says."""
        name = f"{window.stream} {window.detail}"
        if name not in self._known:
            inputs = list_inputs(window, self._context.zone)
            self._known[name] = self._at_gong(window.stream, inputs)
        return self._known[name]

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

    def references(self, object_types: Collection[str]) -> Counter[str]:
        """Returns to how many CRM objects the calls of the warehouse refer, by type."""
        named = ", ".join(map(repr, object_types))
        rows = raw_tables.distinct(
            self._context.warehouse,
            parent_records(CRM_REFERENCES).name,
            ("object_type", "object_id"),
            f"object_type in ({named})",
        )
        return Counter(str(row["object_type"]) for row in rows or ())

    def open_instances(self) -> int:
        """Returns how many flow instances were open when last seen."""
        records = parent_records(OPEN_INSTANCES)
        return self._distinct(
            records.name, *records.parent_columns, condition=UNLISTED[OPEN_INSTANCES]
        )

    def _all_at_gong(self, stream: str) -> int | None:
        """Returns what Gong says of a whole list; of one by workspace, what it says of the first.

        The same number of rows is expected of the other workspaces.
        """
        parents = table(stream).parents
        if parents is not None and parents.users is Users.OWNERS:
            return self._seen_by_users(stream)
        if parents is None or parents.streams != (WORKSPACES_STREAM,):
            return self._at_gong(stream, {})
        total = self.rows(WORKSPACES_STREAM) or 0
        workspaces = [{"workspace_id": id_} for id_ in self._workspace_ids()[:_MOST_WORKSPACES]]
        requests = CHILD_STREAMS[stream].requests({WORKSPACES_STREAM: workspaces}, stream)
        counts = [self._at_gong(stream, request.inputs) or 0 for request in requests]
        return ceil(sum(counts) * total / len(counts)) if counts else 0

    def _seen_by_users(self, stream: str) -> int:
        """Returns about how many rows all users see together, by what two of them see.

        What both see counts once; what one sees alone, once for each user.
        """
        users = self.users_with_address()
        owners: list[Parent] = [
            {"user_id": user["id"], "email_address": user.get("emailAddress"), "is_active": True}
            for user in self._users
            if user.get("active", True)
        ]
        requests = CHILD_STREAMS[stream].requests({USERS_STREAM: owners}, stream)[:2]
        seen = [
            {str(row.get("id")) for row in self._answer(stream, request.inputs)[1]}
            for request in requests
        ]
        if len(seen) < 2:
            return sum(map(len, seen))
        shared, alone = seen[0] & seen[1], seen[0] ^ seen[1]
        return len(shared) + ceil(len(alone) / 2 * users)

    def _workspace_ids(self) -> list[str]:
        rows = raw_tables.distinct(self._context.warehouse, WORKSPACES_STREAM, ("workspace_id",))
        return [str(row["workspace_id"]) for row in rows or ()] or self._workspaces

    def _at_gong(self, stream: str, inputs: Mapping[str, Any]) -> int | None:
        if table(stream).operation is None:
            return None
        answer, rows = self._answer(stream, inputs)
        if stream == USERS_STREAM:
            self._users = [*rows]
        if stream == WORKSPACES_STREAM:
            self._workspaces = [str(workspace.get("id")) for workspace in rows]
        return int((answer.get("records") or {}).get("totalRecords") or len(rows))

    def _answer(
        self, stream: str, inputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Returns a first answer and its rows; nothing where Gong refuses."""
        row = operation(table(stream).operation or "")
        try:
            answer = self._client.call(row, inputs)
        except StopRun:
            raise
        except GongError:
            return {}, []
        return answer, answer.get(row.rows_key or "") or []
