"""What entities become, as rows of Python values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sources.gong.schema.arrow import schema, to_arrow
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.tables import children

LOADED = datetime(2026, 11, 22, 6, tzinfo=UTC)


Rows = dict[str, list[dict[str, Any]]]


def landed(root: str, *entities: Any, only: Sequence[str] = ()) -> Rows:
    """What entities become, without columns that are null in every test."""
    names = tuple(only) or tuple(child.name for child in children(root))
    hashes = [content_hash(entity) for entity in entities]
    tables = to_arrow(root, names, entities, hashes, LOADED, "load-1")
    for name, rows in tables.items():
        assert rows.schema == schema(name)
        rows.validate(full=True)
    return {name: rows.to_pylist() for name, rows in tables.items()}


def call(**sections: Any) -> dict[str, Any]:
    meta = {"id": "8123456789012345673", **sections.pop("metaData", {})}
    return {"metaData": meta, **sections}


def live(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if not row["_tombstone"]]


def column(rows: list[dict[str, Any]], *names: str) -> list[Any]:
    if len(names) == 1:
        return [row[names[0]] for row in rows]
    return [tuple(row[name] for name in names) for row in rows]


def extra(row: dict[str, Any]) -> Any:
    return None if row["extra"] is None else json.loads(row["extra"])
