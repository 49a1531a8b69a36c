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
from sources.gong.extract.pages import instant
from sources.gong.extract.windows import Span, days_of
from sources.gong.schema.table import Read
from sources.gong.schema.tables import USERS_STREAM, table
from warehouse import raw_tables


class RowCounts:
    """Counts rows of streams, each at most once."""

    def __init__(self, context: RunContext, client: Client) -> None:
        self._context, self._client = context, client
        self._known: dict[tuple[str, Span | None], int | None] = {}
        self._asked: set[str] = set()
        self._users: list[Mapping[str, Any]] = []

    def rows(self, stream: str) -> int | None:
        """Returns how many live rows the warehouse has; else, of a whole list, what Gong says."""
        if (stream, None) not in self._known:
            self._known[stream, None] = self._existing(stream) or self._at_gong(stream, {})
        return self._known[stream, None]

    def active_users(self) -> int:
        """Returns how many users child streams ask about that leave inactive users out."""
        users = raw_tables.distinct(
            self._context.warehouse,
            USERS_STREAM,
            ("user_id",),
            "is_active and email_address is not null",
        )
        # of users never read before only the first page is known: all count as active
        return len(users) if users else self.rows(USERS_STREAM) or 0

    def managers(self) -> int:
        """Returns how many users others report to."""
        managers = raw_tables.distinct(
            self._context.warehouse, USERS_STREAM, ("manager_id",), "manager_id is not null"
        )
        if managers:
            return len(managers)
        self.rows(USERS_STREAM)
        return len({user.get("managerId") for user in self._users if user.get("managerId")})

    def between(self, stream: str, span: Span, detail: str = "") -> int | None:
        """Returns how many rows of a windowed list lie in a span, as Gong says."""
        if (stream, span) not in self._known:
            self._known[stream, span] = self._at_gong(stream, self._inputs(stream, span, detail))
        return self._known[stream, span]

    def _existing(self, stream: str) -> int:
        key = table(stream).key
        return len(raw_tables.distinct(self._context.warehouse, stream, key) or ())

    def _at_gong(self, stream: str, inputs: Mapping[str, Any]) -> int | None:
        name = table(stream).operation
        if stream in self._asked or name is None:
            return None
        self._asked.add(stream)
        row = operation(name)
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

    def _inputs(self, stream: str, span: Span, detail: str) -> dict[str, Any]:
        start, end = instant(span.start), instant(span.end)
        match table(stream).read:
            case Read.LOGS:
                return {"logType": detail, "fromDateTime": start, "toDateTime": end}
            case Read.DAYS:
                assert self._context.zone is not None
                first, after = days_of(span, self._context.zone)
                return {
                    "filter.reviewFromDate": str(first),
                    "filter.reviewToDate": str(after),
                    "filter.reviewMethod": "BOTH",
                }
            case Read.SINCE:
                return {"fromDateTime": start}
            case _:
                return {"filter.fromDateTime": start, "filter.toDateTime": end}
