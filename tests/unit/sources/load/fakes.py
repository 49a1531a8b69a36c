"""A warehouse as lists, and a listener that remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from sources.gong.api.errors import GongError, Postponed
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.windows import Span, Window
from sources.gong.load.deletions import DeletionCheck
from sources.gong.load.listener import LoadListener
from sources.gong.schema.arrow import schema
from sources.gong.schema.tables import table


class FakeRows(ExistingRows):
    """Rows of earlier runs, by table and key; each row's values are those of its columns."""

    is_available = True

    def __init__(self, rows: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None) -> None:
        self._rows = rows or {}
        self.nights: Sequence[tuple[int, int]] = ()

    def known_hashes(self, table: str, keys: Sequence[str], _span: Span) -> Mapping[str, str]:
        own = self._rows.get(table, {})
        return {key: own[key]["_content_hash"] for key in keys if key in own}

    def live_keys(self, table: str, scope: Scope) -> frozenset[str]:
        own = self._rows.get(table, {})
        return frozenset(key for key, row in own.items() if _is_in(scope, row))

    def recent_deletions(self, _table: str, _spans: Sequence[Span]) -> Sequence[tuple[int, int]]:
        return self.nights

    def rows(self, name: str, keys: Sequence[str]) -> pa.Table:
        own = self._rows.get(name, {})
        (column,) = table(name).key
        rows = [{column: key, **own[key]} for key in keys]
        return pa.Table.from_pylist(rows, schema=schema(name))

    def parents_read_at(self, _stream: str) -> Mapping[str, datetime]:
        return {}


def _is_in(scope: Scope, row: Mapping[str, Any]) -> bool:
    if any(row.get(column) not in values for column, values in scope.within.items()):
        return False
    if any(row.get(column) in values for column, values in scope.outside.items()):
        return False
    if scope.span is None:
        return True
    column, span = scope.span
    return span.start <= row[column] < span.end


class RecordingListener(LoadListener):
    """Every event, by its name."""

    def __init__(self) -> None:
        self.pages: list[tuple[str, int, int]] = []
        self.windows: list[Window] = []
        self.failed: dict[str, GongError] = {}
        self.early: Postponed | None = None
        self.refusals: dict[str, int] = {}
        self.deletions: dict[str, int] = {}
        self.checks: list[DeletionCheck] = []
        self.doubts: list[DeletionCheck] = []

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        self.pages.append((window.stream, seen, changed))

    def window_done(self, window: Window) -> None:
        self.windows.append(window)

    def stream_failed(self, stream: str, error: GongError) -> None:
        self.failed[stream] = error

    def postponed(self, error: Postponed) -> None:
        self.early = error

    def refused(self, stream: str, count: int) -> None:
        self.refusals[stream] = self.refusals.get(stream, 0) + count

    def deleted(self, table: str, count: int) -> None:
        self.deletions[table] = count

    def checked(self, check: DeletionCheck) -> None:
        self.checks.append(check)

    def doubtful(self, check: DeletionCheck) -> None:
        self.doubts.append(check)
