"""Pure: masks the addresses, numbers and names of erased people, known by their hashes, in texts.

The same text always gives the same result, so a masked entity counts as unchanged when it is read
again.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sources.gong.load.suppression.identifiers import (
    AT,
    ERASED,
    WORD,
    HashedIdentifiers,
    IdentifierKind,
    has_address,
)
from sources.gong.load.suppression.phone_masking import mask_international_phones, mask_phones

_EMAIL = re.compile(rf"[\w.+'-]+{AT}[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_LONGEST_ADDRESS = 320
"""Characters of the longest e-mail address; no number is longer."""


class TextMask:
    """Masks erased people in texts.

    Args:
        identifiers: the erased people.
        name_lengths: how many words the erased names have.
    """

    def __init__(self, identifiers: HashedIdentifiers, name_lengths: Collection[int] = ()) -> None:
        self._identifiers = identifiers
        self._name_lengths = sorted(name_lengths, reverse=True)

    def masked(self, text: str, *, with_mentions: bool = True) -> str:
        """Returns a text without what names an erased person."""
        if len(text) <= _LONGEST_ADDRESS and self._identifiers.has_identifier(text):
            return ERASED
        if has_address(text):
            text = _EMAIL.sub(self._mask_email, text)
        if self._identifiers.has_any(IdentifierKind.PHONE):
            text = mask_international_phones(text, self._identifiers.has_phone)
        if self._identifiers.has_any(IdentifierKind.NATIONAL_PHONE):
            text = mask_phones(
                text, self._identifiers.has_phone, self._identifiers.has_national_phone
            )
        for length in self._name_lengths if with_mentions else ():
            text = self._mask_names(text, length)
        return text

    def _mask_email(self, match: re.Match[str]) -> str:
        text = match.group()
        # punctuation in front of an address may be a part of it
        for email in (text, text.lstrip("'.-+")):
            if self._identifiers.has_email(email):
                return text[: len(text) - len(email)] + ERASED
        return text

    def _mask_names(self, text: str, length: int) -> str:
        words = list(WORD.finditer(text))
        end, parts, first = 0, [], 0
        while first + length <= len(words):
            name = words[first : first + length]
            normalised = " ".join(word.group().lower() for word in name)
            if self._identifiers.has(IdentifierKind.NAME, normalised):
                parts += [text[end : name[0].start()], ERASED]
                end = name[-1].end()
                first += length
            else:
                first += 1
        return "".join([*parts, text[end:]]) if parts else text
