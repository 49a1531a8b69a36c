from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.monitor.status_text import calendar_lines, progress_line, status_lines

FACTS: dict[str, Any] = {
    "as_of": "2026-11-22T06:00:00+00:00",
    "tables": [{"table": "calls", "rows": 1234, "last_changed_at": None}],
    "streams": [
        {
            "stream": "calls",
            "read_until": "2026-11-22T06:00:00+00:00",
            "covered": [["2026-01-01T00:00:00+00:00", "2026-11-22T06:00:00+00:00"]],
        }
    ],
    "awaited_transcripts": 3,
    "runs": [
        {
            "started_at": "2026-11-22T06:00:00+00:00",
            "command": "sync",
            "outcome": "failed",
            "requests": 12,
            "entities_changed": 1500,
            "message": "logs: no answer",
        }
    ],
    "schema_changes": [],
}


def test_the_calendar_marks_whole_months_parts_and_gaps() -> None:
    covered = [
        ["2026-01-01T00:00:00+00:00", "2026-02-10T00:00:00+00:00"],
        ["2026-04-01T00:00:00+00:00", "2026-05-01T00:00:00+00:00"],
    ]
    lines = calendar_lines({"streams": [{"stream": "calls", "covered": covered}]})
    assert lines[0].split() == ["2026-01", "to", "2026-05"]
    assert lines[1].split() == ["calls", "#+.#."]
    assert lines[2] == "a mark is a month (UTC): # covered, + in part, . not"
    assert calendar_lines({"streams": []}) == ["nothing is covered yet"]


def test_a_run_in_progress_is_named_with_its_slice_or_step() -> None:
    busy = {"command": "backfill", "pid": 7, "since": "2026-11-22T06:00:01+00:00"}
    place = {"slice": 2, "span": "2026-01-01 to 2026-02-01", "requests": 1200}
    assert progress_line(None) == "nothing"
    assert progress_line(busy) == "backfill (process 7, since 2026-11-22 06:00 UTC)"
    assert progress_line(busy | place).endswith(
        "slice 2: 2026-01-01 to 2026-02-01, 1,200 requests before it)"
    )
    assert progress_line(busy | {"step": "transform"}).endswith("UTC, transform)")


def test_status_shows_tables_coverage_and_runs_of_either_version() -> None:
    """Facts of an earlier version have neither alarms nor open backfills."""
    text = "\n".join(status_lines(FACTS))
    assert "calls                              1,234  -" in text
    assert "2026-11-22 06:00  2026-01-01 to 2026-11-22" in text
    assert "transcripts awaited: 3" in text
    assert "logs: no answer" in text


def test_status_says_that_tables_count_rows_and_runs_count_entities() -> None:
    lines = status_lines(FACTS)
    assert [line.split() for line in lines if line.startswith("table")] == [
        ["table", "rows", "last", "changed"]
    ]
    (heading,) = [line for line in lines if line.startswith("last runs")]
    assert "landed counts entities, in a push items" in heading
    assert lines[lines.index(heading) + 1].split()[:7] == [
        "2026-11-22", "06:00", "sync", "failed", "12", "requests", "1,500",
    ]  # fmt: skip


def test_status_shows_open_backfills_and_alarms() -> None:
    backfill = {
        "start": "2026-01-01T00:00:00+00:00",
        "end": "2026-03-01T00:00:00+00:00",
        "streams": ["calls", "logs"],
        "calls_left": [["2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"]],
        "windows_done": 5,
    }
    alarm = {"table": "calls", "raised_at": "2026-11-20T06:00:00+00:00", "what_to_do": "Review."}
    text = "\n".join(status_lines(FACTS | {"open_backfills": [backfill], "alarms": [alarm]}))
    assert "of 2 streams, 5 windows done; calls left: 2026-02-01 to 2026-03-01" in text
    assert "ALARM since 2026-11-20 06:00: calls: Review." in text


def test_status_tells_of_a_clock_that_was_ahead() -> None:
    before = datetime(2026, 11, 21, 6, tzinfo=UTC)
    assert "CLOCK: that is still to come; it is 2026-11-21 06:00 UTC" in "\n".join(
        status_lines(FACTS, before)
    )
    ahead = {"windows": 12, "read_at": "2027-01-21T06:00:00+00:00"}
    text = "\n".join(status_lines({**FACTS, "windows_ahead": ahead}, before + timedelta(days=1)))
    assert "CLOCK: the clock of an earlier run stood at 2027-01-21 06:00 UTC" in text
    assert "The 12 windows that it read do not count" in text
    assert "CLOCK" not in "\n".join(status_lines(FACTS, before + timedelta(days=1)))


def test_status_counts_the_quarantine_and_names_the_first_with_their_reasons() -> None:
    odd = {
        "stream": "calls", "table_name": "calls", "entity_id": "12", "field": "duration_seconds",
        "reason": "a number where integer is expected", "is_stale": True,
        "first_seen_at": "2026-11-20T06:00:00+00:00",
    }  # fmt: skip
    rows = [odd, *({**odd, "entity_id": None, "is_stale": False} for _ in range(29))]
    lines = status_lines({**FACTS, "quarantine": rows})
    place = lines.index("in quarantine: 30 (did not land; every sync requests them again)")
    assert lines[place + 1] == (
        "  calls 12: calls.duration_seconds is a number where integer is expected, since "
        "2026-11-20 06:00; an earlier version of it stays"
    )
    assert lines[place + 2].startswith("  calls without a readable id: ")
    assert lines[place + 21] == "  and 10 more in gong_ops.quarantine"
    assert not [line for line in status_lines(FACTS) if "quarantine" in line]
