"""`gong-elt push` as a whole, with Gong's answers scripted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.console import Console
from pipelines.exit_codes import UsageError
from pipelines.push.push import PushOptions, push
from tests.harness.scripted_transport import ScriptedTransport, refused
from tests.unit.pipelines.push.conftest import NOW
from tests.unit.pipelines.push.test_batch_plan import TASK
from warehouse.connection import Warehouse
from warehouse.target import Target

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Pushes rows from a file; returns the exit code and the messages."""
    for name, value in {
        "GONG_ELT_HOME": str(tmp_path / "home"),
        "GONG_ELT_NOW": NOW.isoformat(),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "SOURCES__GONG__BASE_URL": "https://gong.example",
        "SOURCES__GONG__ACCESS_KEY": "key",
        "SOURCES__GONG__ACCESS_KEY_SECRET": "secret",
        "SOURCES__GONG__REQUESTS_PER_SECOND": "0",
        "SOURCES__GONG__REQUESTS_PER_DAY": "0",
    }.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "rows.jsonl"

    def run(name: str, *rows: dict[str, Any], **options: Any) -> tuple[int, str]:
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        stream = io.StringIO()
        code = push(Console(stream=stream), PushOptions(name, str(file), **options))
        return code, stream.getvalue()

    return run


def test_rows_are_sent_once_and_the_run_is_recorded(
    gong: ScriptedTransport, run: Run, tmp_path: Path
) -> None:
    code, message = run("update-task", TASK, {**TASK, "taskId": "8"})
    assert (code, "push update-task: 2 done (2 requests)" in message) == (0, True)
    code, message = run("update-task", TASK)
    assert (code, len(gong.requests)) == (0, 2)
    assert "push update-task: 1 done before (0 requests)" in message
    with Warehouse(Target(tmp_path / "home" / "warehouse.duckdb")).reading() as db:
        runs = db.execute(
            "select command, outcome, requests, entities_seen, entities_changed "
            "from gong_ops.runs order by entities_seen desc"
        ).fetchall()
    assert runs == [("push update-task", "done", 2, 2, 2), ("push update-task", "done", 0, 1, 0)]


def test_refused_rows_are_written_where_asked(
    gong: ScriptedTransport, run: Run, tmp_path: Path
) -> None:
    gong.answer(refused(400, "no such task"))
    file = tmp_path / "rejected.jsonl"
    code, message = run("update-task", TASK, rejected=str(file))
    assert (code, "row 1: no such task" in message) == (1, True)
    assert json.loads(file.read_text()) == {**TASK, "_rejected_because": "no such task"}


def test_what_gong_does_later_ends_a_push_that_does_not_wait_with_75(
    gong: ScriptedTransport, run: Run
) -> None:
    gong.answer({"calls": [1]})
    row = {"emailAddress": "jane@x.example"}
    code, message = run("purgeEmailAddress", row, is_confirmed=True, follow=False)
    assert (code, "Gong has accepted 1" in message) == (75, True)
    gong.answer({})
    gong.requests.clear()
    code, _ = run("purgeEmailAddress", row, is_confirmed=True, follow=False)
    assert (code, [path.partition(" ")[0] for path in gong.paths]) == (0, ["GET"])


def test_a_dry_run_and_a_deletion_without_yes_send_nothing(
    gong: ScriptedTransport, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("update-task", TASK, is_dry=True)[0] == 0
    assert json.loads(capsys.readouterr().out)["method"] == "PATCH"
    code, message = run("purgeEmailAddress", {"emailAddress": "jane@x.example"})
    assert (code, "Add --yes" in message, gong.requests) == (2, True, [])
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("name", "problem"), [("update-tusk", "update-task"), ("listCalls", "reads")]
)
def test_only_writes_are_pushed(run: Run, name: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        run(name, TASK)


def test_what_a_killed_push_has_put_together_is_deleted(
    gong: ScriptedTransport, run: Run, tmp_path: Path
) -> None:
    left = tmp_path / "home" / ".push-killed"
    left.mkdir(parents=True)
    (left / "rows.ldjson").write_text("{}")
    assert run("update-task", TASK)[0] == 0
    assert list((tmp_path / "home").glob(".push-*")) == []
