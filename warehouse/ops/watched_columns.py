"""What changes are looked for in: the landed tables, and the rows that some packages brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A column of which all values are known.

    Attributes:
        column: its name.
        known: the values.
        is_list: whether it holds JSON lists of such values.
    """

    column: str
    known: Sequence[str]
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Watched:
    """A landed table, as changes are looked for in it.

    Attributes:
        table: its name in `gong_raw`.
        fields: the columns whose filling is counted.
        flags: those of them that say whether something is there; false is empty, null not asked.
        enumerations: the columns whose values are known.
        parent: the table whose rows usually have rows here; None where there is none.
        keys: the columns that name its row, here and there.
        read: the keys of Gong's that some column reads.
    """

    table: str
    fields: Sequence[str] = ()
    flags: frozenset[str] = frozenset()
    enumerations: Sequence[Enumeration] = ()
    parent: str | None = None
    keys: Sequence[str] = ()
    read: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Landed:
    """The rows that some load packages brought: a condition in SQL, and its values."""

    load_ids: Sequence[str]

    @property
    def where(self) -> str:
        """The condition, with a place for each of `values`."""
        # the bounds let DuckDB leave out what was landed long before
        return "_dlt_load_id between ? and ? and _dlt_load_id in (select unnest(?::varchar[]))"

    @property
    def values(self) -> list[Any]:
        """What stands in the places of `where`."""
        return [min(self.load_ids), max(self.load_ids), list(self.load_ids)]


def columns_of(db: duckdb.DuckDBPyConnection, schema: str) -> dict[str, dict[str, str]]:
    """Returns the tables of a schema, each with its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, type_ in db.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name = ? and database_name = current_database()",
        [schema],
    ).fetchall():
        found.setdefault(table, {})[column] = type_
    return found
