"""Entities kept as the documents the API serves, found by their id."""

from collections.abc import Iterable, Iterator

from tests.emulator.errors import not_found
from tests.emulator.settings import Json


class Documents:
    """The documents of one kind in the order they were added."""

    def __init__(self, noun: str, key: str, rows: Iterable[Json]) -> None:
        """`noun` is what a test is told when it names an unknown id."""
        self._noun = noun
        self._key = key
        self._by_id: dict[str, Json] = {str(row[key]): row for row in rows}

    def __iter__(self) -> Iterator[Json]:
        """All documents."""
        return iter(self._by_id.values())

    def find(self, one: str) -> Json | None:
        """The document with an id, or None."""
        return self._by_id.get(one)

    def the(self, one: object) -> Json:
        """The document a change names; 404 tells the test otherwise."""
        found = self._by_id.get(str(one))
        if found is None:
            raise not_found(f"no {self._noun} {one}")
        return found

    def add(self, row: Json) -> str:
        """Add a document; its id is returned."""
        self._by_id[str(row[self._key])] = row
        return str(row[self._key])

    def edit(self, one: object, fields: Json) -> str:
        """Overwrite fields of a document."""
        row = self.the(one)
        row.update(fields)
        return str(row[self._key])

    def remove(self, one: object) -> str:
        """Forget a document."""
        self.the(one)
        return str(self._by_id.pop(str(one))[self._key])
