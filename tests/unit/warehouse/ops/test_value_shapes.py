from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.ops.value_shapes import SAMPLE_LENGTH, constant, sample_of, shape_of


@pytest.mark.parametrize(
    ("value", "sample"),
    [
        ("Jane O'Neil, +49 30 12", "Xxxx X'Xxxx, +99 99 99"),
        ("jane@example.com", "xxxx@xxxxxxx.xxx"),
        ("Ångström 3\n", "Xxxxxxxx 9 "),
        ("Ａ٣漢字", "X9xx"),
        ("", ""),
        (17, "number"),
        (1.5, "number"),
        (True, "boolean"),
        (None, "null"),
        ({"hex": "#abc", "level": 3}, "object {hex, level}"),
        ({"jane@example.com": 1}, "object {xxxx@xxxxxxx.xxx}"),
        ([], "list of nothing"),
        (["Jane"], "list of string"),
        ([{"name": "Jane"}], "list of object {name}"),
    ],
)
def test_a_sample_shows_the_shape_of(value: Any, sample: str) -> None:
    assert sample_of(value) == sample


@given(st.text())
def test_a_shape_has_no_letter_and_no_digit_of_the_text(text: str) -> None:
    shown = shape_of(text)
    assert len(shown) == min(len(text), SAMPLE_LENGTH)
    for character in shown:
        assert character in "xX9" or unicodedata.category(character)[0] not in "LMN"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_a_sample_is_never_long(value: Any) -> None:
    assert len(sample_of(value)) <= SAMPLE_LENGTH


@pytest.mark.parametrize("value", ["Outbound", "NOT_CONNECTED", "managers-team", "Not published"])
def test_a_constant_is_shown_as_it_is(value: str) -> None:
    assert constant(value) == value


@pytest.mark.parametrize("value", ["jane@example.com", "+49 30 1234", "a  b", "", "ключ", "x" * 41])
def test_free_text_is_shown_by_its_value_shape(value: str) -> None:
    assert constant(value) == shape_of(value)
