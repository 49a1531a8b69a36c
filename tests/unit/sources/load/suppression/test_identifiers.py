"""Identifiers in the form they are compared in, and their hashes."""

from __future__ import annotations

from sources.gong.load.suppression.identifiers import (
    IdentifierHasher,
    IdentifierKind,
    normal_email,
)

HASH = IdentifierHasher("a key that is long enough for a test, 012345")
EMAIL = "jane.doe@x.example"


def test_an_address_is_compared_in_small_letters() -> None:
    assert normal_email(" Jane.Doe@X.example ") == EMAIL
    assert normal_email("mailto:jane.doe&#X40;x.example") == EMAIL
    assert normal_email("jane.doe%252540x.example") == EMAIL


def test_a_hash_differs_by_kind_and_key() -> None:
    hashes = {HASH("email", "1"), HASH("phone", "1"), IdentifierHasher("k" * 40)("email", "1")}
    assert len(hashes) == 3
    assert all(len(digest) == 64 and digest != "1" for digest in hashes)


def test_kinds_are_what_the_warehouse_keeps() -> None:
    kinds = ["email", "phone", "national_phone", "call", "crm", "name"]
    assert [str(kind) for kind in IdentifierKind] == kinds
