"""Operations on the generic CRM integration: list, register, delete."""

from tests.emulator.application import Application
from tests.emulator.domains.crm.integration import Job
from tests.emulator.errors import ApiError, bad_request
from tests.emulator.inputs.forms import Form, filled
from tests.emulator.operations.crm.async_requests import accept
from tests.emulator.operations.crm.lookups import generic_crm, the_integration
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json

_ANOTHER = (
    "Your organization already has an active GENERIC CRM integration. Only 1 active integration is "
    "supported. Please disconnect the existing GENERIC CRM integration before creating a new "
    "Generic CRM integration"
)
"""Seen live."""
_REGISTRATION = Form({"ownerEmail*": filled, "name*": filled})


def list_integrations(app: Application, request: Request) -> Json:
    """GET /v2/crm/integrations: the one generic integration, or none."""
    crm = generic_crm(app)
    return {
        "integrations": [
            serve_integration(app, integration) for integration in (crm.integration,) if integration
        ]
    }


def serve_integration(app: Application, integration: Json) -> Json:
    """An integration as served; its id is a JSON number (seen live)."""
    return app.world.edits.with_unknown("crm_integrations", integration)


def register(app: Application, request: Request) -> Json:
    """PUT /v2/crm/integrations: 409 while there is one."""
    _REGISTRATION.require(request.body)
    owner, name = str(request.body["ownerEmail"]), str(request.body["name"])
    if app.world.directory.with_email(owner) is None:
        raise bad_request(f"ownerEmail: no Gong user has the address {owner}")
    crm = generic_crm(app)
    if crm.integration is not None:
        raise ApiError(409, _ANOTHER)
    return {"integrationId": crm.register(owner, name)}


def delete_integration(app: Application, request: Request) -> Response:
    """DELETE /v2/crm/integrations: accepted now, done later."""
    fields = request.query_fields
    fields.require("integrationId", "clientRequestId")
    number = the_integration(generic_crm(app), fields)
    return accept(app, fields, Job(number, app.world.now))


ROUTES = (
    Route("GET", "/v2/crm/integrations", "api:crm:integrations:read", list_integrations),
    Route("PUT", "/v2/crm/integrations", "api:crm:integration:register", register),
    Route("DELETE", "/v2/crm/integrations", "api:crm:integration:delete", delete_integration),
)
