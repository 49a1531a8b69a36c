"""Turns the credentials of the settings into the Authorization header.

Keeps the secret out of `repr`, so that no log or trace can show it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


class IncompleteCredentials(ValueError):
    """No credential, or half of one; the message names the settings."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the Authorization header is made of. Build it with `credentials`."""

    authorization: str = field(repr=False)


def credentials(
    access_key: str | None, access_key_secret: str | None, access_token: str | None
) -> Credentials:
    """Returns Basic credentials from a key and its secret, or Bearer ones from a token.

    Raises:
        IncompleteCredentials: neither is given, or the key without its secret, or both kinds.
    """
    if access_token and (access_key or access_key_secret):
        raise IncompleteCredentials(
            "Both SOURCES__GONG__ACCESS_TOKEN and SOURCES__GONG__ACCESS_KEY are set: "
            "keep the one you mean."
        )
    if access_token:
        return Credentials(f"Bearer {access_token}")
    if access_key and access_key_secret:
        pair = base64.b64encode(f"{access_key}:{access_key_secret}".encode()).decode()
        return Credentials(f"Basic {pair}")
    missing = {
        (True, False): "SOURCES__GONG__ACCESS_KEY_SECRET is not set (SOURCES__GONG__ACCESS_KEY is)",
        (False, True): "SOURCES__GONG__ACCESS_KEY is not set (SOURCES__GONG__ACCESS_KEY_SECRET is)",
    }.get(
        (bool(access_key), bool(access_key_secret)),
        "SOURCES__GONG__ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET are not set",
    )
    raise IncompleteCredentials(
        f"{missing}. Create a key in Gong (Company settings > Ecosystem > API) and put both parts "
        "into the environment or into .dlt/secrets.toml; no account? `gong-elt demo` needs none."
    )
