"""An identified person in texts and in JSON cells."""

from __future__ import annotations

import json

import pytest

from sources.gong.load.suppression.filtering import Suppression
from sources.gong.load.suppression.identifiers import IdentifierHasher
from sources.gong.load.suppression.person import Person

EMAIL, PHONE = "jane.doe@x.example", "442070004711"
ENCODED = ("%40", "%2540", "&#64;", "&#064;", "&#x40;", "&#X40;", "&commat;", "&amp;#64;")
PERSON = Person(frozenset({EMAIL}), frozenset({PHONE}), names=frozenset({"jane doe"}))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to JANE.DOE@X.example.", "Write to [erased]."),
        ("https://x.example/?q=jane.doe%40x.example&b", "https://x.example/?q=[erased]&b"),
        (
            "xjane.doe@x.example, jane.doe@x.example.org",
            "xjane.doe@x.example, jane.doe@x.example.org",
        ),
        (
            "+44 20 7000 4711, 442070004711 and 4420700047112",
            "[erased], [erased] and 4420700047112",
        ),
        ("tel. (0044) 20/7000-4711", "tel. [erased]"),
        *((f"to Jane.Doe{at}x.example!", "to [erased]!") for at in ENCODED),
    ],
)
def test_a_person_is_taken_out_of_a_text(text: str, masked: str) -> None:
    assert PERSON.masked(text) == masked


def test_a_person_is_taken_out_of_json_that_stays_json() -> None:
    text = '{"n":442070004711,"id":12345678901234567890,"t":["call +442070004711"],"m":"Jane Doe"}'
    assert PERSON.masked(text, is_json=True, with_mentions=True) == (
        '{"n":"[erased]","id":12345678901234567890,"t":["call [erased]"],"m":"[erased]"}'
    )
    assert PERSON.is_on([("x", False), ('{"a":[{"b":442070004711}]}', True)])
    assert not PERSON.is_on([('{"a":"to jane.doe@x.example"}', True)])


def test_a_person_is_masked_alike_in_keys_and_values_by_an_erasure_and_by_later_loads() -> None:
    hasher = IdentifierHasher("a key that is long enough for a test, 012345")
    hashes = {"email": {hasher("email", EMAIL)}, "phone": {hasher("phone", PHONE)}}
    later = Suppression(hasher, hashes)
    votes: dict[str, object] = {
        **{f"Jane.Doe{at}x.example": 1 for at in ENCODED},
        "to +44 20 7000 4711": {EMAIL: "yes", "john@x.example": "ask jane.doe&#64;x.example"},
        "[erased]": "was there",
        "plain": [{PHONE: EMAIL}],
    }
    landed = later.entity("users", {"id": "1", "votes": votes})
    erased = json.loads(PERSON.masked(json.dumps({"id": "1", "votes": votes}), is_json=True))
    assert landed == erased
    assert erased["votes"]["to [erased]"] == {"[erased]": "yes", "john@x.example": "ask [erased]"}
    assert erased["votes"]["plain"] == [{"[erased]": "[erased]"}]
    assert erased["votes"]["[erased]"] == "was there"
    assert {f"[erased] {number}" for number in range(2, len(ENCODED) + 2)} < erased["votes"].keys()
    assert later.entity("users", erased) == erased, "masked once is masked for good"
