"""OAuth tokens: codes and refresh tokens that are good once, access tokens that run out."""

import hashlib
from dataclasses import dataclass, field

from tests.emulator.instants import SECOND
from tests.emulator.requests import Application
from tests.emulator.settings import Json
from tests.emulator.world import World


@dataclass(frozen=True)
class Grant:
    """What an access token allows until when."""

    scopes: frozenset[str]
    expires: int


@dataclass
class Tokens:
    """All tokens of a run; names follow the seed, so that equal runs issue equal tokens."""

    seed: int
    grants: dict[str, Grant] = field(default_factory=dict)
    refreshable: dict[str, frozenset[str]] = field(default_factory=dict)
    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    all_scopes: frozenset[str] = frozenset()
    refreshed: int = 0
    refusals: list[Json] = field(default_factory=list)
    _made: int = 0

    def make(self, kind: str) -> str:
        """A token text that was not used before."""
        self._made += 1
        digest = hashlib.sha256(f"{kind}/{self.seed}/{self._made}".encode()).hexdigest()
        return f"{kind}-{digest[:40]}"

    def redeem(self, store: dict[str, frozenset[str]], text: str) -> frozenset[str] | None:
        """Spend a code or refresh token; None when it is unknown or was spent before."""
        return store.pop(text, None)

    def issue(self, scopes: frozenset[str], expires: int) -> tuple[str, str]:
        """A new pair of access and refresh token."""
        access, refresh = self.make("access"), self.make("refresh")
        self.grants[access] = Grant(scopes, expires)
        self.refreshable[refresh] = scopes
        return access, refresh

    def counts(self) -> Json:
        """What the control surface tells."""
        return {
            "issued": len(self.grants),
            "refreshed": self.refreshed,
            "refused": len(self.refusals),
            "refusals": self.refusals,
        }


def make_tokens(world: World) -> Tokens:
    """No token but the first refresh token, which the emulator tells when it starts."""
    return Tokens(world.settings.seed)


def first_refresh_token(app: Application, scopes: frozenset[str]) -> str:
    """The refresh token a run begins with; it holds all scopes the access key holds."""
    tokens = app.world.state(make_tokens)
    tokens.all_scopes = scopes - app.settings.without_scopes
    text = tokens.make("refresh")
    tokens.refreshable[text] = tokens.all_scopes
    return text


def grant_of(app: Application, text: str) -> Grant | None:
    """What a bearer token allows now; None for an unknown or expired one."""
    grant = app.world.state(make_tokens).grants.get(text)
    return grant if grant is not None and app.world.now < grant.expires else None


def expiry(app: Application) -> int:
    """When a token issued now runs out."""
    return app.world.now + app.settings.token_seconds * SECOND
