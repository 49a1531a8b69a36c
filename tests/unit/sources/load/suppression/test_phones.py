"""The ways in which one phone number is written."""

from __future__ import annotations

import pytest

from sources.gong.load.suppression.phones import (
    has_country_code,
    national_phone,
    normal_phone,
    phone_spellings,
)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+44 (20) 7000-4711", "442070004711"),
        ("0044 20 7000.4711", "442070004711"),
        ("tel:+442070004711", "442070004711"),
        ("12345", ""),
        ("7 calls with 1234567", ""),
    ],
)
def test_a_number_is_its_digits(text: str, digits: str) -> None:
    assert normal_phone(text) == digits


@pytest.mark.parametrize(
    ("number", "spellings"),
    [
        ("+49 151 2345678", ["0151 2345678", "(0151) 234-56-78", "0151/2345678"]),
        ("+49 151 2345678", ["0049 151 2345678", "+49 (0)151 2345678", "0049 (0) 151 2345678"]),
        ("+49 151 2345678", ["491512345678", "011 49 151 2345678", "tel:+491512345678"]),
        ("+49 (0)151 2345678", ["0151 2345678", "+49 151 2345678"]),
        ("+1 202 555 0123", ["(202) 555-0123", "1-202-555-0123", "202.555.0123"]),
        ("+34 612 345 678", ["612 34 56 78", "0034 612345678"]),
        ("+45 12 34 56 78", ["12345678"]),
        ("+39 06 1234 5678", ["06 1234 5678", "+390612345678"]),
        ("+7 912 345-67-89", ["8 (912) 345-67-89", "89123456789"]),
        ("+36 1 234 5678", ["06 1 234 5678"]),
        ("+370 612 34567", ["8 612 34567", "0 612 34567"]),
        ("+375 29 123 45 67", ["8 029 123-45-67"]),
        ("+91 98765 43210", ["098765 43210", "98765 43210"]),
        ("+353 1 234 5678", ["01 234 5678"]),
    ],
)
def test_a_number_is_known_in_all_its_spellings(number: str, spellings: list[str]) -> None:
    international, national = phone_spellings(normal_phone(number))
    for text in (number, *spellings):
        assert normal_phone(text) in international or national_phone(text) in national, text


@pytest.mark.parametrize(
    ("number", "others"),
    [
        ("+49 151 2345678", ["151 2345678", "+46 151 2345678", "0151 23456789", "1512345678"]),
        ("+34 612 345 678", ["+48 612 345 678", "+612 345 678", "00612345678", "0612345678"]),
        ("+45 12 34 56 78", ["+12 34 56 78", "+47 12 34 56 78", "012345678"]),
        ("+354 123 4567", ["123 4567"]),
        ("+999 12345678", ["12345678", "012345678"]),
        ("0151 2345678", ["+49 151 2345678", "151 2345678"]),
    ],
)
def test_another_number_is_none_of_its_spellings(number: str, others: list[str]) -> None:
    international, national = phone_spellings(normal_phone(number))
    for text in others:
        assert normal_phone(text) not in international, text
        assert not national_phone(text) or national_phone(text) not in national, text


def test_a_number_has_a_country_code_where_it_says_so() -> None:
    assert all(map(has_country_code, ("+49 151", " (+49) 151", "0049 151", "tel:+49")))
    assert not any(map(has_country_code, ("0151 2", "49 151", "(0)151", "")))


@pytest.mark.parametrize("day", ["2026-11-29", "2026/11/29", "29.11.2026", "29-11-2026 "])
def test_a_day_is_no_national_spelling(day: str) -> None:
    assert national_phone(day) == ""
    assert national_phone("20 26 11 29") == "20261129"
