"""Pure: what a child stream's row is made of, and the common ways to fill it.

A child stream takes one request per parent (a user, a workspace, a folder) or per batch of parents.
Each request says which rows its answer enumerates completely, so rows missing from it are known to
be deleted. How often and how many at a time stands in the table's row (`schema/tables`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sources.gong.extract.answers import listed
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import parent_streams, table

_NUMBER = re.compile(r"-?\d{1,40}", re.ASCII)
_PLACE = re.compile(r"\w\[(\d{1,9})\]", re.ASCII)

Parent = Mapping[str, Any]
"""Values of a parent record, by column."""

ParentsByName = Mapping[str, Sequence[Parent]]
"""The parent records, by the stream that lists them."""


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """One request, with its pages.

    Attributes:
        inputs: of the operation, without the cursor.
        parent: the parent's name in the load log; empty for batches.
        entity_fields: fields that are added to every entity of the answer.
        scope: column → values: the rows that the answer enumerates completely.
        ids_input: the input that holds ids, where the request may be split because Gong does not
            know one of them, or refuses it.
        is_inactive: whether it is about a user who is inactive: it is sent after the others and
            less often, and Gong may refuse it.
    """

    inputs: Mapping[str, Any]
    parent: str = ""
    entity_fields: Mapping[str, Any] = field(default_factory=dict)
    scope: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ids_input: str = ""
    is_inactive: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of a request that may be split; empty of others."""
        return tuple(self.inputs[self.ids_input]) if self.ids_input else ()

    def ids_at(self, texts: Iterable[str]) -> list[str]:
        """Returns the ids at the places of the list that Gong's texts name, as in `callIds[3]`."""
        places = {int(place) for text in texts for place in _PLACE.findall(text)}
        return [id_ for place, id_ in enumerate(self.ids) if place in places]

    def without(self, unknown: Iterable[str]) -> list[ChildRequest]:
        """Returns requests for the ids but the unknown ones; halves where none is named."""
        ids = self.ids
        dead = set(unknown) & set(ids)
        live = [id_ for id_ in ids if id_ not in dead]
        middle = len(live) // 2
        parts = [live] if dead else [live[:middle], live[middle:]]
        return [
            replace(self, inputs={**self.inputs, self.ids_input: part})
            for part in parts
            if part and (dead or len(ids) > 1)
        ]


Requests = Callable[[ParentsByName, str], list[ChildRequest]]
"""From the parent records and the stream's name to the requests."""

Entities = Callable[[Mapping[str, Any], ChildRequest, str], Iterable[Entity]]
"""From an answer, its request and the stream's name to the entities of the answer."""


@dataclass(frozen=True, slots=True)
class ChildStream:
    """A stream that is read once per parent, or per batch of parents.

    Attributes:
        requests: from the parent records to the requests.
        entities: from an answer to its entities.
    """

    requests: Requests
    entities: Entities


@dataclass(frozen=True, slots=True)
class CallStream:
    """A stream that is read in batches of call ids, as the run finds the calls.

    Attributes:
        request: from ids to their request.
        entities: from an answer to its entities.
    """

    request: Callable[[Sequence[str]], ChildRequest]
    entities: Entities


def per_parent(column: str, input_: str, field_: str) -> Requests:
    """One request per parent, whose id is an input and a field of the answer's entities."""

    def requests(parents: ParentsByName, stream: str) -> list[ChildRequest]:
        (name,) = parent_streams(stream)
        return [
            ChildRequest({input_: id_}, id_, {field_: id_}, {column: frozenset((id_,))})
            for id_ in distinct(parents[name], column)
        ]

    return requests


def rows_under(key: str) -> Entities:
    """The entities are the elements of one list, with the fields of the request."""

    def entities(answer: Mapping[str, Any], request: ChildRequest, stream: str) -> Iterable[Entity]:
        return ({**row, **request.entity_fields} for row in listed(answer, key, stream))

    return entities


def numbered(
    entities: Iterable[Entity], same: Callable[[Entity], Any], fields: Mapping[str, Any]
) -> Iterator[Entity]:
    """Yields entities with further fields and `_index`: from 0, among those that are the same."""
    counts: Counter[Any] = Counter()
    for entity in entities:
        key = same(entity)
        yield {**entity, **fields, "_index": counts[key]}
        counts[key] += 1


def distinct(parents: Iterable[Parent], column: str) -> list[str]:
    """Returns the values of a column as text, each once, without nulls."""
    return list(
        dict.fromkeys(str(parent[column]) for parent in parents if parent.get(column) is not None)
    )


def is_number(id_: str) -> bool:
    """Whether an id is a whole number, as Gong declares those of some inputs."""
    return bool(_NUMBER.fullmatch(id_))


def number_or_text(id_: str) -> int | str:
    """Returns an id as a number where it is one; another goes as it is, for Gong to refuse."""
    return int(id_) if is_number(id_) else id_


def batches(ids: Sequence[str], stream: str) -> Iterator[list[str]]:
    """Yields ids in batches as large as a request of the stream may be."""
    parents = table(stream).parents
    size = parents.per_request if parents else 1
    for start in range(0, len(ids), size):
        yield list(ids[start : start + size])


def owners(parents: ParentsByName) -> list[Parent]:
    """Returns every user once, the active ones first: people who have left still own things."""
    users = {str(user["user_id"]): user for user in parents["users"]}
    return sorted(users.values(), key=lambda user: not user.get("is_active"))


def active_users(parents: ParentsByName) -> list[Parent]:
    """Returns the users who are active and have an address."""
    return [user for user in owners(parents) if user.get("is_active") and user.get("email_address")]
