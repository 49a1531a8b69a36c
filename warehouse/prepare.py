"""Makes a warehouse file ready for a run: its mode, the tables of `gong_ops`.

Creates what is missing. A column that a later version adds comes with an `alter table` in the
module of its table (`ops/push_ledger.py`, `ops/schema_changes.py`).
"""

from __future__ import annotations

import os

from warehouse import build_warnings
from warehouse.connection import Warehouse
from warehouse.machine.database import remove_spills
from warehouse.ops import (
    deletion_alarms,
    erasures,
    fill_rates,
    load_log,
    push_ledger,
    runs,
    schema_changes,
    schema_drift,
    settings,
)
from warehouse.target import OPS, RAW


def prepare(warehouse: Warehouse) -> None:
    """Creates what is missing; only the owner can read the file.

    Call it while holding the lock of the warehouse, between two load packages.

    Raises:
        Locked: another process has the file open.
    """
    with warehouse.writing() as db:
        # rows that a killed run has left there, a second copy of personal data; nobody has the file
        # open now, so nobody needs them
        remove_spills(warehouse.path)
        os.chmod(warehouse.path, 0o600)
        db.begin()
        db.execute(f"create schema if not exists {OPS}")
        for module in (runs, settings, deletion_alarms, push_ledger, fill_rates, schema_drift):
            db.execute(module.CREATE)
        schema_changes.prepare(db)
        erasures.prepare(db)
        db.execute(build_warnings.CREATE)
        load_log.create_view(db)
        # the staging tables of earlier versions: a killed load has left rows of people there
        db.execute(f"drop schema if exists {RAW}_staging cascade")
        db.commit()
