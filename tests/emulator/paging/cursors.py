"""Paging cursors: readable HS256 tokens bound to their operation and inputs.

Live cursors look like JSON web tokens whose payload names the last row, the total of page one
and an expiry counted from the first page (payloads seen live for calls and users).
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from tests.emulator.errors import bad_request
from tests.emulator.settings import Json

EXPIRED = "cursor has expired"
UNVERIFIED = "failed to verify cursor"


@dataclass(frozen=True)
class Page:
    """The position in a paging sequence: the page to serve and the cursor's payload."""

    number: int
    total: int | None
    expires: int | None
    payload: Json


FIRST_PAGE = Page(0, None, None, {})


class Cursors:
    """Issues and checks the cursors of one emulator."""

    def __init__(self, seed: int, life_seconds: int) -> None:
        """`life_seconds` applies to a whole sequence, not to one cursor."""
        self._secret = hashlib.sha256(f"cursor/{seed}".encode()).digest()
        self._life = life_seconds

    def read(self, token: Any, binding: Json, now: int) -> Page:
        """The page of a cursor; refuses foreign and expired cursors and changed inputs."""
        if token is None or token == "":
            return FIRST_PAGE
        payload = self._verify(token)
        if payload is None or payload.get("inputs") != fingerprint(binding):
            raise bad_request(UNVERIFIED)
        if payload["exp"] <= now // 1_000_000:
            raise bad_request(EXPIRED)
        return Page(payload["pageNumber"] + 1, payload["total"], payload["exp"], payload)

    def number(self, token: Any) -> int | None:
        """The number of the page a cursor leads to, from 0; None for a foreign cursor."""
        if token is None or token == "":
            return 0
        payload = self._verify(token)
        return None if payload is None else int(payload["pageNumber"]) + 1

    def again(self, page: Page) -> str:
        """Another cursor to the same page."""
        return self._sign({**page.payload, "again": page.payload.get("again", 0) + 1})

    def issue(self, page: Page, total: int, last: Json, binding: Json, now: int) -> str:
        """The cursor to the page after this one; it keeps the expiry of the first page."""
        expires = page.expires or now // 1_000_000 + self._life
        payload = {
            **last,
            "total": total,
            "pageNumber": page.number,
            "pageSize": 100,
            "exp": expires,
            "inputs": fingerprint(binding),
        }
        return self._sign(payload)

    def _sign(self, payload: Json) -> str:
        signed = _encode({"alg": "HS256"}) + "." + _encode(payload)
        return signed + "." + self._signature(signed)

    def _signature(self, signed: str) -> str:
        return _base64(hmac.new(self._secret, signed.encode(), hashlib.sha256).digest())

    def _verify(self, token: Any) -> Json | None:
        if not isinstance(token, str) or token.count(".") != 2:
            return None
        signed, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(signed).encode()):
            return None
        body = signed.split(".")[1]
        payload: Json = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return payload


def fingerprint(binding: Json) -> str:
    """A short digest of an operation and all its inputs but the cursor."""
    text = json.dumps(binding, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _encode(part: Json) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())
