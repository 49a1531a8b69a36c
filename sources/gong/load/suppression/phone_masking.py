"""Pure: masks phone numbers in texts.

A number with its country code counts wherever no other digit touches it, also in `ext442070004711`.
A national spelling counts only as a whole: where digits with a country code come before it, it is a
part of another number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, takewhile

from sources.gong.load.suppression.identifiers import ERASED
from sources.gong.load.suppression.phones import SEPARATORS, digits_of, has_country_code

_MOST_DIGITS = 15
"""Of a number with its country code, by the recommendation E.164 of the ITU."""
_MOST_GROUPS = 8
"""A number is written in at most this many groups of digits."""
_BETWEEN = re.compile(r"([\s/]+)")
"""Is between two numbers, or between the groups of one."""
# many signs are looked at from the first one only: from each, it would take quadratic time
_NUMBERS = re.compile(
    rf"(?:(?<![\w@+(])[+(]+|(?<=[\w@][+(])[+(]+)?(?<![\w@])\d[\d{SEPARATORS}]{{4,}}\d(?!\w)"
)
_DIGITS = re.compile(rf"(?:(?<![\d+(])[+(]+|(?<=\d[+(])[+(]+)?\d(?:[{SEPARATORS}]*\d)*")
_SIGN = re.compile(r"(?<!\d)[+(]+$")
_GROUPS = re.compile(r"(\D+)")
_MOST_WRITTEN_DIGITS = 20
"""Of a number with what is dialled before it, as in 011 and in (0)."""


def mask_international_phones(text: str, is_erased: Callable[[str], bool]) -> str:
    """Returns a text in which numbers with their country code are masked, whatever touches them.

    Args:
        text: the text.
        is_erased: whether digits are a number to mask.
    """
    return _DIGITS.sub(lambda match: _masked_digits(match.group(), is_erased), text)


def _masked_digits(run: str, is_erased: Callable[[str], bool]) -> str:
    groups, masked, first = _GROUPS.split(run), "", 0
    while first < len(groups):
        ends = (end for end in _ends(groups, first) if is_erased("".join(groups[first:end])))
        if end := next(ends, None):
            # a sign in front of a number is a part of it
            masked = _SIGN.sub("", masked) + ERASED + "".join(groups[end : end + 1])
        else:
            end = first + 1
            masked += "".join(groups[first : end + 1])
        first = end + 1
    return masked


def _ends(groups: Sequence[str], first: int) -> Iterator[int]:
    """Yields where a number that begins with a group of digits may end: the longest first."""
    lengths = accumulate(map(len, groups[first::2]))
    count = sum(1 for _ in takewhile(lambda length: length <= _MOST_WRITTEN_DIGITS, lengths))
    return iter(range(first + 2 * count - 1, first, -2))


def mask_phones(
    text: str, is_erased: Callable[[str], bool], is_national: Callable[[str], bool]
) -> str:
    """Returns a text in which numbers are masked.

    Args:
        text: the text.
        is_erased: whether a number, as it is written, is masked wherever it appears.
        is_national: whether it is masked unless it is a part of a number with a country code.
    """
    return _NUMBERS.sub(lambda match: _masked(match.group(), is_erased, is_national), text)


def _masked(run: str, is_erased: Callable[[str], bool], is_national: Callable[[str], bool]) -> str:
    """Masks the numbers in a run of digits: two numbers side by side look like one."""

    def is_masked(first: int, last: int) -> bool:
        number = "".join(groups[first:last])
        return is_erased(number) or (
            is_national(number) and not _is_continued("".join(groups[:first]), number)
        )

    groups, masked = _BETWEEN.split(run), ""
    while span := next((span for span in _spans(len(groups)) if is_masked(*span)), None):
        first, last = span
        masked += "".join(groups[:first]) + ERASED + "".join(groups[last : last + 1])
        groups = groups[last + 1 :]
    return masked + "".join(groups)


def _spans(length: int) -> Iterator[tuple[int, int]]:
    """Yields where a number may be in groups and what is between them: first, then longest."""
    if length:
        yield 0, length
    for first in range(0, length, 2):
        longest = min(length, first + 2 * _MOST_GROUPS - 1)
        for last in range(longest, first, -2):
            yield first, last


def _is_continued(before: str, number: str) -> bool:
    """Whether what comes before a number begins an international one that goes on with it."""
    return has_country_code(before) and len(digits_of(before + number)) <= _MOST_DIGITS
