"""Pure: which requests of a child stream are due tonight, and what their answers leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from sources.gong.extract.child_streams.model import ChildRequest
from sources.gong.extract.windows import HALF_A_DAY
from sources.gong.schema.table import Parents


def due_requests(
    row: Parents,
    requests: Sequence[ChildRequest],
    read_at: Mapping[str, datetime],
    now: datetime,
    share: int | None,
) -> Sequence[ChildRequest]:
    """Returns the requests that are due, the longest waiting first.

    Args:
        row: how often a parent is requested.
        requests: one per parent.
        read_at: when each parent was requested last.
        now: the run's frozen present.
        share: how many may be due in one run; None for all.
    """
    latest = now - timedelta(days=row.every_days) + HALF_A_DAY
    never = datetime.min.replace(tzinfo=now.tzinfo)
    due = [request for request in requests if read_at.get(request.parent, never) <= latest]
    is_again = any(request.parent in read_at for request in due)
    if row.bound is not None and is_again and (share is None or len(requests) <= share):
        # all together: only the answers for all parents tell which rows none of them has any more
        return requests
    due.sort(key=lambda request: read_at.get(request.parent, never))
    return due[:share]


def listed_parents(row: Parents, requests: Sequence[ChildRequest]) -> Mapping[str, frozenset[str]]:
    """Returns the column that names a row's parent, with the parents there are.

    Empty where rows may outlive their parent, or have none.
    """
    if row.bound is None:
        return {}
    parents = chain.from_iterable(request.scope.get(row.bound, ()) for request in requests)
    return {row.bound: frozenset(parents)}
