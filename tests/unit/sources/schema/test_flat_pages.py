"""What is made of a page with its lists laid out flat is what is made of it value by value."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.child_rows import child_rows
from sources.gong.schema.coercion import array_of, kind
from sources.gong.schema.flat_pages import FlatPage
from sources.gong.schema.tables import table
from sources.gong.schema.unknown_fields import tree_of
from tests.harness.property_profiles import examples
from tests.unit.sources.schema.both_ways import check_all
from tests.unit.sources.schema.landed_rows import call
from tests.unit.sources.schema.test_nothing_is_lost import SHAPES, Source

CALL = call(
    metaData={"id": "1"},
    context=[
        {"system": "Salesforce", "objects": [
            {"objectType": "Account", "objectId": "1", "fields": [
                {"name": "Name", "value": "n"}, {"name": "Size", "value": 5.5},
                {"name": "Open", "value": True}, {"name": "None", "value": None},
                {"name": "Many", "value": ["a"]}, {"name": "Big", "value": 2**70},
            ]},
            {"objectType": "Contact", "objectId": "2", "fields": []},
        ]},
    ],
    parties=[
        {"id": "p1", "methods": ["Invitee"], "context": [
            {"system": "HubSpot", "objects": [
                {"objectType": "Contact", "objectId": 3, "fields": [{"name": "n", "value": "v"}]}
            ]},
            {"system": "HubSpot", "objects": [{"objectType": "Lead", "objectId": "4"}]},
        ]},
        {"id": "p2"},
    ],
    content={
        "trackers": [
            {"id": "t", "count": 2, "occurrences": [{"startTime": 1.5, "speakerId": "7"}],
             "phrases": [{"phrase": "p", "count": 1, "occurrences": [
                 {"startTime": 1.5, "speakerId": "7"}, {"startTime": 9, "speakerId": None}]}]},
            {"id": "u", "count": 0},
        ],
        "outline": [{"section": "s", "items": [{"text": "a"}, {"text": "b"}]}, {"section": "e"}],
        "highlights": [{"title": "h", "items": []}],
        "topics": [{"name": "t", "duration": 1}],
        "keyPoints": None,
    },
    interaction={"interactionStats": [{"name": "Talk Ratio", "value": 1}]},
    collaboration={"publicComments": [{"id": "c", "posted": "2026-01-01T01:00:00+01:00"}]},
    media={"audioUrl": "https://signed.example/a"},
)  # fmt: skip


def test_all_tables_of_usual_calls_are_made_of_the_flat_page() -> None:
    other = call(metaData={"id": "2"}, parties=[{"id": "p3"}])
    made = check_all("calls", [other, CALL, call(metaData={"id": "3"}), {**CALL, **other}])
    assert made == dict.fromkeys(made, True)


@pytest.mark.parametrize(
    ("section", "tables"),
    [
        ({"novel": 1}, {"calls"}),
        ({"metaData": {"novel": 1}}, {"calls"}),
        ({"content": {"novel": []}}, {"calls"}),
        ({"content": None}, set()),
        ({"parties": [{"id": "p", "novel": 1}]}, {"call_parties"}),
        ({"parties": [{"id": "p", "context": [{"system": "s", "objects": []}]}]}, {"calls"}),
        ({"parties": [{"id": "p", "context": [{"novel": 1, "objects": [{}]}]}]}, {"calls"}),
        ({"content": {"topics": [{"name": "t", "novel": 1}]}}, {"call_topics"}),
        ({"content": {"trackers": [{"id": "t"}, {"id": "t"}]}}, {"call_trackers"}),
        ({"content": {"trackers": [{"count": 1}]}}, {"call_trackers"}),
        ({"content": {"trackers": [{"id": "t", "occurrences": [{"novel": 1}]}]}},
         {"call_tracker_occurrences"}),
        ({"interaction": {"speakers": [{"id": "1"}, {"id": 1}]}}, {"call_speakers"}),
    ],
)  # fmt: skip
def test_what_is_unusual_in_one_table_leaves_the_others_as_they_are(
    section: dict[str, Any], tables: set[str]
) -> None:
    made = check_all("calls", [CALL, call(**section)])
    assert {name for name, is_flat in made.items() if not is_flat} == tables


class OddSource(Source):
    """Makes values of which a few are of any kind."""

    def value(self, shape: Any) -> Any:
        if not self.chance(60):
            return super().value(shape)
        kinds: list[Any] = ["text", "int", "num", "bool", {"k": "text"}, ["text"], [{"k": "int"}]]
        shape = self._draw(st.sampled_from([*kinds, None, ""]))
        return shape if shape in (None, "") else super().value(shape)


@pytest.mark.parametrize("source", [Source, OddSource])
@pytest.mark.parametrize("stream", sorted(SHAPES.keys() - {"logs"}))
@given(data=st.data())
@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_a_flat_page_gives_the_rows_that_its_values_give_one_by_one(
    source: type[Source], stream: str, data: st.DataObject
) -> None:
    made = source(data.draw)
    entities = [made.value(SHAPES[stream]) for _ in range(data.draw(st.integers(1, 3)))]
    check_all(stream, [entity for entity in entities if isinstance(entity, dict)])


def test_no_entity_is_no_row() -> None:
    assert check_all("calls", [])["call_parties"]


def test_a_value_of_another_type_is_left_to_the_long_way_which_names_it() -> None:
    child = table("call_topics")
    entities = [call(content={"topics": [{"name": "t", "duration": "long"}]})]
    tree = tree_of(("calls", child.name))
    assert FlatPage(entities).rows(child, tree) is None
    values = child_rows(child, entities, tree).values["duration_seconds"]
    with pytest.raises(SchemaDrift, match=kind("long")):
        array_of(child, child.column("duration_seconds"), values)
    assert pa.types.is_int64(array_of(child, child.column("duration_seconds"), [1]).type)
