"""Turns the credentials of the settings into the Authorization header of each request.

A key and its secret, or a token as it is, make a header that never changes; the tokens of an OAuth
app are `oauth.py`. Secrets stay out of `repr`. Reads no setting and no environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from sources.gong.api.errors import SETTINGS_TO_CHECK, UnusableInput
from sources.gong.api.oauth import OAuthCredentials, TokenRequest, basic, digest
from sources.gong.api.token_file import NEW_CHAIN

AUTH_URL = "https://app.gong.io/oauth2/generate-customer-token"

_IF_REFUSED = (
    "Look at SOURCES__GONG__ACCESS_TOKEN: an OAuth token lives about a day, and only an OAuth app "
    "(SOURCES__GONG__CLIENT_ID) is given new ones; and at SOURCES__GONG__BASE_URL: many companies "
    "have a host of their own, such as https://us-12345.api.gong.io."
)


class IncompleteCredentials(UnusableInput):
    """No credential, or half of one; the message names the settings."""


class Credentials(Protocol):
    """What a client needs to be let in. Safe to share between threads."""

    @property
    def account(self) -> str:
        """What stays the same for one company through all renewals; may be a secret."""

    @property
    def base_url(self) -> str | None:
        """The API host that Gong sent with the token; None where the setting decides."""

    @property
    def settings_to_check(self) -> str:
        """What to look at when Gong refuses them, for an error."""

    def authorization(self, request_token: TokenRequest) -> str:
        """Returns the header in force. Raises `StopRun` where there is none to be had."""

    def renew(self, refused: str, request_token: TokenRequest) -> bool:
        """Whether there is another header than the one refused; renews it if need be."""


@dataclass(frozen=True, slots=True)
class StaticCredentials:
    """A header that never changes: a key and its secret, or a token as it is."""

    header: str = field(repr=False)
    account: str = field(repr=False)
    base_url: str | None = None
    settings_to_check: str = field(default=SETTINGS_TO_CHECK, repr=False)

    def authorization(self, request_token: TokenRequest) -> str:  # noqa: ARG002
        """Returns the header."""
        return self.header

    def renew(self, refused: str, request_token: TokenRequest) -> bool:  # noqa: ARG002
        """Returns False: there is no other."""
        return False


def credentials(
    access_key: str | None,
    access_key_secret: str | None,
    access_token: str | None,
    *,
    client_id: str | None = None,
    client_secret: str | None = None,
    refresh_token: str | None = None,
    token_file: str | Path | None = None,
    state_folder: Path | None = None,
    auth_url: str | None = None,
    keep_base_url: bool = False,
) -> Credentials:
    """Returns the credentials that the settings of these names describe; touches nothing yet.

    Args:
        access_key: with `access_key_secret`, for Basic authorization.
        access_key_secret: the other half.
        access_token: a bearer token that is used as it is.
        client_id: of an OAuth app, with `client_secret`; renews its tokens by itself.
        client_secret: the other half.
        refresh_token: where the chain of tokens starts; not needed once the file holds a pair.
        token_file: where the pair is kept; by default in the state folder, named after the app.
        state_folder: by default the one of `default_state_folder`.
        auth_url: where tokens are requested; Gong's by default.
        keep_base_url: whether the host that Gong sends with the tokens is ignored.

    Raises:
        IncompleteCredentials: none is given, or a part is missing, or two kinds are.
        UnusableInput: one contains a character that cannot be sent, or the user has no home folder.
    """
    kinds = {
        "SOURCES__GONG__ACCESS_TOKEN": access_token,
        "SOURCES__GONG__ACCESS_KEY": access_key or access_key_secret,
        "SOURCES__GONG__CLIENT_ID": client_id or client_secret or refresh_token,
    }
    given = [name for name, value in kinds.items() if value]
    _check_written(
        ACCESS_KEY=access_key,
        ACCESS_KEY_SECRET=access_key_secret,
        ACCESS_TOKEN=access_token,
        CLIENT_ID=client_id,
        CLIENT_SECRET=client_secret,
        REFRESH_TOKEN=refresh_token,
    )
    if len(given) > 1:
        raise IncompleteCredentials(
            f"{'Both' if len(given) == 2 else 'All of'} {' and '.join(given)} are set: "
            "keep the one you mean."
        )
    if access_token:
        return StaticCredentials(
            f"Bearer {access_token}", access_token, settings_to_check=_IF_REFUSED
        )
    if access_key and access_key_secret:
        return StaticCredentials(basic(access_key, access_key_secret), access_key)
    if client_id and client_secret:
        folder = state_folder or default_state_folder()
        file = _expanded(
            Path(token_file or default_token_file(folder, client_id)), "SOURCES__GONG__TOKEN_FILE"
        )
        if not refresh_token and _is_surely_missing(file):
            raise IncompleteCredentials(
                "SOURCES__GONG__REFRESH_TOKEN is not set, and no token is kept in "
                f"{file} yet. {NEW_CHAIN}"
            )
        return OAuthCredentials(
            client_id, client_secret, refresh_token, file, auth_url or AUTH_URL, keep_base_url
        )
    raise IncompleteCredentials(
        f"{_missing(access_key, access_key_secret, client_id, client_secret, refresh_token)}. "
        "Create a key in Gong (Company settings > Ecosystem > API) and put both parts "
        "into the environment or into .dlt/secrets.toml; no account? `gong-elt demo` needs none."
    )


def default_state_folder(xdg_state_home: str | None = None) -> Path:
    """Returns the folder for what belongs to a company and not to one working folder.

    It may not exist yet.

    Args:
        xdg_state_home: XDG_STATE_HOME of the environment; ~/.local/state where it is not set.

    Raises:
        UnusableInput: the user has no home folder.
    """
    return _expanded(Path(xdg_state_home or "~/.local/state"), "XDG_STATE_HOME") / "gong-elt"


def default_token_file(state_folder: Path, client_id: str) -> Path:
    """Returns where the tokens of an OAuth app are kept: beside the ledgers, for this user.

    The app cannot be read from the name. One app that serves several companies needs
    SOURCES__GONG__TOKEN_FILE for each.
    """
    return state_folder / f"tokens-{digest(client_id)}.json"


def _expanded(path: Path, setting: str) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise UnusableInput(
            f"{path} is in the home folder of a user, and there is none: set {setting} to a full "
            "path (or HOME)."
        ) from None


def _check_written(**values: str | None) -> None:
    for name, value in values.items():
        if value and not all("!" <= character <= "~" for character in value):
            raise UnusableInput(
                f"SOURCES__GONG__{name} contains a character that no Gong key has (a space, "
                "a line break, a letter outside ASCII): copy it again, alone."
            )


def _is_surely_missing(file: Path) -> bool:
    try:
        return not file.exists()
    except OSError:
        # reading it gives the reason
        return False


def _missing(
    access_key: str | None,
    access_key_secret: str | None,
    client_id: str | None,
    client_secret: str | None,
    refresh_token: str | None,
) -> str:
    if client_id or client_secret or refresh_token:
        pair = (("CLIENT_ID", client_id), ("CLIENT_SECRET", client_secret))
        missing = [f"SOURCES__GONG__{name}" for name, value in pair if not value]
        there = "CLIENT_ID" if client_id else "CLIENT_SECRET" if client_secret else "REFRESH_TOKEN"
        verb = "is" if len(missing) == 1 else "are"
        return f"{' and '.join(missing)} {verb} not set (SOURCES__GONG__{there} is)"
    return {
        (True, False): "SOURCES__GONG__ACCESS_KEY_SECRET is not set (SOURCES__GONG__ACCESS_KEY is)",
        (False, True): "SOURCES__GONG__ACCESS_KEY is not set (SOURCES__GONG__ACCESS_KEY_SECRET is)",
    }.get(
        (bool(access_key), bool(access_key_secret)),
        "SOURCES__GONG__ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET are not set",
    )
