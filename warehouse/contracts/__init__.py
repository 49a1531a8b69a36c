"""The schema of `gong_raw` as a document: one JSON file per landed table, beside this module.

The files are exported from the tables of the source (`make docs`) and compared with them by a test,
so that a change of the raw schema is a change of a file that somebody reviews. At run time the
warehouse takes the comments of its tables and columns from them; it never asks the source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """One column of a landed table.

    Attributes:
        name: as in the warehouse.
        type: text, integer, number, boolean, instant (UTC), date (company time zone) or json.
        nullable: False for the columns of the key.
        sensitivity: none, person, content or secret; of a secret only its existence is kept.
        description: what it says; empty where Gong's own name says enough.
        source: Gong's name of the field, from the top of the answer; else what the column is.
        refers_to: `table.column` of the row that is meant; empty for other columns.
    """

    name: str
    type: str
    nullable: bool
    sensitivity: str
    description: str
    source: str
    refers_to: str


@dataclass(frozen=True, slots=True)
class Contract:
    """What one landed table promises.

    Attributes:
        table: its name in `gong_raw`.
        area: the part of the schema it belongs to.
        grain: what one row is, beginning with "one row per".
        key: the columns that are never null and, together, never repeat.
        parent: the table whose row it is a part of, and with which it is replaced; or None.
        children: the tables whose rows are parts of its rows.
        reading: the name that `--only` takes to read it.
        operation: Gong's operationId; None where no answer of Gong's holds the rows.
        request: method and path of the operation.
        scopes: what the key needs, the indispensable one first; empty where Gong states none.
        how_read: how the operation is asked.
        cadence: when a sync asks.
        nightly_days: days that every sync reads again; None where it reads all, or asks by id.
        weekly_days: days that are read again once a week.
        asks_about: the tables whose rows it is asked for, one by one or in batches.
        every_days: how often each of these rows is asked about; None where there are none.
        absence: what a row that is missing from a complete read means, in one word.
        absence_means: the same in a sentence.
        columns: in the order of the table.
    """

    table: str
    area: str
    grain: str
    key: tuple[str, ...]
    parent: str | None
    children: tuple[str, ...]
    stream: str
    operation: str | None
    request: str | None
    scopes: tuple[str, ...]
    how_read: str
    cadence: str
    nightly_days: int | None
    weekly_days: int | None
    asks_about: tuple[str, ...]
    every_days: int | None
    absence: str
    absence_means: str
    columns: tuple[ContractColumn, ...]

    @property
    def comment(self) -> str:
        """The comment of the table in the database."""
        read = f" Read by {self.request}, {self.cadence}." if self.request else ""
        return f"{sentence(self.grain)} Key: {', '.join(self.key)}.{read} {self.absence_means}"

    def column_comment(self, column: ContractColumn) -> str:
        """Returns the comment of a column in the database."""
        told = [sentence(column.description), f"Gong: {column.source}." if column.source else ""]
        if column.refers_to:
            told.append(f"Refers to {column.refers_to}.")
        if column.sensitivity != "none":
            told.append(f"Sensitivity: {column.sensitivity}.")
        return " ".join(part for part in told if part)


def sentence(text: str) -> str:
    """Returns a text with a capital at its beginning and a stop at its end."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "…", "!", "?")) else ".")


def to_json(contract: Contract) -> str:
    """Returns the text of a contract's file: one line per fact and one per column."""
    facts = asdict(contract)
    columns = facts.pop("columns")
    lines = [f"  {json.dumps(name)}: {_line(value)}," for name, value in facts.items()]
    rows = ",\n".join(f"    {_line(column)}" for column in columns)
    return "{\n" + "\n".join(lines) + '\n  "columns": [\n' + rows + "\n  ]\n}\n"


def from_json(text: str) -> Contract:
    """Returns the contract that a file holds.

    Raises:
        ValueError: the text is no contract.
    """
    try:
        facts: dict[str, Any] = json.loads(text)
        lists = {name: tuple(value) for name, value in facts.items() if isinstance(value, list)}
        columns = tuple(ContractColumn(**column) for column in facts["columns"])
        return Contract(**{**facts, **lists, "columns": columns})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a contract: {error}") from error


def contracts(folder: Path = FOLDER) -> Mapping[str, Contract]:
    """Returns the contracts of a folder by table name."""
    found = (from_json(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json")))
    return {contract.table: contract for contract in found}


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
