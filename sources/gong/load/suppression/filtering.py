"""Leaves erased people out of what is landed, before it reaches a file.

A call with an erased party is left out whole, as is everything about such a call or about an erased
person. A text that names the person in passing is masked. Nothing else is touched. The same entity
always gives the same result, so a masked entity counts as unchanged when it is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sources.gong.load.suppression.identifiers import (
    ERASED,
    HashedIdentifiers,
    IdentifierHasher,
    IdentifierKind,
)
from sources.gong.load.suppression.person import masked_keys, scalars
from sources.gong.load.suppression.person_columns import (
    PEOPLE,
    crm_columns,
    identifying_columns,
    spoken_columns,
)
from sources.gong.load.suppression.text_masking import TextMask
from sources.gong.schema.coercion import dig
from sources.gong.schema.columns import Column, Entity, Type
from sources.gong.schema.table import Table
from sources.gong.schema.tables import STATS_TABLES, TABLES, children, root_of
from sources.gong.schema.tables import table as table_named

_NUMBERS = (Type.INTEGER, Type.NUMBER)


class Suppression:
    """Keeps erased people out of what is landed.

    Args:
        hasher: hashes under the key of the erasures.
        hashes: per kind, the hashes of the erased people's identifiers.
        name_lengths: how many words the erased names have.

    Attributes:
        new_calls: ids of calls that were left out because of a party and are not on the list yet;
            emptied by the caller that puts them there.
    """

    def __init__(
        self,
        hasher: IdentifierHasher,
        hashes: Mapping[str, Collection[str]],
        name_lengths: Collection[int] = (),
    ) -> None:
        self._identifiers = HashedIdentifiers(hasher, hashes)
        self._mask = TextMask(self._identifiers, name_lengths)
        self._calls_left_out: set[str] = set()
        self.new_calls: set[str] = set()

    def leaves_out_call(self, call_id: object) -> bool:
        """Whether nothing of a call may land."""
        call_id = str(call_id)
        return call_id in self._calls_left_out or self._identifiers.has(
            IdentifierKind.CALL, call_id
        )

    def entity(self, stream: str, entity: Entity) -> Entity | None:
        """Returns what may land of an entity; None where nothing of it may."""
        if stream == "calls":
            if self._has_erased_party(entity):
                return None
            return self._cleaned_entity(entity, self._is_contact)
        root = root_of(stream)
        if self._is_about_erased(root, entity):
            return None
        if stream in STATS_TABLES:
            return self._cleaned_entity(entity, self._is_activity)
        return self._cleaned_entity(entity, lambda _element: False)

    def is_anywhere_in(self, value: Any) -> bool:
        """Whether a JSON value names an erased person or call as a whole value or key, anywhere."""
        if isinstance(value, dict):
            return any(
                self.is_anywhere_in(key) or self.is_anywhere_in(inner)
                for key, inner in value.items()
            )
        if isinstance(value, list):
            return any(map(self.is_anywhere_in, value))
        if value is None or isinstance(value, (bool, float)):
            return False
        return (
            self._identifiers.has_identifier(value)
            or self._identifiers.has_crm_id(value)
            or self.leaves_out_call(value)
        )

    def _has_erased_party(self, call: Entity) -> bool:
        call_id = str(dig(call, "metaData.id"))
        if self.leaves_out_call(call_id):
            return True
        parties = call.get("parties")
        for party in parties if isinstance(parties, list) else ():
            if isinstance(party, dict) and self._identifiers.has_person(
                [party.get("emailAddress"), party.get("phoneNumber")]
            ):
                self._calls_left_out.add(call_id)
                self.new_calls.add(call_id)
                return True
        return False

    def _is_about_erased(self, root: Table, entity: Entity) -> bool:
        calls, contacts, people = _identifying_sources(root.name)
        if any(self.leaves_out_call(dig(entity, source)) for source in calls):
            return True
        if any(self._identifiers.has_crm_id(dig(entity, source)) for source in contacts):
            return True
        values = (value for source in people for value in scalars(dig(entity, source)))
        if self._identifiers.has_person(values):
            return True
        if root.name != "crm_objects" or str(entity.get("_objectType")).upper() not in PEOPLE:
            return False
        return self._identifiers.has_crm_id(entity.get("_crmId")) or self._has_field_of(entity)

    def _has_field_of(self, crm_object: Entity) -> bool:
        """Whether a field of a CRM object holds an address or a number of an erased person."""
        fields = crm_object.get("fields")
        return isinstance(fields, list) and self._identifiers.has_person(
            field.get("value") for field in fields if isinstance(field, dict)
        )

    def _is_contact(self, element: Any) -> bool:
        """Whether an element of a list in a call is a CRM object that is an erased person."""
        if not isinstance(element, dict) or str(element.get("objectType")).upper() not in PEOPLE:
            return False
        return self._identifiers.has_crm_id(element.get("objectId")) or self._has_field_of(element)

    def _is_activity(self, element: Any) -> bool:
        """Whether an element of a list in a stats period is about an erased person or call."""
        if isinstance(element, (str, int)):
            return self.leaves_out_call(element)
        if not isinstance(element, dict):
            return False
        values = [*element.values()]
        for value in element.values():
            if isinstance(value, dict):
                values += value.values()
        return self._identifiers.has_person(values)

    def _cleaned_entity(self, entity: Entity, is_left_out: Callable[[Any], bool]) -> Entity:
        keys = masked_keys(entity, self._masked_key)
        return {keys[key]: self._cleaned(value, is_left_out, key) for key, value in entity.items()}

    def _masked_key(self, key: str) -> str:
        # the names of Gong's fields, which are nearly all keys, name nobody
        if key.isidentifier():
            return key
        return self._mask.masked(key, with_mentions=False)

    def _cleaned(self, value: Any, is_left_out: Callable[[Any], bool], key: str) -> Any:
        if isinstance(value, str):
            return self._mask.masked(value, with_mentions=key in _spoken_keys())
        if isinstance(value, list):
            pairs = [
                (element, self._cleaned(element, is_left_out, key))
                for element in value
                if not is_left_out(element)
            ]
            # a CRM system of which nothing is left is left out too, as if it had not been linked
            kept = [new for old, new in pairs if not (_has_objects(old) and not _has_objects(new))]
            return value if kept == value else kept
        if isinstance(value, dict):
            return self._cleaned_entity(value, is_left_out)
        if isinstance(value, int) and not isinstance(value, bool) and key not in _number_keys():
            return ERASED if self._identifiers.has_identifier(value) else value
        return value


@cache
def _identifying_sources(root: str) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Returns where an entity names its call, its CRM contact, and the people it is about."""
    table = table_named(root)
    lists = [
        child.rows[0].removesuffix("[]")
        for child in children(root)
        if not callable(child.rows)
        for column in identifying_columns(child)
        if column.source == "."
    ]
    return (
        [column.source for column in table.columns if column.name == "call_id"],
        [column.source for column in crm_columns(table)],
        [*(column.source for column in identifying_columns(table)), *lists],
    )


@cache
def _spoken_keys() -> frozenset[str]:
    """Returns the keys under which Gong sends what people said; a namesake is under others."""
    return frozenset(_key_of(column) for table in TABLES for column in spoken_columns(table))


@cache
def _number_keys() -> frozenset[str]:
    """Returns the keys under which Gong sends what lands as a number: none there is a phone's."""
    columns = [column for table in TABLES for column in table.columns]
    of_numbers = {_key_of(column) for column in columns if column.type in _NUMBERS}
    return frozenset(of_numbers - {_key_of(c) for c in columns if c.type not in _NUMBERS})


def _key_of(column: Column) -> str:
    return column.source.lstrip("^$").rpartition(".")[2]


def _has_objects(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("objects"))
