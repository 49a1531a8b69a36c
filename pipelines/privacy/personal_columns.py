"""Which raw columns hold personal data, from the declarations of the raw tables.

The words are those of `warehouse.erasure`, which deletes and masks by them.
"""

from __future__ import annotations

from functools import cache

from sources.gong.load.person_columns import (
    PEOPLE,
    crm_columns,
    identifying_columns,
    spoken_columns,
)
from sources.gong.schema.table import Table
from sources.gong.schema.tables import TABLES, children
from warehouse.entity_rows import EntityRows
from warehouse.erasure import CrmObjects, DataMap, PersonalColumns

_BY_PARTY = ("calls", "transcripts")
"""Entities that go if the person took part, and else stay, whatever they say of the person."""
_CRM_OBJECTS = (
    CrmObjects(
        "call_crm_objects",
        ("call_id", "object_index"),
        "object_type",
        "object_id",
        "call_crm_fields",
        PEOPLE,
    ),
    CrmObjects(
        "crm_objects",
        ("integration_id", "object_type", "crm_id"),
        "object_type",
        "crm_id",
        "crm_object_fields",
        PEOPLE,
    ),
)
_HISTORIES = {"users": ("user_history", "user_settings_history")}
_ALSO = {"users": ("user_email_aliases", "email_alias")}


@cache
def data_map() -> DataMap:
    """Returns where personal data are in the raw tables."""
    return DataMap(
        [_personal_columns(table) for table in TABLES if _is_personal(table)],
        _CRM_OBJECTS,
        {
            table.name: entity_rows(table)
            for table in TABLES
            if table.is_root
            and table.name not in _BY_PARTY
            and children(table.name)
            and "call_id" in {column.name for column in table.columns}
        },
        {table.name: [column.name for column in spoken_columns(table)] for table in TABLES},
    )


def entity_rows(table: Table, *others: str) -> EntityRows:
    """Returns a root table with its child tables, and with other tables of the same entity."""
    return EntityRows(
        table.name, table.key, (*(child.name for child in children(table.name)), *others)
    )


def _is_personal(table: Table) -> bool:
    root = table.parent or table.name
    if root in _BY_PARTY or table.name in {also for also, _ in _ALSO.values()}:
        return False
    return bool(identifying_columns(table) or crm_columns(table))


def _personal_columns(table: Table) -> PersonalColumns:
    return PersonalColumns(
        entity_rows(table, *_HISTORIES.get(table.name, ()))
        if table.is_root
        else EntityRows(table.name, ()),
        [column.name for column in identifying_columns(table)],
        [column.name for column in crm_columns(table)],
        _ALSO.get(table.name),
    )
