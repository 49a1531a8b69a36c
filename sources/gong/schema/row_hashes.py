"""Pure: the content hash of an entity as one of its rows, made from the buffers of Arrow columns.

The rows of an entity hash alike whichever way they became Arrow. A column that is null in all of an
entity's rows of a table does not count: a column that is added later changes no hash by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sources.gong.schema.arrow_pages import plain
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import Table
from sources.gong.schema.tables import table as table_named

_MARK = "rows:"
"""Begins a hash of rows. Early versions stored one of the entity's JSON in its place."""


def row_hashes(root: Table, tables: Mapping[str, pa.Table]) -> list[str]:
    """Returns a hash per row of a root table, over it and the rows of its child tables.

    Args:
        root: it has one column as its key.
        tables: the rows of different entities, as landed, by table; those of an entity follow each
            other.
    """
    (key,) = root.key
    hashes = [hashlib.sha256() for _ in range(tables[root.name].num_rows)]
    for name in sorted(tables):
        table, rows = table_named(name), tables[name]
        own = [c.name for c in table.columns if table.is_root or c.name not in table.entity]
        columns = [_Buffers.of(name, rows[name]) for name in (*own, "extra")]
        spans = _spans(rows[key])
        for id_, digest in zip(tables[root.name][key].to_pylist(), hashes, strict=True):
            start, end = spans[id_]
            digest.update(f"{name} {end - start};".encode())
            for column in columns:
                column.hash_into(digest, start, end)
    return [_MARK + digest.hexdigest()[:32] for digest in hashes]


def is_same(entity: Entity, own: str, known: str | None) -> bool:
    """Whether a stored hash is that of an entity, whose hash of rows is `own`."""
    if known is None or known.startswith(_MARK):
        return known == own
    return known == content_hash(plain(entity))


def _spans(keys: pa.ChunkedArray) -> dict[str, tuple[int, int]]:
    """Returns where the rows of each key begin and end."""
    runs = pc.run_end_encode(keys.combine_chunks(), run_end_type=pa.int64())
    ends = runs.run_ends.to_pylist()
    return dict(zip(runs.values.to_pylist(), zip([0, *ends], ends, strict=False), strict=True))


@dataclass(frozen=True, slots=True)
class _Buffers:
    """A column as bytes.

    Attributes:
        name: of the column.
        is_valid: a byte per value, 0 where it is null; None where none is null.
        values: the values; of texts, their lengths in bytes.
        width: how many bytes each of these takes.
        texts: the texts, one after another; None of another type.
        starts: where each text begins in them, and the last one ends.
    """

    name: str
    is_valid: memoryview | None
    values: memoryview
    width: int
    texts: memoryview | None = None
    starts: memoryview | None = None

    @classmethod
    def of(cls, name: str, column: pa.ChunkedArray) -> _Buffers:
        array = column.combine_chunks()
        is_valid = _bytes(pc.cast(array.is_valid(), pa.int8())) if array.null_count else None
        if pa.types.is_string(array.type):
            array = pc.fill_null(array, "") if array.null_count else array
            _, starts, texts = array.buffers()
            starts = memoryview(starts).cast("B").cast("i")[array.offset :]
            texts = memoryview(texts or b"")
            return cls(name, is_valid, _bytes(pc.binary_length(array)), 4, texts, starts)
        if pa.types.is_boolean(array.type):
            array = pc.cast(array, pa.int8())
        array = pc.fill_null(array, 0) if array.null_count else array
        return cls(name, is_valid, _bytes(array), array.type.bit_width // 8)

    def hash_into(self, digest: hashlib._Hash, start: int, end: int) -> None:
        """Adds the values of some rows to a hash."""
        nulls = b""
        if self.is_valid is not None:
            is_valid = bytes(self.is_valid[start:end])
            if 1 not in is_valid:
                return
            nulls = is_valid if 0 in is_valid else b""
        digest.update(f"{self.name} {len(nulls)};".encode() + nulls)
        digest.update(self.values[start * self.width : end * self.width])
        if self.texts is not None and self.starts is not None:
            digest.update(self.texts[self.starts[start] : self.starts[end]])


def _bytes(array: pa.Array) -> memoryview:
    """Returns the values of an array of fixed width as bytes."""
    width = array.type.bit_width // 8
    first = array.offset * width
    return memoryview(array.buffers()[1]).cast("B")[first : first + len(array) * width]
