"""Reads uploaded CRM data line by line; a faulty line is reported and the others count."""

import json
from typing import Any

from tests.emulator.domains.crm.fields import DEAL_STATUSES, STANDARD, fits, is_object_id, is_stamp
from tests.emulator.settings import Json

Rows = list[tuple[int, Json]]
Faults = list[Json]
MOST_FAULTS = 20


def read_lines(kind: str, lines: list[bytes], schema: dict[str, Json]) -> tuple[Rows, Faults]:
    """The valid objects with their line numbers, and the faults of the other lines."""
    if not lines:
        return [], [{"line": 0, "description": "The file is empty"}]
    rows: Rows = []
    faults: Faults = []
    for number, line in enumerate(lines, 1):
        row, fault = _read_line(kind, line, schema)
        if fault is None:
            rows.append((number, row))
        else:
            faults.append({"line": number, "description": fault})
    return rows, faults


def _read_line(kind: str, line: bytes, schema: dict[str, Json]) -> tuple[Json, str | None]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}, "The line is not valid JSON"
    if not isinstance(row, dict):
        return {}, "The line is not a JSON object"
    return row, _fault(kind, row, schema)


def _mandatory(kind: str, row: Json) -> tuple[str, ...]:
    """The fields an object of a type must have (Gong's OpenAPI)."""
    if kind == "STAGE":
        return ("objectId", "name")
    if kind == "BUSINESS_USER" and row.get("isDeleted") is not True:
        return ("objectId", "modifiedDate", "emailAddress")
    return ("objectId", "modifiedDate")


def _fault(kind: str, row: Json, schema: dict[str, Json]) -> str | None:
    """The fault of an object, or None."""
    for name in _mandatory(kind, row):
        if row.get(name) in (None, ""):
            return f"Mandatory field [{name}] is missing or empty"
    if not is_object_id(row["objectId"]):
        return "Field [objectId] must have at most 64 letters, digits or dashes, or be an address"
    if row.get("modifiedDate") is not None and not is_stamp(row["modifiedDate"]):
        return "Field [modifiedDate] must be an ISO-8601 date-time without milliseconds"
    if not fits(row.get("isDeleted"), "BOOLEAN"):
        return "Field [isDeleted] must be a BOOLEAN"
    for name, value in row.items():
        type_, allowed = _expected(kind, name, schema)
        if type_ is not None and not fits(value, type_, allowed):
            return f"Field [{name}] must be a {type_}"
    return None


def _expected(kind: str, name: str, schema: dict[str, Json]) -> tuple[str | None, Any]:
    """The type of a field and its allowed values; None for an undeclared field."""
    if name == "status" and kind == "DEAL":
        return "PICKLIST", list(DEAL_STATUSES)
    if name in STANDARD[kind]:
        return STANDARD[kind][name], None
    if name in schema:
        return str(schema[name]["type"]), schema[name]["orderedValueList"]
    return None, None


def merge(kind: str, old: Json | None, row: Json, schema: dict[str, Json]) -> Json:
    """An object after an upload: declared fields overwrite, undeclared ones are not kept."""
    kept = ("objectId", "modifiedDate", *STANDARD[kind], *schema)
    merged = {**(old or {}), **{name: row[name] for name in kept if name in row}}
    defaults: Json = {}
    if kind == "ACCOUNT":
        defaults = {"name": f"Account_#{row['objectId']}"}
    if kind == "DEAL":
        defaults = {"name": f"Deal_#{row['objectId']}", "status": "OPEN", "amount": 0}
    return {**{key: value for key, value in defaults.items() if key not in merged}, **merged}
