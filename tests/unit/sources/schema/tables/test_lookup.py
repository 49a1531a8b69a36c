"""What the lookups say of streams follows from the rows, and names are never those of no table."""

from __future__ import annotations

import pytest

from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES, Read
from sources.gong.schema.tables import (
    BY_CALL,
    BY_ID,
    LAST,
    PARENT_COLUMNS,
    SELECTABLE,
    STATS_TABLES,
    STREAMS,
    TABLES,
    children,
    follows_calls,
    is_child_stream,
    parent_records,
    parent_streams,
    root_of,
    roots,
    stream,
    streams_of,
    table,
    tables_of,
)


def test_every_table_is_filled_by_one_stream_that_knows_it() -> None:
    for row in TABLES:
        if not row.is_period_log:
            assert stream(row.name) in STREAMS
            assert row.name in tables_of(stream(row.name))


def test_names_that_can_be_asked_for_are_all_but_the_account_of_the_stats() -> None:
    assert set(SELECTABLE) == {row.name for row in TABLES} - {"stats_periods"}
    assert set(STREAMS) <= set(SELECTABLE)


def test_stats_families_share_a_root_and_are_a_stream_each() -> None:
    for name in STATS_TABLES:
        assert (stream(name), root_of(name).name) == (name, "stats_periods")
        assert tables_of(name) == ("stats_periods", name)
        assert table(name).family


def test_every_stream_says_how_it_is_read_and_which_operation_fills_it() -> None:
    for name in STREAMS:
        row = table(name)
        assert row.read
        assert row.operation
        assert is_child_stream(name) == (row.parents is not None and row.family is None)


def test_windows_that_are_cut_have_a_length_and_a_column() -> None:
    for name in STREAMS:
        row = table(name)
        if row.read in (Read.INSTANTS, Read.DAYS, Read.LOGS):
            assert row.windows.days
            assert row.windows.column in {column.name for column in row.columns}
            assert row.lookback


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        (BY_ID, {"calls", "transcripts", "users"}),
        (BY_CALL, {"transcripts", "call_user_access", "crm_objects", "flow_prospects"}),
        (LAST, {"user_settings_history", "flows", "flow_folders", "flow_steps"}),
    ],
)
def test_a_group_of_streams(streams: tuple[str, ...], expected: set[str]) -> None:
    assert set(streams) == expected


def test_parents_are_streams_with_columns_to_ask_by() -> None:
    for name in filter(is_child_stream, STREAMS):
        parents = table(name).parents
        assert parents
        for parent in parents.streams:
            assert parent in PARENT_COLUMNS or follows_calls(name)
            declared = {column.name for column in parent_records(parent).columns}
            assert set(PARENT_COLUMNS.get(parent, ())) <= declared
        assert set(parent_streams(name)) == set(parents.streams) & set(STREAMS)
        columns = {column.name for root in roots(name) for column in root.columns}
        assert parents.bound is None or parents.bound in columns


def test_the_streams_of_tables_come_once_in_the_order_of_the_tables() -> None:
    given = ("call_topics", "user_history", "calls", "activity_aggregate", "flow_visibility")
    assert streams_of(given) == ("calls", "users", "activity_aggregate", "flows")


def test_records_that_no_stream_lists_stand_in_a_table() -> None:
    assert parent_records(CRM_REFERENCES).name == "call_crm_objects"
    assert parent_records(OPEN_INSTANCES).name == "flow_prospects"
    assert parent_records("users") is table("users")


def test_what_is_removed_together_names_tables() -> None:
    for row in TABLES:
        for name in (row.removal.purged_with, row.removal.erased_with):
            assert name is None or table(name).is_root
        if row.removal.also:
            assert row.removal.also[0] in {child.name for child in children(row.name)}
        if row.crm_object:
            assert set(row.key) <= {c.name for c in table(row.crm_object.fields).columns}
