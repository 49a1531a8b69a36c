"""Numbers of erased people in texts: an erasure and later loads mask the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sources.gong.load.suppression.filtering import Suppression
from sources.gong.load.suppression.identifiers import HashedIdentifiers, IdentifierHasher
from sources.gong.load.suppression.person import Person
from sources.gong.load.suppression.phones import phone_spellings
from sources.gong.load.suppression.text_masking import TextMask

HASH = IdentifierHasher("a key that is long enough for a test, 012345")


def hashes(*numbers: str) -> dict[str, set[str]]:
    known = person(*numbers)
    return {
        "phone": {HASH("phone", digits) for digits in known.phones},
        "national_phone": {HASH("national_phone", digits) for digits in known.national_phones},
    }


def person(*numbers: str) -> Person:
    spelled = [phone_spellings(number) for number in numbers]
    return Person(
        phones=frozenset().union(*(spelling.international for spelling in spelled)),
        national_phones=frozenset().union(*(spelling.national for spelling in spelled)),
    )


@pytest.mark.parametrize(
    ("number", "text", "masked"),
    [
        ("491512345678", "or 0151 2345678, ok?", "or [erased], ok?"),
        ("491512345678", "(0151) 234 56-78", "[erased]"),
        ("491512345678", "+49 (0)151 2345678 or +49 0151/2345678", "[erased] or [erased]"),
        ("491512345678", "0049 (0) 151 2345678", "[erased]"),
        ("491512345678", "011 49 151 2345678", "[erased]"),
        ("491512345678", "0 0 49/151 2345678", "[erased]"),
        ("491512345678", "on 20.11. 0151 2345678 12 times", "on 20.11. [erased] 12 times"),
        ("491512345678", "0171 9999999 0151 2345678", "0171 9999999 [erased]"),
        ("491512345678", "0171/9999999/0151/2345678/", "0171/9999999/[erased]/"),
        ("491512345678", " 0151 2345678\n", "[erased]"),
        ("491512345678", "+44 20 7000 4711 0151 2345678", "+44 20 7000 4711 [erased]"),
        ("491512345678", "0151 2345678 " * 3, "[erased] " * 3),
        ("491512345678", "01512345678 " * 300, "[erased] " * 300),
        ("12025550123", "call 202-555-0123 or (202) 555-0123", "call [erased] or [erased]"),
        ("34612345678", "612 34 56 78; 612345678", "[erased]; [erased]"),
        ("79123456789", "8 (912) 345-67-89", "[erased]"),
        ("442070004711", "ext442070004711, +44.20.7000.4711a", "ext[erased], [erased]a"),
        ("442070004711", "12-44-20-7000-4711-9 or 3+44(20)70004711", "12-[erased]-9 or 3+[erased]"),
        ("442070004711", "1 2 3 " * 99 + "44 20 70004711", "1 2 3 " * 99 + "[erased]"),
    ],
)
def test_every_spelling_is_masked(number: str, text: str, masked: str) -> None:
    assert TextMask(HashedIdentifiers(HASH, hashes(number))).masked(text) == masked
    assert person(number).masked(text) == masked


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("491512345678", "+46 (0)151 2345678"),
        ("491512345678", "0046 (0) 151 2345678"),
        ("491512345678", "00 46 0151 2345678"),
        ("491512345678", "0151 23456789, 10151 2345678"),
        ("491512345678", "id 901512345678, x01512345678, 151 2345678"),
        ("34612345678", "+48 612 345 678 or 0048 612 345 678"),
        ("34612345678", "+612 345 678"),
        ("4512345678", "+49 151 12345678"),
        ("3541234567", "123 4567"),
        ("442070004711", "1442070004711, 4420700047110, 44 20 7000 47110"),
    ],
)
def test_a_number_that_only_has_the_digits_in_it_stays(number: str, text: str) -> None:
    assert TextMask(HashedIdentifiers(HASH, hashes(number))).masked(text) == text
    assert person(number).masked(text) == text


def test_groups_of_another_number_keep_their_blanks() -> None:
    mask = TextMask(HashedIdentifiers(HASH, hashes("442070004711")))
    text = "020 7000 4711 1 2 3 4 5 6 7 8 9"
    assert mask.masked(text) == person("442070004711").masked(text) == "[erased] 1 2 3 4 5 6 7 8 9"


def test_transcripts_and_json_are_masked_alike_by_an_erasure_and_by_later_loads() -> None:
    later = Suppression(HASH, hashes("491512345678"))
    entities: dict[str, dict[str, Any]] = {
        "transcripts": {
            "callId": "1",
            "transcript": [{"sentences": [{"text": "It is 0151 2345678."}, {"text": "+46 151"}]}],
        },
        "users": {
            "id": "1",
            "emailAddress": "b@x.example",
            "votes": {"0151 2345678": 1, "to 0151/2345678": ["01512345678", 12, None]},
            "dialled": [491512345678, {"last": 491512345678, "next": True}],
        },
    }
    for stream, entity in entities.items():
        landed = later.entity(stream, entity)
        erased = person("491512345678").masked(json.dumps(entity), is_json=True)
        assert landed == json.loads(erased)
        assert "2345678" not in erased
        assert "[erased]" in erased


def test_many_signs_in_a_row_hold_up_nothing() -> None:
    text = "(" * 300_000 + "+" * 300_000 + "44 20 7000 4711"
    for masked in (
        TextMask(HashedIdentifiers(HASH, hashes("442070004711"))).masked(text),
        person("442070004711").masked(text),
    ):
        assert masked == "[erased]"
