"""Operations that answer about a CRM entity from its calls."""

from tests.emulator.application import Application
from tests.emulator.errors import not_found
from tests.emulator.operations.company.briefs import briefs
from tests.emulator.operations.entities.search import Searched, search
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY
from tests.emulator.world import words

FINDINGS = 3


def _evidence(app: Application, searched: Searched) -> Json:
    """The calls and e-mails that answers point to."""
    calls = [app.world.metadata(call) for call in searched.calls[:FINDINGS]]
    keys = ("id", "title", "started", "url")
    sent = app.world.zone.seconds(app.world.started_at - 3 * DAY)
    emails = [
        {"id": f"{searched.account.object_id.lower()}{n}", "title": "Re: prix 💶"} for n in (1, 2)
    ]
    findings = [
        {"emails": [{**email, "sentDateTime": sent} for email in emails[: searched.emails]]}
    ]
    return {
        "callFindings": [{"call": {key: call[key] for key in keys}} for call in calls],
        "emailFindings": findings if searched.emails else [],
    }


def _counts(searched: Searched) -> Json:
    return {
        "numOfCallsSearched": len(searched.calls),
        "numOfEmailsSearched": searched.emails,
    }


def ask(app: Application, request: Request) -> Json:
    """GET /v2/entities/ask-entity: one answer item with its evidence."""
    searched = search(app, request, "question")
    items = [f"{searched.account.name} {words.VERBS[0]} {words.OBJECTS[0]}."]
    return {**_counts(searched), "answer": [{"answerItems": items, **_evidence(app, searched)}]}


def brief(app: Application, request: Request) -> Json:
    """GET /v2/entities/get-brief: one section from conversations, one from CRM data."""
    fields = request.query_fields
    name = fields.text("briefName")
    if name is not None and name not in brief_names(app, fields.text("workspaceId")):
        raise not_found(f"Brief {name} was not found")
    searched = search(app, request, "briefName")
    sections: list[Json] = [
        {
            "title": "Customer overview",
            "sectionSummary": [f"{searched.account.name} {words.VERBS[2]} {words.OBJECTS[2]}."],
            "conversationFindings": _evidence(app, searched),
            "briefSectionType": "Conversations",
        },
        {"sectionSummary": [searched.account.domain], "briefSectionType": "CrmOrGongData"},
    ]
    return {**_counts(searched), "briefSections": sections}


def brief_names(app: Application, workspace: str | None) -> set[str]:
    """The briefs that may be asked for: the published ones of a workspace."""
    return {
        str(brief["briefName"])
        for brief in briefs(app)
        if brief["workspaceId"] == workspace and brief["status"] == "Published"
    }


ROUTES = (
    Route("GET", "/v2/entities/ask-entity", "api:ai-ask:read", ask),
    Route("GET", "/v2/entities/get-brief", "api:ai-briefer:read", brief),
)
