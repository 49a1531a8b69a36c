"""Pure: the columns of the landed tables that hold people, as their rows declare it."""

from __future__ import annotations

from sources.gong.schema.columns import Column, Sensitivity, Type
from sources.gong.schema.table import Table

PEOPLE = ("CONTACT", "LEAD")
"""CRM object types that are a person, in upper case. An account is not, whoever is named in it."""


def identifying_columns(table: Table) -> tuple[Column, ...]:
    """Returns the columns that make a row one about a person when they hold the person's address.

    In a longer text an address is a mention: it is masked there and the row stays. The same holds
    for the person in charge of a row.
    """
    return tuple(
        column
        for column in table.columns
        if (column.sensitivity is Sensitivity.PERSON and not column.is_responsible)
        or (column.sensitivity is Sensitivity.CONTENT and column.type is Type.JSON)
    )


def crm_columns(table: Table) -> tuple[Column, ...]:
    """Returns the columns that name the CRM contact a row is about."""
    names = ("crm_prospect_id", "contact_crm_id")
    return tuple(column for column in table.columns if column.name in names)


def spoken_columns(table: Table) -> tuple[Column, ...]:
    """Returns the columns of texts that people said or wrote, in which others may be named."""
    return tuple(
        column
        for column in table.columns
        if column.sensitivity is Sensitivity.CONTENT and column.type is Type.TEXT
    )
