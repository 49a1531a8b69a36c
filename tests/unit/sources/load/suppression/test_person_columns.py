"""Columns that hold people, as the tables declare them."""

from __future__ import annotations

from sources.gong.load.suppression.person_columns import (
    crm_columns,
    identifying_columns,
    spoken_columns,
)
from sources.gong.schema.tables import table


def names(columns: object) -> set[str]:
    return {column.name for column in columns}  # type: ignore[attr-defined]


def test_an_address_in_a_column_of_a_person_makes_the_row_one_about_the_person() -> None:
    assert "email_address" in names(identifying_columns(table("users")))
    assert {"user_email_address", "log_record"} <= names(identifying_columns(table("logs")))


def test_the_person_in_charge_of_a_row_does_not() -> None:
    assert "owner_email" not in names(identifying_columns(table("flow_prospects")))
    assert "owner_email" not in names(identifying_columns(table("crm_integrations")))
    assert "creator" not in names(identifying_columns(table("briefs")))


def test_the_crm_contact_a_row_is_about_is_known_by_its_column() -> None:
    assert names(crm_columns(table("flow_prospects"))) == {"crm_prospect_id"}
    assert names(crm_columns(table("tasks"))) == {"contact_crm_id"}
    assert names(crm_columns(table("calls"))) == set()


def test_texts_that_people_said_or_wrote_are_those_of_content() -> None:
    assert "title" in names(spoken_columns(table("calls")))
    assert names(spoken_columns(table("transcript_sentences"))) == {"text"}
    assert names(spoken_columns(table("users"))) == set()
