"""Takes back what a run whose clock was ahead has left, and says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from pipelines.ingest.sync import SYNC_START, has_synced
from pipelines.monitor.status_text import ahead_text
from pipelines.session import Session
from sources.gong.load.user_history import HISTORY
from warehouse.connection import Warehouse
from warehouse.ops.clock_ahead import forget_ahead, windows_ahead
from warehouse.ops.settings import store_setting


def forget_what_lies_ahead(
    session: Session, warehouse: Warehouse, compare_clocks: Callable[[], None]
) -> None:
    """Warns of windows that were read after the present, and forgets them.

    Where GONG_ELT_NOW fixes a present in the past, what lies between it and the clock of the
    machine is right: it does not count in this run and stays.

    Call it while holding the lock of the warehouse, between two load packages.

    Args:
        session: the run.
        warehouse: its warehouse.
        compare_clocks: asks Gong for the time before anything is taken back: perhaps it is the
            clock of this run that is wrong, and behind.

    Raises:
        ClockApart: it is.
    """
    now = session.started_at
    ahead = windows_ahead(warehouse, now)
    if ahead is None:
        return
    compare_clocks()
    session.console.warn(ahead_text(ahead.read_at, ahead.count))
    after = max(now, datetime.now(UTC))
    with warehouse.writing() as db:
        forget_ahead(db, after, now, HISTORY)
    if not has_synced(warehouse, now):
        store_setting(warehouse, SYNC_START, None)
