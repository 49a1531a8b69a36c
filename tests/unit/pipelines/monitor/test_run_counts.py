from __future__ import annotations

import io
from datetime import UTC, datetime

from pipelines.console import Console
from pipelines.monitor.run_counts import RunCounts
from sources.gong.api.errors import MissingScope, SchemaDrift
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.odd_entities import OddEntity

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def window(stream: str, reason: Reason = Reason.NEW) -> Window:
    return Window(stream, Span(NOW, NOW), reason)


def test_a_run_is_counted_per_stream_and_in_all() -> None:
    stream = io.StringIO()
    counts = RunCounts(Console("text", stream))
    assert counts.progress() == "planning"
    counts.expect(5)
    for read, seen, changed in (
        (window("calls"), 100, 40),
        (window("calls", Reason.LOOKBACK), 10, 0),
        (window("calls"), 5, 5),
        (window("users", Reason.WHOLE), 7, 0),
    ):
        counts.page_read(read, seen, changed)
        counts.window_done(read)
    counts.stream_failed("logs", MissingScope("no scope for logs", "api:logs:read"))
    counts.lost("transcripts", ["1", "2"])
    told = "4 of 5 windows done, 122 entities read, 45 new or changed"
    assert counts.progress() == told
    counts.close()
    counts.report()
    assert (counts.seen, counts.changed) == (122, 45)
    said = stream.getvalue().splitlines()
    assert said[0].split() == ["calls", "115", "read", "45", "landed", "(lookback,", "new", "×2)"]
    assert "warning: logs: no scope for logs" in said
    assert "warning: transcripts: 2 ids are not known to Gong any more" in said


def test_a_stream_that_was_begun_is_reported_also_if_nothing_was_read() -> None:
    stream = io.StringIO()
    counts = RunCounts(Console("text", stream))
    counts.begin(["flows"])
    counts.report()
    assert stream.getvalue().split() == ["flows", "0", "read", "0", "landed", "(-)"]


def test_entities_in_quarantine_are_counted_and_the_first_is_named() -> None:
    stream = io.StringIO()
    counts = RunCounts(Console("text", stream))
    drift = SchemaDrift("calls.duration_seconds promises an integer; Gong sent a number.")
    for id_ in ("12", "13", "14"):
        counts.quarantined(OddEntity("calls", id_, id_, id_, drift, None))
    counts.quarantined(OddEntity("trackers", "", None, None, drift, None))
    counts.report()
    warned = [line for line in stream.getvalue().splitlines() if line.startswith("warning: ")]
    assert [line.partition(" did not land")[0] for line in warned] == [
        "warning: calls: 12, and 2 others", "warning: trackers: one without a readable id",
    ]  # fmt: skip
    assert "Gong sent a number. Every sync requests them again" in warned[0]
