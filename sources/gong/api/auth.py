"""Turns the credentials of the settings into the Authorization header of each request.

A key and its secret, or a token as it is, make a header that never changes. An OAuth app's access
token lives about a day; its refresh token can be used once: each use gives a new pair and ends the
old one. So the pair is kept in a file, and

- one thread of one process refreshes at a time, under a lock on a file beside it; whoever waited
  reads the file again and uses the newer pair;
- nothing is asked for before the file is known to be writable, with the space for it taken;
- a new pair is used only after it is on the disk: written and synced beside the file, then put in
  its place by one rename. A process that is killed before the rename leaves the written pair,
  which the next one takes up; only a kill between Gong's answer and that write loses it.

Secrets stay out of `repr`, so that no log or trace can show them. It decides when tokens are
exchanged and with what; `client.py` sends. It knows real time only: tokens live in it.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from sources.gong.api.errors import (
    SETTINGS_TO_CHECK,
    BadCredentials,
    StopRun,
    Unreachable,
    UnusableInput,
)
from sources.gong.api.rate_limit import state_folder

AUTH_URL = "https://app.gong.io/oauth2/generate-customer-token"

Exchange = Callable[[str, str, Mapping[str, str]], tuple[int, bytes]]
"""Posts a form to a URL under an Authorization header and returns status and body of the answer;
raises `Unreachable` where none came."""

_EARLY_SECONDS = 600.0
_EARLY_SHARE = 0.1
"""A token is renewed this long, or this share of its life, before its end; the shorter counts."""
_PATIENCE_SECONDS = 60.0
"""How long a token that is still good is used after it could not be renewed."""
_ROOM = 32 * 1024
"""Bytes taken on the disk before a pair is asked for; one is a few thousand long."""
_SPENT = re.compile(r"invalid_grant|refresh token", re.I)


class IncompleteCredentials(UnusableInput):
    """No credential, or half of one; the message names the settings."""


class UnusableTokenFile(StopRun):
    """The file of OAuth tokens cannot be written, or is another app's."""


