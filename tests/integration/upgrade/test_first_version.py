"""This version reads what commit `31bf778` has landed again, under the keys that it landed under.

The home is kept in `data/first_home.tar.xz`; `data/first_home.md` describes how it was made.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Emulator
from tests.harness.nights import Nights, nights, utc_text
from tests.integration.upgrade.kept_home import KeptHome, keys_of

KEPT = KeptHome("first_home.tar.xz", "/var/tmp/gong-elt-31bf778/home")
NIGHT, START = datetime(2026, 11, 10, 5, tzinfo=UTC), datetime(2026, 10, 29, 5, tzinfo=UTC)
COMPANY = (
    "--seed", "11", "--users", "4", "--calls", "40", "--days", "70", "--future-days", "10",
    "--workspaces", "1", "--no-limit", "--now", utc_text(NIGHT),
)  # fmt: skip
STREAMS = (
    "activity_aggregate,activity_by_period,activity_daily_calls,answered_scorecards,call_outcomes,"
    "calls,interaction_stats,logs,scorecards,trackers,transcripts,users,workspaces"
)
"""What that commit loads."""
REIDENTIFIED = ("UserCallPlay", "ExternallySharedCallAccess", "ExternallySharedCallPlay")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company(emulators: Callable[..., Emulator]) -> Emulator:
    return emulators(*COMPANY)


@pytest.fixture(scope="module")
def earlier(company: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    home = tmp_path_factory.mktemp("first") / "home"
    KEPT.unpack(home)
    with duckdb.connect(str(home / "warehouse.duckdb")) as db:
        # so that everything is read again, as a sync after months and a weekly lookback would
        db.execute("delete from gong_raw._windows")
    return nights(company, home, NIGHT, only=STREAMS, start=START)


@pytest.fixture(scope="module")
def upgraded(earlier: Nights) -> subprocess.CompletedProcess[str]:
    return earlier.sync()


def test_no_row_of_any_table_is_doubled_or_left_behind(
    earlier: Nights, upgraded: subprocess.CompletedProcess[str], home: Path
) -> None:
    """A new home of the same company in the same night tells which rows there must be."""
    new = nights(earlier.emulator, home, NIGHT, only=STREAMS, start=START)
    new.sync()
    keys = keys_of(new.gong.warehouse)
    loaded = [table for table in keys_of(earlier.gong.warehouse) if not table.startswith("_")]
    assert len(loaded) > 25
    for table in loaded:
        key = f"select ({', '.join(keys[table])})::varchar from gong_raw.{table} order by all"
        assert earlier.rows(key) == new.rows(key), f"{table} has other rows"
    assert len(new.rows("select * from gong_raw.logs")) > 200


def test_entries_whose_ids_were_made_otherwise_are_renamed_once(
    earlier: Nights, upgraded: subprocess.CompletedProcess[str]
) -> None:
    ((count,),) = earlier.rows(
        f"select count(*) from gong_raw.logs where log_type in {REIDENTIFIED}"
    )
    assert count > 5
    words = f"{count} log entries of an earlier version have new ids; 0 of"
    assert words in upgraded.stdout + upgraded.stderr
    again = earlier.sync()
    assert "log entries of an earlier version" not in again.stdout + again.stderr
