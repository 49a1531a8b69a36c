"""The ids of rows of the quarantine: by the entity's key, or by its content and place.

An id is a hash, as keys may name a person.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from sources.gong.extract.existing_rows import QuarantinedEntity
from sources.gong.extract.tasks import TaskResult
from sources.gong.schema.coercion import content_hash, dumps
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import kept_content, requested_id, without_mark
from sources.gong.schema.table import Table


class QuarantineIds:
    """Gives the odd entities of one load package their ids.

    Args:
        stream: which.
        root: its own root table.
        known: what earlier runs have put into quarantine.
    """

    def __init__(self, stream: str, root: Table, known: Collection[QuarantinedEntity]) -> None:
        self._stream, self._root, self._known = stream, root, known
        self._keyless: dict[str, str] = {}

    def of_key(self, key: str) -> str:
        """Returns the id of an entity whose key, or id at Gong, is known."""
        return self._hash(f"id {key}")

    def of_entity(self, key: str, entity: Entity, result: TaskResult) -> str:
        """Returns the id of an odd entity that was read.

        Equal entities without a key are one only where they were met in one place: each place is
        read again by itself.

        Args:
            key: of the entity; "" where it cannot be read.
            entity: as it was read.
            result: what it was read with.
        """
        if name := key or requested_id(entity):
            return self.of_key(name)
        own = self._hash(f"content {content_hash(without_mark(entity))} {_place_of(result)}")
        if own not in self._keyless:
            self._keyless[own] = self._known_id(entity, result) or own
        return self._keyless[own]

    def _known_id(self, entity: Entity, result: TaskResult) -> str | None:
        """Returns the id of an equal entity without a key that is in quarantine from there."""
        content, window = dumps(kept_content(self._root, entity)), result.window
        for row in self._known:
            is_near = row.span.start < window.span.end and window.span.start < row.span.end
            if (
                row.entity_id is None
                and row.row["entity"] == content
                and (row.detail, row.parent) == (window.detail, result.page_of)
                and (is_near or (row.span.is_empty and window.span.is_empty))
                and row.quarantine_id not in self._keyless.values()
            ):
                return row.quarantine_id
        return None

    def _hash(self, identity: str) -> str:
        return hashlib.blake2b(f"{self._stream} {identity}".encode(), digest_size=16).hexdigest()


def _place_of(result: TaskResult) -> str:
    """Returns where an entity was met: a window of time, or what it was requested for."""
    window = result.window
    start = "" if window.span.is_empty else window.span.start.isoformat()
    return f"{window.detail} {start} {result.page_of}"
