"""Expected rows of flows, prospects and tasks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tests.harness.truth.crm import _referred
from tests.harness.truth.world import Row, World, instant


def _asked_users(world: World) -> dict[str, Row]:
    """Returns the users in whose name Engage is requested, inactive ones too: with e-mail."""
    return {user["id"]: user for user in world["users"] if user["emailAddress"]}


def _seen_flows(world: World) -> Iterator[tuple[Row, list[Row]]]:
    asked = _asked_users(world)
    for flow in world["flows"]:
        if seen_by := [viewer for viewer in flow["users"] if viewer["userId"] in asked]:
            yield flow, seen_by


def flows(world: World) -> Iterator[Row]:
    for flow, _ in _seen_flows(world):
        yield {
            "flow_id": flow["id"],
            "name": flow["name"],
            "folder_id": flow.get("folderId"),
            "folder_name": flow.get("folderName"),
            "created_at": instant(flow["creationDate"]),
            "is_exclusive": flow["exclusive"],
            "extra": None,
        }


def flow_visibility(world: World) -> Iterator[Row]:
    for flow, seen_by in _seen_flows(world):
        for viewer in seen_by:
            yield {
                "flow_id": flow["id"],
                "user_id": viewer["userId"],
                "visibility": viewer["visibility"],
                "extra": None,
            }


def flow_folders(world: World) -> Iterator[Row]:
    asked = _asked_users(world)
    for folder in world["flow_folders"]:
        for viewer in folder["users"]:
            if viewer["userId"] in asked:
                yield {
                    "user_id": viewer["userId"],
                    "folder_id": folder["id"],
                    "name": folder["name"],
                    "parent_folder_id": folder["parentFolderId"],
                    "created_by_id": folder["createdById"],
                    "visibility": viewer["visibility"],
                    "extra": None,
                }


def flow_steps(world: World) -> Iterator[Row]:
    seen = {flow["id"] for flow, _ in _seen_flows(world)}
    count: Counter[str] = Counter()
    for step in world["flow_steps"]:
        if step["flowId"] not in seen:
            continue
        yield {
            "flow_id": step["flowId"],
            "step_index": count[step["flowId"]],
            "step_id": step["id"],
            "step_order": step["stepOrder"],
            "action": step["action"],
            "subject": step.get("subject"),
            "body": step.get("body"),
            "is_reply": step["isReply"],
            "flow_description": world.descriptions[step["flowId"]],
            "extra": None,
        }
        count[step["flowId"]] += 1


def flow_prospects(world: World) -> Iterator[Row]:
    """Yields open assignments of requested prospects; Gong serves no others."""
    prospects = {crm_id for type_, crm_id in _referred(world) if type_ in ("CONTACT", "LEAD")}
    prospects |= {task["contact"]["crmId"] for task in _asked_tasks(world) if task.get("contact")}
    for instance in world["flow_instances"]:
        is_open = instance["flowInstanceStatus"] in ("Pending", "Running", "Paused")
        if is_open and instance["crmProspectId"] in prospects:
            yield {
                "flow_instance_id": instance["flowInstanceId"],
                "flow_id": instance["flowId"],
                "flow_name": instance["flowName"],
                "crm_prospect_id": instance["crmProspectId"],
                "owner_email": instance["flowInstanceOwnerEmail"],
                "owner_full_name": instance["flowInstanceOwnerFullName"],
                "created_at": instant(instance["flowInstanceCreateDate"]),
                "status": instance["flowInstanceStatus"],
                "workspace_id": instance["workspaceId"],
                "is_exclusive": instance["exclusive"],
                "extra": None,
            }


def _asked_tasks(world: World) -> Iterator[Row]:
    asked = _asked_users(world)
    yield from (task for task in world["tasks"] if str(task["userId"]) in asked)


def tasks(world: World) -> Iterator[Row]:
    def text(number: int | None) -> str | None:
        return None if number is None else str(number)

    for task in _asked_tasks(world):
        account, deal = task.get("account") or {}, task.get("opportunity") or {}
        flow, contact = task.get("flow") or {}, task.get("contact") or {}
        step, data = flow.get("step") or {}, contact.get("data") or {}
        priority = task.get("priority") or {}
        yield {
            "task_id": text(task["id"]),
            "user_id": text(task["userId"]),
            "created_at": instant(task["created"]),
            "updated_at": instant(task["updated"]),
            "status": task["status"],
            "type": task["type"],
            "actions": task["actions"],
            "title": task.get("title"),
            "due_at": instant(task["dueDate"]),
            "crm_type": world.crm_types[str(task["userId"])],
            "account_crm_id": account.get("crmId"),
            "account_name": account.get("name"),
            "account_crm_url": account.get("crmUrl"),
            "opportunity_crm_id": deal.get("crmId"),
            "opportunity_name": deal.get("name"),
            "opportunity_crm_url": deal.get("crmUrl"),
            "opportunity_status": deal.get("status"),
            "opportunity_stage": deal.get("stage"),
            "opportunity_amount": deal.get("amount"),
            "opportunity_probability": deal.get("probability"),
            "opportunity_close_date": deal.get("closeDate"),
            "flow_id": text(flow.get("id")),
            "flow_name": flow.get("name"),
            "flow_step_id": text(step.get("id")),
            "flow_step_name": step.get("name"),
            "flow_step_number": step.get("stepNumber"),
            "contact_crm_id": contact.get("crmId"),
            "contact_type": contact.get("type"),
            "contact_first_name": data.get("firstName"),
            "contact_last_name": data.get("lastName"),
            "contact_title": data.get("title"),
            "contact_city": data.get("city"),
            "contact_zipcode": data.get("zipcode"),
            "contact_linkedin_profile": data.get("linkedinProfile"),
            "contact_emails": data.get("emails"),
            "contact_phone_numbers": data.get("phoneNumbers"),
            "contact_crm_url": data.get("crmUrl"),
            "contact_company_name": data.get("companyName"),
            "contact_affiliation": data.get("affiliation"),
            "contact_timezone": data.get("timezone"),
            "contact_country": data.get("country"),
            "contact_state": data.get("state"),
            "contact_opt_out_channels": data.get("optOutChannels"),
            "additional_contacts": task.get("additionalContacts"),
            "priority_id": text(priority.get("id")),
            "priority_name": priority.get("name"),
            "priority_weight": priority.get("weight"),
            "extra": None,
        }
