"""One root table that a stream fills: which entities were seen, and which of them have changed.

Invariant: an entity whose content is known is not converted again, so an unchanged row is never
rewritten.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.arrow import CONTENT_HASH, entity_key, to_arrow
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import odd_keys
from sources.gong.schema.row_hashes import is_same, row_hashes
from sources.gong.schema.table import Table
from sources.gong.schema.tables import roots, table, tables_of

if TYPE_CHECKING:
    from sources.gong.load.package import LoadStamp


class RootTable:
    """A root table of a stream, in one load package.

    Attributes:
        table: its row.
        seen: keys of the entities that were read.
    """

    def __init__(self, stream: str, root: Table, others: Sequence[Table]) -> None:
        self.table = root
        self.seen: set[str] = set()
        self._children = tuple(n for n in tables_of(stream) if table(n).parent == root.name)
        of_others = {key for other in others for key in other.keys}
        self._left_out = of_others - {column.source for column in root.columns}

    def see(self, keys: Collection[str]) -> int:
        """Notes keys of entities that exist and returns how many were new."""
        before = len(self.seen)
        self.seen.update(keys)
        return len(self.seen) - before

    def see_entities(self, entities: Iterable[Entity]) -> None:
        """Notes entities that exist and may not land."""
        for entity in entities:
            with contextlib.suppress(SchemaDrift):  # without a key, there is nothing to note
                self.seen.add(self.key_of(entity))

    def key_of(self, entity: Entity) -> str:
        """Returns the key of an entity; raises SchemaDrift where it has none that can be read."""
        return entity_key(self.table, self._part_of(entity))

    def new_entities(self, page: Iterable[Entity]) -> dict[str, Entity]:
        """Returns the entities of a page that were not seen before, by key."""
        new: dict[str, Entity] = {}
        for entity in page:
            part = self._part_of(entity)
            key = entity_key(self.table, part)
            if key not in self.seen:
                new.setdefault(key, part)
        return new

    def odd(self, entities: Mapping[str, Entity]) -> dict[str, SchemaDrift]:
        """Returns what is wrong with the entities that cannot land, by key."""
        return odd_keys(self.table.name, self._children, entities)

    def _part_of(self, entity: Entity) -> Entity:
        """Returns the part of an entity that belongs to this table."""
        if self.table.keys:
            return {key: entity[key] for key in self.table.keys if key in entity}
        if self._left_out:
            return {key: value for key, value in entity.items() if key not in self._left_out}
        return entity

    def changed_rows(
        self, entities: Mapping[str, Entity], known: Mapping[str, str], stamp: LoadStamp
    ) -> tuple[dict[str, str], dict[str, pa.Table]]:
        """Returns the content hashes of the entities that have changed, by key, and their rows.

        Args:
            entities: by key.
            known: the content hashes of the existing rows, by key.
            stamp: of the load package.

        Raises:
            SchemaDrift: an entity is odd.
        """
        if not self.table.in_arrow:
            hashes = {key: content_hash(entity) for key, entity in entities.items()}
            changed = {key: own for key, own in hashes.items() if known.get(key) != own}
            return changed, self._rows(entities, changed, stamp)
        rows = self._rows(entities, dict.fromkeys(entities, ""), stamp)
        hashes = dict(zip(entities, row_hashes(self.table, rows), strict=True)) if rows else {}
        changed = {
            key: own
            for key, own in hashes.items()
            if not is_same(entities[key], own, known.get(key))
        }
        if len(changed) < len(hashes):
            return changed, self._rows(entities, changed, stamp)
        if rows:
            root = rows[self.table.name]
            place = root.schema.get_field_index(CONTENT_HASH.name)
            own = pa.array(changed.values(), pa.string())
            rows[self.table.name] = root.set_column(place, root.schema.field(place), own)
        return changed, rows

    def _rows(
        self, entities: Mapping[str, Entity], hashes: Mapping[str, str], stamp: LoadStamp
    ) -> dict[str, pa.Table]:
        """Returns the rows of the entities that have a hash, per landed table."""
        if not hashes:
            return {}
        return to_arrow(
            self.table.name,
            self._children,
            [entities[key] for key in hashes],
            list(hashes.values()),
            stamp.loaded_at,
            stamp.load_id,
        )


def root_tables(stream: str) -> list[RootTable]:
    """Returns the root tables that a stream fills from its entities, its own first."""
    tables = [root for root in roots(stream) if not root.is_history]
    return [
        RootTable(stream, root, [other for other in tables if other is not root]) for root in tables
    ]
