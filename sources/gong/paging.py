"""Follows cursors: one sequence of pages for one window, every other input repeated unchanged.

A cursor lives about an hour from the first page and is never stored. When it expires the caller
reads the window again; a cursor that comes twice ends the window as a fault, not as a loop.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sources.gong.client import Client
from sources.gong.errors import Drift, EndlessPaging, NothingFound
from sources.gong.operations import Operation, Paging


def pages(
    client: Client,
    operation: Operation,
    inputs: Mapping[str, Any],
    before: Callable[[], None] = lambda: None,
) -> Iterator[dict[str, Any]]:
    """Yields the answers of an operation page by page; none if the filters match nothing.

    Args:
        client: who sends.
        operation: what.
        inputs: without the cursor.
        before: called before each page is asked for; what it raises ends the pages.

    Raises:
        CursorExpired: read the window again from the start.
        EndlessPaging: Gong handed out a cursor of this window again.
        GongError: what `Client.call` raises.
    """
    cursor: str | None = None
    seen: set[str] = set()
    while True:
        before()
        sent = dict(inputs) if cursor is None else {**inputs, "cursor": cursor}
        try:
            answer = client.call(operation, sent)
        except NothingFound:
            return
        yield answer
        if operation.paging is Paging.NONE:
            return
        records = answer.get("records") or {}
        if not isinstance(records, dict):
            raise Drift(f"{operation.method} {operation.path}: `records` is not an object")
        cursor = records.get("cursor")
        if not cursor:
            return
        if cursor in seen:
            raise EndlessPaging(
                f"{operation.method} {operation.path}: Gong sent a cursor of this window again "
                f"after {len(seen)} pages. Nothing of the window counts as read; it is read again "
                "by the next run. If that happens twice, tell Gong's support."
            )
        seen.add(cursor)
