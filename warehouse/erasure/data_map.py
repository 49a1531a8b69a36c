"""Types that describe which columns hold personal data. Facts only; touches no table.

The caller fills in the columns, from its declaration of the raw tables, and the matching of texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from warehouse.entity_rows import EntityRows

SpellPhone = Callable[[str], tuple[frozenset[str], frozenset[str]]]
"""From the digits of a phone number to all its spellings, with the country code and without it."""


class PersonMatcher(Protocol):
    """The identifiers of one person, and how a text is compared with them.

    E-mail addresses and names are in lower case, phone numbers are digits.
    """

    @property
    def emails(self) -> frozenset[str]:
        """E-mail addresses."""

    @property
    def phones(self) -> frozenset[str]:
        """Phone numbers, in each spelling with the country code."""

    @property
    def national_phones(self) -> frozenset[str]:
        """The spellings of the numbers without the country code."""

    @property
    def crm_ids(self) -> frozenset[str]:
        """Ids of CRM contacts and leads."""

    @property
    def names(self) -> frozenset[str]:
        """Full names."""

    @property
    def email_patterns(self) -> Sequence[str]:
        """Regular expressions (RE2) that find the addresses, in any encoding, in lower case."""

    def is_on(self, cells: Iterable[tuple[str, bool]]) -> bool:
        """Whether the cells of a row, each with whether it is JSON, are as a whole the person's."""

    def masked(self, text: str, *, is_json: bool = False, with_mentions: bool = False) -> str:
        """Returns a text without the person's addresses and numbers, and names if asked for."""

    def mentions(self, text: str) -> bool:
        """Whether a text has a name of the person."""


@dataclass(frozen=True, slots=True)
class PersonalColumns:
    """A raw table whose rows can be about a person, and the columns that tell.

    Attributes:
        rows: the table, and what goes with a row of it; without a key only the row goes.
        identifiers: columns in which an address or a number of the person, as a whole, makes the
            row one about the person.
        crm_ids: columns that name the CRM contact a row is about.
        anywhere: columns in which an address, a number or a CRM id of the person, anywhere in the
            text, makes the row one about the person.
        also: another table with rows of the same entity, and a column of it: an identifier of the
            person there takes the entity as well.
    """

    rows: EntityRows
    identifiers: Sequence[str] = ()
    crm_ids: Sequence[str] = ()
    anywhere: Sequence[str] = ()
    also: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class CrmObjects:
    """A table of CRM objects, some of which are people, and the table of their fields.

    Attributes:
        table: the table of objects.
        key: columns that name an object in both tables.
        type: the column of its type.
        id: the column of its id in the CRM.
        fields: the table of its fields, whose values are in `value`.
        people: the types that are people, in upper case.
    """

    table: str
    key: Sequence[str]
    type: str
    id: str
    fields: str
    people: Sequence[str]

    @property
    def rows(self) -> EntityRows:
        """The tables that an object goes from."""
        return EntityRows(self.table, self.key, (self.fields,))


@dataclass(frozen=True, slots=True)
class DataMap:
    """Where personal data are in the raw tables.

    Attributes:
        tables: tables whose rows can be about a person.
        crm_objects: tables of CRM objects.
        with_call: entities with a `call_id` and rows in further tables, by table.
        spoken: columns of what people said or wrote, by table; names are masked only there.
    """

    tables: Sequence[PersonalColumns]
    crm_objects: Sequence[CrmObjects]
    with_call: Mapping[str, EntityRows]
    spoken: Mapping[str, Sequence[str]]
