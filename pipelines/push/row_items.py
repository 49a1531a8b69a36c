"""From rows to items: adds the constants, checks every row, leaves out repetitions.

Sends nothing and reads no ledger. Rows are streamed; only keys are kept in memory.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipelines.console import Console
from pipelines.exit_codes import UsageError
from pipelines.output import json_line, request_shown
from pipelines.push.row_files import Row, RowFile
from sources.gong.api.parameters import InvalidParameters
from sources.gong.api.request import file_urls, prepare
from sources.gong.write.items import group_items, items_of, request_values
from sources.gong.write.model import Item, Write

MAX_SHOWN = 50
"""At most this many problems of rows are printed; the others are counted."""
REASON_COLUMN = "_rejected_because"
"""Says in a file of refused rows why; it is left out when they are pushed again."""


def items_of_rows(write: Write, rows: RowFile, constants: Mapping[str, str]) -> Iterator[Item]:
    """Yields the items of all rows, each key once."""
    keys: set[str] = set()
    for number, row in enumerate(rows, 1):
        for item in items_of(write, number, _completed(row, constants)):
            if item.key not in keys:
                keys.add(item.key)
                yield item


def _completed(row: Row, constants: Mapping[str, str]) -> Row:
    return {
        **{name: value for name, value in row.items() if name != REASON_COLUMN},
        **constants,
    }


def check_rows(console: Console, write: Write, rows: RowFile, constants: Mapping[str, str]) -> int:
    """Checks every row, and returns the number of items.

    Raises:
        UsageError: with all problems, row by row.
    """
    problems: list[str] = []
    count = total = wrong = repeated = 0
    first_rows: dict[str, tuple[int, str]] = {}
    for count, row in enumerate(rows, 1):
        try:
            for item in items_of(write, count, _completed(row, constants)):
                total += 1
                _check_files(write, item)
                first_row, digest = first_rows.setdefault(item.key, (count, item.digest))
                if first_row != count:
                    repeated += 1
                    _check_repetition(write, item, first_row, digest)
        except InvalidParameters as error:
            wrong += 1
            problems += (f"row {count}: {problem}" for problem in error.problems)
    if problems:
        more = len(problems) - MAX_SHOWN
        listed = "".join(f"\n  {problem}" for problem in problems[:MAX_SHOWN])
        listed += f"\n  … and {more} more" if more > 0 else ""
        raise UsageError(
            f"{wrong} of {count} rows of {rows.source} cannot be pushed; nothing was sent:{listed}"
            f"\n  what it takes: gong-elt api {write.operation.short} --help"
        )
    if repeated:
        console.warn(f"{repeated} rows of {rows.source} repeat an earlier one, and go once")
    return total


def _check_repetition(write: Write, item: Item, first_row: int, digest: str) -> None:
    if digest != item.digest:
        key = ", ".join(write.key)
        problem = f"{key} is that of row {first_row}, and the rest is not"
        raise InvalidParameters(write.operation, [problem])


def _check_files(write: Write, item: Item) -> None:
    for name, file in item.shared.items():
        if not isinstance(file, Path):
            continue
        if not file.is_file():
            raise InvalidParameters(write.operation, [f"{name}: there is no file {file}"])
        size = file.stat().st_size
        if not 0 < size <= write.max_file_bytes:
            problem = f"{name}: {file} has {size:,} bytes; Gong takes 1 to {write.max_file_bytes:,}"
            raise InvalidParameters(write.operation, [problem])


def print_requests(
    write: Write, rows: RowFile, constants: Mapping[str, str], base_url: str
) -> None:
    """Prints the request of every group of items as a line of JSON, whatever the ledger has."""
    with tempfile.TemporaryDirectory(prefix="gong-elt-") as folder:
        for items in group_items(write, items_of_rows(write, rows, constants)):
            values = request_values(write, items, Path(folder))
            urls = file_urls(write.operation, values)
            local = {name: value for name, value in values.items() if name not in urls}
            shown = request_shown(prepare(write.operation, local), base_url)
            if urls:
                shown["files"] = {name: {"address": url} for name, url in urls.items()}
            if write.is_json_lines and items[0].element is not None:
                file = shown["files"][write.grouping.parameter]
                file["lines"] = [item.element for item in items]
                del file["path"]
            sys.stdout.write(json_line(shown) + "\n")
    sys.stdout.flush()
