"""A page that is landed both ways: as a whole, and value by value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sources.gong.api.answers.parts import parse
from sources.gong.api.errors import SchemaDrift
from sources.gong.load.package import LoadStamp
from sources.gong.load.root_table import root_tables
from sources.gong.schema.arrow import schema
from sources.gong.schema.arrow_pages import ArrowPart, decoder, plain
from sources.gong.schema.child_rows import child_rows
from sources.gong.schema.coercion import array_of
from sources.gong.schema.columns import Entity
from sources.gong.schema.flat_pages import FlatPage
from sources.gong.schema.table import Table
from sources.gong.schema.tables import children, table
from sources.gong.schema.unknown_fields import Node, tree_of, unknown

STAMP = LoadStamp(datetime(2026, 11, 22, 6, tzinfo=UTC), "load 1")
KEY = "callTranscripts"

Landing = tuple[Any, Any, Any] | str


def landed(answer: Any) -> Landing:
    """Returns the hashes and the rows of an answer's entities, or what is odd in it."""
    (root,) = root_tables("transcripts")
    try:
        new = root.new_entities(answer[KEY])
        changed, rows = root.changed_rows(new, {}, STAMP)
    except SchemaDrift as drift:
        return str(drift)
    for name, made in rows.items():
        assert made.schema == schema(name)
        made.validate(full=True)
    return (
        changed,
        {name: sorted(table.to_pylist(), key=str) for name, table in rows.items()},
        [plain(entity) for entity in answer[KEY]],
    )


def read(content: bytes) -> Any:
    decode = decoder("transcripts", KEY)
    assert decode is not None
    return decode(bytearray(content))


def in_arrow(answer: Any) -> list[bool]:
    """Returns of each entity whether it is in Arrow."""
    return [any(isinstance(v, ArrowPart) for v in entity.values()) for entity in answer[KEY]]


def both_ways(content: bytes) -> None:
    """Checks that a page lands alike both ways, where it is read into Arrow."""
    answer = read(content)
    if answer is None:
        return
    expected = parse(content)
    assert expected.replaced == 0
    assert landed(answer) == landed(expected.value)
    records = expected.value.get("records") or {}
    cursor = (answer["records"] or {}).get("cursor")
    assert cursor == records.get("cursor")


STATS = {"interaction_stats", "activity_by_period"}


def tables_of(stream: str) -> tuple[str, tuple[Table, ...]]:
    """Returns the name of a stream's root and its child tables."""
    return ("stats_periods", (table(stream),)) if stream in STATS else (stream, children(stream))


def check(child: Table, entities: Sequence[Entity], tree: Node) -> bool:
    """Checks the rows of a child table; returns whether they were made of the flat page."""
    flat = FlatPage(entities).rows(child, tree)
    if flat is None:
        return False
    rows = child_rows(child, entities, tree)
    for column, array in zip(child.columns, flat.arrays, strict=True):
        expected = array_of(child, column, rows.values[column.name])
        assert array.equals(expected), f"{child.name}.{column.name}"
        assert array.type == expected.type
    assert not any(rows.extras)
    present = {id(row[0]) for row in rows.rows}
    assert flat.without == [i for i, e in enumerate(entities) if id(e) not in present]
    return True


def check_all(stream: str, entities: Sequence[Entity]) -> dict[str, bool]:
    """Checks all tables; returns of each whether it was made of the flat page."""
    root, own = tables_of(stream)
    tree = tree_of((root, *(child.name for child in own)))
    knows_all = FlatPage(entities).knows_all(tree)
    if knows_all:
        assert all(unknown(root, entity, tree) == {} for entity in entities)
    return {root: knows_all, **{child.name: check(child, entities, tree) for child in own}}
