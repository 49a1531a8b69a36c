"""Pure: which requests of a child stream are due tonight, and what their answers leave out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from sources.gong.extract.child_streams.model import ChildRequest
from sources.gong.extract.windows import HALF_A_DAY
from sources.gong.schema.table import INACTIVE_EVERY_DAYS, REFUSED_FOR_DAYS, Parents


def due_requests(
    row: Parents,
    requests: Sequence[ChildRequest],
    read_at: Mapping[str, datetime],
    now: datetime,
    most_not_due: int | None,
) -> Sequence[ChildRequest]:
    """Returns the requests that are due: those of every night, then the longest waiting.

    Args:
        row: how often a parent is requested.
        requests: one per parent.
        read_at: when each parent was requested last.
        now: the run's frozen present.
        most_not_due: how many that are not due every night may be due in one run; None for all.
    """
    never = datetime.min.replace(tzinfo=now.tzinfo)

    def is_due(request: ChildRequest) -> bool:
        latest = now - timedelta(days=_days_between(row, request)) + HALF_A_DAY
        return read_at.get(request.parent, never) <= latest

    nightly = [request for request in requests if not is_remembered(row, request)]
    due = [request for request in requests if is_remembered(row, request) and is_due(request)]
    is_again = any(request.parent in read_at for request in due)
    if (
        row.bound is not None
        and is_again
        and (most_not_due is None or len(requests) <= most_not_due)
    ):
        # all together: only the answers for all parents tell which rows none of them has any more
        return requests
    due.sort(key=lambda request: (request.is_inactive, read_at.get(request.parent, never)))
    return nightly + (due if most_not_due is None else due[: max(most_not_due - len(nightly), 0)])


def without_refused(
    requests: Sequence[ChildRequest],
    read_at: Mapping[str, datetime],
    refused_at: Mapping[str, datetime],
    now: datetime,
) -> Sequence[ChildRequest]:
    """Returns the requests but those about inactive users whom Gong has refused lately.

    Args:
        requests: one per parent.
        read_at: when each parent was requested last, and Gong answered.
        refused_at: when Gong refused each parent last.
        now: the run's frozen present.
    """
    latest = now - timedelta(days=REFUSED_FOR_DAYS) + HALF_A_DAY
    never = datetime.min.replace(tzinfo=now.tzinfo)
    return [
        request
        for request in requests
        if not request.is_inactive
        or (at := refused_at.get(request.parent, never)) <= latest
        or at < read_at.get(request.parent, never)
    ]


def is_remembered(row: Parents, request: ChildRequest) -> bool:
    """Whether it counts when the parent of a request was requested last."""
    return _days_between(row, request) > 1


def _days_between(row: Parents, request: ChildRequest) -> int:
    return max(row.every_days, INACTIVE_EVERY_DAYS if request.is_inactive else 1)


def listed_parents(row: Parents, requests: Sequence[ChildRequest]) -> Mapping[str, frozenset[str]]:
    """Returns the column that names a row's parent, with the parents there are.

    Empty where rows may outlive their parent, or have none.
    """
    if row.bound is None:
        return {}
    parents = chain.from_iterable(request.scope.get(row.bound, ()) for request in requests)
    return {row.bound: frozenset(parents)}