class Credentials(Protocol):
    """Who asks. Safe to share between threads."""

    @property
    def account(self) -> str:
        """What stays the same for one company through all renewals; may be a secret."""

    @property
    def base_url(self) -> str | None:
        """The API host that Gong told with the token; None where the setting decides."""

    @property
    def settings_to_check(self) -> str:
        """What to look at when Gong refuses them, for an error."""

    def authorization(self, exchange: Exchange) -> str:
        """Returns the header in force. Raises `StopRun` where there is none to be had."""

    def renew(self, refused: str, exchange: Exchange) -> bool:
        """Whether there is another header than the one refused; renews it if need be."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A header that never changes: a key and its secret, or a token as it is."""

    header: str = field(repr=False)
    account: str = field(repr=False)
    base_url: str | None = None
    settings_to_check: str = field(default=SETTINGS_TO_CHECK, repr=False)

    def authorization(self, exchange: Exchange) -> str:  # noqa: ARG002
        """Returns the header."""
        return self.header

    def renew(self, refused: str, exchange: Exchange) -> bool:  # noqa: ARG002
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
        refresh_token: where the chain of tokens begins; not needed once the file holds a pair.
        token_file: where the pair is kept; by default in the state folder, named after the app.
        auth_url: where tokens are exchanged; Gong's by default.
        keep_base_url: whether the host that Gong tells with the tokens is ignored.

    Raises:
        IncompleteCredentials: none is given, or a part is missing, or two kinds are.
    """
    kinds = {
        "SOURCES__GONG__ACCESS_TOKEN": access_token,
        "SOURCES__GONG__ACCESS_KEY": access_key or access_key_secret,
        "SOURCES__GONG__CLIENT_ID": client_id or client_secret or refresh_token,
    }
    given = [name for name, value in kinds.items() if value]
    if len(given) > 1:
        raise IncompleteCredentials(
            f"{'Both' if len(given) == 2 else 'All of'} {' and '.join(given)} are set: "
            "keep the one you mean."
        )
    if access_token:
        return Fixed(f"Bearer {access_token}", access_token, settings_to_check=_IF_REFUSED)
    if access_key and access_key_secret:
        return Fixed(_basic(access_key, access_key_secret), access_key)
    if client_id and client_secret:
        file = Path(token_file).expanduser() if token_file else default_token_file(client_id)
        if not refresh_token and _is_surely_absent(file):
            raise IncompleteCredentials(
                "SOURCES__GONG__REFRESH_TOKEN is not set, and no token is kept in "
                f"{file} yet. {_NEW_CHAIN}"
            )
        return OAuth(
            client_id, client_secret, refresh_token, file, auth_url or AUTH_URL, keep_base_url
        )
    raise IncompleteCredentials(
        f"{_missing(access_key, access_key_secret, client_id, client_secret, refresh_token)}. "
        "Create a key in Gong (Company settings > Ecosystem > API) and put both parts "
        "into the environment or into .dlt/secrets.toml; no account? `gong-elt demo` needs none."
    )


def default_token_file(client_id: str) -> Path:
    """Returns where the tokens of an OAuth app are kept: beside the ledgers, for this user.

    The app cannot be read from the name. One app that serves several companies needs
    SOURCES__GONG__TOKEN_FILE for each.
    """
    return state_folder() / f"tokens-{_digest(client_id)}.json"


_NEW_CHAIN = (
    "Authorise the app in Gong (https://app.gong.io/oauth2/authorize, as a technical "
    "administrator) and put the refresh token that comes back into SOURCES__GONG__REFRESH_TOKEN."
)


_IF_REFUSED = (
    "Look at SOURCES__GONG__ACCESS_TOKEN: an OAuth token lives about a day, and only an OAuth app "
    "(SOURCES__GONG__CLIENT_ID) is given new ones; and at SOURCES__GONG__BASE_URL: many companies "
    "have a host of their own, such as https://us-12345.api.gong.io."
)


def _is_surely_absent(file: Path) -> bool:
    try:
        return not file.exists()
    except OSError:
        # whoever reads it will be told why it cannot be
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
        absent = [f"SOURCES__GONG__{name}" for name, value in pair if not value]
        there = "CLIENT_ID" if client_id else "CLIENT_SECRET" if client_secret else "REFRESH_TOKEN"
        verb = "is" if len(absent) == 1 else "are"
        return f"{' and '.join(absent)} {verb} not set (SOURCES__GONG__{there} is)"
    return {
        (True, False): "SOURCES__GONG__ACCESS_KEY_SECRET is not set (SOURCES__GONG__ACCESS_KEY is)",
        (False, True): "SOURCES__GONG__ACCESS_KEY is not set (SOURCES__GONG__ACCESS_KEY_SECRET is)",
    }.get(
        (bool(access_key), bool(access_key_secret)),
        "SOURCES__GONG__ACCESS_KEY and SOURCES__GONG__ACCESS_KEY_SECRET are not set",
    )


def _basic(name: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"


def _digest(*parts: str) -> str:
    return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class _Tokens:
    """What the file holds. Times are seconds since 1970."""

    app: str
    """Digest of the client id."""
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    obtained_at: float
    expires_at: float | None
    """None where Gong did not say."""
    base_url: str | None
    begun_with: tuple[str, ...]
    """Digests of the refresh tokens of the settings that have begun a chain, and are used up."""

    @property
    def header(self) -> str:
        return f"Bearer {self.access_token}"

    def is_due(self, now: float) -> bool:
        """Whether it is time to renew."""
        if self.expires_at is None:
            return False
        life = self.expires_at - self.obtained_at
        return now >= self.expires_at - min(_EARLY_SECONDS, _EARLY_SHARE * life)

    def is_over(self, now: float) -> bool:
        return self.expires_at is not None and now >= self.expires_at


class OAuth:
    """An OAuth app with its chain of tokens. Build it with `credentials`."""

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
        self._file = token_file
        self._auth_url = auth_url
        self._keep_base_url = keep_base_url
        self._lock = threading.Lock()
        self._tokens: _Tokens | None = None
        self._failure: StopRun | None = None
        self._not_before = 0.0

    def __repr__(self) -> str:
        return "OAuth()"

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
            "SOURCES__GONG__BASE_URL (unset, it is the host that Gong tells with the token), and "
            f"in Gong whether the app is still authorised; its tokens are kept in {self._file}."
        )

    def authorization(self, exchange: Exchange) -> str:
        """Returns the header in force, renewing the token near its end.

        Raises:
            BadCredentials: Gong accepts the refresh token or the app no longer.
            UnusableTokenFile: the new pair could not be kept, so none was asked for.
            Unreachable: no answer, and the token in force is over.
        """
        with self._lock:
            now = time.time()
            tokens = self._tokens
            if tokens is None or (tokens.is_due(now) and now >= self._not_before):
                tokens = self._renewed(None, exchange)
            return tokens.header

    def renew(self, refused: str, exchange: Exchange) -> bool:
        """Gets another token than the one Gong refused: a newer one of the file, or a new one."""
        with self._lock:
            self._renewed(refused, exchange)
            return True

    def _renewed(self, refused: str | None, exchange: Exchange) -> _Tokens:
        if self._failure:
            raise self._failure
        stored = self._stored()
        if stored is None or not self._will_do(stored, refused):
            try:
                stored = _to_its_end(lambda: self._renewed_alone(refused, exchange))
            except (BadCredentials, UnusableTokenFile) as failure:
                # the same would happen to every thread that waits for this one
                self._failure = failure
                raise
        self._tokens = stored
        return stored

    def _renewed_alone(self, refused: str | None, exchange: Exchange) -> _Tokens:
        with self._held():
            stored = self._stored()
            if stored is not None and self._will_do(stored, refused):
                return stored
            return self._exchanged(stored, refused, exchange)

    def _will_do(self, stored: _Tokens, refused: str | None) -> bool:
        return (
            not self._begins_anew(stored)
            and stored.header != refused
            and not stored.is_due(time.time())
        )

    def _begins_anew(self, stored: _Tokens) -> bool:
        """Whether the settings hold a refresh token that no stored chain began with."""
        return (
            self._configured is not None
            and _digest(self._client_id, self._configured) not in stored.begun_with
        )

    def _exchanged(
        self, stored: _Tokens | None, refused: str | None, exchange: Exchange
    ) -> _Tokens:
        begun_with = stored.begun_with if stored else ()
        if stored is not None and not self._begins_anew(stored):
            refresh_token = stored.refresh_token
        elif self._configured:
            refresh_token = self._configured
            begun_with = (*begun_with, _digest(self._client_id, refresh_token))
        else:
            raise BadCredentials(f"{self._file} holds no token that can be read. {_NEW_CHAIN}")
        with _Replacement(self._file) as new:
            asked_at = time.time()
            try:
                status, body = exchange(
                    self._auth_url,
                    _basic(self._client_id, self._client_secret),
                    {"grant_type": "refresh_token", "refresh_token": refresh_token},
                )
            except Unreachable:
                is_good = stored is not None and stored.header != refused
                if stored is None or not is_good or stored.is_over(asked_at):
                    raise
                self._not_before = asked_at + _PATIENCE_SECONDS
                return stored
            tokens = self._understood(status, body, refresh_token, asked_at)
            if tokens.base_url is None and stored is not None:
                tokens = replace(tokens, base_url=stored.base_url)
            tokens = replace(tokens, begun_with=begun_with)
            new.put(tokens)
        return tokens

    def _understood(self, status: int, body: bytes, sent: str, asked_at: float) -> _Tokens:
        """Returns the tokens of an answer. Raises `BadCredentials` with what to do about others."""
        try:
            told = json.loads(body)
        except ValueError:
            told = None
        told = told if isinstance(told, dict) else {}
        access = told.get("access_token")
        if 200 <= status < 300 and isinstance(access, str) and access:
            refresh = told.get("refresh_token")
            return _Tokens(
                app=_digest(self._client_id),
                access_token=access,
                refresh_token=refresh if isinstance(refresh, str) and refresh else sent,
                obtained_at=asked_at,
                expires_at=_end(told.get("expires_in"), asked_at),
                base_url=_host(told.get("api_base_url_for_customer")),
                begun_with=(),
            )
        words = [told.get("error"), told.get("error_description"), *_list(told.get("errors"))]
        said = "; ".join(str(word) for word in words if word) or "no explanation"
        for secret in (sent, self._client_secret):
            said = said.replace(secret, "…")
        answer = f'{self._auth_url} answered {status}: "{said[:300]}"'
        if _SPENT.search(said):
            raise BadCredentials(
                f"Gong no longer accepts the refresh token: {answer}. A refresh token can be used "
                "once; this one was used elsewhere (another machine with the same token?), "
                "revoked, or its successor was lost. "
                f"{_NEW_CHAIN} The tokens of before are in {self._file}; they may stay there."
            )
        if status in (400, 401, 403):
            raise BadCredentials(
                f"Gong does not accept the OAuth app: {answer}. Look at "
                "SOURCES__GONG__CLIENT_ID and SOURCES__GONG__CLIENT_SECRET (Gong: Company settings "
                "> Ecosystem > API > Integrations)."
            )
        raise BadCredentials(
            f"{answer}, which is not how Gong answers a request for a token. Look at "
            "SOURCES__GONG__AUTH_URL and the proxy settings. If the same command then fails with "
            "invalid_grant, the refresh token was used up by this one: renew "
            "SOURCES__GONG__REFRESH_TOKEN."
        )

    def _stored(self) -> _Tokens | None:
        """Returns what the file holds; None if it does not exist or cannot be understood."""
        found = _read(self._file)
        if found is not None and found.app != _digest(self._client_id):
            raise UnusableTokenFile(
                f"{self._file} holds the tokens of another app than SOURCES__GONG__CLIENT_ID. "
                "Set SOURCES__GONG__TOKEN_FILE to a file of its own for each app and company."
            )
        return found

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Holds the file against every other thread and process, and takes up what a kill left."""
        lock = self._file.with_name(self._file.name + ".lock")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unwritable(self._file, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            left, stored = _read(_beside(self._file)), _read(self._file)
            if left and (stored is None or left.obtained_at > stored.obtained_at):
                try:
                    os.replace(_beside(self._file), self._file)
                except OSError as error:
                    raise _unwritable(self._file, error) from error
            yield
        finally:
            # closing gives the lock up
            os.close(descriptor)


def _to_its_end(work: Callable[[], _Tokens]) -> _Tokens:
    """Returns what the work returns, done in a thread of its own.

    Ctrl-C and SIGTERM, which reach the main thread only, then cannot come between Gong's answer
    and the disk: the process does not end before that thread has.
    """
    done: Future[_Tokens] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="renewing the token", daemon=False).start()
    return done.result()


