from __future__ import annotations

import io
import json
from datetime import UTC, datetime

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


def test_bars_are_for_terminals_only() -> None:
    assert not Console("text", io.StringIO()).has_bars
    assert not Console("json").has_bars
