"""Takes back what a run whose clock was ahead has left, and says so."""

from __future__ import annotations

from datetime import UTC, datetime

from pipelines.ingest.sync import SYNC_START, has_synced
from pipelines.monitor.status_text import ahead_text
from pipelines.session import Session
from sources.gong.load.user_history import HISTORY
from warehouse.connection import Warehouse
from warehouse.ops.clock_ahead import forget_ahead, windows_ahead
from warehouse.ops.settings import store_setting


def forget_what_lies_ahead(session: Session, warehouse: Warehouse) -> None:
    """Warns of windows that were read after the present, and forgets them.

    Where GONG_ELT_NOW fixes a present in the past, what lies between it and the clock of the
    machine is right: it does not count in this run and stays.

    Call it while holding the lock of the warehouse, between two load packages.
    """
    now = session.started_at
    ahead = windows_ahead(warehouse, now)
    if ahead is None:
        return
    session.console.warn(ahead_text(ahead.read_at, ahead.count))
    after = max(now, datetime.now(UTC))
    with warehouse.writing() as db:
        forget_ahead(db, after, now, HISTORY)
    if not has_synced(warehouse, now):
        store_setting(warehouse, SYNC_START, None)
