"""Counts what a push does, and reports it: refused rows, items by status, the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, POSTPONED, exit_code_of
from pipelines.output import json_line
from pipelines.push.row_files import RowFile
from pipelines.push.row_items import MAX_SHOWN, REASON_COLUMN
from pipelines.session import private_file
from sources.gong.api.errors import GongError, Postponed
from sources.gong.write.model import Item
from warehouse.ops.push_ledger import ItemResult, ItemStatus


class PushTally:
    """What came of the items of a push.

    Attributes:
        statuses: items by their status now; what Gong accepts and then does counts as done.
        skipped: items that were done before.
        refused: row number and reason of every item that is not done.
        refused_elsewhere: items of earlier pushes, not among the rows, that Gong has refused now.
    """

    def __init__(self) -> None:
        self.statuses: Counter[ItemStatus] = Counter()
        self.skipped = 0
        self.refused: list[tuple[int, str]] = []
        self.refused_elsewhere = 0
        self._accepted: set[str] = set()

    @property
    def items(self) -> int:
        """How many items were looked at."""
        return self.statuses.total() + self.skipped

    def add(self, results: Iterable[ItemResult], items: Iterable[Item]) -> None:
        """Counts results; `items` are those among the rows that they may be about."""
        rows = {item.key: item.row for item in items}
        for result in results:
            if result.key in self._accepted:
                self._accepted.remove(result.key)
                self.statuses[ItemStatus.ACCEPTED] -= 1
            self.statuses[result.status] += 1
            if result.status is ItemStatus.ACCEPTED:
                self._accepted.add(result.key)
            elif result.status is not ItemStatus.DONE:
                if result.key in rows:
                    self.refused.append((rows[result.key], result.message or result.status))
                else:
                    self.refused_elsewhere += 1


def report_refused(console: Console, tally: PushTally) -> None:
    """Says which rows were refused, and why."""
    for row, reason in sorted(tally.refused)[:MAX_SHOWN]:
        console.error(f"row {row}: {reason}", row=row)
    more = len(tally.refused) - MAX_SHOWN
    if more > 0:
        console.error(f"… and {more} more; they are in gong_ops.pushes")
    if tally.refused_elsewhere:
        console.error(
            f"{tally.refused_elsewhere} rows of earlier pushes, which are not given now, were "
            "refused too; they are in gong_ops.pushes"
        )


def report_statuses(console: Console, command: str, tally: PushTally, requests: int) -> None:
    """Says how many items have which status."""
    statuses = {str(status): count for status, count in sorted(tally.statuses.items()) if count}
    counts = [f"{count} {status}" for status, count in statuses.items()]
    if tally.skipped:
        counts.append(f"{tally.skipped} done before")
    console.info(
        f"{command}: {', '.join(counts) or 'nothing to send'} "
        f"({requests:,} request{'' if requests == 1 else 's'})",
        requests=requests,
        skipped=tally.skipped,
        **statuses,
    )


def write_rejected(console: Console, path: Path, rows: RowFile, tally: PushTally) -> None:
    """Writes the refused rows with the reasons, to be fixed and pushed again."""
    reasons: dict[int, list[str]] = {}
    for number, reason in tally.refused:
        reasons.setdefault(number, []).append(reason)
    with private_file(path) as file:
        for number, row in enumerate(rows, 1):
            if number in reasons:
                row[REASON_COLUMN] = "; ".join(reasons[number])
                file.write(json_line(row) + "\n")
    console.info(f"{len(reasons)} rows are in {path}, with the reason in {REASON_COLUMN}")


def exit_code(console: Console, tally: PushTally, stop: GongError | None, waiting: int) -> int:
    """Returns the exit code, and says why it is not 0.

    Args:
        console: where to say it.
        tally: what was done.
        stop: what ended the push early, if anything.
        waiting: items that Gong has taken and not done.
    """
    if isinstance(stop, Postponed):
        console.warn(str(stop))
        return POSTPONED
    if stop is not None:
        console.error(f"{stop} What was not sent goes with the next push.")
        return exit_code_of(stop) or FAILED
    if tally.refused or tally.refused_elsewhere:
        return FAILED
    if waiting:
        console.warn(
            f"Gong has accepted {waiting} and is still processing them, which can take hours. Run "
            "the same command to check; nothing is sent twice."
        )
        return POSTPONED
    return DONE
