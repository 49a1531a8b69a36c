from __future__ import annotations

import json
from dataclasses import replace

import pytest

from warehouse.contracts import contracts, from_json, sentence, to_json


def test_a_contract_is_read_as_it_was_written() -> None:
    for contract in contracts().values():
        assert from_json(to_json(contract)) == contract


@pytest.mark.parametrize("text", ["{}", "[]", '{"table": "calls", "columns": [1]}', "no json"])
def test_an_invalid_contract_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a contract|Expecting"):
        from_json(text)


def test_a_contract_has_a_line_per_column() -> None:
    contract = contracts()["workspaces"]
    lines = to_json(contract).splitlines()

    assert sum('"name": "workspace_id"' in line for line in lines) == 1
    assert json.loads("\n".join(lines))["table"] == "workspaces"
    assert replace(contract, table="other") != contract


def test_a_sentence_begins_and_ends_as_one() -> None:
    assert sentence("") == ""
    assert sentence("one row") == "One row."
    assert sentence("STRING, PICKLIST, …") == "STRING, PICKLIST, …"
