"""Pure: the SQL that puts the rows of a load package's files into a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.connection import identifier


@dataclass(frozen=True, slots=True)
class Merge:
    """What becomes of the rows that a load package has for one table.

    Attributes:
        table: the table, as SQL names it.
        files: paths of the Parquet files with its rows.
        key: columns whose values are replaced: all rows that have them go, the new ones come. None
            where rows are only added.
        is_unique: whether one row is kept of several new ones with the same key.
        delete_marker: a column that is true in rows that only remove others; None for none.
    """

    table: str
    files: Sequence[str]
    key: Sequence[str] = ()
    is_unique: bool = False
    delete_marker: str | None = None

    @property
    def delete(self) -> str | None:
        """The statement that removes the rows that are replaced."""
        if not self.key:
            return None
        pairs = " and ".join(f"old.{name} = new.{name}" for name in self._key)
        keys = f"select distinct {', '.join(self._key)} from {self._rows}"
        return f"delete from {self.table} as old where exists (from ({keys}) as new where {pairs})"

    @property
    def insert(self) -> str:
        """The statement that adds the new rows; a column that the files lack stays null."""
        rows = f"from {self._rows}"
        if self.is_unique:
            rows += f" qualify row_number() over (partition by {', '.join(self._key)}) = 1"
        if self.delete_marker:
            rows = f"from ({rows}) where {identifier(self.delete_marker)} is not true"
        return f"insert into {self.table} by name {rows}"

    @property
    def _key(self) -> list[str]:
        return [identifier(name) for name in self.key]

    @property
    def _rows(self) -> str:
        files = ", ".join("'" + file.replace("'", "''") + "'" for file in self.files)
        return f"read_parquet([{files}], union_by_name = true)"
