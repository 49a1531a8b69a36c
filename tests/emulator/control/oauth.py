"""The consent that hands out authorization codes."""

from tests.emulator.application import Application
from tests.emulator.authentication.tokens import make_tokens
from tests.emulator.control.registry import by_name
from tests.emulator.errors import bad_request
from tests.emulator.settings import Json


def authorize(app: Application, body: Json) -> Json:
    """Issue a single-use authorization code, for the named scopes or for all."""
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
