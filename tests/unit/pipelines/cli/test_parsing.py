from __future__ import annotations

import pytest

from pipelines.cli import parsing
from pipelines.exit_codes import UsageError
from pipelines.ingest.options import AcceptedDeletion, History, IngestOptions
from sources.gong.schema.tables import STREAMS


def test_without_options_every_stream_is_read() -> None:
    assert parsing.ingest_options(None) == IngestOptions()
    assert parsing.ingest_options(None).streams == STREAMS


def test_a_table_stands_for_its_stream_and_each_stream_counts_once() -> None:
    options = parsing.ingest_options("call_topics, calls,user_history,,logs")
    assert options.streams == ("calls", "users", "logs")
    assert options.is_only


@pytest.mark.parametrize(
    ("only", "message"),
    [
        ("cals", "did you mean calls"),
        ("zzz", "known are calls,"),
        ("stats_periods", "there is no such table"),
        (" , ", "names no table"),
    ],
)
def test_a_table_that_does_not_exist_is_named(only: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsing.ingest_options(only)


def test_ids_are_digits_each_once() -> None:
    assert parsing.ingest_options("calls", ids="5, 7,5").ids == ("5", "7")
    assert parsing.ingest_options("calls,transcripts", ids="5").ids == ("5",)


@pytest.mark.parametrize(
    ("only", "ids", "message"),
    [
        (None, "5", "add --only calls"),
        ("logs", "5", "add --only calls"),
        ("calls,users", "5", "of calls and of users at once"),
        ("calls", "five", "ids are digits"),
        ("calls", ",", "ids are digits"),
    ],
)
def test_ids_that_cannot_be_read_are_refused(only: str | None, ids: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsing.ingest_options(only, ids=ids)


def test_accepted_deletions_name_a_table_and_perhaps_a_span() -> None:
    options = parsing.ingest_options(None, accept_deletes=("users", "calls:2026-01-01..2026-02-01"))
    assert options.accepted == (
        AcceptedDeletion("users"),
        AcceptedDeletion("calls", "2026-01-01", "2026-02-01"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("logs", "no rows of such a table can vanish"),
        ("call", "did you mean calls"),
        ("calls:2026-01-01", "write calls:2026-01-01..2026-02-01"),
        ("calls:", "write calls:2026-01-01..2026-02-01"),
        ("calls:2026-02-01..2026-01-01", "is not before"),
    ],
)
def test_deletions_that_cannot_be_accepted_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsing.ingest_options(None, accept_deletes=(text,))


def test_the_dates_of_a_backfill_are_checked_and_stay_text() -> None:
    assert parsing.history("2026-01-01", None) == History("2026-01-01")
    assert parsing.history("2026-01-01", "2026-02-01", is_newest_first=True) == History(
        "2026-01-01", "2026-02-01", is_newest_first=True
    )
    with pytest.raises(UsageError, match="is not before"):
        parsing.history("2026-02-01", "2026-01-01")


def test_constants_have_a_name_and_a_value_each_name_once() -> None:
    assert parsing.constants(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}
    for words in (["a"], ["=1"], ["a=1", "a=2"]):
        with pytest.raises(UsageError, match="write NAME=VALUE"):
            parsing.constants(words)
