"""From the rows of the source's tables to the contracts that the warehouse keeps."""

from __future__ import annotations

from pathlib import Path

from pipelines.docs.origins import origin
from sources.gong.api.operations import operation
from sources.gong.schema.arrow import landed_columns
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import INACTIVE_EVERY_DAYS, Absence, Read, Table, Users
from sources.gong.schema.tables import (
    TABLES,
    children,
    follows_calls,
    is_child_stream,
    parent_records,
    root_of,
    stream,
    table,
)
from sources.gong.schema.tables.relations import area_of, refers_to
from warehouse.contracts import FOLDER, Contract, ContractColumn, ContractLoad, to_json

_TYPES = {
    Type.SCALAR: "text",
    Type.SCALAR_TYPE: "text",
    Type.PRESENCE: "boolean",
}

_HOW_READ = {
    Read.LIST: "The whole list.",
    Read.INSTANTS: "Windows of seven days, half-open, in instants.",
    Read.SINCE: "From an instant on, to the present: Gong takes no end.",
    Read.DAYS: "Windows of up to 31 whole company days.",
    Read.PERIODS: "Whole calendar periods of the company's time zone.",
    Read.MANAGERS: (
        "Whole months, for each manager of a workspace (who has direct reports) by itself."
    ),
    Read.LOGS: "Windows of up to 30 days, for each of Gong's five logs by itself.",
    Read.AWAITED_CALLS: "Batches of a hundred call ids.",
    Read.CALLS_OF_RUN: "Batches of call ids, as calls are read.",
}

_ABSENCE = {
    Absence.DELETED: (
        "A row that a complete read no longer finds is gone from Gong: it stays, with _deleted_at."
    ),
    Absence.UNKNOWN: "A missing row means nothing: Gong forgets, the warehouse keeps.",
    Absence.ZERO: (
        "A missing row counts zero: Gong lists only who did something, and a period is replaced "
        "as a whole."
    ),
    Absence.NOT_YET: "A missing row may still come: it is requested again until it does.",
}


def contract(landed: Table) -> Contract:
    """Returns the contract of a landed table."""
    return Contract(
        table=landed.name,
        area=area_of(landed.name),
        grain=landed.grain,
        key=landed.key,
        parent=landed.parent,
        children=tuple(child.name for child in children(landed.name)),
        load=_load(landed),
        absence=str(root_of(landed.name).absence),
        absence_means=_absence_means(landed),
        columns=tuple(_column(landed, column) for column in landed_columns(landed.name)),
    )


def _load(landed: Table) -> ContractLoad:
    name = stream(landed.name)
    row, lookback = table(name), root_of(landed.name).lookback
    filled_by = operation(row.operation) if row.operation else None
    return ContractLoad(
        stream=name,
        operation=filled_by.operation_id if filled_by else None,
        request=f"{filled_by.method} {filled_by.path}" if filled_by else None,
        scopes=filled_by.scopes if filled_by else (),
        how_read=_how_read(landed, row),
        cadence=_cadence(landed, row),
        nightly_days=lookback.nightly if lookback else None,
        weekly_days=lookback.weekly if lookback else None,
        asks_about=_parents(row),
        every_days=row.parents.every_days if row.parents and is_child_stream(name) else None,
    )


def _parents(row: Table) -> tuple[str, ...]:
    return tuple(parent_records(name).name for name in row.parents.streams) if row.parents else ()


def _column(landed: Table, column: Column) -> ContractColumn:
    is_declared = any(column is declared for declared in landed.columns)
    return ContractColumn(
        name=column.name,
        type=_TYPES.get(column.type, str(column.type)),
        nullable=column.name not in landed.key,
        sensitivity=str(column.sensitivity),
        description=column.description,
        source=origin(landed, column) if is_declared else "",
        refers_to=refers_to(landed.name, column.name) if is_declared else "",
    )


def _how_read(landed: Table, row: Table) -> str:
    if landed.is_history:
        return "Written by each sync from what it sees of the users, without a request of its own."
    if landed.is_period_log:
        return "The account of the statistics below: which calendar periods were read of each."
    if row.read is Read.EACH and row.parents:
        parents = " and ".join(_parents(row))
        return row.parents.how or f"One request, with its pages, per row of {parents}."
    return _HOW_READ[row.read or Read.LIST]


def _cadence(landed: Table, row: Table) -> str:
    lookback, parents = root_of(row.name).lookback, row.parents
    if landed.is_history:
        return "with every sync that reads users"
    if lookback:
        return (
            f"every night what is new and the last {lookback.nightly} days again, weekly the "
            f"last {lookback.weekly}"
        )
    if row.read is Read.AWAITED_CALLS:
        return (
            "every night for new and changed calls; missing ones again for 14 days, then weekly "
            "up to 60"
        )
    if row.read is Read.CALLS_OF_RUN:
        return "every night for the calls that are read"
    if follows_calls(row.name):
        return "every night for what the calls that are read refer to"
    if parents and parents.users is Users.OWNERS and parents.every_days == 1:
        return (
            "every night for each active user, every "
            f"{INACTIVE_EVERY_DAYS} days for each inactive one"
        )
    if parents and parents.every_days > 1:
        parent = parents.streams[0].rstrip("s")
        return f"every {parents.every_days} days for each {parent}, spread over the nights"
    return "every night"


def _absence_means(landed: Table) -> str:
    if landed.is_history:
        return "What held between two syncs is not known; a user who left has a last row that ends."
    if landed.parent and not landed.family:
        return (
            f"The rows of one row of {landed.parent} are replaced together: what Gong no longer "
            "sends is gone."
        )
    if landed.read is Read.INSTANTS:
        return (
            "A call that a complete read no longer finds, nor Gong by its id, is gone: it stays, "
            "with _deleted_at."
        )
    return _ABSENCE[root_of(landed.name).absence]


def all_contracts() -> tuple[Contract, ...]:
    """Returns the contracts of all landed tables, in the order in which they are declared."""
    return tuple(contract(landed) for landed in TABLES)


def contract_files(folder: Path = FOLDER) -> dict[Path, str]:
    """Returns what the contract files must say, by path."""
    return {folder / f"{row.table}.json": to_json(row) for row in all_contracts()}
