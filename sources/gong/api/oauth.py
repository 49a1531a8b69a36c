"""An OAuth app's access tokens: renewed near their end, each refresh token used once.

An access token lives about a day. One thread of one process renews at a time; the others wait,
read the file again and use the newer pair. A new pair is used only after it is on the disk. Secrets
stay out of `repr`, so that no log or trace can show them.

It decides when tokens are requested and with what; `client.py` sends, `token_file.py` stores. It
knows real time only: tokens live in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sources.gong.api.errors import BadCredentials, StopRun, Unreachable
from sources.gong.api.token_file import NEW_CHAIN, TokenFile, Tokens, UnusableTokenFile

TokenRequest = Callable[[str, str, Mapping[str, str]], tuple[int, bytes]]
"""Posts a form to a URL under an Authorization header and returns status and body of the answer;
raises `Unreachable` where none came."""

_RENEWAL_PAUSE_SECONDS = 60.0
"""How long a token that is still good is used after it could not be renewed."""
_SPENT = re.compile(r"invalid_grant|refresh token", re.I)


class OAuthCredentials:
    """The credentials of an OAuth app. Safe to share between threads.

    Args:
        client_id: of the app.
        client_secret: the other half.
        refresh_token: the configured one, with which a chain of tokens starts.
        token_file: where the pair in force is kept.
        auth_url: where tokens are requested.
        keep_base_url: whether the host that Gong sends with the tokens is ignored.
    """

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        refresh_token: str | None,
        token_file: Path,
        auth_url: str,
        keep_base_url: bool,
    ) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self._configured = refresh_token
        self._file = TokenFile(token_file, digest(client_id))
        self._auth_url = auth_url
        self._keep_base_url = keep_base_url
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None
        self._failure: StopRun | None = None
        self._not_before = 0.0

    def __repr__(self) -> str:
        return "OAuthCredentials()"

    @property
    def account(self) -> str:
        """The client id."""
        return self._client_id

    @property
    def base_url(self) -> str | None:
        """The customer's own API host, once a token is there, unless a setting names one."""
        tokens = self._tokens
        return None if self._keep_base_url or tokens is None else tokens.base_url

    @property
    def settings_to_check(self) -> str:
        """The settings, and the file."""
        return (
            "The token was just renewed, so the app itself is accepted. Look at "
            "SOURCES__GONG__BASE_URL (unset, it is the host that Gong sends with the token), and "
            "in Gong whether the app is still authorised; its tokens are kept in "
            f"{self._file.path}."
        )

    def authorization(self, request_token: TokenRequest) -> str:
        """Returns the header in force, renewing the token near its end.

        Raises:
            BadCredentials: Gong accepts the refresh token or the app no longer.
            UnusableTokenFile: the new pair could not be kept, so none was requested.
            Unreachable: no answer, and the token in force is over.
        """
        with self._lock:
            now = time.time()
            tokens = self._tokens
            if tokens is None or (tokens.is_due(now) and now >= self._not_before):
                tokens = self._tokens = self._current(None, request_token)
            return tokens.header

    def renew(self, refused: str, request_token: TokenRequest) -> bool:
        """Gets another token than the one Gong refused: a newer one of the file, or a new one."""
        with self._lock:
            self._tokens = self._current(refused, request_token)
            return True

    def _current(self, refused: str | None, request_token: TokenRequest) -> Tokens:
        """Returns the stored tokens where they can be used, else new ones."""
        if self._failure:
            raise self._failure
        stored = self._file.read()
        if stored is not None and self._is_usable(stored, refused):
            return stored
        try:
            return _uninterrupted(lambda: self._renew_locked(refused, request_token))
        except (BadCredentials, UnusableTokenFile) as failure:
            # the same would happen to every thread that waits for this one
            self._failure = failure
            raise

    def _renew_locked(self, refused: str | None, request_token: TokenRequest) -> Tokens:
        with self._file.locked():
            # another process may have renewed them meanwhile
            stored = self._file.read()
            if stored is not None and self._is_usable(stored, refused):
                return stored
            refresh_token, begun_with = self._next_refresh_token(stored)
            with self._file.replacing() as store:
                requested_at = time.time()
                try:
                    status, body = request_token(
                        self._auth_url,
                        basic(self._client_id, self._client_secret),
                        {"grant_type": "refresh_token", "refresh_token": refresh_token},
                    )
                except Unreachable:
                    if (
                        stored is None
                        or stored.header == refused
                        or stored.is_expired(requested_at)
                    ):
                        raise
                    self._not_before = requested_at + _RENEWAL_PAUSE_SECONDS
                    return stored
                tokens = self._tokens_of(status, body, refresh_token, requested_at)
                if tokens.base_url is None and stored is not None:
                    tokens = replace(tokens, base_url=stored.base_url)
                tokens = replace(tokens, begun_with=begun_with)
                store(tokens)
        return tokens

    def _is_usable(self, stored: Tokens, refused: str | None) -> bool:
        return (
            not self._starts_new_chain(stored)
            and stored.header != refused
            and not stored.is_due(time.time())
        )

    def _starts_new_chain(self, stored: Tokens) -> bool:
        """Whether the settings hold a refresh token with which no stored chain started."""
        return (
            self._configured is not None
            and digest(self._client_id, self._configured) not in stored.begun_with
        )

    def _next_refresh_token(self, stored: Tokens | None) -> tuple[str, tuple[str, ...]]:
        """Returns the refresh token to use, and the digests of those that started a chain."""
        if stored is not None and not self._starts_new_chain(stored):
            return stored.refresh_token, stored.begun_with
        if not self._configured:
            raise BadCredentials(f"{self._file.path} holds no token that can be read. {NEW_CHAIN}")
        begun_with = stored.begun_with if stored else ()
        return self._configured, (*begun_with, digest(self._client_id, self._configured))

    def _tokens_of(self, status: int, body: bytes, sent: str, requested_at: float) -> Tokens:
        """Returns the tokens of an answer; raises `BadCredentials` for any other answer."""
        fields = _json_object(body)
        access = fields.get("access_token")
        if not (200 <= status < 300 and isinstance(access, str) and access):
            raise self._refusal(status, fields, sent)
        refresh = fields.get("refresh_token")
        return Tokens(
            app=digest(self._client_id),
            access_token=access,
            refresh_token=refresh if isinstance(refresh, str) and refresh else sent,
            obtained_at=requested_at,
            expires_at=_end(fields.get("expires_in"), requested_at),
            base_url=_host(fields.get("api_base_url_for_customer")),
            begun_with=(),
        )

    def _refusal(self, status: int, fields: Mapping[str, Any], sent: str) -> BadCredentials:
        errors = fields.get("errors")
        texts = [fields.get("error"), fields.get("error_description")]
        texts += errors if isinstance(errors, list) else []
        text = "; ".join(str(part) for part in texts if part) or "no explanation"
        for secret in (sent, self._client_secret):
            text = text.replace(secret, "…")
        answer = f'{self._auth_url} answered {status}: "{text[:300]}"'
        if _SPENT.search(text):
            return BadCredentials(
                f"Gong no longer accepts the refresh token: {answer}. A refresh token can be used "
                "once; this one was used elsewhere (another machine with the same token?), "
                "revoked, or its successor was lost. "
                f"{NEW_CHAIN} The tokens of before are in {self._file.path}; they may stay there."
            )
        if status in (400, 401, 403):
            return BadCredentials(
                f"Gong does not accept the OAuth app: {answer}. Look at "
                "SOURCES__GONG__CLIENT_ID and SOURCES__GONG__CLIENT_SECRET (Gong: Company settings "
                "> Ecosystem > API > Integrations)."
            )
        return BadCredentials(
            f"{answer}, which is not how Gong answers a request for a token. Look at "
            "SOURCES__GONG__AUTH_URL and the proxy settings. If the same command then fails with "
            "invalid_grant, the refresh token was used up by this one: renew "
            "SOURCES__GONG__REFRESH_TOKEN."
        )


def basic(name: str, secret: str) -> str:
    """Returns the header of Basic authorization."""
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"


def digest(*parts: str) -> str:
    """Returns a short hash under which a secret can be recognised."""
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


def _uninterrupted(work: Callable[[], Tokens]) -> Tokens:
    """Returns the result of the work, done in a thread of its own.

    Ctrl-C and SIGTERM, which reach the main thread only, then cannot come between Gong's answer
    and the disk: the process does not end before that thread has.
    """
    result: Future[Tokens] = Future()

    def run() -> None:
        try:
            result.set_result(work())
        except BaseException as error:
            result.set_exception(error)

    threading.Thread(target=run, name="renewing the token", daemon=False).start()
    return result.result()


def _json_object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _end(seconds: Any, requested_at: float) -> float | None:
    try:
        return requested_at + float(seconds)
    except (TypeError, ValueError):
        return None


def _host(url: Any) -> str | None:
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        return None
    return url.rstrip("/").removesuffix("/v2") if urlsplit(url).netloc else None
