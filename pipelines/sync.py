"""The nightly job: what is new since the last sync, and what may have changed before it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.coverage import slices, sync_windows
from pipelines.dates import instant_of
from pipelines.exits import UsageError
from pipelines.options import Options
from pipelines.pull import Awaited, Package
from pipelines.runner import Context, Plan, execute
from pipelines.session import Session
from sources.gong.windows import Reason

SYNC_START = "sync_start"
"""Setting in the warehouse: where the very first sync began. What lies before is a backfill's."""

_SETTING = "SOURCES__GONG__START_DATE"
_FIRST_SYNC = timedelta(days=30)
_AWAITED_NIGHTLY = timedelta(days=14)
_AWAITED_WEEKLY = timedelta(days=60)


def sync(session: Session, options: Options) -> int:
    """Runs the nightly job and returns its exit code."""
    return execute(session, options, "sync", _plan)


def _plan(context: Context) -> Plan:
    store, now = context.store, context.now
    start, note = _start(context)
    found = sync_windows(
        context.readings, store.done_windows(), start, now, context.zone, store.ended_runs()
    )
    reach = (
        _AWAITED_WEEKLY
        if any(window.reason is Reason.WEEKLY for window in found)
        else _AWAITED_NIGHTLY
    )
    packages = [Package(windows) for windows in slices(found)]
    if packages:
        packages[0] = replace(packages[0], awaited=Awaited(now - reach, now))
    return Plan(
        uuid.uuid4().hex,
        packages,
        note,
        on_landed=lambda: store.keep_setting(SYNC_START, start.isoformat()),
    )


def _start(context: Context) -> tuple[datetime, str | None]:
    """Returns where the first sync began, or begins now, and what to say of it."""
    stored = context.store.setting(SYNC_START)
    setting = context.session.settings.start_date
    wanted = instant_of(setting, context.zone, _SETTING) if setting else None
    if stored:
        start = datetime.fromisoformat(stored)
        if wanted and wanted < start:
            context.session.console.warn(
                f"{_SETTING} is before the first sync, which began at {stored}. For what lies "
                f"between: gong-elt backfill --from {setting}"
            )
        return start, None
    if wanted is None:
        start = context.now - _FIRST_SYNC
        return start, (
            "This first sync began 30 days back. For what lies before: "
            f"gong-elt backfill --from {start.year - 2}-01-01"
        )
    if wanted >= context.now:
        raise UsageError(f"{_SETTING} {setting} lies in the future")
    return wanted, None
