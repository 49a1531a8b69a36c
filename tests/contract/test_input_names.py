"""Every input of the catalogue is accepted by the name that the catalogue gives it."""

from __future__ import annotations

import re
from functools import cache

import pytest

from sources.gong.api.operations import OPERATIONS, Operation
from sources.gong.api.parameters import example, parameter_named, validate
from tests.conftest import SHARED, needs_shared

in_catalogue = pytest.mark.parametrize(
    "row", [row for row in OPERATIONS if row.is_in_catalogue], ids=lambda row: row.kebab
)


@cache
def catalogue() -> dict[str, list[str]]:
    """The names of the inputs by slug."""
    text = (SHARED / "catalogue.md").read_text(encoding="utf-8")
    found = {}
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        slug = re.search(r"^\*\*Slug:\*\* `(GONG_\w+)`", section, re.MULTILINE)
        assert slug
        inputs = section.partition("#### Input Parameters")[2].partition("#### Output")[0]
        found[slug[1]] = re.findall(r"^\| `([^`]+)` \|", inputs, re.MULTILINE)
    return found


@needs_shared
def test_the_catalogue_is_read_whole() -> None:
    assert len(catalogue()) == 58
    assert sum(map(len, catalogue().values())) == 398


@needs_shared
@in_catalogue
def test_every_input_of_the_catalogue_is_accepted_by_its_name(row: Operation) -> None:
    required = {one.name: example(one) for one in row.parameters if one.is_required}
    for name in catalogue()[row.slug]:
        one = parameter_named(row, name)
        if one is not None:
            beside = {
                other.name: example(other)
                for other in row.parameters
                if other.is_required_in_object
                and other.name.rpartition(".")[0] == one.name.rpartition(".")[0]
            }
            given = {**required, **beside, one.name: example(one)}
            # by its own name alone, not a second time by Gong's
            given[name] = given.pop(one.name)
            assert one.name in validate(row, given), name
        else:
            inside = {
                other.name.removeprefix(f"{name}."): example(other)
                for other in row.parameters
                if other.name.startswith(f"{name}.")
            }
            assert inside, f"{name} is neither an input nor an object around some"
            outside = {k: v for k, v in required.items() if not k.startswith(f"{name}.")}
            found = validate(row, {**outside, name: inside})
            assert {f"{name}.{key}" for key in inside} <= found.keys()
