"""Addresses, numbers and names of erased people, known by hashes, in texts."""

from __future__ import annotations

from sources.gong.load.suppression.identifiers import HashedIdentifiers, IdentifierHasher
from sources.gong.load.suppression.text_masking import TextMask

HASH = IdentifierHasher("a key that is long enough for a test, 012345")
PHONE = "442070004711"


def test_numbers_side_by_side_are_distinguished() -> None:
    phones = {HASH("phone", value) for value in (PHONE, "49301234567")}
    mask = TextMask(HashedIdentifiers(HASH, {"phone": phones}))
    text = "1 2 3 4 5 6 7 8 9 10 +44 20 7000 4711 0049 30 1234567 +44 20 7000 4712"
    assert mask.masked(text) == "1 2 3 4 5 6 7 8 9 10 [erased] [erased] +44 20 7000 4712"


def test_a_name_is_masked_only_where_names_are() -> None:
    mask = TextMask(HashedIdentifiers(HASH, {"name": {HASH("name", "jane doe")}}), {2})
    assert mask.masked("Ask Jane  Doe, not Jane Doerr.") == "Ask [erased], not Jane Doerr."
    assert mask.masked("Ask Jane Doe.", with_mentions=False) == "Ask Jane Doe."


def test_punctuation_in_front_of_an_address_is_kept() -> None:
    mask = TextMask(HashedIdentifiers(HASH, {"email": {HASH("email", "a@x.example")}}))
    assert mask.masked("'a@x.example' and b@x.example") == "'[erased]' and b@x.example"
