"""What dbt did, read from its own files, and when its models count as changed."""

from __future__ import annotations

import io
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.console import Console
from pipelines.publish import dbt
from pipelines.publish.dbt import BuildResult, DbtFailed, models_fingerprint, run_dbt, summary
from pipelines.session import Session
from pipelines.settings import Settings
from warehouse.target import Target

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
MANIFEST = {
    "nodes": {
        "model.gong.calls": {"name": "calls"},
        "model.gong.users": {"name": "users"},
        "test.gong.unique": {"name": "unique", "depends_on": {"nodes": ["model.gong.calls"]}},
    },
    "unit_tests": {},
}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    console = Console(stream=io.StringIO())
    return Session(Settings(), tmp_path, Target(tmp_path / "w.duckdb"), console, NOW, 0.0)


def results(**statuses: str) -> dict[str, Any]:
    ids = {"calls": "model.gong.calls", "users": "model.gong.users", "unique": "test.gong.unique"}
    return {
        "results": [
            {"unique_id": ids[name], "status": status, "failures": 3, "message": f"{name} {status}"}
            for name, status in statuses.items()
        ]
    }


def test_models_and_passed_tests_are_counted() -> None:
    done = summary(results(calls="success", users="success", unique="pass"), MANIFEST)
    assert done == BuildResult(
        {}, [], models=2, tests=1,
        built=frozenset({"calls", "users"}), tested=frozenset({"unique"}),
    )  # fmt: skip


def test_a_warning_is_reported_and_fails_nothing() -> None:
    result = summary(results(calls="success", unique="warn"), MANIFEST)
    assert result.failed == {}
    assert [(row.test_name, row.rows_found) for row in result.warnings] == [("unique", 3)]


def test_a_failed_test_fails_its_model_and_what_is_skipped_for_it() -> None:
    result = summary(results(calls="success", unique="fail", users="skipped"), MANIFEST)
    assert result.failed == {"calls": "unique: unique fail", "users": "users skipped"}
    assert result.models == 1


def test_the_models_decide_what_would_be_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt, "PROJECT", tmp_path)
    (tmp_path / "a.sql").write_text("select 1")
    before = models_fingerprint()
    (tmp_path / "README.md").write_text("not a model")
    assert models_fingerprint() == before
    (tmp_path / "a.sql").write_text("select 2")
    assert models_fingerprint() != before


@pytest.mark.parametrize(
    ("code", "words"), [(-9, "ended from outside"), (2, "could not build the models:\nsyntax")]
)
def test_a_dbt_error_is_reported_with_the_end_of_its_output(
    session: Session, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, code, "", "syntax error")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(DbtFailed) as failed:
        run_dbt(session, None)
    assert words in str(failed.value)
