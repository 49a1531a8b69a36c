"""When deleted rows are purged, and which rows go with them, from settings and table declarations.

`warehouse.retention` deletes them.
"""

from __future__ import annotations

from datetime import timedelta

from pipelines.session import Session
from sources.gong.load.load_log import ASKS_TABLE
from sources.gong.schema.table import Absence
from sources.gong.schema.tables import TABLES, children
from warehouse import retention
from warehouse.connection import Warehouse
from warehouse.entity_rows import EntityRows

_OF_CALLS = ("transcripts", "transcript_sentences", "call_user_access", ASKS_TABLE)
"""What was said in a call and who may hear it; reviews and folders keep an account of their own."""


def purge(session: Session, warehouse: Warehouse) -> None:
    """Purges rows that were marked as deleted too long ago, if the settings say so."""
    days = session.settings.purge_deleted_after_days
    if days is None:
        return
    with warehouse.writing() as db:
        purged = retention.purge(db, _purged_rows(), session.started_at - timedelta(days=days))
    for name, count in purged.items():
        session.console.info(
            f"  {name:<22}{count:>9,} deleted in Gong more than {days} days ago, purged",
            table=name,
            purged=count,
        )


def _purged_rows() -> list[EntityRows]:
    return [
        EntityRows(
            table.name,
            table.key,
            [child.name for child in children(table.name) if set(table.key) <= set(child.entity)]
            + (list(_OF_CALLS) if table.name == "calls" else []),
        )
        for table in TABLES
        if table.is_root and table.absence is Absence.DELETED and not table.is_history
    ]
