"""Pure: what Gong gives only piece by piece: whom to ask about, with which inputs, what comes back.

A fan is a table that takes one request per parent (a user, a workspace, a folder) or per batch of
them. Its parents are rows of other tables, taken from what the same run has just read. Each ask
says which rows it enumerates completely, so that what is missing from its answer is known to be
gone. Sizes of batches are Gong's (OpenAPI) where it states one, a hundred where it does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import kind
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import BATCH, CRM_REFERENCES, OPEN_INSTANCES
from sources.gong.schema.tables.crm import OBJECT_TYPES

Parent = Mapping[str, Any]
"""Values of a parent's row, by column."""

Parents = Mapping[str, Sequence[Parent]]
"""What there is to ask about, by the stream that lists it."""

_CRM_TYPES = {
    "Account": "ACCOUNT",
    "Opportunity": "DEAL",
    "Deal": "DEAL",
    "Contact": "CONTACT",
    "Lead": "LEAD",
}
"""How contexts of calls name what the CRM operations call ACCOUNT, DEAL, CONTACT and LEAD."""


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """One request with its pages.

    Attributes:
        inputs: of the operation, without the cursor.
        parent: names it in the bookkeeping of what was asked when; empty for batches.
        about: values that the entities of the answer are completed with.
        scope: column → values: the rows that the answer enumerates completely.
        ids: the input that holds ids, and the ids, for an ask that may be cut where one is unknown.
    """

    inputs: Mapping[str, Any]
    parent: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ids: tuple[str, tuple[str, ...]] | None = None

    def without(self, unknown: Iterable[str]) -> list[ChildRequest]:
        """Returns the asks for the ids but the unknown ones; halves where none is named."""
        if self.ids is None:
            return []
        name, ids = self.ids
        dead = set(unknown) & set(ids)
        rest = [one for one in ids if one not in dead]
        cuts = [rest] if dead else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
        return [
            ChildRequest(
                {**self.inputs, name: cut}, self.parent, self.about, self.scope, (name, tuple(cut))
            )
            for cut in cuts
            if cut and (dead or len(ids) > 1)
        ]


@dataclass(frozen=True, slots=True)
class ChildStream:
    """How a table is read piece by piece.

    Attributes:
        over: the streams whose rows are the parents.
        asks: from the parents to what must be asked.
        entities: from an answer to the entities it holds.
        every_days: a parent is asked about again after so many days.
        bound: the column that names the parent, where no row can outlive it.
        first_alone: whether the first ask goes ahead of the others, because the surface may not be
            licensed and one request is enough to know.
    """

    over: tuple[str, ...]
    asks: Callable[[Parents], list[ChildRequest]]
    entities: Callable[[Mapping[str, Any], ChildRequest], Iterable[Entity]]
    every_days: int = 1
    bound: str | None = None
    first_alone: bool = False


def listed(answer: Mapping[str, Any], key: str, stream: str) -> list[Entity]:
    """Returns the list of objects under a key of an answer; null counts as empty.

    Raises:
        Drift: it is missing, no list, or holds something else.
    """
    return objects(answer.get(key, key), key, stream)


def objects(rows: Any, key: str, stream: str) -> list[Entity]:
    """Returns a list of objects, found under `key`, as it is; null counts as empty.

    Raises:
        Drift: it is no list, or holds something else.
    """
    if rows is None:
        return []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SchemaDrift(
            f"{stream}: `{key}` of Gong's answer is not a list of objects",
            table=stream,
            field=key,
            expected="a list of objects",
            found="a list of others" if isinstance(rows, list) else _found(rows, key),
        )
    return rows


def _found(value: Any, key: str) -> str:
    # a key that is not there is looked up as its own name
    return "nothing" if value == key else kind(value)


def _numbered(
    entities: Iterable[Entity], same: Callable[[Entity], Any], **about: Any
) -> Iterator[Entity]:
    """Yields entities with `_index`: from 0, among those that are the same but for it."""
    count: Counter[Any] = Counter()
    for entity in entities:
        key = same(entity)
        yield {**entity, **about, "_index": count[key]}
        count[key] += 1


