from __future__ import annotations

import io
import json
from datetime import UTC, datetime

from pipelines.console import Console
from pipelines.monitor.run_counts import RunCounts
from sources.gong.api.errors import MissingScope
from sources.gong.extract.windows import Reason, Span, Window

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def window(stream: str, reason: Reason = Reason.NEW) -> Window:
    return Window(stream, Span(NOW, NOW), reason)


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
    told = json.loads(line)
    assert (told["level"], told["message"], told["rows"]) == ("warning", "a\nb", 1)
    assert datetime.fromisoformat(told["at"]).tzinfo is not None


def test_bars_are_for_terminals_only() -> None:
    assert not Console("text", io.StringIO()).has_bars
    assert not Console("json").has_bars


def test_a_run_is_counted_per_reading_and_in_all() -> None:
    stream = io.StringIO()
    tally = RunCounts(Console("text", stream))
    tally.expect(3)
    for found, seen, changed in (
        (window("calls"), 100, 40),
        (window("calls", Reason.LOOKBACK), 10, 0),
        (window("calls"), 5, 5),
        (window("users", Reason.WHOLE), 7, 0),
    ):
        tally.page_read(found, seen, changed)
        tally.window_done(found)
    tally.stream_failed("logs", MissingScope("no scope for logs", "api:logs:read"))
    tally.lost("transcripts", ["1", "2"])
    tally.close()
    tally.report()
    assert (tally.seen, tally.changed) == (122, 45)
    said = stream.getvalue().splitlines()
    assert said[0].split() == ["calls", "115", "read", "45", "landed", "(lookback,", "new", "×2)"]
    assert "warning: logs: no scope for logs" in said
    assert "warning: transcripts: 2 ids are not known to Gong any more" in said
