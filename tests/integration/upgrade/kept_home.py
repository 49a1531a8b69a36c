"""Homes that earlier versions made, kept as archives."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.harness.landed import connect

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class KeptHome:
    """A home in an archive.

    Attributes:
        archive: its name in `data/`.
        made_at: the place in which the home was made; its files contain this path.
    """

    archive: str
    made_at: str

    def unpack(self, home: Path) -> None:
        """Unpacks the home in another place than the one in which it was made."""
        shutil.unpack_archive(_DATA / self.archive, home.parent, filter="data")
        for file in home.rglob("*.json"):
            file.write_text(file.read_text("utf-8").replace(self.made_at, str(home)), "utf-8")


def keys_of(warehouse: Path) -> dict[str, list[str]]:
    """Returns the merge keys of the raw tables, from dlt's stored schema."""
    with connect(warehouse) as db:
        noted = db.execute("select schema from gong_raw._dlt_version order by inserted_at")
        tables = [
            table for (text,) in noted.fetchall() for table in json.loads(text)["tables"].values()
        ]
    keys = {
        table["name"]: [
            name for name, column in table["columns"].items() if column.get("primary_key")
        ]
        for table in tables
    }
    return {name: key for name, key in keys.items() if key}
