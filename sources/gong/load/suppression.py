"""Who has been erased, and what of Gong's answers is left out for it, before it reaches a file.

Pure. An erased person is known by marks alone: an HMAC-SHA256 of the normalised e-mail address,
phone number, id of a call or of a CRM contact, under a key that the warehouse does not hold. So a
warehouse that keeps people out does not say who they are.

Promises of `Suppression`: a call with an erased party is left out whole, as is what is about such a
call or about an erased person; what names one in passing is masked; nothing else is touched. The
same entity always gives the same result, so a masked entity counts as unchanged when it is read
again.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from sources.gong.schema.coercion import dig, dumps
from sources.gong.schema.columns import Column, Entity, Sensitivity, Table, Type
from sources.gong.schema.tables import STATS_TABLES, TABLES, children, root_of
from sources.gong.schema.tables import table as table_named

ERASED = "[erased]"
"""Stands where a person was named."""

PEOPLE = ("CONTACT", "LEAD")
"""Types of CRM objects that are a person, in capitals. An account is not, whoever stands in it."""

_RESPONSIBLE = {
    ("crm_integrations", "owner_email"),
    ("flow_prospects", "owner_email"),
    ("flow_prospects", "owner_full_name"),
    ("briefs", "creator"),
}
"""Columns that say who is in charge of something: the name is masked, the thing stays."""

_FEWEST_DIGITS = 6
_MOST_PARTS = 8
_LONGEST_MEMORY = 100_000
_SPACES = r"\s\u00a0().\-/"
_EMAIL = re.compile(r"[\w.+'-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(rf"(?<![\w@])[+(]*\d[\d{_SPACES}]{{4,}}\d(?!\w)")
_ONLY_PHONE = re.compile(rf"[+\d{_SPACES}]+")
_WORD = re.compile(r"\w+")


class Kind(StrEnum):
    """What a mark stands for."""

    EMAIL = "email"
    PHONE = "phone"
    CALL = "call"
    CRM = "crm"
    """A contact or lead of a CRM."""
    NAME = "name"


def normal_email(text: str) -> str:
    """Returns an address as it is compared: without blanks around it, in small letters."""
    return text.strip().removeprefix("mailto:").replace("%40", "@").lower()


def normal_phone(text: str) -> str:
    """Returns the digits of a phone number; empty where the text is none.

    Punctuation counts for nothing, nor does `00` in the place of `+`.
    """
    text = text.strip().removeprefix("tel:")
    if not _ONLY_PHONE.fullmatch(text):
        return ""
    digits = "".join(one for one in text if one.isdecimal())
    digits = digits.removeprefix("00")
    return digits if len(digits) >= _FEWEST_DIGITS else ""


def normal_name(text: str) -> str:
    """Returns a name as it is compared: its words in small letters."""
    return " ".join(_WORD.findall(text.lower()))


class Marker:
    """Makes marks under a key."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def __call__(self, kind: str, value: str) -> str:
        """Returns the mark of a normalised value, in hexadecimal digits."""
        return hmac.digest(self._key, f"{kind}:{value}".encode(), "sha256").hex()


def whole_columns(table: Table) -> tuple[Column, ...]:
    """Returns the columns of which a value that is a person's makes the row one about the person.

    In a longer text an address is a mention; there it is masked and the row stays.
    """
    return tuple(
        column
        for column in table.columns
        if (
            column.sensitivity is Sensitivity.PERSON
            and (table.name, column.name) not in _RESPONSIBLE
        )
        or (column.sensitivity is Sensitivity.CONTENT and column.type is Type.JSON)
    )


def crm_columns(table: Table) -> tuple[Column, ...]:
    """Returns the columns that name the CRM contact a row is about."""
    names = ("crm_prospect_id", "contact_crm_id")
    return tuple(column for column in table.columns if column.name in names)


def told_columns(table: Table) -> tuple[Column, ...]:
    """Returns the columns of what people said or wrote, in which others may be named."""
    return tuple(
        column
        for column in table.columns
        if column.sensitivity is Sensitivity.CONTENT and column.type is Type.TEXT
    )


@cache
def _sources(root: str) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Returns where an entity names its call, its CRM contact, and whom it is about."""
    table = table_named(root)
    lists = [
        child.rows[0].removesuffix("[]")
        for child in children(root)
        if not callable(child.rows)
        for column in whole_columns(child)
        if column.source == "."
    ]
    return (
        [column.source for column in table.columns if column.name == "call_id"],
        [column.source for column in crm_columns(table)],
        [*(column.source for column in whole_columns(table)), *lists],
    )


@cache
def _told_under() -> frozenset[str]:
    """Returns the keys under which Gong sends what people said; a namesake stands under others."""
    return frozenset(
        column.source.lstrip("^$").rpartition(".")[2]
        for table in TABLES
        for column in told_columns(table)
    )


def scalars(value: Any) -> Iterator[str]:
    """Yields the texts and whole numbers inside a JSON value, as text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from scalars(inner)


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Returns a JSON value with every text changed; the value itself where none is."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        inside = [mapped(one, change) for one in value]
        is_same = all(a is b or a == b for a, b in zip(inside, value, strict=True))
        return value if is_same else inside
    if isinstance(value, dict):
        changed = {key: mapped(one, change) for key, one in value.items()}
        is_same = all(changed[key] is one or changed[key] == one for key, one in value.items())
        return value if is_same else changed
    return value