def _ids(parents: Iterable[Parent], column: str) -> list[str]:
    return list(dict.fromkeys(str(p[column]) for p in parents if p.get(column) is not None))


def _batches(ids: Sequence[str], size: int = BATCH) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def _active(parents: Parents) -> list[Parent]:
    return [u for u in parents["users"] if u.get("is_active") and u.get("email_address")]


def _each(over: str, column: str, name: str, about: str) -> Callable[[Parents], list[ChildRequest]]:
    """One ask per parent, whose id is an input and completes the entities of the answer."""

    def asks(parents: Parents) -> list[ChildRequest]:
        return [
            ChildRequest({name: one}, one, {about: one}, {column: frozenset((one,))})
            for one in _ids(parents[over], column)
        ]

    return asks


def _rows(table: str, key: str) -> Callable[[Mapping[str, Any], ChildRequest], Iterable[Entity]]:
    """The entities are the elements of one list, completed with what was asked about."""

    def entities(answer: Mapping[str, Any], ask: ChildRequest) -> Iterable[Entity]:
        return ({**row, **ask.about} for row in listed(answer, key, table))

    return entities


def _settings_history(answer: Mapping[str, Any], ask: ChildRequest) -> Iterator[Entity]:
    rows = listed(answer, "userSettingsHistory", "user_settings_history")
    # in the order of their content, so that another order of the answer changes no key
    rows = sorted(rows, key=lambda row: (str(row.get("time")), str(row.get("value"))))
    return _numbered(rows, lambda row: (row.get("setting"), row.get("time")), **ask.about)


def _folder_calls(answer: Mapping[str, Any], ask: ChildRequest) -> Iterator[Entity]:
    rows = listed(answer, "calls", "library_folder_calls")

    def place(row: Entity) -> tuple[str, float]:
        snippet = row.get("snippet")
        start = snippet.get("fromSec") if isinstance(snippet, dict) else None
        return str(row.get("created")), start if isinstance(start, (int, float)) else -1.0

    rows = sorted(rows, key=place)
    return _numbered(rows, lambda row: row.get("id"), **ask.about)


def _call_access(answer: Mapping[str, Any], _ask: ChildRequest) -> Iterator[Entity]:
    for call in listed(answer, "callAccessList", "call_user_access"):
        around = {key: value for key, value in call.items() if key not in ("users", "callId")}
        for user in objects(call.get("users"), "users", "call_user_access"):
            yield {**around, **user, "_callId": call.get("callId")}


def call_access_ask(call_ids: Sequence[str]) -> ChildRequest:
    """Returns the ask for who was given access to the calls."""
    ids = tuple(call_ids)
    return ChildRequest(
        {"filter.callIds": list(ids)},
        scope={"call_id": frozenset(ids)},
        ids=("filter.callIds", ids),
    )


def _schema_asks(parents: Parents) -> list[ChildRequest]:
    return [
        ChildRequest(
            {"integrationId": int(one), "objectType": object_type},
            f"{one}/{object_type}",
            {"_integrationId": one, "_objectType": object_type},
            {"integration_id": frozenset((one,)), "object_type": frozenset((object_type,))},
        )
        for one in _ids(parents["crm_integrations"], "integration_id")
        for object_type in OBJECT_TYPES
    ]


def _schema_fields(answer: Mapping[str, Any], ask: ChildRequest) -> Iterator[Entity]:
    by_type = _map_of(answer, "objectTypeToSelectedFields", "crm_schema_fields")
    for object_type, fields in by_type.items():
        for row in objects(fields, "fields", "crm_schema_fields"):
            named = row
            if "uniqueName" not in row and "name" in row:
                # the OpenAPI document names the key in one way and shows it in another
                named = {k: v for k, v in row.items() if k != "name"} | {"uniqueName": row["name"]}
            yield {**named, **ask.about, "_objectType": object_type}


