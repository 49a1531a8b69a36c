"""An identified person in texts and in JSON cells."""

from __future__ import annotations

import pytest

from sources.gong.load.suppression.person import Person

EMAIL, PHONE = "jane.doe@x.example", "442070004711"
PERSON = Person(frozenset({EMAIL}), frozenset({PHONE}), frozenset(), frozenset({"jane doe"}))


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
    ],
)
def test_a_person_is_taken_out_of_a_text(text: str, masked: str) -> None:
    assert PERSON.masked(text) == masked


def test_a_person_is_taken_out_of_json_that_stays_json() -> None:
    text = '{"n":442070004711,"id":12345678901234567890,"t":["call +442070004711"],"m":"Jane Doe"}'
    assert PERSON.masked(text, is_json=True, with_names=True) == (
        '{"n":"[erased]","id":12345678901234567890,"t":["call [erased]"],"m":"[erased]"}'
    )
    assert PERSON.is_in('{"a":[{"b":442070004711}]}', is_json=True)
    assert not PERSON.is_in('{"a":"to jane.doe@x.example"}', is_json=True)
