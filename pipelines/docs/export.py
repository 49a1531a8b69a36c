"""From the rows of the source's two tables to the contracts that the warehouse keeps."""

from __future__ import annotations

from pathlib import Path

from pipelines.docs.origins import origin
from pipelines.docs.relations import area_of, refers_to
from sources.gong.api.operations import operation
from sources.gong.extract.child_streams import CHILD_STREAMS
from sources.gong.schema.arrow import landed_columns
from sources.gong.schema.columns import Column, Type
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES, Absence, Read, Table
from sources.gong.schema.tables import (
    STATS_TABLES,
    TABLES,
    children,
    follows_calls,
    parent_streams,
    root_of,
    stream,
)
from warehouse.contracts import FOLDER, Contract, ContractColumn, to_json

_TYPES = {
    Type.SCALAR: "text",
    Type.SCALAR_TYPE: "text",
    Type.PRESENCE: "boolean",
}

_PSEUDO = {
    CRM_REFERENCES: "call_crm_objects",
    OPEN_INSTANCES: "flow_prospects",
}
"""The tables in which those who are asked about stand, where no list of theirs is read."""

_PARENTS = {
    "crm_schema_fields": "CRM integration and object type",
    "flow_steps": "twenty flows",
    "flows": "active user",
    "flow_folders": "active user",
    "meeting_integrations": "hundred active users",
    "tasks": "active user",
}
"""What one request is about, where that is not one row of the parent."""

_ABSENCE = {
    Absence.DELETED: (
        "A row that a complete read no longer finds is gone from Gong: it stays, with _deleted_at."
    ),
    Absence.UNKNOWN: "A missing row means nothing: Gong forgets, the warehouse keeps.",
    Absence.ZERO: (
        "A missing row counts zero: Gong lists only who did something, and a period is replaced "
        "as a whole."
    ),
    Absence.NOT_YET: "A missing row may still come: it is asked for again until it does.",
}


def contract(landed: Table) -> Contract:
    """Returns the contract of a landed table."""
    name = stream(landed.name)
    root = root_of(name) if landed.parent or landed.name == name else landed
    read = root.read or root_of(name).read
    asked = operation(landed.operation or root.operation or _operation_of(name))
    fan = CHILD_STREAMS.get(name)
    absence = root.absence
    return Contract(
        table=landed.name,
        area=area_of(landed.name),
        grain=landed.grain,
        key=landed.key,
        parent=landed.parent,
        children=tuple(child.name for child in children(landed.name)),
        stream=name,
        operation=None if landed.name == "stats_periods" else asked.operation_id,
        request=None if landed.name == "stats_periods" else f"{asked.method} {asked.path}",
        scopes=() if landed.name == "stats_periods" else asked.scopes,
        how_read=_how_read(landed, name, read),
        cadence=_cadence(landed, name),
        nightly_days=root.lookback.nightly if root.lookback else None,
        weekly_days=root.lookback.weekly if root.lookback else None,
        asks_about=_parents(name),
        every_days=fan.every_days if fan and not landed.is_history else None,
        absence=str(absence),
        absence_means=_absence_means(landed, absence),
        columns=tuple(_column(landed, column) for column in landed_columns(landed.name)),
    )


def _operation_of(name: str) -> str:
    found = next(t.operation for t in TABLES if t.name == name)
    return found or "listMultipleUsersAggregateByPeriod"


def _parents(name: str) -> tuple[str, ...]:
    fan = CHILD_STREAMS.get(name)
    if fan is None:
        return parent_streams(name)
    return tuple(_PSEUDO.get(parent, parent) for parent in fan.over)


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


def _how_read(landed: Table, name: str, read: Read | None) -> str:
    if landed.is_history:
        return "Written by each sync from what it sees of the users; asks for nothing itself."
    if landed.name == "stats_periods":
        return "The account of the statistics below: which calendar periods were read of each."
    if name == "coaching_metrics":
        return "Whole months, for each manager of a workspace (who has direct reports) by itself."
    if name == "crm_call_associations":
        return "From an instant on, to the present: Gong takes no end."
    if name == "call_user_access":
        return "Batches of call ids, as calls are read."
    if name == "flow_prospects":
        return (
            "Batches of prospects of calls and tasks, which gives open instances; then batches of "
            "the instances that were open when last seen, which tells how they ended."
        )
    if name == "crm_objects":
        return "Batches of the ids that calls refer to, per integration and object type."
    if read is Read.EACH:
        parents = _PARENTS.get(name, f"row of {' and '.join(_parents(name))}")
        return f"One request, with its pages, per {parents}."
    told = {
        Read.LIST: "The whole list.",
        Read.INSTANTS: "Windows of seven days, half-open, in instants.",
        Read.DAYS: "Windows of up to 31 whole company days.",
        Read.PERIODS: "Whole calendar periods of the company's time zone.",
        Read.LOGS: "Windows of up to 30 days, for each of Gong's five logs by itself.",
        Read.IDS: "Batches of a hundred call ids.",
    }
    return told[read or Read.LIST]


def _cadence(landed: Table, name: str) -> str:
    fan = CHILD_STREAMS.get(name)
    root = root_of(name)
    if landed.is_history:
        return "with every sync that reads users"
    if root.lookback:
        return (
            f"every night what is new and the last {root.lookback.nightly} days again, weekly the "
            f"last {root.lookback.weekly}"
        )
    if name == "transcripts":
        return (
            "every night for new and changed calls; missing ones again for 14 days, then weekly "
            "up to 60"
        )
    if name == "call_user_access":
        return "every night for the calls that are read"
    if fan and follows_calls(name):
        return "every night for what the calls that are read refer to"
    if fan and fan.every_days > 1:
        parent = fan.over[0].rstrip("s")
        return f"every {fan.every_days} days for each {parent}, spread over the nights"
    return "every night"


def _absence_means(landed: Table, absence: Absence) -> str:
    if landed.is_history:
        return "What held between two syncs is not known; a user who left has a last row that ends."
    if landed.parent and landed.name not in STATS_TABLES:
        return (
            f"The rows of one row of {landed.parent} are replaced together: what Gong no longer "
            "sends is gone."
        )
    if landed.name == "calls":
        return (
            "A call that a complete read no longer finds, nor Gong by its id, is gone: it stays, "
            "with _deleted_at."
        )
    return _ABSENCE[absence]


def all_contracts() -> tuple[Contract, ...]:
    """Returns the contracts of all landed tables, in the order in which they are declared."""
    return tuple(contract(landed) for landed in TABLES)


def contract_files(folder: Path = FOLDER) -> dict[Path, str]:
    """Returns what the contract files must say, by path."""
    return {folder / f"{one.table}.json": to_json(one) for one in all_contracts()}
