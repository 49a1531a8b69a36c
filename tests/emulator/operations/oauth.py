"""The OAuth token operation."""

import base64
import binascii
import hmac
import json
from urllib.parse import parse_qsl

from tests.emulator.application import Application
from tests.emulator.authentication.tokens import Tokens, expiry, make_tokens
from tests.emulator.operations.routing import Body, Route
from tests.emulator.requests import Request, Response

PATH = "/oauth2/generate-customer-token"


def generate(app: Application, request: Request) -> Response:
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
    return _issue(app, tokens, scopes, request.headers.get("Host", ""))


def _issue(app: Application, tokens: Tokens, scopes: frozenset[str], host: str) -> Response:
    """A new pair of tokens, with the base URL of the API."""
    settings = app.settings
    access, refresh = tokens.issue(scopes, expiry(app.world))
    return Response(
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


def _refuse(app: Application, tokens: Tokens, status: int, error: str, text: str) -> Response:
    """An OAuth error response, without the API's envelope (seen live)."""
    at = app.world.clock.now().isoformat()
    tokens.refusals.append({"at": at, "error": error, "error_description": text})
    return Response({"error": error, "error_description": text}, status, bare=True)


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


ROUTES = (Route("POST", PATH, None, generate, Body.RAW, open=True),)
