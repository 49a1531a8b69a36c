"""Keeps the pair of OAuth tokens in a file, so that a kill or a full disk does not lose it.

A refresh token can be used once: each use gives a new pair and ends the old one. So

- the file is locked while a pair is renewed, by a lock on a file beside it;
- the space for a new pair is taken on the disk before it is requested;
- a new pair is written and synced beside the file, then put in its place by one rename. A process
  that is killed before the rename leaves the written pair, which the next one takes up; only a
  kill between Gong's answer and that write loses it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sources.gong.api.errors import StopRun

NEW_CHAIN = (
    "Authorise the app in Gong (https://app.gong.io/oauth2/authorize, as a technical "
    "administrator) and put the refresh token that comes back into SOURCES__GONG__REFRESH_TOKEN."
)

_EARLY_SECONDS = 600.0
_EARLY_SHARE = 0.1
"""A token is renewed this long, or this share of its life, before its end; the shorter counts."""
_RESERVED_BYTES = 32 * 1024
"""Taken on the disk before a pair is requested; one is a few thousand long."""


class UnusableTokenFile(StopRun):
    """The file of OAuth tokens cannot be written, or is another app's."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The content of the file. Times are seconds since 1970."""

    app: str
    """Digest of the client id."""
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    obtained_at: float
    expires_at: float | None
    """None where Gong did not say."""
    base_url: str | None
    begun_with: tuple[str, ...]
    """Digests of configured refresh tokens that have started a chain and are used up."""

    @property
    def header(self) -> str:
        """The Authorization header."""
        return f"Bearer {self.access_token}"

    def is_due(self, now: float) -> bool:
        """Whether it is time to renew."""
        if self.expires_at is None:
            return False
        life = self.expires_at - self.obtained_at
        return now >= self.expires_at - min(_EARLY_SECONDS, _EARLY_SHARE * life)

    def is_expired(self, now: float) -> bool:
        """Whether Gong takes the access token no longer."""
        return self.expires_at is not None and now >= self.expires_at


class TokenFile:
    """The file of one OAuth app.

    Args:
        path: of the file; its folder is made when it is first locked.
        app: digest of the client id.
    """

    def __init__(self, path: Path, app: str) -> None:
        self.path = path
        self._app = app
        self._beside = path.with_name(f".{path.name}.new")

    def read(self) -> Tokens | None:
        """Returns the stored tokens; None if there are none that can be read.

        Raises:
            UnusableTokenFile: it is another app's, or cannot be opened.
        """
        tokens = _read(self.path)
        if tokens is not None and tokens.app != self._app:
            raise UnusableTokenFile(
                f"{self.path} holds the tokens of another app than SOURCES__GONG__CLIENT_ID. "
                "Set SOURCES__GONG__TOKEN_FILE to a file of its own for each app and company."
            )
        return tokens

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps all other threads and processes out; takes up a pair that a kill left.

        Raises:
            UnusableTokenFile: the folder cannot be written.
        """
        lock = self.path.with_name(self.path.name + ".lock")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._recover()
            yield
        finally:
            # closing gives the lock up
            os.close(descriptor)

    @contextlib.contextmanager
    def replacing(self) -> Iterator[Callable[[Tokens], None]]:
        """Takes space on the disk and yields the function that stores new tokens in it.

        Raises:
            UnusableTokenFile: there is no space, or the new tokens could not be stored.
        """
        try:
            descriptor = os.open(self._beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(descriptor, bytes(_RESERVED_BYTES))
                os.fsync(descriptor)
            except OSError:
                os.close(descriptor)
                raise
        except OSError as error:
            raise self._unwritable(error) from error
        may_hold_tokens = False

        def store(tokens: Tokens) -> None:
            nonlocal may_hold_tokens
            may_hold_tokens = True
            self._store(descriptor, tokens)

        try:
            yield store
        finally:
            os.close(descriptor)
            if not may_hold_tokens:
                os.unlink(self._beside)

    def _recover(self) -> None:
        left, stored = _read(self._beside), _read(self.path)
        if left and (stored is None or left.obtained_at > stored.obtained_at):
            try:
                os.replace(self._beside, self.path)
            except OSError as error:
                raise self._unwritable(error) from error

    def _store(self, descriptor: int, tokens: Tokens) -> None:
        content = json.dumps(asdict(tokens)).encode()
        try:
            if os.pwrite(descriptor, content, 0) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.ftruncate(descriptor, len(content))
            os.fsync(descriptor)
            os.replace(self._beside, self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise UnusableTokenFile(
                f"Gong gave new tokens, but {self.path} could not be written ({error.strerror}), "
                "and those before are used up. Correct that and run the same command again; it "
                f"takes up what was saved beside the file. If it says invalid_grant: {NEW_CHAIN}"
            ) from error

    def _unwritable(self, error: OSError) -> UnusableTokenFile:
        return UnusableTokenFile(
            f"The tokens cannot be kept in {self.path} ({error.strerror}), so no new ones were "
            "requested: a refresh token can be used once, and its successor would be lost. Make "
            "the folder writable, or set SOURCES__GONG__TOKEN_FILE to a file elsewhere."
        )


def _read(path: Path) -> Tokens | None:
    try:
        # a kill may have come between writing and cutting off the space that was taken
        fields: dict[str, Any] = json.loads(path.read_bytes().rstrip(b"\0"))
        fields["begun_with"] = tuple(fields["begun_with"])
        tokens = Tokens(**fields)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    except OSError as error:
        raise UnusableTokenFile(
            f"SOURCES__GONG__TOKEN_FILE {path} cannot be read ({error.strerror})."
        ) from error
    is_whole = isinstance(tokens.access_token, str) and isinstance(tokens.refresh_token, str)
    is_timed = isinstance(tokens.obtained_at, (int, float)) and isinstance(
        tokens.expires_at, (int, float, type(None))
    )
    return tokens if is_whole and is_timed else None
