"""A request names exactly one person, and messages do not repeat the name."""

from __future__ import annotations

import pytest

from pipelines.exit_codes import UsageError
from pipelines.privacy.erase_request import Identifier, identify
from sources.gong.load.suppression.identifiers import IdentifierKind


def test_an_identifier_is_compared_in_its_normal_form() -> None:
    email = identify(" Jane@X.example ", None)
    assert email == Identifier(IdentifierKind.EMAIL, "Jane@X.example", "jane@x.example")
    assert (email.email, email.phone) == ("jane@x.example", None)
    phone = identify(None, "+44 20 7000 47-11")
    assert (phone.email, phone.phone) == (None, "442070004711")


@pytest.mark.parametrize(
    ("email", "phone"),
    [
        (None, None),
        ("jane@x.example", "+44 20 7000 4711"),
        ("jane", None),
        ("jane@x", None),
        ("jane@x.example@y.example", None),
        ("jane doe@x.example", None),
        (None, "abc"),
        (None, ""),
        (None, "1.555E+10"),
        (None, "15550100123.0"),
        ("nan", None),
    ],
)
def test_who_is_not_exactly_one_person_is_refused(email: str | None, phone: str | None) -> None:
    with pytest.raises(UsageError):
        identify(email, phone)


def test_no_spelling_of_the_identifier_is_in_a_message() -> None:
    email = identify("Jane@X.example", None)
    assert email.hidden_in("no Jane@X.example, jane@x.example") == "no [the person], [erased]"
    phone = identify(None, "+44 20 7000 47-11")
    assert "7000" not in phone.hidden_in("unknown: +44 20 7000 47-11, 0044 (20) 7000 4711")


def test_the_spellings_of_a_number_are_known_where_its_country_is() -> None:
    known = identify(None, "0049 151 2345678")
    assert not known.is_national
    assert "01512345678" in known.spell("491512345678").national
    assert "2345678" not in known.hidden_in("unknown: +49 151 2345678, 0151 2345678")
    for typed in ("0151 2345678", "(202) 555-0123", "491512345678"):
        unknown = identify(None, typed)
        assert unknown.is_national
        value = unknown.phone or ""
        assert unknown.spell(value) == (frozenset([value]), frozenset())
    assert not identify("jane@x.example", None).is_national
