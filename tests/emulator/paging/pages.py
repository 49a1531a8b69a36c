"""Cuts results into pages of one hundred rows, with the API's records block.

Applies the list faults of `distortions.py`.
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tests.emulator.errors import ApiError
from tests.emulator.paging.cursors import Cursors, Page
from tests.emulator.paging.distortions import (
    LOST_CURSOR,
    REPEATED_CURSOR,
    Distortion,
    Slice,
    cut,
    identity_of_row,
)
from tests.emulator.settings import Json

PAGE_SIZE = 100
Row = TypeVar("Row")


@dataclass(frozen=True)
class Served(Generic[Row]):
    """The rows of one page and its records block."""

    records: Json
    rows: list[Row]


@dataclass(frozen=True)
class Sequence:
    """One paging sequence: its cursor, its inputs and its list fault."""

    cursors: Cursors
    distortion: Distortion
    now: int
    token: Any
    binding: Json

    def page(self) -> Page:
        """The position of the sequence."""
        return self.cursors.read(self.token, self.binding, self.now)

    def records(self, page: Page, total: int, size: int, last: Json | None) -> Json:
        """The records block; `cursor` is left out on the last page (seen live)."""
        records: Json = {
            "totalRecords": total,
            "currentPageSize": size,
            "currentPageNumber": page.number,
        }
        distortion = self.distortion
        if page.number and distortion.kind == REPEATED_CURSOR:
            distortion.applied = True
            again = self.cursors.again(page) if distortion.fresh else self.token
            records["cursor"] = again
        elif last is not None and distortion.kind == LOST_CURSOR:
            distortion.applied = True
        elif last is not None:
            cursor = self.cursors.issue(page, total, last, self.binding, self.now)
            records["cursor"] = cursor
        return records

    def seen(self, rows: list[Row]) -> list[Row]:
        """The visible rows."""
        hides = self.distortion.hides
        return [row for row in rows if not hides(identity_of_row(row))]

    def cut(self, page: Page, rows: list[Row], start: int) -> Slice:
        """The rows of a page that starts at an offset of the list."""
        return cut(rows, start, PAGE_SIZE, page.number, page.payload, self.distortion)

    def serve(
        self, page: Page, part: Slice, last: Callable[[Row], Json], total: int | None = None
    ) -> "Served[Row]":
        """A page with its records block; `total` overrides the total of the slice."""
        total = part.total if total is None else total
        cursor = None
        if part.more:
            cursor = {**(last(part.rows[-1]) if part.rows else {}), **part.memory}
        return Served(self.records(page, total, len(part.rows), cursor), part.rows)


def numbered(
    sequence: Sequence, rows: list[Row], last: Callable[[Row], Json], empty: ApiError | None
) -> Served[Row]:
    """Pages by number: rows added or removed between pages shift the rest."""
    page = sequence.page()
    part = sequence.cut(page, sequence.seen(rows), page.number * PAGE_SIZE)
    if empty is not None:
        nothing_on_first_page(page.number, part.rows, empty)
    return sequence.serve(page, part, last, page.total)


def keyed(
    sequence: Sequence,
    rows: list[Row],
    key: Callable[[Row], tuple[int, int]],
    empty: ApiError | None,
) -> Served[Row]:
    """Pages by the key of the last row (keyset): other changes shift nothing."""
    page, rows, start = sequence.page(), sequence.seen(rows), 0
    if "key" in page.payload:
        start = bisect_right(rows, (page.payload["time"], page.payload["key"]), key=key)
    part = sequence.cut(page, rows, start)
    if empty is not None:
        nothing_on_first_page(page.number, part.rows, empty)

    def last(row: Row) -> Json:
        time, number = key(row)
        return {"time": time, "key": number}

    return sequence.serve(page, part, last, page.total)


def nothing_on_first_page(number: int, rows: list[Any], error: ApiError) -> None:
    """Filtered lists answer an empty result with 404, never with an empty 200 (seen live)."""
    if not rows and number == 0:
        raise error
