"""Each value travels in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sources.gong.api.operations import OPERATIONS, Parameter, ParameterLocation, operation
from sources.gong.api.request import prepare


def test_two_kinds_of_body_do_not_mix() -> None:
    row = operation("addCallRecording")
    mixed = type(row)(
        **{
            **{name: getattr(row, name) for name in row.__slots__},
            "parameters": (*row.parameters, Parameter("title", ParameterLocation.BODY)),
        }
    )
    with pytest.raises(ValueError, match="one kind"):
        prepare(mixed, {"id": "1", "mediaFile": "x.mp3", "title": "t"})


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.kebab)
def test_every_place_of_every_operation_can_be_sent(row: Any) -> None:
    inputs: dict[str, Any] = {parameter.name: parameter.name for parameter in row.parameters}
    request = prepare(row, inputs)
    text = json.dumps([request.query, request.body, sorted(request.files), request.path])
    for parameter in row.parameters:
        assert parameter.name.rpartition(".")[2] in text
