"""A page of transcripts lands alike, read into Arrow whole or value by value."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.gong.api.answers.parts import parse
from sources.gong.load.root_table import root_tables
from sources.gong.schema.arrow import schema
from sources.gong.schema.arrow_pages import decoder, plain
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.tables import STREAMS, root_of
from tests.harness.property_profiles import examples
from tests.unit.sources.schema.both_ways import KEY, STAMP, both_ways, in_arrow, landed, read


def sentence(text: Any = "Hello.", **fields: Any) -> dict[str, Any]:
    return {"start": 10, "end": 1010, "text": text, **fields}


def monologue(*sentences: Any, **fields: Any) -> dict[str, Any]:
    return {"speakerId": "7", "topic": None, "sentences": list(sentences), **fields}


def transcript(call_id: Any, *monologues: Any, **fields: Any) -> dict[str, Any]:
    return {"callId": call_id, "transcript": list(monologues), **fields}


PLAIN = transcript("1", monologue(sentence(), sentence('Ü🦀\u0000 \\ "q"')), monologue(sentence()))
SECOND = transcript("2", monologue(sentence(), topic="Intro", speakerId=None))


def body(*entities: Any, **around: Any) -> bytes:
    records = {"totalRecords": 2, "currentPageSize": 2, "currentPageNumber": 0}
    return json.dumps(
        {"requestId": "r", "records": records, **around, KEY: list(entities)}
    ).encode()


WHOLE: dict[str, bytes] = {
    "two transcripts": body(PLAIN, SECOND),
    "no transcripts": body(),
    "a transcript of nothing": body(PLAIN, transcript("2"), SECOND),
    "a transcript that is null": body({"callId": "2", "transcript": None}, PLAIN),
    "a transcript that is missing": body({"callId": "2"}, PLAIN),
    "values that are null": body(
        transcript(
            "2", monologue(sentence(None, start=None), speakerId=None), monologue(sentence())
        )
    ),
    "values that are missing": body(transcript("2", {"sentences": [{}, {"end": 5}]})),
    "one call twice": body(PLAIN, SECOND, {**PLAIN, "transcript": []}),
    "keys in another order, and spaces": json.dumps(
        {KEY: [dict(reversed(PLAIN.items()))], "records": {}}, indent=2
    ).encode(),
    "nothing around the list": json.dumps({KEY: [PLAIN]}).encode(),
    "escapes": b'{"callTranscripts":[{"callId":"\\u0031\\/","transcript":[{"sentences":'
    b'[{"text":"\\ud83e\\udd80\\n\\u0000\\u00fc"}]}]}]}',
    "the largest whole numbers": body(
        transcript("1", monologue(sentence(start=2**63 - 1, end=-(2**63)), sentence(start=0)))
    ),
    "minus zero": body(PLAIN).replace(b"1010", b"-0"),
}
"""Pages that are read into Arrow, with all their entities."""

IN_PART: dict[str, tuple[bytes, list[bool]]] = {
    "a monologue without sentences": (
        body(PLAIN, transcript("2", monologue(sentence()), monologue(topic="Silence")), SECOND),
        [True, False, True],
    ),
    "a monologue whose sentences are null": (
        body(transcript("3", {"speakerId": "7", "sentences": None}), PLAIN),
        [False, True],
    ),
    "a monologue that is null": (body(PLAIN, transcript("2", None)), [True, False]),
    "a sentence that is null": (body(transcript("2", monologue(None)), PLAIN), [False, True]),
    "a call without its id": (body(PLAIN, {"transcript": [monologue(sentence())]}), [True, False]),
}
"""Pages that are read into Arrow but for entities with gaps."""

BY_VALUE: dict[str, bytes] = {
    "an unknown field of a sentence": body(transcript("1", monologue(sentence(novel=1)))),
    "an unknown field of a monologue": body(transcript("1", monologue(sentence(), novel=None))),
    "an unknown field of a transcript": body(
        transcript("1", monologue(sentence()), novel={"a": 1})
    ),
    "an unknown field beside the list": body(PLAIN, novel=[1]),
    "a number as an id": body(transcript(8123456789012345673, monologue(sentence()))),
    "a longer number as an id": body(transcript(2**80, monologue(sentence()))),
    "a number as a speaker": body(transcript("1", monologue(sentence(), speakerId=2**64))),
    "a whole number beyond 64 bits": body(transcript("1", monologue(sentence(start=2**63)))),
    "digits as a number": body(transcript("1", monologue(sentence(start="12")))),
    "a fraction": body(transcript("1", monologue(sentence(start=12.5)))),
    "a whole number spelled as a fraction": body(transcript("1", monologue(sentence(start=12.0)))),
    "an exponent": body(PLAIN).replace(b"1010", b"1e3"),
    "a number as a text": body(transcript("1", monologue(sentence(5)))),
    "a boolean as a number": body(transcript("1", monologue(sentence(start=True)))),
    "an object as a text": body(transcript("1", monologue(sentence({"a": "b"})))),
    "an object as a list": body({"callId": "1", "transcript": {"sentences": []}}),
    "a list as an object": body([PLAIN]),
    "a text as an entity": body(PLAIN, "odd"),
    "an entity that is null": body(PLAIN, None),
    "a key twice": body(PLAIN).replace(b'"start": 10', b'"start": 9, "start": 10'),
    "the list twice": body(PLAIN).replace(b'{"requestId"', b'{"callTranscripts": [], "requestId"'),
    "a lone surrogate": body(transcript("1", monologue(sentence("a\ud800b")))),
    "a lone surrogate, the other one": body(transcript("1", monologue(sentence("a\udc00b")))),
    "a byte that is no UTF-8": body(PLAIN).replace(b"Hello", b"Hel\xfflo"),
    "a surrogate as UTF-8": body(PLAIN).replace(b"Hello", b"Hel\xed\xa0\x80lo"),
    "an overlong zero": body(PLAIN).replace(b"Hello", b"Hel\xc0\x80lo"),
    "a byte order mark": b"\xef\xbb\xbf" + body(PLAIN),
    "not a number": body(PLAIN).replace(b"1010", b"NaN"),
    "infinity": body(PLAIN).replace(b"1010", b"-Infinity"),
    "a deep value": body(PLAIN, novel=1).replace(b'"novel": 1', b'"novel": ' + b"[" * 100_000),
    "a deep value in a text's place": body(PLAIN).replace(b'"Hello."', b"[" * 100_000),
    "the list is null": b'{"callTranscripts": null}',
    "the list is missing": b'{"requestId": "r"}',
    "no object": b"[]",
    "nothing": b"",
    "spaces": b" \n ",
    "two objects": body(PLAIN) + b"\n" + body(SECOND),
    "null": b" null",
    "null before it": b"null" + body(PLAIN),
    "null after it": body(PLAIN) + b" \n null",
    "null between two": body(PLAIN) + b"null " + body(PLAIN),
    "a zero byte after it": body(PLAIN) + b"\0" + body(PLAIN),
    "a zero byte in a text": body(PLAIN).replace(b"Hello", b"Hel\0lo"),
    "true": b"true",
    "a text": b'"a"',
    "something after it": body(PLAIN) + b" and more",
    "its end is missing": body(PLAIN)[:-1],
    "a half": body(PLAIN)[:200],
    "a page of another kind": b"<html>",
    "a raw line break in a text": body(PLAIN).replace(b"Hello", b"Hel\nlo"),
    "a comma too many": body(PLAIN).replace(b"1010", b"1010,"),
    "a leading zero": body(PLAIN).replace(b"1010", b"01010"),
    "a comment": body(PLAIN).replace(b"1010", b"1010 /* ms */"),
    "single quotes": body(PLAIN).replace(b'"Hello."', b"'Hello.'"),
    "records of another form": json.dumps({KEY: [PLAIN], "records": []}).encode(),
}
"""Pages that are not read into Arrow."""


@pytest.mark.parametrize("name", WHOLE)
def test_a_page_of_the_declared_form_lands_from_arrow_as_it_lands_by_value(name: str) -> None:
    answer = read(WHOLE[name])
    assert all(in_arrow(answer))
    assert landed(answer) == landed(parse(WHOLE[name]).value)


@pytest.mark.parametrize("name", IN_PART)
def test_an_entity_with_gaps_lands_by_value_beside_the_others(name: str) -> None:
    content, expected = IN_PART[name]
    answer = read(content)
    assert in_arrow(answer) == expected
    assert landed(answer) == landed(parse(content).value)


@pytest.mark.parametrize("name", BY_VALUE)
def test_a_page_of_another_form_is_left_to_be_read_by_value(name: str) -> None:
    assert read(BY_VALUE[name]) is None


def test_a_page_is_read_whole_where_it_is_long() -> None:
    many = [
        transcript(str(n), *[monologue(*[sentence("a b c " * 50)] * 40)] * 10) for n in range(40)
    ]
    content = body(*many)
    assert len(content) > 4 << 20
    answer = read(content)
    assert all(in_arrow(answer))
    assert landed(answer) == landed(parse(content).value)


def test_an_entity_keeps_what_the_reader_added_to_it() -> None:
    (entity,) = read(body(PLAIN))[KEY]
    assert plain({**entity, "_own": 1}) == {**PLAIN, "_own": 1}


def test_unchanged_entities_are_left_out_and_the_others_land() -> None:
    (root,) = root_tables("transcripts")
    new = root.new_entities(read(body(PLAIN, SECOND))[KEY])
    hashes, _ = root.changed_rows(new, {}, STAMP)
    changed, rows = root.changed_rows(new, {"1": hashes["1"], "2": "rows:another"}, STAMP)
    assert changed == {"2": hashes["2"]}
    assert rows["transcripts"].select(["call_id", "_content_hash"]).to_pylist() == [
        {"call_id": "2", "_content_hash": hashes["2"]}
    ]
    assert rows["transcript_sentences"]["call_id"].to_pylist() == ["2"]
    assert root.changed_rows(new, hashes, STAMP) == ({}, {})


@pytest.mark.parametrize("reading", [read, lambda content: parse(content).value])
def test_an_entity_is_unchanged_whose_row_has_the_hash_of_an_earlier_version(reading: Any) -> None:
    (root,) = root_tables("transcripts")
    new = root.new_entities(reading(body(PLAIN, SECOND))[KEY])
    known = {"1": content_hash(PLAIN), "2": content_hash(transcript("2"))}
    changed, _ = root.changed_rows(new, known, STAMP)
    assert list(changed) == ["2"]


def _hash(entity: Any) -> str:
    (root,) = root_tables("transcripts")
    changed, _ = root.changed_rows({"1": entity}, {}, STAMP)
    return changed["1"]


@pytest.mark.parametrize(
    "other",
    [
        transcript("1", monologue(sentence(), sentence("x"))),
        transcript("1", monologue(sentence("Hello. x"))),
        transcript("1", monologue(sentence()), monologue(sentence("x"))),
        transcript("1", monologue(sentence("x"), sentence())),
        transcript("1", monologue(sentence(), sentence("x", start=None))),
        transcript("1", monologue(sentence(), sentence("x", start=0))),
        transcript("1", monologue(sentence(), sentence("x"), topic="")),
        transcript("1", monologue(sentence(), sentence("x"), speakerId="8")),
        transcript("1", monologue(sentence(), sentence("x", novel=1))),
        transcript("1", monologue(sentence(), sentence("x"), novel=1)),
        transcript("1", monologue(sentence(), sentence("x")), novel=1),
        transcript("1", monologue(sentence(), sentence("x")), monologue()),
        transcript("1", monologue(sentence("Hello.x"), sentence(""))),
        transcript("1", monologue(sentence("Hello."), sentence(None))),
        transcript("1"),
    ],
)  # fmt: skip
def test_another_content_has_another_hash(other: Any) -> None:
    first = transcript("1", monologue(sentence(), sentence("x")))
    assert (_hash(first) == _hash(other)) == (first == other)


def test_only_streams_of_simple_rows_are_read_into_arrow() -> None:
    streams = [stream for stream in STREAMS if decoder(stream, "rows") is not None]
    assert streams == [stream for stream in STREAMS if root_of(stream).in_arrow]


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(st.characters(codec=None), max_size=4),  # lone surrogates too
    st.sampled_from(["12", "1", "é", "\x00"]),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)  # fmt: skip


@st.composite
def objects(draw: st.DrawFn, fields: dict[str, Any]) -> dict[str, Any]:
    """Objects of the declared form, or nearly."""
    made = {}
    for name, values in fields.items():
        chance = draw(st.integers(0, 24))
        if chance:
            made[name] = draw(_VALUES if chance == 1 else values)
    if not draw(st.integers(0, 30)):
        made[draw(st.text(max_size=3))] = draw(_VALUES)
    return made


_TEXT = st.text(max_size=5) | st.none()
_MS = st.integers(0, 10**7) | st.none()
_SENTENCE = objects({"start": _MS, "end": _MS, "text": _TEXT})
_MONOLOGUE = objects(
    {"speakerId": _TEXT, "topic": _TEXT, "sentences": st.lists(_SENTENCE, min_size=1, max_size=3)}
)
_ENTITY = objects(
    {"callId": st.sampled_from(["1", "2", "33"]), "transcript": st.lists(_MONOLOGUE, max_size=3)}
)


@given(st.lists(_ENTITY, max_size=3), st.booleans())
@settings(deadline=None, max_examples=examples(200))
def test_whatever_page_is_read_into_arrow_lands_as_it_lands_by_value(
    entities: list[Any], is_ascii: bool
) -> None:
    text = json.dumps({"records": {"cursor": "c"}, KEY: entities}, ensure_ascii=is_ascii)
    both_ways(text.encode("utf-8", "surrogatepass"))


@given(st.data())
@settings(deadline=None, max_examples=examples(300))
def test_whatever_bytes_are_read_into_arrow_land_as_they_land_by_value(data: st.DataObject) -> None:
    content = bytearray(body(PLAIN, SECOND, transcript("3"), records={"cursor": "c"}))
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(st.sampled_from(
            [b"", b"\xff", b"\\", b'"', b"0", b"-", b".", b"e1", b",", b"[", b"]", b"{", b"}", b" ",
             b"null", b"{}null", b"}null", b"\\ud800", b"\x00", b"NaN", b"18446744073709551616",
             b"\xe2\x80\xa8"]
        ))  # fmt: skip
        content[place : place + data.draw(st.integers(0, 2))] = piece
    both_ways(bytes(content))


def test_rows_from_arrow_have_the_schema_of_the_table() -> None:
    (root,) = root_tables("transcripts")
    _, rows = root.changed_rows(root.new_entities(read(body(PLAIN))[KEY]), {}, STAMP)
    assert {name: rows[name].schema for name in rows} == {name: schema(name) for name in rows}
    assert all(isinstance(table, pa.Table) for table in rows.values())
