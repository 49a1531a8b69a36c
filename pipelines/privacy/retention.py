"""When deleted rows are purged, and which rows go with them, from settings and table declarations.

`warehouse.retention` deletes them.
"""

from __future__ import annotations

from datetime import timedelta

from pipelines.session import Session
from sources.gong.load.load_log import LOG_TABLES, QUARANTINE_TABLE, TRANSCRIPT_REQUESTS_TABLE
from sources.gong.schema.table import Absence, Table
from sources.gong.schema.tables import TABLES, children, tables_of
from warehouse import retention
from warehouse.connection import Warehouse
from warehouse.entity_rows import EntityRows


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
    quarantined = EntityRows(QUARANTINE_TABLE, (LOG_TABLES[QUARANTINE_TABLE].field(0).name,))
    return [
        quarantined,
        *_purged_entities(),
    ]


def _purged_entities() -> list[EntityRows]:
    return [
        EntityRows(
            table.name,
            table.key,
            [child.name for child in children(table.name) if set(table.key) <= set(child.entity)]
            + _purged_with(table),
        )
        for table in TABLES
        if table.is_root and table.absence is Absence.DELETED and not table.is_history
    ]


def _purged_with(table: Table) -> list[str]:
    """Returns the tables whose rows go with a purged one: what was said in a call, who may hear it.

    Reviews and folders keep a record of their own.
    """
    others = [other for other in TABLES if other.removal.purged_with == table.name]
    names = [name for other in others for name in tables_of(other.name)]
    return [*names, TRANSCRIPT_REQUESTS_TABLE] if names else []
