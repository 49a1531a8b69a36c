"""`gong_ops.settings`: small values that outlive a run, by name."""

from __future__ import annotations

from warehouse.connection import Warehouse
from warehouse.target import OPS

WAREHOUSE_ID = "warehouse_id"
"""The name of what a warehouse file and its backups have in common, and no other file has."""
CREATE = f"""
create table if not exists {OPS}.settings (name varchar primary key, value varchar);
comment on table {OPS}.settings is 'What must stay the same from run to run.';
insert or ignore into {OPS}.settings select '{WAREHOUSE_ID}', uuid()::varchar;
"""


def stored_setting(warehouse: Warehouse, name: str) -> str | None:
    """Returns the value of a setting; None where it was never stored."""
    return stored_settings(warehouse, name).get(name)


def stored_settings(warehouse: Warehouse, prefix: str) -> dict[str, str]:
    """Returns the values of the settings whose names begin with a prefix, by name."""
    rows = warehouse.rows(
        f"select name, value from {OPS}.settings where starts_with(name, ?) order by name", [prefix]
    )
    return dict(rows)


def store_setting(warehouse: Warehouse, name: str, value: str | None) -> None:
    """Stores a setting in place of its former value; None removes it."""
    with warehouse.writing() as db:
        db.execute(f"delete from {OPS}.settings where name = ?", [name])
        if value is not None:
            db.execute(f"insert into {OPS}.settings values (?, ?)", [name, value])
