"""Pure: an identified person, and how texts and JSON cells are matched with and masked of them.

Used by an erasure, which knows the identifiers in plain. A sync knows only hashes:
`text_masking.py`, `filtering.py`. Both must mask the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count
from typing import Any

from sources.gong.load.suppression.identifiers import (
    AT,
    ERASED,
    is_address,
    normal_email,
)
from sources.gong.load.suppression.phone_masking import mask_phones
from sources.gong.load.suppression.phones import SEPARATORS, national_phone, normal_phone
from sources.gong.schema.coercion import dumps

_SIGN = r"(?:(?<![\d+(])[+(]+|(?<=\d[+(])[+(]+)?"
"""In front of a number. It begins at the first of many signs, so that each is looked at once."""
_ABROAD = rf"(?:0[{SEPARATORS}]*0[{SEPARATORS}]*)?"


@dataclass(frozen=True)
class Person:
    """An identified person; never stored.

    Attributes:
        emails: addresses, normalised.
        phones: numbers, normalised, in each spelling with the country code.
        national_phones: the spellings of them without it.
        crm_ids: ids of the contacts and leads of a CRM that are the person.
        names: full names, normalised, of two words or more.
    """

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    national_phones: frozenset[str] = frozenset()
    crm_ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @property
    def email_patterns(self) -> Sequence[str]:
        """Regular expressions that find the addresses in texts in lower case."""
        return [_email_pattern(email) for email in sorted(self.emails)]

    def is_on(self, cells: Iterable[tuple[str, bool]]) -> bool:
        """Whether one of the cells of a row, or a value in its JSON, is the person's.

        A national spelling counts only where no address is beside it, as in a later load.

        Args:
            cells: the texts, each with whether it is JSON.
        """
        texts = [
            value
            for text, is_json in cells
            for value in (scalars(_parsed(text)) if is_json else [text])
        ]
        return any(map(self._is_identified_by, texts)) or (
            any(map(self._is_national, texts)) and not any(map(is_address, texts))
        )

    def _is_identified_by(self, text: str) -> bool:
        return normal_email(text) in self.emails or normal_phone(text) in self.phones

    def _is_national(self, text: str) -> bool:
        return national_phone(text) in self.national_phones

    def mentions(self, text: str) -> bool:
        """Whether a text has a name of the person."""
        return any(pattern.search(text) for pattern in _name_patterns(self.names))

    def masked(self, text: str, *, is_json: bool = False, with_mentions: bool = False) -> str:
        """Returns a text with the person's addresses, numbers and (`with_mentions`) names masked.

        In JSON the keys are masked too, but never of names.
        """
        identifiers = _identifier_patterns(self.emails, self.phones)
        names = _name_patterns(self.names) if with_mentions else ()

        def without_identifiers(text: str) -> str:
            text = _without(text, identifiers)
            if not self.national_phones:
                return text
            return mask_phones(text, self._is_identified_by, self._is_national)

        def mask_identifiers(value: Any) -> Any:
            if self._is_identified_by(str(value)) or self._is_national(str(value)):
                return ERASED
            return without_identifiers(value) if isinstance(value, str) else value

        def mask(value: Any) -> Any:
            value = mask_identifiers(value)
            return _without(value, names) if isinstance(value, str) else value

        if not is_json:
            return str(mask(text))
        value = _parsed(text)
        masked = _changed(value, mask, mask_identifiers)
        return text if masked == value else dumps(masked)


def scalars(value: Any) -> Iterator[str]:
    """Yields the texts and whole numbers inside a JSON value, as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner)


def masked_keys(keys: Iterable[str], mask: Callable[[str], str]) -> Mapping[str, str]:
    """Returns the masked form of each key of a JSON object; equal ones are numbered from 2 on.

    The numbers do not depend on the order in which the keys come.
    """
    masked = {key: mask(key) for key in keys}
    taken = {key for key, new in masked.items() if key == new}
    for key in sorted(masked.keys() - taken):
        name = masked[key]
        candidates = chain([name], (f"{name} {number}" for number in count(2)))
        masked[key] = next(other for other in candidates if other not in taken)
        taken.add(masked[key])
    return masked


def _changed(value: Any, change: Callable[[Any], Any], change_key: Callable[[str], str]) -> Any:
    """Returns a JSON value with its texts, whole numbers and keys changed."""
    if isinstance(value, list):
        return [_changed(inner, change, change_key) for inner in value]
    if isinstance(value, dict):
        keys = masked_keys(value, change_key)
        return {keys[key]: _changed(inner, change, change_key) for key, inner in value.items()}
    is_scalar = isinstance(value, (str, int)) and not isinstance(value, bool)
    return change(value) if is_scalar else value


def _without(text: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        text = pattern.sub(ERASED, text)
    return text


def _email_pattern(email: str) -> str:
    return re.escape(email).replace("@", AT)


@cache
def _identifier_patterns(
    emails: frozenset[str], phones: frozenset[str]
) -> Sequence[re.Pattern[str]]:
    escaped = [_email_pattern(email) for email in sorted(emails)]
    addresses = [rf"(?<![\w.+%-]){email}(?![\w-]|\.\w)" for email in escaped]
    # a spelling may be a part of another one, as in 011 49 …
    longest_first = sorted(phones, key=lambda phone: (-len(phone), phone))
    digits = [rf"[{SEPARATORS}]*".join(phone) for phone in longest_first]
    numbers = [rf"{_SIGN}(?<!\d){_ABROAD}{phone}(?!\d)" for phone in digits]
    return [re.compile(pattern, re.IGNORECASE) for pattern in (*addresses, *numbers)]


@cache
def _name_patterns(names: frozenset[str]) -> Sequence[re.Pattern[str]]:
    escaped = [r"\W+".join(map(re.escape, name.split())) for name in sorted(names)]
    return [re.compile(rf"(?<!\w){name}(?!\w)", re.IGNORECASE) for name in escaped]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
