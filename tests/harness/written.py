"""Everything that a run has written, as text, and the secrets that must not be in it."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from tests.harness.landed import connect


def written_texts(folder: Path, warehouse: Path) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of every file in a folder and of every table of the warehouse.

    Compressed files are yielded raw and unpacked, Parquet files raw and as rows of text.
    """
    with duckdb.connect() as db:
        for file in folder.rglob("*"):
            if not file.is_file():
                continue
            content = file.read_bytes()
            yield str(file), content
            if file.suffix == ".gz":
                yield f"{file}, unpacked", gzip.decompress(content)
            if file.suffix == ".parquet":
                yield f"{file}, as text", _text_of(db, f"read_parquet('{file}')")
    with connect(warehouse) as db:
        tables = db.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, name in tables:
            yield f"{schema}.{name}", _text_of(db, f'{schema}."{name}"')


def _text_of(db: duckdb.DuckDBPyConnection, source: str) -> bytes:
    rows = db.execute(f"select t::varchar from {source} as t").fetchall()
    return "\n".join(row[0] for row in rows).encode()


def logged_secrets(logs: Iterable[dict[str, Any]]) -> set[str]:
    """Returns the secret values of the requests that the company's logs recorded."""
    secrets: set[str] = set()
    for entry in logs:
        record = entry["logRecord"]
        if entry["logType"] == "UserActivityLog":
            request = record["httpRequest"]
            if request["body"]:
                assert "hunter2" in request["body"]
                secrets.add("hunter2")
            secrets |= {
                value for parameter in request["parameters"] for value in parameter["values"]
            }
    # `/company` begins every recorded address and is not secret.
    return secrets - {"/company"}
