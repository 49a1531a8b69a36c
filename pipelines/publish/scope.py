"""What of the analytics tables the next build has to build: everything, or what has changed.

Everything is built where the last build did not come to its end, where models, time zone or DuckDB
are others, where something else than our commands has written the warehouse or one of them was
killed, and where too many calls have changed. Everything is also built once a week, and compared
with what the nights before had left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from pipelines.lock import epoch_of
from pipelines.publish.build_state import BuildState
from pipelines.publish.dbt import models_fingerprint
from pipelines.session import Session
from sources.gong.extract.window_plan import TRANSCRIPT_AWAITED
from sources.gong.schema.table import Read
from sources.gong.schema.tables import CALLS_STREAM, TABLES, children
from warehouse.builds.changes import BY_CALL, BuildChanges, find_changes, months_of_changed_calls
from warehouse.connection import Locked, Warehouse

_FULL_EVERY = timedelta(days=7)
_TABLES_OF = {root.name: [t.name for t in children(root.name)] for root in TABLES if root.is_root}
_OF_CALLS = [CALLS_STREAM, *(table.name for table in TABLES if table.read is Read.AWAITED_CALLS)]
"""Of their rows, and those of their child tables, the tables by call are made; with those of users
and workspaces."""
_OF_PRESENT = "tag:present"
"""How dbt selects the models that depend on the present, and not on rows alone."""


@dataclass(frozen=True, slots=True)
class BuildScope:
    """What has changed, where only that is built.

    Attributes:
        changes: since the last finished build.
        is_compared: whether everything is built afterwards, and must come out the same.
    """

    changes: BuildChanges
    is_compared: bool

    @property
    def selected(self) -> Sequence[str]:
        """The models to build, as dbt selects them."""
        sources = [f"source:gong.{table}+" for table in self.changes.tables]
        # the views between are made again: after a full build they are of all calls
        by_call = ["path:models/intermediate/calls", "path:models/intermediate/transcripts",
                   *(f"{table}+" for table in BY_CALL)]  # fmt: skip
        return [_OF_PRESENT, *sources, *by_call]


def basis_of(session: Session, zone: str | None) -> str:
    """Returns a fingerprint of what must be the same for a build to build only what has changed.

    It is empty where nobody holds the warehouse, so that nothing is known of who wrote it.
    """
    epoch = epoch_of(session.target.path)
    return f"{models_fingerprint()} {zone} {epoch}" if epoch else ""


def scope_of(
    session: Session, warehouse: Warehouse, last: BuildState, basis: str
) -> BuildScope | None:
    """Returns what has changed since the last build; None where everything is to be built."""
    now = session.started_at
    if not (last.is_whole and basis and last.basis == basis and last.build_id):
        return None
    try:
        with warehouse.writing() as db:
            changes = find_changes(
                db, last.build_id, _TABLES_OF, _OF_CALLS, now, TRANSCRIPT_AWAITED
            )
    except (duckdb.CatalogException, Locked):  # a table is not there; dbt says who has it open
        return None
    if changes is None:
        return None
    return BuildScope(changes, now - datetime.fromisoformat(last.full_at) >= _FULL_EVERY)


def changed_months(
    warehouse: Warehouse, scope: BuildScope, built: frozenset[str]
) -> dict[str, Sequence[str] | None]:
    """Returns the built tables, each with the months that have changed, or None for all of it."""
    with warehouse.reading() as db:
        months = sorted(scope.changes.months | months_of_changed_calls(db))
    return {name: months if name in BY_CALL else None for name in sorted(built)}