def _object_asks(parents: Parents) -> list[ChildRequest]:
    wanted: dict[str, dict[str, None]] = {}
    for reference in parents[CRM_REFERENCES]:
        object_type = _CRM_TYPES.get(str(reference["object_type"]))
        if object_type and reference.get("object_id"):
            wanted.setdefault(object_type, {})[str(reference["object_id"])] = None
    return [
        ChildRequest(
            {"integrationId": int(one), "objectType": object_type, "objectsCrmIds": ids},
            "",
            {"_integrationId": one, "_objectType": object_type},
            {
                "integration_id": frozenset((one,)),
                "object_type": frozenset((object_type,)),
                "crm_id": frozenset(ids),
            },
        )
        for one in _ids(parents["crm_integrations"], "integration_id")
        for object_type, all_ids in sorted(wanted.items())
        for ids in _batches(list(all_ids))
    ]


def _objects(answer: Mapping[str, Any], ask: ChildRequest) -> Iterator[Entity]:
    for crm_id, fields in _map_of(answer, "crmObjectsMap", "crm_objects").items():
        if fields is None:
            continue  # Gong's way of saying that there is no such object
        if not isinstance(fields, dict):
            raise SchemaDrift(
                f"crm_objects: an object is {kind(fields)} where an object is expected",
                table="crm_objects",
                field="crmObjectsMap.*",
                expected="an object",
                found=kind(fields),
            )
        yield {
            **ask.about,
            "_crmId": crm_id,
            "fields": [{"name": name, "value": value} for name, value in fields.items()],
        }


