"""What a column of a landed table is called at Gong, from the top of the operation's answer.

`Column.source` is seen from the row; whoever reads Gong's documentation looks from the top. Where
Gong sends no field for it (the parent that was asked about, a place in a list), it says what it is.
"""

from __future__ import annotations

from sources.gong.api.operations import operation
from sources.gong.extract.stats import FAMILIES
from sources.gong.schema.columns import Column
from sources.gong.schema.table import Table
from sources.gong.schema.tables import STATS_TABLES, table

_ENTITY = {
    "user_history": "users[]",
    "call_user_access": "callAccessList[].users[]",
    "crm_schema_fields": "objectTypeToSelectedFields.*[]",
    "crm_objects": "crmObjectsMap.*",
    "flow_steps": "flows[].steps[]",
}
"""Where the entity lies, for answers whose list does not hold it directly."""

_ASKED = {
    "_workspaceId": "the workspace asked about",
    "_profileId": "the permission profile asked about",
    "_folderId": "the folder asked about",
    "_integrationId": "the integration asked about",
    "_userId": "the user asked about",
    "_logType": "the log asked for",
}
"""Values that are not in the answer but in the request."""

_EXACT = {
    ("logs", "_logId"): "logEntries[].logRecord.auditId, else a hash of the entry",
    ("logs", "_callId"): "logEntries[].logRecord.call_id",
    ("call_tracker_occurrences", "_trackerId"): "calls[].content.trackers[].id",
    ("call_tracker_occurrences", "_phraseIndex"): "place in calls[].content.trackers[].phrases[]",
    ("call_tracker_occurrences", "_index"): "place among the occurrences of the tracker",
    ("call_user_access", "_callId"): "callAccessList[].callId",
    ("crm_objects", "_crmId"): "key in crmObjectsMap",
    ("crm_objects", "_objectType"): "the object type asked about",
    ("crm_object_fields", "_objectType"): "the object type asked about",
    ("crm_object_fields", "_crmId"): "key in crmObjectsMap",
    ("crm_object_fields", "name"): "key in crmObjectsMap.*",
    ("crm_object_fields", "value"): "value in crmObjectsMap.*",
    ("crm_schema_fields", "_objectType"): "key in objectTypeToSelectedFields",
    ("flow_steps", "_flowId"): "flows[].id",
    ("flow_steps", "_flowDescription"): "flows[].description",
    ("flow_steps", "_index"): "place in flows[].steps[]",
    ("tasks", "_crmType"): "crmType",
    ("user_settings_history", "_index"): "place among changes of the setting at that time",
    ("library_folder_calls", "_index"): "place among the pieces of the call in the folder",
    ("crm_call_associations", "_index"): "place in associations[].associatedCrmObjects[]",
    ("crm_call_associations", "accountCrmId"): (
        "associations[].associatedCrmObjects[].accountCrmId"
    ),
    ("crm_call_associations", "dealCrmId"): "associations[].associatedCrmObjects[].dealCrmId",
}

_EXPLODED = {"call_tracker_occurrences": "content.trackers[].occurrences[]"}
"""Where the rows lie that a function yields."""


def origin(landed: Table, column: Column) -> str:
    """Returns Gong's name of the field a column is filled from; empty for what no answer holds."""
    bare = column.source.lstrip("$^")
    if (landed.name, bare) in _EXACT:
        return _EXACT[(landed.name, bare)]
    if landed.name == "stats_periods":
        return "the calendar period asked for"
    if not column.source:
        return ""
    if landed.name in STATS_TABLES:
        return _of_stats(landed, column)
    if bare in _ASKED:
        return _ASKED[bare]
    entity = _entity(landed)
    if landed.is_root or column.source.startswith("$"):
        return _under(entity, bare)
    paths = (_EXPLODED[landed.name],) if callable(landed.rows) else landed.rows
    found = [_in_list(f"{entity}.{path}", column.source) for path in paths]
    return " or ".join(dict.fromkeys(one for one in found if one))


def _entity(landed: Table) -> str:
    root = landed if landed.is_root else table(str(landed.parent))
    if root.name in _ENTITY:
        return _ENTITY[root.name]
    return f"{operation(str(root.operation)).rows_key}[]"


def _under(entity: str, key: str) -> str:
    return f"{entity}.{key}"


def _in_list(path: str, source: str) -> str | None:
    """Returns the name of what a source says of an element of a list, or None if it is not there.

    One `^` means the element around it, so one list further out; the entity itself is no list.
    """
    ups = len(source) - len(source.lstrip("^"))
    key = source[ups:]
    lists = path.split("[]")[:-1]
    if ups:
        lists = lists[:-ups]
    # the first list is that of the entities
    if len(lists) < 2:
        return None
    place = "[]".join(lists) + "[]"
    if key == "#":
        return f"place in {place}"
    if key == "@":
        return f"ordinal of {place}"
    return place if key == "." else f"{place}.{key}"


def _of_coaching(source: str) -> str:
    manager = "coachingData[]"
    report = f"{manager}.directReportsMetrics[]"
    if source == "metric":
        return f"key in {report}.metrics"
    if source == "callId":
        return f"{report}.metrics.*[]"
    for who, place in (("manager", manager), ("report", report)):
        if source.startswith(who):
            rest = source.removeprefix(who)
            return f"{place}.{who}.{rest[0].lower()}{rest[1:]}"
    return ""


def _of_stats(landed: Table, column: Column) -> str:
    family = FAMILIES[landed.name]
    users = f"{family.rows_key}[]"
    items = f"{users}.{family.stats_key}" + ("[]" if family.is_dated else "")
    source = column.source
    if source.startswith("$"):
        is_told = family.is_dated and source == "$fromDate"
        return f"{items}.fromDate" if is_told else "the calendar period asked for"
    if source in _ASKED:
        return _ASKED[source]
    if landed.name == "coaching_metrics":
        return _of_coaching(source)
    if source == "activity":
        return f"key in {items}"
    if source == "callId":
        return f"{items}.*[]"
    if source.startswith("stats."):
        return f"{items}.{source.removeprefix('stats.')}"
    if landed.name == "interaction_stats" and not source.startswith("^"):
        return f"{items}[].{source}"
    return f"{users}.{source.lstrip('^')}"
