"""OAuth tokens: single-use codes and refresh tokens, access tokens that expire."""

import hashlib
from dataclasses import dataclass, field

from tests.emulator.settings import Json
from tests.emulator.timing.instants import SECOND
from tests.emulator.world.world import World


@dataclass(frozen=True)
class Grant:
    """The scopes of an access token, and when it expires."""

    scopes: frozenset[str]
    expires: int


@dataclass
class Tokens:
    """All tokens of a run; they follow from the seed, so equal runs issue equal tokens."""

    seed: int
    grants: dict[str, Grant] = field(default_factory=dict)
    refreshable: dict[str, frozenset[str]] = field(default_factory=dict)
    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    all_scopes: frozenset[str] = frozenset()
    refreshed: int = 0
    refusals: list[Json] = field(default_factory=list)
    _made: int = 0

    def make(self, kind: str) -> str:
        """Make a new token."""
        self._made += 1
        digest = hashlib.sha256(f"{kind}/{self.seed}/{self._made}".encode()).hexdigest()
        return f"{kind}-{digest[:40]}"

    def redeem(self, store: dict[str, frozenset[str]], text: str) -> frozenset[str] | None:
        """Use up a code or refresh token; None when it is unknown or already used."""
        return store.pop(text, None)

    def issue(self, scopes: frozenset[str], expires: int) -> tuple[str, str]:
        """Issue an access token and its refresh token."""
        access, refresh = self.make("access"), self.make("refresh")
        self.grants[access] = Grant(scopes, expires)
        self.refreshable[refresh] = scopes
        return access, refresh

    def counts(self) -> Json:
        """The token counts of the control surface."""
        return {
            "issued": len(self.grants),
            "refreshed": self.refreshed,
            "refused": len(self.refusals),
            "refusals": self.refusals,
        }


def make_tokens(world: World) -> Tokens:
    """Start without tokens; the first refresh token is added at start-up."""
    return Tokens(world.settings.seed)


def first_refresh_token(world: World, scopes: frozenset[str]) -> str:
    """Issue the refresh token of the start-up line, with all scopes of the access key."""
    tokens = world.state(make_tokens)
    tokens.all_scopes = scopes - world.settings.without_scopes
    text = tokens.make("refresh")
    tokens.refreshable[text] = tokens.all_scopes
    return text


def grant_of(world: World, text: str) -> Grant | None:
    """The grant of a bearer token; None for an unknown or expired token."""
    grant = world.state(make_tokens).grants.get(text)
    return grant if grant is not None and world.now < grant.expires else None


def expiry(world: World) -> int:
    """The expiry of a token issued now."""
    return world.now + world.settings.token_seconds * SECOND
