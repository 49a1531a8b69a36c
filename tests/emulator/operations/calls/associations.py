"""Calls that users linked to CRM objects by hand; withdrawn from Gong's newer documents."""

from tests.emulator.application import Application
from tests.emulator.domains.calls.associations import Association, known_associations
from tests.emulator.errors import not_found
from tests.emulator.operations.routing import Route
from tests.emulator.paging.pages import keyed
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.windows import within


def list_associations(app: Application, request: Request) -> Json:
    """GET /v2/calls/manual-crm-associations: since a time, oldest first, paged."""
    if app.settings.without_manual_associations:
        raise not_found("Not Found")
    fields = request.query_fields
    window = (fields.instant("fromDateTime"), None)
    rows = [event for event in known_associations(app.world) if within(event.at, window)]
    binding = {"operation": "associations", "fromDateTime": request.query.get("fromDateTime")}
    page = keyed(
        app.sequence(fields.text("cursor"), binding), rows, lambda event: event.sort_key, None
    )
    return {
        "records": page.records,
        "associations": [serve_association(app, event) for event in page.rows],
    }


def serve_association(app: Application, event: Association) -> Json:
    served: Json = {
        "callId": event.call,
        "userId": event.user,
        "created": app.world.zone.millis(event.at),
        "associatedCrmObjects": list(event.objects),
    }
    return app.world.edits.with_unknown("manual_crm_associations", served)


ROUTES = (
    Route(
        "GET",
        "/v2/calls/manual-crm-associations",
        "api:crm-calls:manual-association:read",
        list_associations,
        paged=True,
    ),
)
