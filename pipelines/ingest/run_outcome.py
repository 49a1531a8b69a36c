"""Pure: how a run ended, from what its streams have counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.exit_codes import DONE, FAILED, POSTPONED
from pipelines.ingest.options import IngestOptions
from pipelines.monitor.run_counts import StreamCounts
from sources.gong.api.errors import FailTable, Postponed
from sources.gong.extract.windows import Window
from sources.gong.load.deletions import DeletionAlarm
from sources.gong.schema.tables import CALLS_STREAM, follows_calls, stream

Streams = Mapping[str, StreamCounts]


def exit_code(
    streams: Streams,
    alarms: Sequence[DeletionAlarm],
    options: IngestOptions,
    early: Postponed | None,
) -> int:
    """Returns the exit code of a run.

    Args:
        streams: the counts of the run, by stream.
        alarms: those that are open.
        options: of the run.
        early: the error that ended the run before its plan was done.
    """
    if early:
        return POSTPONED
    errors = [counts.error for counts in streams.values() if counts.error]
    has_alarm = any(stream(alarm.check.table) in options.streams for alarm in alarms)
    if has_alarm or any(isinstance(error, FailTable) for error in errors):
        return FAILED
    if any(isinstance(error, Postponed) for error in errors):
        return POSTPONED
    return FAILED if errors and options.is_only else DONE


def message(streams: Streams, early: Postponed | None) -> str | None:
    """Returns what went wrong in a run, for its row in `gong_ops.runs`; None if nothing did."""
    errors = [f"{name}: {counts.error}" for name, counts in streams.items() if counts.error]
    return "; ".join([*errors, str(early)] if early else errors) or None


def failed_call_streams(streams: Streams) -> frozenset[str]:
    """Returns the streams that ask about calls and have failed."""
    return frozenset(
        name
        for name, counts in streams.items()
        if follows_calls(name) and isinstance(counts.error, FailTable)
    )


def without_failed(
    windows: Mapping[str, Sequence[Window]], streams: Streams
) -> dict[str, Sequence[Window]]:
    """Returns the windows of a package that can still be read.

    Leaves out streams that have failed, and streams that ask about calls if the calls have.
    """
    failed = {name for name, counts in streams.items() if counts.error}
    lacks_calls = CALLS_STREAM in windows and CALLS_STREAM in failed
    return {
        name: own
        for name, own in windows.items()
        if name not in failed and not (lacks_calls and follows_calls(name))
    }
