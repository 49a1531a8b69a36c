from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import typer

from pipelines.cli.run import run
from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, POSTPONED, USAGE, Later, UsageError


def raising(error: BaseException) -> Callable[[Console], int]:
    def command(_console: Console) -> int:
        raise error

    return command


def code_of(command: Callable[[Console], int]) -> int:
    with pytest.raises(typer.Exit) as end:
        run(command)
    return end.value.exit_code


def test_the_code_of_a_command_is_the_exit_code() -> None:
    assert code_of(lambda _console: DONE) == DONE
    assert code_of(lambda _console: POSTPONED) == POSTPONED


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError("no such table"), USAGE), (Later("busy"), POSTPONED)]
)
def test_a_foreseen_error_is_one_message(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(raising(error)) == code
    assert capsys.readouterr().err == f"error: {error}\n"


def test_an_unexpected_error_leaves_its_traceback_in_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert code_of(raising(KeyError("callId"))) == FAILED
    message = capsys.readouterr().err
    assert message.startswith("error: unexpected KeyError: 'callId'. Nothing that has landed")
    assert "Traceback" not in message
    (log,) = tmp_path.glob("gong-elt-*.log")
    assert str(log) in message
    assert "Traceback" in log.read_text()


def test_an_interrupted_command_says_that_nothing_is_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert code_of(raising(KeyboardInterrupt())) == 130
    assert "nothing that was landed is lost" in capsys.readouterr().err


def test_a_lack_of_memory_is_explained_and_not_reported_as_a_fault_of_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with duckdb.connect(config={"memory_limit": "1MB", "temp_directory": ""}) as db:

        def command(_console: Console) -> int:
            db.execute("create table t as select range as i from range(10000000)")
            return DONE

        assert code_of(command) == FAILED
    message = capsys.readouterr().err
    assert message.startswith("error: There was too little memory. DuckDB may take ")
    assert "report" not in message
    failed = Later("the package waits")
    failed.__cause__ = MemoryError()
    assert code_of(raising(failed)) == POSTPONED
    assert "\nThere was too little memory" in capsys.readouterr().err


def test_a_full_disk_is_explained_and_not_reported_as_a_fault_of_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert code_of(raising(OSError(28, "No space left on device"))) == FAILED
    message = capsys.readouterr().err
    assert message.startswith("error: The disk is full: the file system of ")
    assert "report" not in message
    unusable = UsageError("the ledger cannot be written")
    unusable.__cause__ = OSError(28, "No space left on device")
    assert code_of(raising(unusable)) == USAGE
    assert "\nThe disk is full" in capsys.readouterr().err
    # what Gong said is no fault of this machine's disk
    assert code_of(raising(UsageError("No space left on device"))) == USAGE
    assert "The disk is full" not in capsys.readouterr().err
