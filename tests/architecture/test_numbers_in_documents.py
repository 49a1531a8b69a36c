"""A number that a document states is the one that the code applies.

Each sentence below is written with the value of the constant, row or query that decides it, and
stands in the document word for word. Whoever changes the value is told which sentence to correct.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from pipelines import console, exit_codes, output
from pipelines import settings as own_settings
from pipelines.ingest import coverage, runner, slices, sync
from pipelines.privacy import erase_report
from pipelines.settings import Settings
from sources.gong.api import pagination
from sources.gong.api.answers import received
from sources.gong.api.operations import OPERATIONS, operation
from sources.gong.api.rate_limit import Limits, budget
from sources.gong.api.retries import RetryPolicy
from sources.gong.extract.window_plan import transcript_turns
from sources.gong.load import deletions, quarantine
from sources.gong.load.suppression import phones
from sources.gong.schema.odd_entities import FEW
from sources.gong.schema.table import INACTIVE_EVERY_DAYS, REFUSED_FOR_DAYS, Lookback, Users
from sources.gong.schema.tables import STREAMS, root_of, table
from sources.gong.write.model import MAX_CRM_FILE_BYTES, MAX_MEDIA_BYTES
from sources.gong.write.operations import WRITES, write_of
from tests.conftest import ROOT
from warehouse.machine import memory
from warehouse.ops import fill_rates
from warehouse.publication import publish

_WORDS = {3: "three", 4: "four", 5: "five", 7: "seven", 10: "ten"}
_TIMES = {2: "twice"}
_ORDINALS = {3: "third", 10: "tenth"}
_SHARES = {0.2: "a fifth", 0.5: "half", 0.75: "three quarters"}
_GIGABYTE, _MEGABYTE = 10**9, 10**6


def _lookback(*streams: str) -> str:
    """Returns the days of the lookbacks that streams have in common, as cells of a table."""
    (lookback,) = {root_of(stream).lookback for stream in streams}
    assert isinstance(lookback, Lookback)
    return f"{lookback.nightly} | {lookback.weekly}"


def _transcript_days() -> tuple[int, int]:
    """Returns until which age of the call a transcript is requested nightly, and weekly."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    nightly, weekly = ((now - started).days for started, _ in transcript_turns(now))
    return nightly, weekly


def _per_request(operation_id: str) -> str:
    return f"{write_of(operation(operation_id)).grouping.max_items:,}"  # type: ignore[union-attr]


def _by_hand(variable: str) -> str:
    """Returns the default of a variable in dbt's profile, or where its limits are set."""
    files = (ROOT / "transforms" / "profiles.yml", ROOT / "transforms/macros/duckdb_limits.sql")
    settings = "".join(file.read_text(encoding="utf-8") for file in files)
    (default,) = set(re.findall(rf"env_var\('{variable}', '(\w+)'\)", settings))
    return str(default)


def _calendar() -> tuple[int, int]:
    """Returns the first year of `dim_dates`, and the last one as years ahead."""
    macros = (ROOT / "transforms" / "macros" / "calendar.sql").read_text(encoding="utf-8")
    ((first,), (ahead,)) = (
        re.findall(r"cast\('(\d{4})-01-01' as date\)", macros),
        re.findall(r"\+ interval '(\d+) years' - interval '1 day'", macros),
    )
    return int(first), int(ahead) - 1


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


STATISTICS = tuple(name for name in STREAMS if root_of(name).name == "stats_periods")
NIGHTLY, WEEKLY = _transcript_days()
FIRST_YEAR, YEARS_AHEAD = _calendar()
INACTIVE = sum(
    parents is not None and parents.users is Users.OWNERS
    for parents in (table(stream).parents for stream in STREAMS)
)
"""Streams that request what an inactive user owns."""
ROUNDS = {table(name).parents.every_days for name in ("user_settings_history", "flows")}  # type: ignore[union-attr]
IN_CATALOGUE = sum(operation(write.operation_id).is_in_catalogue for write in WRITES)
DAY_HOURS = round(budget._DAY / 3600)
DEFAULTS = Settings()

