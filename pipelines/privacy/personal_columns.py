"""Where people are in the raw tables, as the table of tables declares them."""

from __future__ import annotations

from functools import cache

from sources.gong.load.suppression import PEOPLE, crm_columns, told_columns, whole_columns
from sources.gong.schema.columns import Table
from sources.gong.schema.tables import TABLES, children
from warehouse.erasure import Contacts, Layout, Place

_BY_PARTY = ("calls", "transcripts")
"""Entities that go if the person took part, and else stay, whatever they say of the person."""
_CONTACTS = (
    Contacts(
        "call_crm_objects",
        ("call_id", "object_index"),
        "object_type",
        "object_id",
        "call_crm_fields",
        PEOPLE,
    ),
    Contacts(
        "crm_objects",
        ("integration_id", "object_type", "crm_id"),
        "object_type",
        "crm_id",
        "crm_object_fields",
        PEOPLE,
    ),
)
_OF_USERS = {"users": ("user_history", "user_settings_history")}
_ALSO = {"users": ("user_email_aliases", "email_alias")}


@cache
def layout() -> Layout:
    """Returns where people are."""
    return Layout(
        [_place(table) for table in TABLES if _is_place(table)],
        _CONTACTS,
        {
            table.name: (table.key, [child.name for child in children(table.name)])
            for table in TABLES
            if table.is_root
            and table.name not in _BY_PARTY
            and children(table.name)
            and "call_id" in {column.name for column in table.columns}
        },
        {table.name: [column.name for column in told_columns(table)] for table in TABLES},
    )


def _is_place(table: Table) -> bool:
    root = table.parent or table.name
    if root in _BY_PARTY or table.name in {also[0] for also in _ALSO.values()}:
        return False
    return bool(whole_columns(table) or crm_columns(table))


def _place(table: Table) -> Place:
    return Place(
        table.name,
        [column.name for column in whole_columns(table)],
        [column.name for column in crm_columns(table)],
        table.key if table.is_root else (),
        [*(child.name for child in children(table.name)), *_OF_USERS.get(table.name, ())]
        if table.is_root
        else (),
        _ALSO.get(table.name),
    )
