"""Every input of the catalogue is accepted by the name that the catalogue gives it."""

from __future__ import annotations

import re
from functools import cache

from sources.gong.api.operations import OPERATIONS, Operation
from sources.gong.api.parameters import parameter_named, validate
from tests.conftest import SHARED, needs_shared
from tests.harness.examples import value_of, with_what_it_needs
from tests.harness.loops import for_each

in_catalogue = for_each(
    "row", [row for row in OPERATIONS if row.is_in_catalogue], lambda row: row.kebab
)


@cache
def catalogue() -> dict[str, list[str]]:
    """Returns the names of the inputs by slug."""
    text = (SHARED / "catalogue.md").read_text(encoding="utf-8")
    names = {}
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        slug = re.search(r"^\*\*Slug:\*\* `(GONG_\w+)`", section, re.MULTILINE)
        assert slug
        inputs = section.partition("#### Input Parameters")[2].partition("#### Output")[0]
        names[slug[1]] = re.findall(r"^\| `([^`]+)` \|", inputs, re.MULTILINE)
    return names


@needs_shared
def test_the_catalogue_has_58_operations_with_398_inputs() -> None:
    assert len(catalogue()) == 58
    assert sum(map(len, catalogue().values())) == 398


@needs_shared
@in_catalogue
def test_every_input_of_the_catalogue_is_accepted_by_its_name(row: Operation) -> None:
    required = {
        parameter.name: value_of(parameter) for parameter in row.parameters if parameter.is_required
    }
    for name in catalogue()[row.slug]:
        parameter = parameter_named(row, name)
        if parameter is not None:
            given = with_what_it_needs(row, parameter)
            # Send the input by the catalogue's name only, not also by Gong's.
            given[name] = given.pop(parameter.name)
            assert parameter.name in validate(row, given), name
        else:
            inside = {
                other.name.removeprefix(f"{name}."): value_of(other)
                for other in row.parameters
                if other.name.startswith(f"{name}.")
            }
            assert inside, f"{name} is neither an input nor an object around some"
            outside = {k: v for k, v in required.items() if not k.startswith(f"{name}.")}
            accepted = validate(row, {**outside, name: inside})
            assert {f"{name}.{key}" for key in inside} <= accepted.keys()
