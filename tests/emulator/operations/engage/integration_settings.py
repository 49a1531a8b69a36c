"""Integration settings: the origins that may frame Gong."""

import base64
import hashlib
from urllib.parse import urlsplit

from tests.emulator.application import Application
from tests.emulator.domains.engage.reports import no_reports
from tests.emulator.errors import bad_request
from tests.emulator.inputs.forms import Form, choice, filled, listed
from tests.emulator.operations.routing import Route
from tests.emulator.requests import Request
from tests.emulator.settings import Json


def read_settings(app: Application, request: Request) -> Json:
    """GET /v2/integration-settings: an id of the company (seen live; in no specification)."""
    digest = hashlib.sha256(f"integration/{app.settings.seed}".encode()).digest()
    return {"integrationSettings": {"id": base64.b64encode(digest).decode()}}


def write_settings(app: Application, request: Request) -> Json:
    """POST /v2/integration-settings: the origins that may be framed."""
    SETTINGS.require(request.body)
    rows = request.body["integrationTypeSettings"]
    faults = [
        f"integrationTypeSettings[{number}].allowedOrigin: must be an origin"
        for number, row in enumerate(rows)
        if not _is_origin(str(row["allowedOrigin"]))
    ]
    if faults:
        raise bad_request(*faults)
    app.world.state(no_reports).origins = rows
    return {}


def _is_origin(text: str) -> bool:
    """Whether a text is a scheme and a host, and nothing more."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(
        parts.scheme in ("http", "https")
        and parts.netloc
        and parts.path in ("", "/")
        and not parts.query
    )


_SETTINGS = "/v2/integration-settings"
SETTINGS = Form(
    {
        "integrationTypeSettings*": listed(
            Form(
                {
                    "integrationType*": choice("EMAIL_COMPOSER", "ACCOUNT_PAGES", "DIALER"),
                    "allowedOrigin*": filled,
                }
            ),
            least=1,
        )
    }
)


ROUTES = (
    Route("GET", _SETTINGS, "api:integration-settings:write", read_settings),
    Route("POST", _SETTINGS, "api:integration-settings:write", write_settings),
)
