from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.exit_codes import DONE, FAILED, POSTPONED
from pipelines.ingest.options import IngestOptions
from pipelines.ingest.run_outcome import exit_code, failed_call_streams, message, without_failed
from pipelines.monitor.run_counts import StreamCounts
from sources.gong.api.errors import (
    GaveUp,
    GongError,
    MissingScope,
    NotLicensed,
    Postponed,
    ShareSpent,
)
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.deletions import DeletionAlarm, DeletionCheck

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
LATER = Postponed("the quota is spent", 5.0)
ALARM = DeletionAlarm(DeletionCheck("call_topics", None, 100, 90), NOW)


def streams(**errors: GongError | None) -> dict[str, StreamCounts]:
    return {name: StreamCounts(error=error) for name, error in errors.items()}


@pytest.mark.parametrize(
    ("errors", "is_only", "early", "code"),
    [
        ({"calls": None}, False, None, DONE),
        ({"calls": MissingScope("no scope", "s")}, False, None, DONE),
        ({"calls": MissingScope("no scope", "s")}, True, None, FAILED),
        ({"tasks": NotLicensed("no licence")}, False, None, DONE),
        ({"calls": GaveUp("no answer")}, False, None, FAILED),
        ({"flows": ShareSpent("its share", 5.0)}, False, None, POSTPONED),
        ({"flows": ShareSpent("its share", 5.0), "calls": GaveUp("x")}, False, None, FAILED),
        ({"calls": GaveUp("no answer")}, False, LATER, POSTPONED),
        ({}, False, LATER, POSTPONED),
    ],
)
def test_the_exit_code_follows_from_the_worst_error(
    errors: dict[str, GongError | None], is_only: bool, early: Postponed | None, code: int
) -> None:
    options = IngestOptions(is_only=is_only)
    assert exit_code(streams(**errors), [], options, early) == code


def test_an_open_alarm_fails_the_runs_that_read_its_table() -> None:
    assert exit_code({}, [ALARM], IngestOptions(("calls",)), None) == FAILED
    assert exit_code({}, [ALARM], IngestOptions(("users",)), None) == DONE


def test_the_message_names_each_error_and_what_ended_the_run() -> None:
    counts = streams(calls=None, logs=GaveUp("no answer"))
    assert message(counts, None) == "logs: no answer"
    assert message(counts, LATER) == "logs: no answer; the quota is spent"
    assert message(streams(calls=None), None) is None


def test_only_failed_streams_that_ask_about_calls_are_lacking() -> None:
    counts = streams(
        call_user_access=GaveUp("x"),
        crm_objects=MissingScope("no scope", "s"),
        logs=GaveUp("x"),
        calls=GaveUp("x"),
    )
    assert failed_call_streams(counts) == {"call_user_access"}


def test_streams_that_have_failed_are_not_read_again_in_the_run() -> None:
    windows = {
        name: [Window(name, Span(NOW, NOW), Reason.WHOLE)]
        for name in ("calls", "transcripts", "call_user_access", "logs")
    }
    assert without_failed(windows, streams(logs=GaveUp("x"))).keys() == windows.keys() - {"logs"}
    left = without_failed(windows, streams(calls=GaveUp("x")))
    assert left.keys() == {"transcripts", "logs"}
    del windows["calls"]
    assert without_failed(windows, streams(calls=GaveUp("x"))) == windows
