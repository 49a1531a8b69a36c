"""Pure: entities that cannot land as their tables promise, and why.

An entity whose form is wrong before it can be converted (an element that is no object, an id that
Gong refuses) travels among the others with a mark; `odd_keys` finds those that do not convert.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.arrow import to_arrow
from sources.gong.schema.columns import ODD, Entity, Sensitivity, Type
from sources.gong.schema.table import Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FEW = 20
"""As many entities of a stream may be odd in one load package without question."""


@dataclass(frozen=True, slots=True)
class OddEntity:
    """An entity that cannot land.

    Attributes:
        stream: which read it.
        key: its key in the stream's root table; empty where it has none that can be read.
        entity_id: the key as it may be shown; None where there is none, or it names a person.
        call_id: the call that it belongs to.
        drift: what is wrong with it.
        entity: all of it, without signed URLs; None where it may not be kept.
        parent: what it was requested for, of a child stream; or the id that Gong refuses.
    """

    stream: str
    key: str
    entity_id: str | None
    call_id: str | None
    drift: SchemaDrift
    entity: Entity | None
    parent: str = ""


def drift_of(entity: Entity, stream: str) -> SchemaDrift | None:
    """Returns what the mark of an entity says; None of an entity without a mark."""
    mark = entity.get(ODD)
    if not isinstance(mark, dict):
        return None
    return SchemaDrift(
        mark["message"],
        table=mark["table"] or stream,
        field=mark["field"],
        expected=mark["expected"],
        found=mark["actual"],
    )


def requested_id(entity: Entity) -> str:
    """Returns the id that a mark names; empty without one."""
    mark = entity.get(ODD)
    return str(mark["id"]) if isinstance(mark, dict) else ""


def requested_ids(page: Iterable[Entity]) -> set[str]:
    """Returns the ids that marks of a page name."""
    return {id_ for id_ in map(requested_id, page) if id_}


def without_mark(entity: Entity) -> dict[str, Any]:
    """Returns an entity as Gong sent it."""
    return {name: value for name, value in entity.items() if name != ODD}


def odd_keys(
    root: str, children: tuple[str, ...], entities: Mapping[str, Entity]
) -> dict[str, SchemaDrift]:
    """Returns what is wrong with the entities that do not convert, by key.

    Halves them until the odd ones are alone, so that a page with few costs few conversions.
    """
    return dict(_odd(root, children, list(entities.items())))


def _odd(
    root: str, children: tuple[str, ...], entities: Sequence[tuple[str, Entity]]
) -> Iterator[tuple[str, SchemaDrift]]:
    if not entities:
        return
    try:
        to_arrow(root, children, [e for _, e in entities], [""] * len(entities), _EPOCH, "")
    except SchemaDrift as drift:
        if len(entities) == 1:
            yield entities[0][0], drift
            return
        middle = len(entities) // 2
        yield from _odd(root, children, entities[:middle])
        yield from _odd(root, children, entities[middle:])


def kept_content(root: Table, entity: Entity) -> dict[str, Any]:
    """Returns what may be kept of an odd entity: all of it, but of signed URLs only their names."""
    kept = without_mark(entity)
    for section in _signed_sections(root):
        value = kept.get(section)
        if value is not None:
            kept[section] = dict.fromkeys(value) if isinstance(value, dict) else None
    return kept


@cache
def _signed_sections(root: Table) -> frozenset[str]:
    return frozenset(
        column.source.partition(".")[0] for column in root.columns if column.type is Type.PRESENCE
    )


def shown_key(root: Table, key: str) -> str | None:
    """Returns the key of an entity as it may be shown; None where it names a person, or is none."""
    is_person = any(root.column(name).sensitivity is Sensitivity.PERSON for name in root.key)
    return None if is_person or not key else key