STATED: Mapping[str, tuple[str, ...]] = {
    "README.md": (
        f"the first one starts {sync._FIRST_SYNC.days} days back",
        f"`SOURCES__GONG__START_DATE` | {sync._FIRST_SYNC.days} days back |",
        f"| {DEFAULTS.requests_per_second}, {DEFAULTS.requests_per_day} | Gong's limits;",
        f"`SOURCES__GONG__MAX_WAIT_SECONDS` | {DEFAULTS.max_wait_seconds:.0f} |",
        f"`SOURCES__GONG__MAX_ANSWER_MB` | {DEFAULTS.max_answer_mb} |",
        f"`SOURCES__GONG__BASE_URL` | `{DEFAULTS.base_url}`,",
        f"`SOURCES__GONG__AUTH_URL` | `{DEFAULTS.auth_url}` |",
        f"at least {own_settings._KEY_LENGTH} random characters (`openssl rand -hex 32`)",
        f"every {console._BEAT_SECONDS:.0f} seconds of a long stage",
        f"A terminal shows {output._TABLE_ROWS} rows;",
        f"| {exit_codes.DONE} | done |",
        f"| {exit_codes.FAILED} | something failed;",
        f"| {exit_codes.USAGE} | wrong usage",
        f"| {exit_codes.POSTPONED} | stopped early on purpose",
    ),
    "docs/promises.md": (
        f"| calls, links to CRM objects made by hand | "
        f"{_lookback('calls', 'crm_call_associations')} |",
        f"| scorecard reviews | {_lookback('answered_scorecards')} |",
        f"| statistics, coaching | {_lookback(*STATISTICS, 'coaching_metrics')} |",
        f"| logs | {_lookback('logs')} |",
        f"requested nightly for {NIGHTLY} days, then weekly until the call is {WEEKLY} days old",
        f"reads older history again within {coverage._NIGHTS} nights",
        f"at most {slices._FULL:,.0f} calls or a month",
        f"from the start, at most {_TIMES[pagination._PASSES - 1]}. If rows may still be missing "
        f"after the {_ORDINALS[pagination._PASSES]} read",
        f"more than {deletions._FEW} rows and more than {_percent(deletions._SHARE)} of those "
        "expected",
        f"per second and per {DAY_HOURS} hours",
        f"No stream spends more than {_percent(runner._STREAM_SHARE)} of a day's quota",
        f"With 500 inactive users that is {500 * INACTIVE:,} requests a week",
        f"costs one request per stream in {REFUSED_FOR_DAYS} days",
        f"until Gong has not sent one for {quarantine.REQUESTED_AGAIN_FOR.days} days",
        f"more than {FEW} entities and more than {_percent(quarantine.SHARE)} of those read in "
        "one slice",
        f"filled in at least {_percent(fill_rates.FILLED_SHARE)} of {fill_rates.FILLED_ROWS} "
        f"rows, and in none of {fill_rates.EMPTY_ROWS} rows over "
        f"{_WORDS[fill_rates.EMPTY_FOR.days]} days",
        f"sent up to {_WORDS[RetryPolicy().attempts]} times in all",
        f"`SOURCES__GONG__MAX_ANSWER_MB` ({DEFAULTS.max_answer_mb}) unpacked",
        f"no success at most {received._REFUSAL_BYTES // _MEGABYTE} MB is read",
        f"at most {MAX_MEDIA_BYTES / _GIGABYTE} GB",
        f"at most {_SHARES[memory.SHARE_OF_ALL]} of the memory that the machine",
        f"at most {_SHARES[memory.SHARE_OF_FREE]} of what is free, and never less than "
        f"{memory.LEAST_MEMORY // memory.MB} MiB",
        f"shows at most {output._TABLE_ROWS} rows",
        f"each value of the first {output._RECORDS} rows gets a line",
    ),
    "docs/operations.md": (
        f"missing ones again for {NIGHTLY} days, then weekly up to {WEEKLY} |",
        f"every {INACTIVE_EVERY_DAYS} days for each inactive one",
    ),
    "docs/api.md": (
        f"the {sum(row.is_in_catalogue for row in OPERATIONS)} of the public catalogue and "
        f"{_WORDS[sum(not row.is_in_catalogue for row in OPERATIONS)]} newer ones",
    ),
    "docs/push.md": (
        f"{IN_CATALOGUE} operations of the catalogue and {_WORDS[len(WRITES) - IN_CATALOGUE]} "
        "newer ones",
        f"| access to calls | {_per_request('addUsersAccessToCalls')} |",
        f"| prospects of a flow | {_per_request('assignProspects')}; "
        f"{_per_request('submitFlowProspectsBulkAssignment')} for bulk assignment |",
        f"| flow instances | {_per_request('unassignFlows')} |",
        f"one file of at most {_per_request('uploadCrmData')} lines and "
        f"{MAX_CRM_FILE_BYTES // _MEGABYTE} MB",
        f"| fields of one CRM type | at most {_per_request('uploadCrmSchemaField')} |",
    ),
    "docs/erase.md": (
        f"by id and start, {erase_report._CALLS} of them in a terminal",
        f"with {phones._FEWEST_NATIONAL_DIGITS} digits or more",
        f"known for some {round(len(phones._TRUNK_PREFIXES), -1)} countries",
    ),
    "orchestration/runbook.md": (
        f"one stream needs more than {_percent(runner._STREAM_SHARE)} of the day",
        f"in more than {FEW} entities and {_SHARES[quarantine.SHARE]} of those read",
        f"at most {_SHARES[runner._SWEEP_SHARE]} of the day and half of what is left",
        f"the last {DAY_HOURS} hours",
    ),
    "transforms/README.md": (
        f"(before {FIRST_YEAR}, or more than {_WORDS[YEARS_AHEAD]} years ahead)",
        f"models at a time (by hand {_by_hand('GONG_ELT_DBT_THREADS')}), DuckDB's memory "
        f"(by hand {_by_hand('GONG_ELT_DBT_MEMORY')})",
        f"DuckDB's threads ({_by_hand('GONG_ELT_DBT_DUCKDB_THREADS')}); whether tables keep the "
        f"order of their rows ({_by_hand('GONG_ELT_DBT_KEEPS_ORDER')})",
    ),
    "transforms/METRICS.md": (f"`awaited` for calls of the last {WEEKLY} days",),
    "transforms/macros/calendar.yml": (f"the last one of the {_ORDINALS[YEARS_AHEAD]} year",),
    "transforms/models/marts/fct_calls.yml": (f"the call is younger than {WEEKLY} days",),
    "transforms/models/intermediate/calls/int_calls__transcripts.sql": (
        f"interval '{WEEKLY} days' then 'awaited'",
    ),
    "sources/gong/source.py": (f"{sync._FIRST_SYNC.days} days back by default",),
}
"""Sentences by the document that has them, where line breaks count as blanks."""


