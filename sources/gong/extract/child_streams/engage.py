"""Pure: child streams of Engage: flows, their folders, steps and prospects, and tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sources.gong.extract.answers import listed, objects, parts_of
from sources.gong.extract.child_streams.crm import CRM_TYPES
from sources.gong.extract.child_streams.model import (
    ChildRequest,
    ChildStream,
    ParentsByName,
    Requests,
    batches,
    distinct,
    owners,
    rows_under,
)
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import CRM_REFERENCES, OPEN_INSTANCES

_IN_FLOWS = frozenset(
    ("id", "name", "folderId", "folderName", "visibility", "creationDate", "exclusive")
)
"""Fields of a flow that the table `flows` holds already."""


def _per_owner(input_: str) -> Requests:
    """One request per user who has an e-mail address, named by it."""

    def requests(parents: ParentsByName, _stream: str) -> list[ChildRequest]:
        return [
            ChildRequest(
                {input_: str(user["email_address"])},
                str(user["user_id"]),
                {"_userId": str(user["user_id"])},
                {"user_id": frozenset((str(user["user_id"]),))},
                is_inactive=not user.get("is_active"),
            )
            for user in owners(parents)
            if user.get("email_address")
        ]

    return requests


def _step_requests(parents: ParentsByName, stream: str) -> list[ChildRequest]:
    return [
        ChildRequest({"flowIds": ids}, scope={"flow_id": frozenset(ids)}, ids_input="flowIds")
        for ids in batches(distinct(parents["flows"], "flow_id"), stream)
    ]


def _steps(answer: Mapping[str, Any], _request: ChildRequest, stream: str) -> Iterator[Entity]:
    def steps(flow: Entity) -> Iterator[Entity]:
        own = objects(flow.get("steps"), "steps", stream)
        only_here = flow.keys() - _IN_FLOWS - {"steps", "description"}
        around = {key: value for key, value in flow.items() if key in only_here}
        for index, step in enumerate(own):
            yield {
                **around,
                **step,
                "_flowId": flow.get("id"),
                "_flowDescription": flow.get("description"),
                "_index": index,
            }

    return parts_of(listed(answer, "flows", stream), steps, stream)


def _prospect_requests(parents: ParentsByName, stream: str) -> list[ChildRequest]:
    """Requests prospects, which gives open instances only, and instances that were open before.

    Prospects are the contacts and leads of calls and tasks; instances that were open when last
    seen are requested by their own id, which tells how they have ended.
    """
    prospects: dict[str, None] = {}
    for reference in parents[CRM_REFERENCES]:
        if CRM_TYPES.get(str(reference["object_type"])) in ("CONTACT", "LEAD"):
            prospects[str(reference["object_id"])] = None
    for task in parents["tasks"]:
        if task.get("contact_crm_id"):
            prospects[str(task["contact_crm_id"])] = None
    instances = distinct(parents[OPEN_INSTANCES], "flow_instance_id")
    by_prospect = [
        ChildRequest({"crmProspectsIds": ids}, ids_input="crmProspectsIds")
        for ids in batches(list(prospects), stream)
    ]
    by_instance = [
        ChildRequest(
            {"flowInstanceIds": ids},
            scope={"flow_instance_id": frozenset(ids)},
            ids_input="flowInstanceIds",
        )
        for ids in batches(instances, stream)
    ]
    return by_prospect + by_instance


def _task_requests(parents: ParentsByName, _stream: str) -> list[ChildRequest]:
    return [
        ChildRequest(
            {
                "filter.userId": str(user["user_id"]),
                "filter.types": ["FLOW", "MANUAL"],
                "filter.taskAction": ["CALL"],
                "filter.status": ["OPEN", "DONE", "DISMISSED"],
            },
            str(user["user_id"]),
            scope={"user_id": frozenset((str(user["user_id"]),))},
            is_inactive=not user.get("is_active"),
        )
        for user in owners(parents)
    ]


def _tasks(answer: Mapping[str, Any], _request: ChildRequest, stream: str) -> Iterator[Entity]:
    crm_type = answer.get("crmType")
    return ({**task, "_crmType": crm_type} for task in listed(answer, "tasks", stream))


ENGAGE = {
    "flows": ChildStream(_per_owner("flowOwnerEmail"), rows_under("flows")),
    "flow_folders": ChildStream(_per_owner("flowFolderOwnerEmail"), rows_under("flowsFolders")),
    "flow_steps": ChildStream(_step_requests, _steps),
    "flow_prospects": ChildStream(_prospect_requests, rows_under("prospectsAssigned")),
    "tasks": ChildStream(_task_requests, _tasks),
}
