"""Authenticates a request: by Basic credentials or by a bearer token."""

import base64
import hmac

from tests.emulator.application import Application
from tests.emulator.authentication.tokens import grant_of
from tests.emulator.errors import NO_KEY, unauthorized


def authenticate(app: Application, authorization: str) -> None:
    """Raise 401 unless the header carries the emulator's credentials or a valid token."""
    if not authorization.strip():
        raise unauthorized(NO_KEY)
    kind, _, token = authorization.partition(" ")
    if kind.casefold() == "bearer":
        grant = grant_of(app.world, token)
        if grant is None:
            raise unauthorized("Access denied: the access token is unknown or has expired")
        app.granted = grant.scopes
        return
    app.granted = None
    settings = app.settings
    pair = f"{settings.access_key}:{settings.access_key_secret}".encode()
    expected = b"Basic " + base64.b64encode(pair)
    given = authorization.encode("latin-1", "replace")
    if not hmac.compare_digest(given, expected):
        raise unauthorized()
