"""Contracts say what the rows of the tables and of the operations say."""

from __future__ import annotations

from pipelines.docs.export import all_contracts
from sources.gong.api.operations import operation
from sources.gong.schema.tables import TABLES

NAMES = {row.name for row in TABLES}


def test_contracts_know_operation_scope_and_cadence() -> None:
    for contract in all_contracts():
        load = contract.load
        assert load.cadence
        assert load.how_read
        assert contract.absence_means
        if load.operation:
            assert operation(load.operation).scopes == load.scopes
        for other in (contract.parent, *contract.children, *load.asks_about):
            assert other is None or other in NAMES
