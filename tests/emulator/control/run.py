"""Changes to the run as a whole: unknown fields and limits."""

from tests.emulator.application import Application
from tests.emulator.control.registry import by_name
from tests.emulator.control.truth import KINDS
from tests.emulator.errors import bad_request
from tests.emulator.settings import Json


def add_unknown_field(app: Application, body: Json) -> Json:
    """Add an unannounced key to every served entity of a kind (Gong reserves the right)."""
    if body["kind"] not in KINDS:
        raise bad_request(f"unknown kind {body['kind']!r}")
    app.world.edits.add_unknown(body["kind"], str(body["name"]), body["value"])
    return {"kind": body["kind"]}


def set_limits(app: Application, body: Json) -> Json:
    """Set both limits; null or absent is no limit."""
    app.limits.change(body.get("requests_per_second"), body.get("requests_per_day"))
    return {"ok": True}


CHANGES = by_name(add_unknown_field, set_limits)
