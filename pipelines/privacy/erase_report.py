"""What `gong-elt erase` prints: the preview of an erasure on standard output, and its counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pipelines.console import Console
from pipelines.output import print_lines
from pipelines.privacy.erase_run import EraseRun, check_key, find_person, matcher_of
from pipelines.privacy.gong_erasure import HELD_BY_GONG
from pipelines.privacy.personal_columns import data_map
from pipelines.privacy.suppression_list import WrongKey
from warehouse.erasure.erasing import ErasureCounts, erase
from warehouse.erasure.foreign import WHAT_TO_DO, foreign_rows
from warehouse.erasure.search import PersonalData, starts_of
from warehouse.ops.erasures import Erasure, GongStatus

_CALLS = 20
"""Calls that the preview names in a terminal; sent elsewhere, it names all."""

Calls = Sequence[tuple[str, datetime | None]]
"""Calls by id with their start, in the order in which they are shown."""


def print_preview(run: EraseRun, at_gong: Mapping[str, int] | None) -> None:
    """Prints what an erasure would remove: erases in a transaction and rolls it back.

    Needs no key: nothing is hashed. A missing or wrong one is reported: the erasure will need it.
    """
    data, counts, foreign = PersonalData(), ErasureCounts(), Counter[str]()
    calls: Calls = ()
    if run.warehouse.exists:
        with run.warehouse.writing() as db:
            db.begin()
            try:
                data = find_person(run, db)
                calls = starts_of(db, data.calls)
                foreign = foreign_rows(db, matcher_of(data), data.calls)
                counts = erase(
                    db,
                    matcher_of(data),
                    data.calls,
                    data_map(),
                    with_mentions=run.options.with_mentions,
                )
            finally:
                db.rollback()
    print_lines(_preview(run.identifier.typed, data, calls, counts, at_gong))
    print_lines(
        f"{name} has {count:,} rows too and is not gong-elt's: {WHAT_TO_DO}"
        for name, count in foreign.items()
    )
    try:
        check_key(run)
    except WrongKey as error:
        run.console.warn(f"the preview needs no key; the erasure does: {error}")


def _preview(
    typed: str,
    data: PersonalData,
    calls: Calls,
    counts: ErasureCounts,
    at_gong: Mapping[str, int] | None,
) -> Iterator[str]:
    yield f"What is held of {typed}; nothing was changed."
    yield ""
    if at_gong is None:
        yield "Gong: not asked."
    else:
        yield "Gong:" if at_gong else "Gong: nothing"
        yield from (f"  {HELD_BY_GONG[key]:<34}{count:>9,}" for key, count in at_gong.items())
    yield ""
    yield (
        f"Warehouse: {len(data.calls):,} calls with the person, which go whole; "
        f"known by {len(data.emails)} e-mail, {data.phone_count} phone and "
        f"{len(data.crm_ids)} CRM id"
    )
    yield from _named(calls)
    yield from _counted("rows that go", counts.removed)
    yield from _counted("rows in which the address or number is masked", counts.masked)
    yield from _counted("rows elsewhere that mention the name", counts.mentions)
    if counts.mentions:
        yield "    --mentions masks them; a later run cannot, as the name goes with the calls"
    if data.shared:
        yield f"  {data.shared} further addresses or numbers are other people's too; they stay"
    yield ""
    yield "To erase it: the same command with --yes; and with --in-gong, in Gong too."


def _named(calls: Calls) -> Iterator[str]:
    if not calls:
        return
    shown = calls[:_CALLS] if sys.stdout.isatty() else calls
    yield "  calls that go, with their start in UTC, latest first:"
    for call_id, started_at in shown:
        yield f"    {call_id:<24}{f'{started_at:%Y-%m-%d %H:%M}' if started_at else '-'}"
    if len(shown) < len(calls):
        yield f"    and {len(calls) - len(shown):,} more; the same command with > FILE names all"


def _counted(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    if counts:
        yield f"  {title}:"
        yield from (f"    {name:<32}{count:>9,}" for name, count in sorted(counts.items()))
    else:
        yield f"  {title}: none"


def report(console: Console, counts: ErasureCounts, row: Erasure) -> None:
    """Says how many rows of each table were deleted or masked, or still mention the name."""
    removed, masked = counts.removed, counts.masked
    console.info(
        f"erased in the warehouse: {removed.total():,} rows removed, {masked.total():,} masked",
        removed=dict(removed),
        masked=dict(masked),
    )
    for table_counts, what in (
        (removed, "removed"),
        (masked, "masked"),
        (counts.mentions, "still mention the name"),
    ):
        for name, count in sorted(table_counts.items()):
            console.info(f"  {name:<28}{count:>9,} {what}")
    if row.in_gong is GongStatus.CONFIRMED:
        console.info("Gong's look-up finds nothing of the person")
