"""The main job without a Gong account: syncs, builds and queries the emulator's made-up company.

Only Gong is a stand-in: the demo sends HTTP requests to a process of its own and runs the same
sync, warehouse and models.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.console import Console
from pipelines.exit_codes import FAILED, UsageError
from pipelines.session import DEMO_MARKER
from pipelines.settings import override_environment
from warehouse.settings import home_setting
from warehouse.target import PUBLISHED

_ROOT = Path(__file__).resolve().parent.parent
_FOLDER = ".gong-elt-demo"
_DAYS = 60

QUESTIONS: tuple[tuple[str, str], ...] = (
    (
        "Which teams listened most over the last four weeks?",
        """select team_name, sum(calls_count)::bigint as calls,
    round(sum(call_hours), 1) as hours,
    round(sum(average_talk_ratio * calls_count) / sum(calls_count), 3) as host_talk_ratio
from gong.agg_team_weekly
where week_start_on >= (select max(week_start_on) from gong.agg_team_weekly) - 28
    and average_talk_ratio is not null
group by team_name order by host_talk_ratio limit 5""",
    ),
    (
        "What do customers bring up, and who says it?",
        """select tracker_name, count(*) as mentions, count(distinct call_id) as calls,
    round(avg(case when lower(speaker_affiliation) = 'external' then 1.0 else 0.0 end), 2)
        as share_said_by_customers
from gong.fct_tracker_mentions
group by tracker_name order by mentions desc limit 5""",
    ),
    (
        "On which scorecard questions do calls score lowest?",
        """select question_text, count(*) as answers, round(avg(score_share), 2) as avg_score_share
from gong.fct_scorecard_answers
where score_share is not null
group by question_text order by avg_score_share limit 5""",
    ),
)


def demo(console: Console, calls: int) -> int:
    """Runs the demo in a home of its own and returns the exit code.

    Raises:
        UsageError: there is no emulator, or the home holds something else than an earlier demo.
    """
    if not (_ROOT / "tests" / "emulator").is_dir():
        raise UsageError(
            "The demo needs the emulator, which comes with the repository and not with the "
            "installed package: clone it and run `make demo`."
        )
    home = Path(home_setting() or Path.cwd() / _FOLDER).absolute()
    _clear(home)
    with _emulator(calls) as emulator:
        override_environment(_settings(home, emulator))
        console.info(f"a made-up company with {calls:,} calls answers at {emulator['base_url']}")
        from pipelines.ingest.options import IngestOptions
        from pipelines.ingest.runner import carry_out
        from pipelines.ingest.sync import plan_sync
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True, is_demo=True)
        code = carry_out(session, IngestOptions(), "sync", plan_sync)
    if code:
        return max(code, FAILED)
    _print_results(home)
    return code


def _settings(home: Path, emulator: Mapping[str, Any]) -> dict[str, str]:
    """Returns the environment of the demo: the emulator's, and nothing of a real account."""
    start = datetime.fromisoformat(emulator["now"]) - timedelta(days=_DAYS)
    return {
        "GONG_ELT_HOME": str(home),
        "GONG_ELT_WAREHOUSE": "",
        "XDG_STATE_HOME": str(home / "state"),
        "SOURCES__GONG__BASE_URL": emulator["base_url"],
        "SOURCES__GONG__ACCESS_KEY": emulator["access_key"],
        "SOURCES__GONG__ACCESS_KEY_SECRET": emulator["access_key_secret"],
        "SOURCES__GONG__ACCESS_TOKEN": "",
        "SOURCES__GONG__CLIENT_ID": "",
        "SOURCES__GONG__CLIENT_SECRET": "",
        "SOURCES__GONG__REFRESH_TOKEN": "",
        "SOURCES__GONG__COMPANY_TIME_ZONE": "",
        "SOURCES__GONG__REQUESTS_PER_SECOND": "0",
        "SOURCES__GONG__REQUESTS_PER_DAY": "0",
        "SOURCES__GONG__START_DATE": start.isoformat(),
    }


def _clear(home: Path) -> None:
    if home.exists() and any(home.iterdir()):
        if not (home / DEMO_MARKER).exists():
            raise UsageError(
                f"The demo begins with an empty folder, and {home} holds something else. "
                "Unset GONG_ELT_HOME, or set it to a new folder."
            )
        shutil.rmtree(home)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / DEMO_MARKER).touch(mode=0o600)


@contextmanager
def _emulator(calls: int) -> Iterator[dict[str, Any]]:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "tests.emulator", "--port", "0", "--seed", "7", "--users", "40",
            "--calls", str(calls), "--days", str(_DAYS), "--no-limit", "--exit-with-parent",
        ],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise UsageError("The emulator did not start; its error is above.")
        yield json.loads(line)
    finally:
        process.terminate()
        process.wait(10)


def _print_results(home: Path) -> None:
    from pipelines.output import print_rows
    from warehouse.publication.catalogue import CATALOGUE, folder, read_manifest
    from warehouse.publication.reading import query

    catalogue, command = folder(home) / CATALOGUE, sys.argv[0]
    print("\nRows in the published tables:")
    for name, table in sorted(read_manifest(folder(home)).items()):
        if name.startswith(f"{PUBLISHED}."):
            print(f"  {name:<33}{table.rows:>10,}")
    for number, (question, sql) in enumerate(QUESTIONS, 1):
        print(f"\n{number}. {question}\n")
        with query(home, sql) as result:
            print_rows(result, "table")
    print(
        f"\nWhere things are:\n  warehouse  {home / 'warehouse.duckdb'}\n  published  {catalogue}\n"
        f"\nAsk it yourself:\n  GONG_ELT_HOME={home} {command} query "
        f'"select * from gong.agg_team_weekly order by 1, 2 limit 20"\n'
        f"  GONG_ELT_HOME={home} {command} status"
    )