@dataclass(frozen=True)
class Person:
    """An identified person, while the erasure goes on; never stored.

    Attributes:
        emails: addresses, normalised.
        phones: numbers, normalised.
        crm_ids: ids of the contacts and leads of a CRM that are the person.
        names: full names, normalised, of two words or more.
    """

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    crm_ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def is_named_by(self, text: str) -> bool:
        """Whether a text is, as a whole, an address or a number of the person."""
        return normal_email(text) in self.emails or normal_phone(text) in self.phones

    def is_in(self, text: str, *, is_json: bool) -> bool:
        """Whether a cell is the person's: its text, or a value in its JSON."""
        if is_json:
            return any(self.is_named_by(one) for one in scalars(_loaded(text)))
        return self.is_named_by(text)

    def masked(self, text: str, *, is_json: bool = False, with_names: bool = False) -> str:
        """Returns a text without the person's addresses and numbers, and names if wished."""
        patterns = [*self._patterns, *(self._names if with_names else ())]

        def change(one: str) -> str:
            if self.is_named_by(one):
                return ERASED
            for pattern in patterns:
                one = pattern.sub(ERASED, one)
            return one

        if not is_json:
            return change(text)
        value = _loaded(text)
        told = mapped(_numbers_out(value, self), change)
        return text if told == value else dumps(told)

    def mentions(self, text: str) -> bool:
        """Whether a text has a name of the person."""
        return any(pattern.search(text) for pattern in self._names)

    @property
    def _patterns(self) -> Sequence[re.Pattern[str]]:
        return _patterns(self.emails, self.phones)

    @property
    def _names(self) -> Sequence[re.Pattern[str]]:
        return _names(self.names)


@cache
def _patterns(emails: frozenset[str], phones: frozenset[str]) -> Sequence[re.Pattern[str]]:
    told = [re.escape(one).replace("@", "(?:@|%40)") for one in sorted(emails)]
    addresses = [rf"(?<![\w.+%-]){one}(?![\w-]|\.\w)" for one in told]
    digits = [rf"[{_SPACES}]*".join(one) for one in sorted(phones)]
    numbers = [rf"(?<!\d)[+(]*(?:00[{_SPACES}]*)?{one}(?!\d)" for one in digits]
    return [re.compile(one, re.IGNORECASE) for one in (*addresses, *numbers)]


@cache
def _names(names: frozenset[str]) -> Sequence[re.Pattern[str]]:
    told = [r"\W+".join(map(re.escape, one.split())) for one in sorted(names)]
    return [re.compile(rf"(?<!\w){one}(?!\w)", re.IGNORECASE) for one in told]


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _has_objects(one: Any) -> bool:
    return isinstance(one, dict) and bool(one.get("objects"))


