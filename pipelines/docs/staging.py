"""A first staging model for a raw table that has none: its columns as they are, described.

Written once by `make docs`; from then on the files are edited by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

from pipelines.publish.dbt import PROJECT
from warehouse.contracts import Contract, sentence

STAGING = PROJECT / "models" / "staging"
_OWN = ("extra", "_content_hash", "_deleted_at", "_tombstone", "_dlt_load_id")
"""Columns that staging leaves out, or turns into `is_deleted`."""
_IS_DELETED = "Whether Gong no longer has it; the marts leave it out."


def missing_models(contracts: list[Contract]) -> dict[Path, str]:
    """Returns the staging files that are missing, by path, with what they say at first."""
    files: dict[Path, str] = {}
    for contract in contracts:
        path = STAGING / f"stg_gong__{contract.table}.sql"
        if not path.exists():
            files |= {path: _sql(contract), path.with_suffix(".yml"): _yml(contract)}
    return files


def _columns(contract: Contract) -> list[tuple[str, str, str]]:
    """Returns name, SQL and description of each column of the model."""
    columns = [
        (column.name, column.name, column.description)
        for column in contract.columns
        if column.name not in _OWN
    ]
    if any(column.name == "_deleted_at" for column in contract.columns):
        is_deleted = ("is_deleted", "_deleted_at is not null as is_deleted", _IS_DELETED)
        columns.insert(len(columns) - 1, is_deleted)
    return columns


def _sql(contract: Contract) -> str:
    selected = ",\n".join(f"    {sql}" for _, sql, _ in _columns(contract))
    return f"select\n{selected}\nfrom {{{{ source('gong', '{contract.table}') }}}}\n"


def _yml(contract: Contract) -> str:
    text = (
        f"models:\n  - name: stg_gong__{contract.table}\n"
        f"    description: {_quoted(sentence(contract.grain))}\n    columns:\n"
    )
    for name, _, description in _columns(contract):
        text += f"      - name: {name}\n        description: {_quoted(description)}\n"
    return text


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