class _Replacement:
    """A file beside another that takes its place when it is written; made before it is needed."""

    def __init__(self, path: Path) -> None:
        self._path, self._new = path, _beside(path)
        self._may_hold_tokens = False

    def __enter__(self) -> _Replacement:
        try:
            self._descriptor = os.open(self._new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(self._descriptor, bytes(_ROOM))
                os.fsync(self._descriptor)
            except OSError:
                os.close(self._descriptor)
                raise
        except OSError as error:
            raise _unwritable(self._path, error) from error
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        if not self._may_hold_tokens:
            os.unlink(self._new)

    def put(self, tokens: _Tokens) -> None:
        """Writes the tokens, makes sure of them, and puts them in place."""
        content = json.dumps(asdict(tokens)).encode()
        self._may_hold_tokens = True
        try:
            if os.pwrite(self._descriptor, content, 0) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.ftruncate(self._descriptor, len(content))
            os.fsync(self._descriptor)
            os.replace(self._new, self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise UnusableTokenFile(
                f"Gong gave new tokens, but {self._path} could not be written ({error.strerror}), "
                "and those before are used up. Correct that and run the same command again; it "
                f"takes up what was saved beside the file. If it says invalid_grant: {_NEW_CHAIN}"
            ) from error


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _unwritable(path: Path, error: OSError) -> UnusableTokenFile:
    return UnusableTokenFile(
        f"The tokens cannot be kept in {path} ({error.strerror}), so no new ones were asked for: "
        "a refresh token can be used once, and its successor would be lost. Make the folder "
        "writable, or set SOURCES__GONG__TOKEN_FILE to a file elsewhere."
    )


def _read(path: Path) -> _Tokens | None:
    try:
        # a kill may have come between writing and cutting off the room that was taken
        told: dict[str, Any] = json.loads(path.read_bytes().rstrip(b"\0"))
        told["begun_with"] = tuple(told["begun_with"])
        found = _Tokens(**told)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        return None
    except OSError as error:
        raise UnusableTokenFile(
            f"SOURCES__GONG__TOKEN_FILE {path} cannot be read ({error.strerror})."
        ) from error
    is_whole = isinstance(found.access_token, str) and isinstance(found.refresh_token, str)
    is_timed = isinstance(found.obtained_at, (int, float)) and isinstance(
        found.expires_at, (int, float, type(None))
    )
    return found if is_whole and is_timed else None


def _end(seconds: Any, asked_at: float) -> float | None:
    try:
        return asked_at + float(seconds)
    except (TypeError, ValueError):
        return None


def _host(url: Any) -> str | None:
    if not isinstance(url, str) or urlsplit(url).scheme not in ("http", "https"):
        return None
    return url.rstrip("/").removesuffix("/v2") if urlsplit(url).netloc else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
