"""The parts of an answer are read as they are, or not at all."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from sources.gong.api.answers.parts import (
    JsonBody,
    answered_at,
    is_of_gong,
    parse,
    refusal,
    retry_after,
    sender,
)


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
        (b'{"a": 1} and more', None),
        (b"[" * 100_000, None),
        (b'\xef\xbb\xbf{"a": "\xc3\xbc"}', {"a": "ü"}),
        ('{"a": "ü"}'.encode("utf-16"), {"a": "ü"}),
        (b'{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
        (b'{"a": 1, "a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
    ],
)
def test_a_body_is_read_exactly_or_not_at_all(content: bytes, expected: Any) -> None:
    assert parse(content) == JsonBody(expected)
    assert parse(bytearray(content)) == JsonBody(expected)


@pytest.mark.parametrize("start", ["", "-"])
@pytest.mark.parametrize("digits", [*range(1, 25), 40, 400])
@pytest.mark.parametrize("form", ['{{"a":{}}}', '{{"a" :\t{}}}', "[{}]", "[ {},1]", "[1,\r\n{}]"])
def test_a_whole_number_keeps_every_digit(start: str, digits: int, form: str) -> None:
    for number in ("1" + "0" * (digits - 1), "9" * digits):
        text = form.format(start + number)
        assert parse(text.encode()).value == json.loads(text)
        assert start + number in json.dumps(parse(text.encode()).value)


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
def test_a_whole_number_at_the_edge_of_64_bits_is_exact(number: int) -> None:
    assert parse(f'{{"a": {number}}}'.encode()).value == {"a": number}


@pytest.mark.parametrize(
    ("content", "charset", "expected"),
    [
        (b'{"a": "x\xffy", "b": "\xc3\xbc"}', "", JsonBody({"a": "x\ufffdy", "b": "ü"}, 1)),
        (b'{"a": "x\xffy"}', "UTF-8", JsonBody({"a": "x\ufffdy"}, 1)),
        (b'{"a": "x\xffy"}', "no-such-charset", JsonBody({"a": "x\ufffdy"}, 1)),
        (b'{"a": "\xef\xbf\xbd\xe4\xf6"}', "", JsonBody({"a": "\ufffd\ufffd\ufffd"}, 2)),
        (b'{"a": "\xe4\xf6"}', "iso-8859-1", JsonBody({"a": "äö"})),
        (b'{"a": "\xc3\xbc"}', "iso-8859-1", JsonBody({"a": "ü"})),
        (b'{"a": \xff}', "", JsonBody(None)),
        (b'\xef\xbb\xbf{"a": "\xff"}', "", JsonBody({"a": "\ufffd"}, 1)),
        (
            b'{"id": 123456789012345678901234567890, "a": "\xff"}',
            "",
            JsonBody({"id": 123456789012345678901234567890, "a": "\ufffd"}, 1),
        ),
    ],
)
def test_a_byte_that_is_no_utf_8_is_read_as_the_replacement_character_and_the_rest_as_it_is(
    content: bytes, charset: str, expected: JsonBody
) -> None:
    assert parse(content, charset) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"requestId": "r", "errors": ["Forbidden"]}, True),
        ({"requestId": "r"}, True),
        ({"message": "Forbidden"}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_refusal_of_gong_is_known_by_its_form(body: Any, expected: bool) -> None:
    assert is_of_gong(body) is expected


def test_a_message_names_who_sent_an_answer_and_nothing_that_cannot_be_printed() -> None:
    headers = {"content-type": "text/html", "server": "squid/5.7", "via": "1.1 proxy (squid)"}
    assert sender(headers) == "text/html, Server: squid/5.7, Via: 1.1 proxy (squid)"
    assert sender({"server": "a\x1b[31m", "via": "ü"}) == "no content type"
    assert len(sender({"via": "a" * 5000})) == 120


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
    assert retry_after({"retry-after": header}, 9.0) == seconds
    assert retry_after({}, 9.0) == 9.0


def test_a_date_is_counted_from_that_of_the_answer_whatever_the_clock_of_this_machine() -> None:
    at = 1_800_000_000
    headers = {"retry-after": formatdate(at + 90), "date": formatdate(at)}
    assert retry_after(headers, 9.0) == 90
    undated = {"retry-after": formatdate(time.time() + 3600)}
    assert 3500 < retry_after(undated, 9.0) <= 3600


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"date": "Sun, 29 Nov 2026 07:49:50 GMT"}, 1795938590.0),
        ({"date": "Sun, 29 Nov 2026 07:49:50 -0000"}, 1795938590.0),
        ({"date": "Sun, 29 Nov 2026 08:49:50 +0100"}, 1795938590.0),
        ({}, None),
        ({"date": ""}, None),
        ({"date": "yesterday"}, None),
        ({"date": "Sun, 31 Feb 2026 07:49:50 GMT"}, None),
        ({"date": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"date": "Fri, 31 Dec 9999 23:59:59 GMT"}, None),
        ({"date": "Sun, 29 Nov 2026 07:49:50 GMT", "age": "3600"}, None),
    ],
)
def test_an_answer_was_made_at_its_date_unless_that_is_odd_or_a_cache_answers(
    headers: dict[str, str], expected: float | None
) -> None:
    assert answered_at(headers) == expected
