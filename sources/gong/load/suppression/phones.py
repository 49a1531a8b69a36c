"""Pure: phone numbers, and the ways in which one number is written.

A number is compared by its digits. The digits with the country code name one number in the world. A
national spelling has no code, so the same digits may be another number in another country.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SEPARATORS = r"\s\u00a0().\-/"
"""Characters that may be between the digits of a phone number."""

_FEWEST_DIGITS = 6
_FEWEST_NATIONAL_DIGITS = 8
"""A shorter national spelling is too likely to be some other number."""
_DIALLED_ABROAD = "011"
"""What North America dials in place of `+`; the `00` of others is left out in the normal form."""
_ONLY_PHONE = re.compile(rf"[+\d{SEPARATORS}]+")
_DATE = re.compile(r"\d{4}([-./])\d\d\1\d\d|\d\d([-./])\d\d\2\d{4}")
"""Has 8 digits, as a national spelling may have."""
_WITH_COUNTRY = re.compile(r"[\s(]*(?:\+|00)")

_CODES_BY_TRUNK_PREFIX = {
    "0": (
        "20 27 31 32 33 40 41 43 44 46 49 60 61 62 63 64 66 81 82 84 90 92 94 98 "
        "212 213 233 234 254 255 256 353 355 358 359 380 381 382 385 386 387 389 "
        "421 880 886 961 962 966 971 972"
    ),
    # 91: with and without it
    "0 -": "55 86 91",
    "06": "36",
    "8": "7",
    "80": "375",
    "8 0": "370",
    "-": "1 30 34 39 45 47 48 52 56 65 351 352 354 356 357 371 372 420 852 853 965 968 973 974",
}
"""Country codes by what is dialled before a number inside the country; `-` for nothing.

From the national numbering plans that the ITU publishes. A country that is missing here has no
national spellings.
"""
_TRUNK_PREFIXES = {
    code: [prefix.strip("-") for prefix in prefixes.split()]
    for prefixes, codes in _CODES_BY_TRUNK_PREFIX.items()
    for code in codes.split()
}


class PhoneSpellings(NamedTuple):
    """The digits of one number, in each way to write it.

    Attributes:
        international: with the country code; the number itself is one of them.
        national: without it.
    """

    international: frozenset[str]
    national: frozenset[str]


def normal_phone(text: str) -> str:
    """Returns the digits of a phone number; empty where the text is none.

    Punctuation counts for nothing, nor does `00` in place of `+`.
    """
    text = text.strip().removeprefix("tel:")
    if not _ONLY_PHONE.fullmatch(text):
        return ""
    digits = digits_of(text).removeprefix("00")
    return digits if len(digits) >= _FEWEST_DIGITS else ""


def national_phone(text: str) -> str:
    """Returns the digits of a number that may be a national spelling; empty where it is none."""
    if has_country_code(text) or _DATE.fullmatch(text.strip()):
        return ""
    digits = normal_phone(text)
    return digits if len(digits) >= _FEWEST_NATIONAL_DIGITS else ""


def has_country_code(text: str) -> bool:
    """Whether a number is written with its country code: it begins with `+` or `00`."""
    return _WITH_COUNTRY.match(text.strip().removeprefix("tel:")) is not None


def phone_spellings(phone: str) -> PhoneSpellings:
    """Returns the spellings of a normalised number, which is taken to have its country code.

    With a 0 in front it has none, and only its own spelling is known.
    """
    if phone.startswith("0"):
        return PhoneSpellings(frozenset([phone]), frozenset())
    code = next((phone[:n] for n in (1, 2, 3) if phone[:n] in _TRUNK_PREFIXES), "")
    prefixes = _TRUNK_PREFIXES.get(code, [""])
    rest = phone.removeprefix(code)
    if "0" in prefixes:
        # as in +49 (0)151
        rest = rest.removeprefix("0")
    dialled = [prefix + rest for prefix in prefixes]
    with_code = {phone, code + rest, *(code + number for number in dialled)}
    return PhoneSpellings(
        frozenset(with_code | {_DIALLED_ABROAD + number for number in with_code}),
        frozenset(n for n in dialled if code and len(n) >= _FEWEST_NATIONAL_DIGITS),
    )


def digits_of(text: str) -> str:
    """Returns the digits in a text."""
    return "".join(character for character in text if character.isdecimal())