def _numbers_out(value: Any, person: Person) -> Any:
    """Returns a JSON value whose numbers that are the person's phone are masked."""
    if isinstance(value, dict):
        return {key: _numbers_out(one, person) for key, one in value.items()}
    if isinstance(value, list):
        return [_numbers_out(one, person) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and person.is_named_by(str(value)):
        return ERASED
    return value


class Suppression:
    """Keeps erased people out of what is landed.

    Args:
        marker: makes marks under the key of the erasures.
        marks: per kind, the marks of who is erased.
        name_lengths: of how many words the erased names are.

    Attributes:
        found: ids of calls that were left out for a party of theirs, and have no mark yet; whoever
            keeps marks of them empties it.
    """

    def __init__(
        self,
        marker: Marker,
        marks: Mapping[str, Collection[str]],
        name_lengths: Collection[int] = (),
    ) -> None:
        self._marker = marker
        self._marks = {kind: frozenset(marks.get(kind, ())) for kind in Kind}
        self._name_lengths = sorted(name_lengths, reverse=True)
        self._known: dict[tuple[str, str], bool] = {}
        self._left_out: set[str] = set()
        self.found: set[str] = set()

    def is_call(self, call_id: object) -> bool:
        """Whether a call is left out."""
        return str(call_id) in self._left_out or self._has(Kind.CALL, str(call_id))

    def entity(self, stream: str, entity: Entity) -> Entity | None:
        """Returns what may land of an entity; None where nothing of it may."""
        if stream == "calls":
            if self._is_erased_call(entity):
                return None
            return self._entity(entity, self._is_contact)
        root = root_of(stream)
        if self._is_about_erased(root, entity):
            return None
        if stream in STATS_TABLES:
            return self._entity(entity, self._is_activity)
        return self._entity(entity, lambda _one: False)

    def masked(self, text: str, *, with_names: bool = True) -> str:
        """Returns a text without what names an erased person."""
        if "@" in text or "%40" in text:
            text = _EMAIL.sub(self._mask_email, text)
        if self._marks[Kind.PHONE]:
            text = _PHONE.sub(self._mask_phone, text)
        for length in self._name_lengths if with_names else ():
            text = self._mask_names(text, length)
        return text

    def _is_erased_call(self, call: Entity) -> bool:
        call_id = str(dig(call, "metaData.id"))
        if self.is_call(call_id):
            return True
        parties = call.get("parties")
        for party in parties if isinstance(parties, list) else ():
            if isinstance(party, dict) and any(
                self._is_person(party.get(key)) for key in ("emailAddress", "phoneNumber")
            ):
                self._left_out.add(call_id)
                self.found.add(call_id)
                return True
        return False

    def _is_about_erased(self, root: Table, entity: Entity) -> bool:
        calls, contacts, whole = _sources(root.name)
        if any(self.is_call(dig(entity, source)) for source in calls):
            return True
        if any(self._is_crm_id(dig(entity, source)) for source in contacts):
            return True
        if any(self._is_person(one) for path in whole for one in scalars(dig(entity, path))):
            return True
        if root.name == "crm_objects":
            is_person = str(entity.get("_objectType")).upper() in PEOPLE
            values = [entity.get("_crmId")] if is_person else []
            return any(map(self._is_crm_id, values)) or (is_person and self._has_field_of(entity))
        return False

    def _has_field_of(self, linked: Entity) -> bool:
        fields = linked.get("fields")
        return isinstance(fields, list) and any(
            self._is_person(field.get("value")) for field in fields if isinstance(field, dict)
        )

    def _is_contact(self, one: Any) -> bool:
        """Whether an element of a list in a call is a CRM object that is an erased person."""
        if not isinstance(one, dict) or str(one.get("objectType")).upper() not in PEOPLE:
            return False
        return self._is_crm_id(one.get("objectId")) or self._has_field_of(one)

    def _is_activity(self, one: Any) -> bool:
        """Whether an element of a list in a stats period is about an erased person or call."""
        if isinstance(one, (str, int)):
            return self.is_call(one)
        if not isinstance(one, dict):
            return False
        near = [*one.values()]
        near += [
            inner for value in one.values() if isinstance(value, dict) for inner in value.values()
        ]
        return any(self._is_person(value) for value in near)

    def _entity(self, entity: Entity, is_left_out: Callable[[Any], bool]) -> Entity:
        return {key: self._cleaned(value, is_left_out, key) for key, value in entity.items()}

    def _cleaned(self, value: Any, is_left_out: Callable[[Any], bool], key: str) -> Any:
        if isinstance(value, str):
            return self.masked(value, with_names=key in _told_under())
        if isinstance(value, list):
            pairs = [
                (one, self._cleaned(one, is_left_out, key)) for one in value if not is_left_out(one)
            ]
            # a CRM system of which nothing is left says nothing, as if it had not been linked
            kept = [new for old, new in pairs if not (_has_objects(old) and not _has_objects(new))]
            return value if kept == value else kept
        if isinstance(value, dict):
            return {name: self._cleaned(one, is_left_out, name) for name, one in value.items()}
        return value

    def _is_person(self, value: Any) -> bool:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value:
            return False
        if "@" in value or "%40" in value:
            return self._has(Kind.EMAIL, normal_email(value))
        phone = normal_phone(value) if self._marks[Kind.PHONE] else ""
        return bool(phone) and self._has(Kind.PHONE, phone)

    def _is_crm_id(self, value: Any) -> bool:
        return value is not None and self._has(Kind.CRM, str(value))

    def _has(self, kind: Kind, value: str) -> bool:
        if not self._marks[kind]:
            return False
        known = self._known.get((kind, value))
        if known is None:
            if len(self._known) > _LONGEST_MEMORY:
                self._known.clear()
            known = self._known[kind, value] = self._marker(kind, value) in self._marks[kind]
        return known

    def _mask_email(self, match: re.Match[str]) -> str:
        told = match.group()
        bare = told.lstrip("'.-+")
        for one in (told, bare):
            if self._has(Kind.EMAIL, normal_email(one)):
                return told[: len(told) - len(one)] + ERASED
        return told

    def _mask_phone(self, match: re.Match[str]) -> str:
        told = match.group()
        if self._is_person(told):
            return ERASED
        # two numbers side by side look like one
        parts = re.split(r"(\s+)", told)
        for first in range(0, len(parts), 2):
            for last in range(min(len(parts), first + 2 * _MOST_PARTS), first, -2):
                phone = normal_phone("".join(parts[first:last]))
                if phone and self._has(Kind.PHONE, phone):
                    rest = _PHONE.sub(self._mask_phone, "".join(parts[last:]))
                    return "".join([*parts[:first], ERASED, rest])
        return told

    def _mask_names(self, text: str, length: int) -> str:
        words = list(_WORD.finditer(text))
        place, parts, at = 0, [], 0
        while at + length <= len(words):
            run = words[at : at + length]
            if self._has(Kind.NAME, " ".join(word.group().lower() for word in run)):
                parts += [text[place : run[0].start()], ERASED]
                place = run[-1].end()
                at += length
            else:
                at += 1
        return "".join([*parts, text[place:]]) if parts else text
