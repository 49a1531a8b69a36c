"""Asynchronous CRM requests: accepted under the client's id, then polled."""

import re

from tests.emulator.application import Application
from tests.emulator.domains.crm.integration import GenericCrm, Job
from tests.emulator.errors import ApiError, bad_request
from tests.emulator.inputs.fields import Fields
from tests.emulator.operations.crm.lookups import generic_crm, integration_id
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def accept(app: Application, fields: Fields, job: Job) -> Response:
    """Queue a request under the client's id, which can be used once."""
    fields.require("clientRequestId")
    request_id = str(fields.text("clientRequestId"))
    if not _REQUEST_ID.fullmatch(request_id):
        raise bad_request("clientRequestId: may have letters, digits, dashes and underscores only")
    jobs = app.world.state(GenericCrm).jobs
    if request_id in jobs:
        raise ApiError(409, "Client request id has already been used")
    jobs[request_id] = job
    return Response({"clientRequestId": request_id}, 201)


def read_status(app: Application, request: Request) -> Json:
    """GET /v2/crm/request-status: also of requests whose integration was deleted."""
    crm, fields = generic_crm(app), request.query_fields
    fields.require("integrationId", "clientRequestId")
    number, request_id = integration_id(fields), str(fields.text("clientRequestId"))
    job = crm.jobs.get(request_id)
    if job is None or job.integration_id != number:
        raise bad_request(f"clientRequestId: there is no request {request_id}")
    return job.status(app.world.now)


ROUTES = (Route("GET", "/v2/crm/request-status", "api:crm:upload", read_status),)
