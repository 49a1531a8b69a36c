"""What goes with a row that is purged, and when that is due."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.session import Session
from sources.gong.load.load_log import ASKS_TABLE
from sources.gong.schema.table import Absence
from sources.gong.schema.tables import TABLES, children
from warehouse import retention
from warehouse.connection import Warehouse
from warehouse.retention import Belongings

_OF_CALLS = ("transcripts", "transcript_sentences", "call_user_access", ASKS_TABLE)
"""What was said in a call and who may hear it; reviews and folders keep an account of their own."""


def purge(session: Session, warehouse: Warehouse) -> None:
    """Takes out what was marked as deleted too long ago, if the settings say so, and tells."""
    days = session.settings.purge_deleted_after_days
    if days is None:
        return
    before: datetime = session.started_at - timedelta(days=days)
    with warehouse.writing() as db:
        gone = retention.purge(db, _belongings(), before)
    for name, count in gone.items():
        session.console.info(
            f"  {name:<22}{count:>9,} deleted in Gong more than {days} days ago, purged",
            table=name,
            purged=count,
        )


def _belongings() -> list[Belongings]:
    return [
        Belongings(
            one.name,
            one.key,
            [child.name for child in children(one.name) if set(one.key) <= set(child.entity)]
            + (list(_OF_CALLS) if one.name == "calls" else []),
        )
        for one in TABLES
        if one.is_root and one.absence is Absence.DELETED and not one.is_history
    ]
