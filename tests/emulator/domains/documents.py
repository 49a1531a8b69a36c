"""Entities kept as the documents the API serves, found by their id."""

from collections.abc import Iterable, Iterator

from tests.emulator.errors import not_found
from tests.emulator.settings import Json


class Documents:
    """The documents of one kind in the order they were added."""

    def __init__(self, noun: str, key: str, rows: Iterable[Json]) -> None:
        """`noun` stands in the 404 text of an unknown id."""
        self._noun = noun
        self._key = key
        self._by_id: dict[str, Json] = {str(row[key]): row for row in rows}

    def __iter__(self) -> Iterator[Json]:
        """All documents."""
        return iter(self._by_id.values())

    def find(self, row_id: str) -> Json | None:
        """The document with an id, or None."""
        return self._by_id.get(row_id)

    def the(self, row_id: object) -> Json:
        """The document with an id, or 404."""
        row = self._by_id.get(str(row_id))
        if row is None:
            raise not_found(f"no {self._noun} {row_id}")
        return row

    def add(self, row: Json) -> str:
        """Add a document; its id is returned."""
        self._by_id[str(row[self._key])] = row
        return str(row[self._key])

    def edit(self, row_id: object, fields: Json) -> str:
        """Overwrite fields of a document."""
        row = self.the(row_id)
        row.update(fields)
        return str(row[self._key])

    def remove(self, row_id: object) -> str:
        """Forget a document."""
        self.the(row_id)
        return str(self._by_id.pop(str(row_id))[self._key])
