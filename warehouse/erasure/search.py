"""Finds the further identifiers of a person, and the calls with the person. Changes nothing.

Invariant: an address or a number that a record of somebody else has too is not the person's. A
number is looked for in all spellings with its country code. A spelling without it may be another
number in another country: it is the person's where no record gives it to somebody else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from warehouse.erasure.conditions import contacts_of, national_digits, phone_digits, raw_columns
from warehouse.erasure.data_map import CrmObjects, DataMap, SpellPhone
from warehouse.target import RAW

_EMAIL = "lower(trim(email_address))"
_PHONE = phone_digits("phone_number")
_NATIONAL = national_digits("phone_number")
_LISTED = "in (select unnest(?::varchar[]))"
_IS_OWN_PARTY = f"{_EMAIL} {_LISTED} or {_PHONE} {_LISTED} or {_NATIONAL} {_LISTED}"

_Party = tuple[str | None, str | None, str | None]
"""The address, the digits of the number and the name of a party of a call."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What the warehouse knows of a person.

    Attributes:
        emails: e-mail addresses, the one looked for among them.
        phones: phone numbers, likewise, in each spelling with the country code.
        national_phones: the spellings of them without it that are nobody else's.
        phone_count: how many phone numbers these are, however they are spelled.
        crm_ids: ids of the person's contacts and leads in a CRM.
        names: as the parties of calls are called.
        calls: ids of the calls in which the person took part, sorted.
        shared: how many further addresses and numbers were left out because others have them too.
    """

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    national_phones: frozenset[str] = frozenset()
    phone_count: int = 0
    crm_ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    calls: tuple[str, ...] = ()
    shared: int = 0


def find(
    db: duckdb.DuckDBPyConnection,
    email: str | None,
    phone: str | None,
    data_map: DataMap,
    spell: SpellPhone,
) -> PersonalData:
    """Returns what call parties and CRM contacts tell of a person.

    Further addresses and numbers come only from the records that hold the one looked for.

    Args:
        db: the warehouse.
        email: the address looked for, normalised; or None.
        phone: the number looked for, normalised; or None.
        data_map: where personal data are.
        spell: gives the spellings of a number.
    """
    tables = raw_columns(db)
    if "call_parties" in tables:
        data = _from_parties(db, email, phone, spell)
    else:
        phones, national = spell(phone) if phone else (_set(None), _set(None))
        data = PersonalData(_set(email), phones, national, len(_set(phone)))
    crm_ids: set[str] = set()
    for objects in data_map.crm_objects:
        if {objects.table, objects.fields} <= tables.keys():
            crm_ids |= _ids_by_field(db, objects, data)
    if {"call_crm_objects", "call_parties"} <= tables.keys():
        crm_ids |= _ids_by_party(db, data, data_map)
    return replace(data, crm_ids=frozenset(crm_ids))


def starts_of(
    db: duckdb.DuckDBPyConnection, calls: Sequence[str]
) -> list[tuple[str, datetime | None]]:
    """Returns calls with their start in the time zone of the connection, latest first.

    The start is None where the call itself has not landed.
    """
    if not calls:
        return []
    return db.execute(
        f"select ids.call_id, max(call.started_at) from (select unnest(?::varchar[]) as call_id) "
        f"as ids left join {RAW}.calls as call using (call_id) group by all "
        "order by 2 desc nulls last, 1",
        [list(calls)],
    ).fetchall()


def _set(value: str | None) -> frozenset[str]:
    return frozenset([value] if value else [])


def _from_parties(
    db: duckdb.DuckDBPyConnection, email: str | None, phone: str | None, spell: SpellPhone
) -> PersonalData:
    spelled = spell(phone)[0] if phone else _set(None)
    parties = _parties(db, _EMAIL, _set(email)) if email else _parties(db, _PHONE, spelled)
    further_emails = {address for address, _, _ in parties if address} - {email}
    further_phones = {number for _, number, _ in parties if number} - spelled
    # of a number that several people have, nobody can tell whose it is
    own_emails = further_emails if len(further_emails) == 1 else set()
    own_phones = {
        number
        for number in further_phones
        if not _has_another_owner(db, _PHONE, spell(number)[0], _set(email))
    }
    emails, numbers = _set(email) | own_emails, _set(phone) | own_phones
    # digits that nobody wrote with a country code may have none
    coded = _set(phone) | _with_country(db, numbers)
    phones = _all(spell(number)[0] for number in coded) | numbers
    candidates = _all(spell(number)[1] for number in coded) - phones
    if not emails and not further_emails:
        emails = _sole_address(db, candidates)
    national = frozenset(
        digits for digits in candidates if not _is_others(db, digits, emails, phones, spell)
    )
    if phone:
        parties += _parties(db, _NATIONAL, national)
    calls = db.execute(
        f"select distinct call_id from {RAW}.call_parties where {_IS_OWN_PARTY} order by call_id",
        [sorted(emails), sorted(phones), sorted(national)],
    ).fetchall()
    return PersonalData(
        emails,
        phones,
        national,
        _count(numbers, spell),
        names=frozenset(name for _, _, name in parties if name),
        calls=tuple(call_id for (call_id,) in calls),
        shared=len(further_emails - emails)
        + len((further_phones - own_phones) | (candidates - national)),
    )


def _parties(db: duckdb.DuckDBPyConnection, column: str, values: Collection[str]) -> list[_Party]:
    """Returns the distinct parties of calls in which an SQL expression has one of the values."""
    return db.execute(
        f"select distinct {_EMAIL}, nullif({_PHONE}, ''), name from {RAW}.call_parties "
        f"where {column} {_LISTED}",
        [sorted(values)],
    ).fetchall()


def _with_country(db: duckdb.DuckDBPyConnection, numbers: Collection[str]) -> frozenset[str]:
    """Returns the numbers that a party of a call has with `+` or `00` in front."""
    rows = db.execute(
        f"select distinct {_PHONE} from {RAW}.call_parties where {_PHONE} {_LISTED} "
        f"and {_NATIONAL} = ''",
        [sorted(numbers)],
    ).fetchall()
    return frozenset(number for (number,) in rows)


def _has_another_owner(
    db: duckdb.DuckDBPyConnection, column: str, phones: Collection[str], emails: Collection[str]
) -> bool:
    """Whether a number appears together with an address that is none of these."""
    return any(address and address not in emails for address, _, _ in _parties(db, column, phones))


def _sole_address(db: duckdb.DuckDBPyConnection, national: Collection[str]) -> frozenset[str]:
    """Returns the address that appears with national spellings, unless there are several."""
    addresses = {address for address, _, _ in _parties(db, _NATIONAL, national) if address}
    return frozenset(addresses if len(addresses) == 1 else ())


def _is_others(
    db: duckdb.DuckDBPyConnection,
    digits: str,
    emails: Collection[str],
    phones: Collection[str],
    spell: SpellPhone,
) -> bool:
    """Whether a national spelling appears with another address, or is one of another number."""
    if _has_another_owner(db, _NATIONAL, [digits], emails):
        return True
    rows = db.execute(
        f"select distinct {_PHONE} from {RAW}.call_parties where ends_with({_PHONE}, right(?, 6))",
        [digits],
    ).fetchall()
    return any(digits in spell(number)[1] for (number,) in rows if number not in phones)


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*sets)


def _count(numbers: Collection[str], spell: SpellPhone) -> int:
    """Returns how many numbers these are: two spellings of one count once."""
    families = {_all(spell(number)) for number in numbers}
    return sum(not any(family < other for other in families) for family in families)


def _ids_by_field(
    db: duckdb.DuckDBPyConnection, objects: CrmObjects, data: PersonalData
) -> set[str]:
    """Returns the CRM ids of the contacts with an identifier of the person in a field."""
    keys, values = contacts_of(objects, data.emails, data.phones, data.national_phones)
    rows = db.execute(
        f"select distinct {objects.id} from {RAW}.{objects.table} "
        f"join ({keys}) using ({', '.join(objects.key)}) where {objects.id} is not null",
        values,
    ).fetchall()
    return {crm_id for (crm_id,) in rows}


def _ids_by_party(db: duckdb.DuckDBPyConnection, data: PersonalData, data_map: DataMap) -> set[str]:
    """Returns the CRM ids that appear with the person's own parties, and with nobody else's."""
    people = [
        kind
        for objects in data_map.crm_objects
        if objects.table == "call_crm_objects"
        for kind in objects.people
    ]
    rows = db.execute(
        f"""with linked as (
            select o.object_id, coalesce({_IS_OWN_PARTY}, false) as is_own,
                coalesce(nullif({_EMAIL}, ''), nullif({_PHONE}, '')) is not null as is_known
            from {RAW}.call_crm_objects as o join {RAW}.call_parties as p
                on p.call_id = o.call_id and p.party_index = o.party_index
            where upper(o.object_type) in (select unnest(?::varchar[])) and o.object_id is not null
        )
        select object_id from linked group by object_id
        having bool_or(is_own) and not bool_or(is_known and not is_own)""",
        [sorted(data.emails), sorted(data.phones), sorted(data.national_phones), people],
    ).fetchall()
    return {object_id for (object_id,) in rows}
