"""The schema of `gong_raw` as a document: one JSON file per landed table, beside this module.

The files are exported from the tables of the source (`make docs`) and compared with them by a test,
so that a change of the raw schema is a change of a file that somebody reviews. At run time the
warehouse takes the comments of its tables and columns from them; it never asks the source.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
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

    @property
    def comment(self) -> str:
        """The comment of the column in the database."""
        sentences = (
            sentence(self.description),
            self.source and f"Gong: {self.source}.",
            self.refers_to and f"Refers to {self.refers_to}.",
            f"Sensitivity: {self.sensitivity}." if self.sensitivity != "none" else "",
        )
        return " ".join(filter(None, sentences))


@dataclass(frozen=True, slots=True)
class ContractLoad:
    """How the rows of a landed table are read.

    Attributes:
        stream: the name that `--only` takes to read it.
        operation: Gong's operationId; None where no answer of Gong's holds the rows.
        request: method and path of the operation.
        scopes: what the key needs, the indispensable one first; empty where Gong states none.
        how_read: how the operation is asked.
        cadence: when a sync asks.
        nightly_days: days that every sync reads again; None where it reads all, or asks by id.
        weekly_days: days that are read again once a week.
        asks_about: the tables whose rows it is asked for, one by one or in batches.
        every_days: how often each of these rows is asked about; None where there are none.
    """

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
        load: how the rows are read.
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
    load: ContractLoad
    absence: str
    absence_means: str
    columns: tuple[ContractColumn, ...]

    @property
    def comment(self) -> str:
        """The comment of the table in the database."""
        load = self.load
        read = f" Read by {load.request}, {load.cadence}." if load.request else ""
        return f"{sentence(self.grain)} Key: {', '.join(self.key)}.{read} {self.absence_means}"


def sentence(text: str) -> str:
    """Returns a text with a capital at its beginning and a stop at its end."""
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "…", "!", "?")) else ".")


def to_json(contract: Contract) -> str:
    """Returns the text of a contract's file: one line per fact and one per column."""
    lines = []
    for name, value in asdict(contract).items():
        facts = value if name == "load" else {name: value}
        lines += [f"  {json.dumps(key)}: {_line(fact)}," for key, fact in facts.items()]
    rows = ",\n".join(f"    {_line(asdict(column))}" for column in contract.columns)
    return "{\n" + "\n".join(lines[:-1]) + '\n  "columns": [\n' + rows + "\n  ]\n}\n"


def from_json(text: str) -> Contract:
    """Returns the contract that a file holds.

    Raises:
        ValueError: the text is no contract.
    """
    try:
        facts: dict[str, Any] = json.loads(text)
        columns = tuple(ContractColumn(**column) for column in facts.pop("columns"))
        facts = {k: tuple(v) if isinstance(v, list) else v for k, v in facts.items()}
        load = ContractLoad(**{field.name: facts.pop(field.name) for field in fields(ContractLoad)})
        return Contract(**facts, load=load, columns=columns)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a contract: {error}") from error


def contracts(folder: Path = FOLDER) -> Mapping[str, Contract]:
    """Returns the contracts of a folder by table name."""
    files = sorted(folder.glob("*.json"))
    return {c.table: c for c in (from_json(file.read_text(encoding="utf-8")) for file in files)}


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
