from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from threading import Event

import pytest

from pipelines.console import Console

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_plain_lines_name_what_is_wrong() -> None:
    stream = io.StringIO()
    console = Console("text", stream)
    console.info("a", rows=1)
    console.warn("b")
    console.error("c")
    assert stream.getvalue() == "a\nwarning: b\nerror: c\n"


def test_json_lines_carry_the_facts() -> None:
    stream = io.StringIO()
    Console("json", stream).warn("a\nb", rows=1, at_=NOW)
    (line,) = stream.getvalue().splitlines()
    entry = json.loads(line)
    assert (entry["level"], entry["message"], entry["rows"]) == ("warning", "a\nb", 1)
    assert datetime.fromisoformat(entry["at"]).tzinfo is not None


class Unwritable(io.StringIO):
    """A stream whose reader has gone, or whose disk is full."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def write(self, _text: str) -> int:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [BrokenPipeError(), OSError(28, "No space left on device"), OSError(5, "Input/output error"),
     ValueError("I/O operation on closed file")],
)  # fmt: skip
def test_a_message_that_cannot_be_written_ends_nothing(error: Exception) -> None:
    for log_format in ("text", "json"):
        console = Console(log_format, Unwritable(error))
        console.info("a", rows=1)
        console.warn("b")
        console.error("c")


def test_bars_are_for_terminals_only() -> None:
    assert not Console("text", io.StringIO()).has_bars
    assert not Console("json").has_bars


class Heard(io.StringIO):
    """Messages; `lines` is set when a second one was written."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Event()

    def flush(self) -> None:
        if self.getvalue().count("\n") >= 2:
            self.lines.set()


def test_a_long_stage_says_again_and_again_how_far_it_is() -> None:
    stream = Heard()
    with Console("text", stream, beat=0.001).stage("reading Gong", lambda: "3 of 9 windows done"):
        assert stream.lines.wait(60)
    written = stream.getvalue()
    assert written.startswith("reading Gong: 3 of 9 windows done, ")
    assert stream.getvalue() == written, "nothing is written after its end"


def test_a_stage_is_told_to_machines_as_json() -> None:
    stream = Heard()
    with Console("json", stream, beat=0.001).stage("building the tables"):
        assert stream.lines.wait(60)
    entry = json.loads(stream.getvalue().splitlines()[0])
    assert (entry["level"], entry["stage"]) == ("info", "building the tables")
    assert isinstance(entry["seconds"], int)


def test_a_short_stage_says_nothing_and_an_error_in_it_ends_it() -> None:
    stream = io.StringIO()
    with pytest.raises(ValueError, match="broken"), Console("text", stream).stage("publishing"):
        raise ValueError("broken")
    assert stream.getvalue() == ""