def _map_of(answer: Mapping[str, Any], key: str, table: str) -> Mapping[str, Any]:
    found = answer.get(key, key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise SchemaDrift(
            f"{table}: `{key}` of Gong's answer is {kind(found)}; a map is expected",
            table=table,
            field=key,
            expected="an object",
            found=_found(found, key),
        )
    return found


def _flow_asks(name: str) -> Callable[[Parents], list[ChildRequest]]:
    def asks(parents: Parents) -> list[ChildRequest]:
        return [
            ChildRequest(
                {name: str(user["email_address"])},
                str(user["user_id"]),
                {"_userId": str(user["user_id"])},
                {"user_id": frozenset((str(user["user_id"]),))},
            )
            for user in _active(parents)
        ]

    return asks


_FLOWS = 20
"""Flows per request (OpenAPI)."""


def _step_asks(parents: Parents) -> list[ChildRequest]:
    return [
        ChildRequest({"flowIds": ids}, "", {}, {"flow_id": frozenset(ids)}, ("flowIds", tuple(ids)))
        for ids in _batches(_ids(parents["flows"], "flow_id"), _FLOWS)
    ]


_KNOWN_OF_FLOWS = frozenset(
    ("id", "name", "folderId", "folderName", "visibility", "creationDate", "exclusive")
)
"""What the table `flows` holds already."""


def _steps(answer: Mapping[str, Any], _ask: ChildRequest) -> Iterator[Entity]:
    for flow in listed(answer, "flows", "flow_steps"):
        steps = objects(flow.get("steps"), "steps", "flow_steps")
        new = {k: v for k, v in flow.items() if k not in (*_KNOWN_OF_FLOWS, "steps", "description")}
        for index, step in enumerate(steps):
            yield {
                **new,
                **step,
                "_flowId": flow.get("id"),
                "_flowDescription": flow.get("description"),
                "_index": index,
            }


def _prospect_asks(parents: Parents) -> list[ChildRequest]:
    """Asks by prospect, which gives open instances only, then by instance for those seen before.

    Prospects are the contacts and leads of calls and tasks; instances that were open when last
    seen are asked for by their own id, which tells how they have ended.
    """
    prospects: dict[str, None] = {}
    for reference in parents[CRM_REFERENCES]:
        if _CRM_TYPES.get(str(reference["object_type"])) in ("CONTACT", "LEAD"):
            prospects[str(reference["object_id"])] = None
    for task in parents["tasks"]:
        if task.get("contact_crm_id"):
            prospects[str(task["contact_crm_id"])] = None
    instances = _ids(parents[OPEN_INSTANCES], "flow_instance_id")
    return [ChildRequest({"crmProspectsIds": ids}) for ids in _batches(list(prospects))] + [
        ChildRequest({"flowInstanceIds": ids}, scope={"flow_instance_id": frozenset(ids)})
        for ids in _batches(instances)
    ]


def _task_asks(parents: Parents) -> list[ChildRequest]:
    return [
        ChildRequest(
            {
                "filter.userId": one,
                "filter.types": ["FLOW", "MANUAL"],
                "filter.taskAction": ["CALL"],
                "filter.status": ["OPEN", "DONE", "DISMISSED"],
            },
            one,
            {},
            {"user_id": frozenset((one,))},
        )
        for one in _ids(_active(parents), "user_id")
    ]


def _tasks(answer: Mapping[str, Any], _ask: ChildRequest) -> Iterator[Entity]:
    crm_type = answer.get("crmType")
    return ({**task, "_crmType": crm_type} for task in listed(answer, "tasks", "tasks"))


def _meeting_asks(parents: Parents) -> list[ChildRequest]:
    users = {str(user["email_address"]): str(user["user_id"]) for user in _active(parents)}
    return [
        ChildRequest(
            {"emails": emails},
            about={email: users[email] for email in emails},
            scope={"email": frozenset(emails)},
        )
        for emails in _batches(list(users))
    ]


def _meeting_users(answer: Mapping[str, Any], ask: ChildRequest) -> Iterator[Entity]:
    for row in listed(answer, "users", "meeting_integrations"):
        yield {**row, "_userId": ask.about.get(str(row.get("email")))}


def _nothing(_parents: Parents) -> list[ChildRequest]:
    return []


CHILD_STREAMS: dict[str, ChildStream] = {
    "user_settings_history": ChildStream(
        ("users",),
        _each("users", "user_id", "id", "_userId"),
        _settings_history,
        every_days=7,
    ),
    "permission_profiles": ChildStream(
        ("workspaces",),
        _each("workspaces", "workspace_id", "workspaceId", "_workspaceId"),
        _rows("permission_profiles", "profiles"),
        bound="workspace_id",
    ),
    "permission_profile_users": ChildStream(
        ("permission_profiles",),
        _each("permission_profiles", "profile_id", "profileId", "_profileId"),
        _rows("permission_profile_users", "users"),
        bound="profile_id",
    ),
    "call_user_access": ChildStream(("calls",), _nothing, _call_access),
    "library_folders": ChildStream(
        ("workspaces",),
        _each("workspaces", "workspace_id", "workspaceId", "_workspaceId"),
        _rows("library_folders", "folders"),
        bound="workspace_id",
    ),
    "library_folder_calls": ChildStream(
        ("library_folders",),
        _each("library_folders", "folder_id", "folderId", "_folderId"),
        _folder_calls,
        bound="folder_id",
    ),
    "crm_schema_fields": ChildStream(
        ("crm_integrations",), _schema_asks, _schema_fields, bound="integration_id"
    ),
    "crm_objects": ChildStream(("crm_integrations", CRM_REFERENCES), _object_asks, _objects),
    "flows": ChildStream(
        ("users",),
        _flow_asks("flowOwnerEmail"),
        _rows("flows", "flows"),
        every_days=7,
        bound="user_id",
        first_alone=True,
    ),
    "flow_folders": ChildStream(
        ("users",),
        _flow_asks("flowFolderOwnerEmail"),
        _rows("flow_folders", "flowsFolders"),
        every_days=7,
        bound="user_id",
        first_alone=True,
    ),
    "flow_steps": ChildStream(("flows",), _step_asks, _steps, bound="flow_id", first_alone=True),
    "flow_prospects": ChildStream(
        ("tasks", CRM_REFERENCES, OPEN_INSTANCES),
        _prospect_asks,
        _rows("flow_prospects", "prospectsAssigned"),
        first_alone=True,
    ),
    "tasks": ChildStream(("users",), _task_asks, _tasks, first_alone=True),
    "meeting_integrations": ChildStream(
        ("users",), _meeting_asks, _meeting_users, bound="email", first_alone=True
    ),
}


def crm_references(call: Entity) -> Iterator[Parent]:
    """Yields the CRM objects that a call and its parties refer to."""
    contexts = [call.get("context"), *(p.get("context") for p in call.get("parties") or ())]
    for context in contexts:
        for system in context or ():
            for one in system.get("objects") or ():
                yield {"object_type": one.get("objectType"), "object_id": one.get("objectId")}
