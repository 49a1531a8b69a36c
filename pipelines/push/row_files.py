"""Reads row files: CSV, JSON lines or Parquet; or the rows of a query of the published tables.

Invariant: rows can be read more than once, and are streamed, except those of standard input. A
query runs once. Checks no parameter.
"""

from __future__ import annotations

import csv
import json
import math
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from pipelines.exit_codes import UsageError

Row = dict[str, Any]

_BATCH = 1_000
_CSV_FIELD = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RowFile:
    """RowFile, and where they come from, for people."""

    source: str
    read: Callable[[], Iterator[Row]]

    def __iter__(self) -> Iterator[Row]:
        return self.read()


def rows_of(file: str | None, sql: str | None, home: str | None) -> RowFile:
    """Returns the rows of a file, or of a query.

    Args:
        file: the path of a row file; `-` for JSON lines on standard input.
        sql: a query of the published tables.
        home: the home; None for the one that is found from the current folder.

    Raises:
        UsageError: neither or both are given, or the file cannot be used.
    """
    if (file is None) == (sql is None):
        raise UsageError("give the rows with --from FILE or with --sql QUERY, one of them")
    if sql is not None:
        return _Queried(sql, home).rows
    if file == "-":
        lines = list(_lines("standard input", iter(sys.stdin)))
        return RowFile("standard input", lambda: iter(lines))
    path = Path(str(file)).expanduser()
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    readers: dict[str, Callable[[Path], Iterator[Row]]] = {
        ".csv": _csv,
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".ldjson": _json_lines,
        ".parquet": _parquet,
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        raise UsageError(
            f"{path.name} is no kind of file that is known by its name: {', '.join(readers)}"
        )
    return RowFile(path.name, lambda: read(path))


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_CSV_FIELD)
    # the mark that some spreadsheets put in front is not part of the first name
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restkey="")
        try:
            names = reader.fieldnames
            if not names or not all(names):
                raise UsageError(f"{path.name}: its first line must name every column")
            if len(set(names)) < len(names):
                raise UsageError(f"{path.name}: a column is named twice in its first line")
            for row in reader:
                if "" in row or None in row.values():
                    raise UsageError(
                        f"{path.name}, line {reader.line_num}: it has not as many fields as the "
                        "first line has names"
                    )
                # an empty field of a CSV is no value; JSON lines can tell an empty text
                yield {name: value or None for name, value in row.items()}
        except UnicodeDecodeError:
            raise UsageError(f"{path.name} is not UTF-8 text") from None
        except csv.Error as error:
            raise UsageError(f"{path.name}, line {reader.line_num}: {error}") from None


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        yield from _lines(path.name, file)


def _lines(name: str, lines: Iterator[str]) -> Iterator[Row]:
    try:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise UsageError(f"{name}, line {number}: it is not JSON ({error})") from None
            if not isinstance(row, dict):
                raise UsageError(f"{name}, line {number}: it is not a JSON object")
            yield row
    except UnicodeDecodeError:
        raise UsageError(f"{name} is not UTF-8 text") from None


def _parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(path).iter_batches(_BATCH):
            for row in batch.to_pylist():
                yield {name: _value(value) for name, value in row.items()}
    except pa.ArrowInvalid as error:
        raise UsageError(f"{path.name} cannot be read as Parquet: {error}") from None


class _Queried:
    """The rows of a query that runs once: again, it might give other rows, or another order."""

    def __init__(self, sql: str, home: str | None) -> None:
        self._sql, self._home = sql, home
        self._file: IO[bytes] | None = None

    @property
    def rows(self) -> RowFile:
        return RowFile("--sql", self._read)

    def _read(self) -> Iterator[Row]:
        if self._file is None:
            # a file without a name: not even a kill leaves it behind
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            for row in _query(self._sql, self._home):
                pickle.dump(row, self._file)
        place, end = 0, self._file.seek(0, os.SEEK_END)
        while place < end:
            self._file.seek(place)
            row = pickle.load(self._file)  # noqa: S301 - written above, and nobody else can
            place = self._file.tell()
            yield row


def _query(sql: str, home: str | None) -> Iterator[Row]:
    import duckdb

    from warehouse.home import find_home
    from warehouse.publication.catalogue import NothingPublished
    from warehouse.publication.reading import query
    from warehouse.publication.user_sql import NotAQuery

    try:
        with query(find_home(home), sql) as result:
            names = [column[0] for column in result.description or ()]
            if len(set(names)) < len(names):
                raise UsageError("--sql: two columns of the query have the same name")
            while batch := result.fetchmany(_BATCH):
                for values in batch:
                    yield dict(zip(names, map(_value, values), strict=True))
    except duckdb.OutOfMemoryException:
        raise
    except (NothingPublished, NotAQuery, duckdb.Error) as error:
        raise UsageError(f"--sql: {error}") from None


def _value(value: Any) -> Any:
    """Returns a value as parameters take it: None for NaN, plain JSON inside lists and objects."""
    if isinstance(value, float) and math.isnan(value):
        return None
    return _json(value) if isinstance(value, (list, dict)) else value


def _json(value: Any) -> Any:
    if isinstance(value, list):
        return [_json(element) for element in value]
    if isinstance(value, dict):
        return {str(name): _json(inner) for name, inner in value.items()}
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, (date, UUID)):
        return str(value)
    return None if isinstance(value, float) and math.isnan(value) else value