@pytest.mark.parametrize(
    ("document", "sentence"),
    [(document, sentence) for document, stated in STATED.items() for sentence in stated],
)
def test_a_document_states_the_number_that_the_code_applies(document: str, sentence: str) -> None:
    text = " ".join((ROOT / document).read_text(encoding="utf-8").split())

    assert sentence in text, f"{document} does not say so; correct the sentence, or this test"


def test_half_an_hour_a_minute_a_day_and_a_week_are_what_the_documents_call_them() -> None:
    assert timedelta(seconds=received._REFUSED_SECONDS) == timedelta(minutes=30)
    assert timedelta(seconds=received._TOLD_SECONDS) == timedelta(minutes=1)
    # "in `published/` after a day", "take a week per round", "once a week per inactive user"
    assert timedelta(seconds=publish._UNUSED_PARTS_KEPT_SECONDS) == timedelta(days=1)
    assert {INACTIVE_EVERY_DAYS} == ROUNDS == {7}


def test_defaults_that_stand_in_two_places_are_equal() -> None:
    # `settings` cannot import the bound: its module needs the HTTP library
    assert DEFAULTS.max_answer_mb * received.MEGABYTE == received.DEFAULT_MAX_BYTES
    assert Limits() == Limits(
        DEFAULTS.requests_per_second,
        DEFAULTS.requests_per_day,
        max_wait_seconds=DEFAULTS.max_wait_seconds,
    )
