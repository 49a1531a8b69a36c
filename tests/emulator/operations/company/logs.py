"""Audit logs."""

from tests.emulator.application import Application
from tests.emulator.errors import NO_LOGS, bad_request, not_found
from tests.emulator.operations.routing import Route
from tests.emulator.paging.pages import keyed
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.windows import within
from tests.emulator.world.activity.logs import LOG_TYPES, LogEntry


def list_logs(app: Application, request: Request) -> Json:
    """GET /v2/logs: one log type by event time; `toDateTime` may be left out."""
    fields = request.query_fields
    fields.require("logType", "fromDateTime")
    kind = str(fields.text("logType"))
    if kind not in LOG_TYPES:
        raise bad_request(f"logType: must be one of {', '.join(LOG_TYPES)}")
    window = fields.window("fromDateTime", "toDateTime")
    rows = [entry for entry in app.world.log(kind) if within(entry.at, window)]
    names = ("logType", "fromDateTime", "toDateTime")
    binding = {"operation": "logs", **{name: request.query.get(name) for name in names}}
    sequence = app.sequence(fields.text("cursor"), binding)
    page = keyed(sequence, rows, lambda entry: entry.sort_key, not_found(NO_LOGS))
    return {"records": page.records, "logEntries": [serve_log(app, entry) for entry in page.rows]}


def serve_log(app: Application, entry: LogEntry) -> Json:
    """A log entry as served."""
    return app.world.edits.with_unknown("logs", entry.document())


ROUTES = (Route("GET", "/v2/logs", "api:logs:read", list_logs, paged=True),)
