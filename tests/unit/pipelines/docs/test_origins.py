"""A column's origin is Gong's name of the field, from the top of the answer."""

from __future__ import annotations

import re

import pytest

from pipelines.docs.origins import origin
from sources.gong.schema.tables import TABLES, table


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("calls.title", "calls[].metaData.title"),
        ("call_parties.email_address", "calls[].parties[].emailAddress"),
        ("call_outline.section", "calls[].content.outline[].section"),
        ("call_outline.item_index", "place in calls[].content.outline[].items[]"),
        ("user_email_aliases.email_alias", "users[].emailAliases[]"),
        (
            "activity_by_period.calls_as_host",
            "usersAggregateActivity[].userAggregateActivity[].callsAsHost",
        ),
        ("interaction_stats.value", "peopleInteractionStats[].personInteractionStats[].value"),
        ("coaching_metrics.report_id", "coachingData[].directReportsMetrics[].report.id"),
        ("flow_steps.action", "flows[].steps[].action"),
        ("permission_profiles.workspace_id", "the requested workspace"),
    ],
)
def test_a_source_is_named_as_gong_names_it(place: str, source: str) -> None:
    name, _, column = place.partition(".")

    assert origin(table(name), table(name).column(column)) == source


def test_no_source_has_a_name_of_ours() -> None:
    for raw_table in TABLES:
        for column in raw_table.columns:
            source = origin(raw_table, column)
            assert not re.search(r"(^|[.\] ])[_$^#@]", source), (
                raw_table.name,
                column.name,
                source,
            )
