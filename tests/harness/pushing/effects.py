"""Counts what a push has changed in the emulated company."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.harness.pushing.company import PushCompany
from tests.harness.pushing.rows import access


def count(kind: str, **wanted: Any) -> Callable[[PushCompany], int]:
    def entities(company: PushCompany) -> int:
        return sum(
            all(record.get(key) == value for key, value in wanted.items())
            for record in company.emulator.truth(kind)
        )

    return entities


def reported(name: str) -> Callable[[PushCompany], int]:
    return lambda company: sum(
        str(event.get("contentId")).startswith(f"{name}-")
        for event in company.emulator.truth("reported_events")
    )


def titled(word: str) -> Callable[[PushCompany], int]:
    return lambda company: sum(
        str(meeting["title"]).startswith(word) for meeting in company.emulator.truth("meetings")
    )


def named(word: str) -> Callable[[PushCompany], int]:
    return lambda company: sum(
        profile["name"].startswith(word)
        for profile in company.emulator.truth("permission_profiles")
    )


def with_access(company: PushCompany) -> int:
    pairs = {(grant["callId"], grant["userId"]) for grant in company.emulator.truth("call_access")}
    return sum((row["callId"], row["userId"]) in pairs for row in access(company))


def without_access(company: PushCompany) -> int:
    return 2 - with_access(company)


def erased(key: str) -> Callable[[PushCompany], int]:
    return lambda company: sum(
        key in erasure and erasure["state"] == "done"
        for erasure in company.emulator.truth("erasures")
    )


def in_flow(company: PushCompany) -> int:
    return sum(
        instance["flowId"] == company.flow["id"] and instance["flowInstanceStatus"] == "Pending"
        for instance in company.emulator.truth("flow_instances")
    )


def finished(company: PushCompany) -> int:
    return count("flow_instances", flowInstanceStatus="Finished")(company)


def crm_ids(company: PushCompany) -> int:
    return sum(
        str(record["crmId"]).startswith("pushed-")
        for record in company.emulator.truth("crm_objects")
    )


def crm_fields(company: PushCompany) -> int:
    return sum(
        str(entry["uniqueName"]).startswith("pushed_")
        for entry in company.emulator.truth("crm_schema_fields")
    )
