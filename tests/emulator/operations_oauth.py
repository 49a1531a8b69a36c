"""The OAuth token operation, and the consent that hands out codes for it."""

import base64
import binascii
import hmac
import json
from urllib.parse import parse_qsl

from tests.emulator.errors import bad_request
from tests.emulator.registries import by_name
from tests.emulator.requests import Answer, Application, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.tokens import Tokens, expiry, make_tokens

PATH = "/oauth2/generate-customer-token"


def generate(app: Application, request: Request) -> Answer:
    """POST /oauth2/generate-customer-token: a code or a refresh token for a new pair."""
    tokens = app.world.state(make_tokens)
    client = _client(request)
    settings = app.settings
    expected = f"{settings.client_id}:{settings.client_secret}"
    if client is None or not hmac.compare_digest(client.encode(), expected.encode()):
        return _refuse(app, tokens, 401, "invalid_client", "Client credentials are wrong")
    given = _parameters(request)
    if given is None:
        return _refuse(app, tokens, 400, "invalid_request", "The body cannot be read")
    if given.get("client_id") not in (None, settings.client_id):
        return _refuse(app, tokens, 400, "invalid_request", "client_id is another one")
    kind = given.get("grant_type")
    if kind == "authorization_code":
        needed, store = ["code", "redirect_uri"], tokens.codes
    elif kind == "refresh_token":
        needed, store = ["refresh_token"], tokens.refreshable
    else:
        return _refuse(app, tokens, 400, "unsupported_grant_type", "grant_type is not supported")
    missing = [name for name in needed if not given.get(name)]
    if missing:
        return _refuse(app, tokens, 400, "invalid_request", f"missing: {', '.join(missing)}")
    scopes = tokens.redeem(store, given[needed[0]])
    if scopes is None:
        named = "Authorization" if kind == "authorization_code" else "Refresh token"
        return _refuse(app, tokens, 400, "invalid_grant", f"{named} code is invalid")
    tokens.refreshed += kind == "refresh_token"
    access, refresh = tokens.issue(scopes, expiry(app))
    host = request.headers.get("Host", "")
    return Answer(
        {
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "bearer",
            "expires_in": settings.token_seconds,
            "scope": " ".join(sorted(scopes)),
            "api_base_url_for_customer": settings.api_base_url or f"http://{host}",
        },
        bare=True,
    )


def _refuse(app: Application, tokens: Tokens, status: int, error: str, text: str) -> Answer:
    """A refusal in OAuth's form, without the API's envelope (seen live)."""
    at = app.world.clock.now().isoformat()
    tokens.refusals.append({"at": at, "error": error, "error_description": text})
    return Answer({"error": error, "error_description": text}, status, bare=True)


def _client(request: Request) -> str | None:
    """The client's id and secret from its Basic header."""
    kind, _, encoded = (request.headers.get("Authorization") or "").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if kind == "Basic" else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def _parameters(request: Request) -> dict[str, str] | None:
    """The parameters of the query and of a form or JSON body; None when it cannot be read."""
    given = {key: str(value) for key, value in request.query.items()}
    if not request.raw.strip():
        return given
    try:
        if request.headers.get_content_type() == "application/json":
            body = json.loads(request.raw)
            given.update({key: str(value) for key, value in body.items() if value is not None})
        else:
            given.update(parse_qsl(request.raw.decode(), keep_blank_values=True))
    except (ValueError, RecursionError, AttributeError):
        return None
    return given


def authorize(app: Application, body: Json) -> Json:
    """An administrator's consent: a code good once, for the scopes named or for all."""
    tokens = app.world.state(make_tokens)
    asked = tokens.all_scopes
    if "scope" in body:
        asked = frozenset(str(body["scope"]).split())
    strange = sorted(asked - tokens.all_scopes)
    if strange:
        raise bad_request(f"unknown scopes {', '.join(strange)}")
    code = tokens.make("code")
    tokens.codes[code] = asked
    return {"code": code}


CHANGES = by_name(authorize)
ROUTES = (Route("POST", PATH, None, generate, Body.RAW, open=True),)
