"""Ids, addresses and phone numbers that a spreadsheet or a data frame has spoilt. Pure.

A spreadsheet takes an id for a number: it shows 15 digits and replaces the others by zeros. A data
frame writes a missing one as `nan`. Gong would answer that nothing is found, or take the text as a
new key, under which a row goes a second time.
"""

from __future__ import annotations

import re

_ID = re.compile(r"[a-z0-9]Ids?$|(?:^|-)ids?$|^primaryUser$|^uniqueName$")
"""How Gong's names of ids end, and the ids with other names."""
_ADDRESS = re.compile(r"e?mails?(?:Address)?$|^phoneNumber$", re.IGNORECASE)

_MISSING = frozenset({
    "nan", "null", "none", "nil", "nat", "<na>", "n/a", "#n/a", "undefined",
    "#ref!", "#value!", "#name?", "#num!", "#null!", "#div/0!",
})  # fmt: skip
_EXPONENT = re.compile(r"[+-]?(?:\d+[.,]\d+e[+-]?\d+|\d+e[+-]\d+)", re.IGNORECASE | re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d+[.,]0+", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})+", re.ASCII)
_FORMULA = re.compile(r"""'\d+|="?.*""", re.ASCII)
_UNSEEN = "\u200b\u2060\ufeff"
"""Characters without width, which `str.strip` leaves."""


def names_ids(name: str) -> bool:
    """Whether a parameter of that name, with or without the way to it, holds ids or addresses."""
    last = name.rpartition(".")[2]
    return bool(_ID.search(last) or _ADDRESS.search(last))


def spoilt_id(name: str, text: str) -> str:
    """Returns what is wrong with an id, an address or a number as a text; empty where it is sound.

    A key that a company has chosen itself may look like anything that no program writes by
    mistake: `1e18` is one, `1.0E+18` is not.

    Args:
        name: of the parameter, or the last step of it.
        text: its value, or an item of its list.
    """
    if not names_ids(name):
        return ""
    bare = text.strip().strip(_UNSEEN).strip()
    if not bare and text:
        return f"is {text!r}: it has blanks only"
    if bare.casefold() in _MISSING:
        return f"is {text!r}, which is how a program writes a missing value: leave the field empty"
    if _EXPONENT.fullmatch(bare):
        return (
            f"is {text!r}, a rounded number: a spreadsheet has taken the id for a number and its "
            "last digits are lost. Export it again with the column as text"
        )
    if _DECIMAL.fullmatch(bare):
        return f"is {text!r}, a number with decimals: export it again with the column as text"
    if _GROUPED.fullmatch(bare) and not _ADDRESS.search(name):
        return f"is {text!r}, a number in groups: export it again with the column as text"
    if _FORMULA.fullmatch(bare):
        return f"is {text!r}, a text as a spreadsheet marks it: write the id alone"
    if bare != text:
        return f"is {text!r}: it has blanks around it"
    return ""
