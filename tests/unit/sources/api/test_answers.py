"""The parts of an answer are read as they are, or not at all."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import pytest

from sources.gong.api.answers import parse, refusal, retry_after


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"id": 123456789012345678901234567890}', {"id": 123456789012345678901234567890}),
        (b'["a\\ud800b"]', ["a\ud800b"]),
        (b"null", None),
        (b"", None),
        (b'{"a": ', None),
        (b"<html>", None),
        (b"\xff\xfe", None),
    ],
)
def test_a_body_is_read_exactly_or_not_at_all(content: bytes, expected: Any) -> None:
    assert parse(content) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"errors": ["a", 5], "requestId": "r"}, (["a", "5"], "r")),
        ({"errors": "a"}, ([], "")),
        ([1], ([], "")),
        (None, ([], "")),
    ],
)
def test_gongs_words_are_found_where_they_belong(
    body: Any, expected: tuple[list[str], str]
) -> None:
    assert refusal(body) == expected


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("1.5", 1.5), ("nan", 9.0), ("inf", 9.0), ("", 9.0),
     ("soon", 9.0), (formatdate(0), 0.0)],
)  # fmt: skip
def test_a_wait_is_a_number_of_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after(header, 9.0) == seconds


def test_a_date_is_counted_from_now() -> None:
    assert 3500 < retry_after(formatdate(time.time() + 3600), 9.0) <= 3600
