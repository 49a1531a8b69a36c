"""Which landed calls to request more of: those of a span, or those that await their transcript."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from warehouse.connection import Warehouse
from warehouse.ops.load_log import CLOSED
from warehouse.target import RAW


def calls_between(warehouse: Warehouse, start: datetime, end: datetime) -> list[str]:
    """Returns the ids of the live calls of closed packages in `[start, end)`, oldest first."""
    rows = warehouse.rows(
        f"select call_id from {RAW}.calls where started_at >= ? and started_at < ? "
        f"and _deleted_at is null and {CLOSED} order by started_at, call_id",
        [start, end],
    )
    return [call_id for (call_id,) in rows]


_HAS_ITS_TURN = """(
    call.started_at >= ?
    and (coalesce(requested.asked_at, '-infinity') <= ? or requested.asked_at > ?)
)"""


_AWAITED = f"""
    with asked as materialized (
        select
            call.call_id, call.started_at, transcript.call_id is not null as has_transcript,
            requested.call_id is null and transcript.call_id is null as is_new
        from {RAW}.calls as call
        left join {RAW}.transcripts as transcript
            on transcript.call_id = call.call_id and transcript.{CLOSED}
        left join {RAW}._transcript_asks as requested
            on requested.call_id = call.call_id and requested.{CLOSED}
        where call._deleted_at is null and (
            (requested.call_id is null and transcript.call_id is null) or {{is_due}}
        )
    ),
    -- of the calls whose turn it is alone: of all, it would take longer with each year of history
    with_sentences as materialized (
        select distinct call_id from {RAW}.transcript_sentences
        where call_id in (select call_id from asked where has_transcript)
    )
    select call_id from asked
    where is_new or not has_transcript or call_id not in (from with_sentences)
    order by started_at desc, call_id
"""


def awaited_transcripts(
    warehouse: Warehouse, turns: Sequence[tuple[datetime, datetime]]
) -> list[str]:
    """Returns the ids of calls to request transcripts of, newest first.

    Calls whose transcript was never requested, however old; and calls without a transcript whose
    turn it is. A transcript counts if its package was closed and it has a sentence: one without was
    perhaps read too early.

    Args:
        warehouse: the warehouse to look in.
        turns: pairs of instants. A call that started at the first or later has its turn if its
            transcript was last requested at the second or earlier. The latest of these is the
            present: a request after it was made by a clock that was ahead, and counts as none.
    """
    is_due = " or ".join([_HAS_ITS_TURN] * len(turns))
    present = max((requested_at for _, requested_at in turns), default=None)
    rows = warehouse.rows(
        _AWAITED.format(is_due=is_due or "false"),
        [instant for turn in turns for instant in (*turn, present)],
    )
    return [call_id for (call_id,) in rows]
