"""Which raw columns hold personal data, from the declarations of the raw tables.

The types are those of `warehouse.erasure`, which deletes and masks by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from sources.gong.load.load_log import QUARANTINE_TABLE, QUARANTINED_ENTITY
from sources.gong.load.suppression.person_columns import (
    PEOPLE,
    crm_columns,
    identifying_columns,
    spoken_columns,
)
from sources.gong.schema.table import Table
from sources.gong.schema.tables import TABLES, children, table
from warehouse.entity_rows import EntityRows
from warehouse.erasure.data_map import CrmObjects, DataMap, PersonalColumns


@cache
def data_map() -> DataMap:
    """Returns where personal data are in the raw tables."""
    return DataMap(
        [*(_personal_columns(row) for row in TABLES if _is_personal(row)), _quarantined()],
        tuple(_crm_objects()),
        {
            row.name: entity_rows(row)
            for row in TABLES
            if row.is_root
            and not row.removal.if_party
            and children(row.name)
            and "call_id" in {column.name for column in row.columns}
        },
        {row.name: [column.name for column in spoken_columns(row)] for row in TABLES}
        | {QUARANTINE_TABLE: [QUARANTINED_ENTITY]},
    )


def _quarantined() -> PersonalColumns:
    """Returns where the quarantine is about a person: an identifier anywhere in an entity will do.

    Its form is not the one that is known, so a row with the person's data goes as a whole; what is
    nobody's comes again with the next sync.
    """
    return PersonalColumns(
        EntityRows(QUARANTINE_TABLE, ()), anywhere=[QUARANTINED_ENTITY, "entity_id", "parent"]
    )


def entity_rows(row: Table, *others: str) -> EntityRows:
    """Returns a root table with its child tables, and with other tables of the same entity."""
    return EntityRows(row.name, row.key, (*(child.name for child in children(row.name)), *others))


def _crm_objects() -> Iterator[CrmObjects]:
    for row in TABLES:
        if row.crm_object:
            names = row.crm_object
            yield CrmObjects(row.name, row.key, names.type, names.id, names.fields, PEOPLE)


def _is_personal(row: Table) -> bool:
    root = table(row.parent) if row.parent else row
    if root.removal.if_party or (root.removal.also and row.name == root.removal.also[0]):
        return False
    return bool(identifying_columns(row) or crm_columns(row))


def _personal_columns(row: Table) -> PersonalColumns:
    histories = (other.name for other in TABLES if other.removal.erased_with == row.name)
    return PersonalColumns(
        entity_rows(row, *histories) if row.is_root else EntityRows(row.name, ()),
        [column.name for column in identifying_columns(row)],
        [column.name for column in crm_columns(row)],
        also=row.removal.also,
    )
