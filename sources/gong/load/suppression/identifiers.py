"""Pure: e-mail addresses, names and ids of people in the form they are compared in, and hashed.

An erased person is known by hashes alone: an HMAC-SHA256 of the normalised identifier, under a key
that the warehouse does not hold. A suppression list therefore does not say who is on it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Any

from sources.gong.load.suppression.phones import national_phone, normal_phone

ERASED = "[erased]"
"""Replaces the name, address or number of an erased person in a text."""

WORD = re.compile(r"\w+")
AT = r"(?:@|%(?:25)*40|&(?:amp;)*(?:#0*64|#x0*40|commat);)"
"""The `@` of an address, plain or as URLs and HTML encode it, once or several times.

For lower case, or with IGNORECASE; DuckDB understands it too.
"""

_AT = re.compile(AT, re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_CACHE_SIZE = 100_000


class IdentifierKind(StrEnum):
    """What a hash was made of."""

    EMAIL = "email"
    PHONE = "phone"
    NATIONAL_PHONE = "national_phone"
    """A number without its country code, which may be a number of another country too."""
    CALL = "call"
    CRM = "crm"
    """A contact or lead of a CRM."""
    NAME = "name"


def normal_email(text: str) -> str:
    """Returns an address in lower case, without blanks around it, its `@` plain."""
    return _AT.sub("@", text.strip().removeprefix("mailto:")).lower()


def normal_name(text: str) -> str:
    """Returns the words of a name in lower case, one blank between them."""
    return " ".join(WORD.findall(text.lower()))


def has_address(text: str) -> bool:
    """Whether a text may hold an e-mail address, plain or encoded in a URL or in HTML."""
    return "@" in text or _AT.search(text) is not None


def is_address(text: str) -> bool:
    """Whether a text is, as a whole, an e-mail address."""
    return _ADDRESS.fullmatch(text.strip()) is not None


class IdentifierHasher:
    """Hashes identifiers under a key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __call__(self, kind: str, value: str) -> str:
        """Returns the hash of a normalised value, in hexadecimal digits."""
        return hmac.digest(self._key, f"{kind}:{value}".encode(), "sha256").hex()


class HashedIdentifiers:
    """A set of identifiers that is known by its hashes.

    Args:
        hasher: hashes under the key of the erasures.
        hashes: per kind, the hashes in the set.
    """

    def __init__(self, hasher: IdentifierHasher, hashes: Mapping[str, Collection[str]]) -> None:
        self._hasher = hasher
        self._hashes = {kind: frozenset(hashes.get(kind, ())) for kind in IdentifierKind}
        self._cache: dict[tuple[str, str], bool] = {}

    def has_any(self, kind: IdentifierKind) -> bool:
        """Whether there is any identifier of a kind."""
        return bool(self._hashes[kind])

    def has(self, kind: IdentifierKind, value: str) -> bool:
        """Whether a normalised value is in the set."""
        if not self._hashes[kind]:
            return False
        is_in = self._cache.get((kind, value))
        if is_in is None:
            if len(self._cache) > _CACHE_SIZE:
                self._cache.clear()
            is_in = self._hasher(kind, value) in self._hashes[kind]
            self._cache[kind, value] = is_in
        return is_in

    def has_email(self, text: str) -> bool:
        """Whether a text is an e-mail address in the set."""
        return self.has(IdentifierKind.EMAIL, normal_email(text))

    def has_phone(self, text: str) -> bool:
        """Whether a text is a phone number in the set."""
        phone = normal_phone(text) if self.has_any(IdentifierKind.PHONE) else ""
        return bool(phone) and self.has(IdentifierKind.PHONE, phone)

    def has_national_phone(self, text: str) -> bool:
        """Whether a text is a national spelling of a number in the set."""
        phone = national_phone(text) if self.has_any(IdentifierKind.NATIONAL_PHONE) else ""
        return bool(phone) and self.has(IdentifierKind.NATIONAL_PHONE, phone)

    def has_identifier(self, value: Any) -> bool:
        """Whether a JSON value is, as a whole, an address or a number (any spelling) in the set."""
        text = _text(value)
        return self._has_person(text) or self.has_national_phone(text)

    def has_person(self, values: Iterable[Any]) -> bool:
        """Whether the JSON values of one record name a person in the set, as whole values.

        A national spelling does so only where no address is beside it: with the address of
        somebody else the number may be one of another country.
        """
        texts = [text for text in map(_text, values) if text]
        return any(map(self._has_person, texts)) or (
            any(map(self.has_national_phone, texts)) and not any(map(is_address, texts))
        )

    def _has_person(self, text: str) -> bool:
        return self.has_email(text) if has_address(text) else self.has_phone(text)

    def has_crm_id(self, value: Any) -> bool:
        """Whether a value is the id of a CRM contact or lead in the set."""
        return value is not None and self.has(IdentifierKind.CRM, str(value))


def _text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
