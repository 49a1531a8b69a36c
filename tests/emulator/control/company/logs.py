"""Audit logs on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.operations.company.logs import serve_log
from tests.emulator.settings import Json
from tests.emulator.world.activity.logs import LOG_TYPES


def logs(app: Application) -> list[Json]:
    """Every log entry still kept, with its type."""
    return [
        {**serve_log(app, entry), "logType": kind}
        for kind in LOG_TYPES
        for entry in app.world.log(kind)
    ]


KINDS: dict[str, Kind] = {"logs": logs}
