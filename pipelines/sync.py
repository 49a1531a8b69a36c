"""The nightly job: what is new since the last sync, and what may have changed before it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.coverage import slices, sync_windows
from pipelines.dates import instant_of
from pipelines.options import Options
from pipelines.pull import Package
from pipelines.runner import Context, Plan, execute
from pipelines.session import Session
from sources.gong.windows import Reason

SYNC_START = "sync_start"
"""Setting in the warehouse: where the very first sync began. What lies before is a backfill's."""

_FIRST_SYNC = timedelta(days=30)
_AWAITED_NIGHTLY = timedelta(days=14)
_AWAITED_WEEKLY = timedelta(days=60)


def sync(session: Session, options: Options) -> int:
    """Runs the nightly job and returns its exit code."""
    return execute(session, options, "sync", _plan)


def _plan(context: Context) -> Plan:
    store, now = context.store, context.now
    note = None
    stored = store.setting(SYNC_START)
    if stored:
        start = datetime.fromisoformat(stored)
    else:
        setting = context.session.settings.start_date
        if setting:
            start = instant_of(setting, context.zone, "SOURCES__GONG__START_DATE")
        else:
            start = now - _FIRST_SYNC
            note = (
                "This first sync began 30 days back. For what lies before: "
                f"gong-elt backfill --from {start.year - 2}-01-01"
            )
        store.keep_setting(SYNC_START, start.isoformat())
    found = sync_windows(context.readings, store.done_windows(), start, now, context.zone)
    reach = (
        _AWAITED_WEEKLY
        if any(window.reason is Reason.WEEKLY for window in found)
        else _AWAITED_NIGHTLY
    )
    packages = [Package(windows) for windows in slices(found)]
    if packages:
        packages[0] = replace(packages[0], awaited_since=now - reach, awaited_before=now)
    return Plan(uuid.uuid4().hex, packages, note)
