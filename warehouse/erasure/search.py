"""Finds the further identifiers of a person, and the calls with the person. Changes nothing.

Invariant: an address or a number that a record of somebody else has too is not the person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb

from warehouse.erasure.conditions import is_identifier, raw_columns
from warehouse.erasure.data_map import CrmObjects, DataMap
from warehouse.target import RAW

_EMAIL = "lower(trim(email_address))"
_PHONE = "regexp_replace(regexp_replace(phone_number, '[^0-9]', '', 'g'), '^00', '')"
_IS_OWN_PARTY = (
    f"{_EMAIL} in (select unnest(?::varchar[])) or {_PHONE} in (select unnest(?::varchar[]))"
)


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What the warehouse knows of a person.

    Attributes:
        emails: e-mail addresses, the one looked for among them.
        phones: phone numbers, likewise.
        crm_ids: ids of the person's contacts and leads in a CRM.
        names: as the parties of calls are called.
        calls: ids of the calls in which the person took part, sorted.
        shared: how many further addresses and numbers were left out because others have them too.
    """

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    crm_ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    calls: tuple[str, ...] = ()
    shared: int = 0


def find(
    db: duckdb.DuckDBPyConnection, email: str | None, phone: str | None, data_map: DataMap
) -> PersonalData:
    """Returns what call parties and CRM contacts tell of a person.

    Further addresses and numbers come only from the records that hold the one looked for.

    Args:
        db: the warehouse.
        email: the address looked for, normalised; or None.
        phone: the number looked for, normalised; or None.
        data_map: where personal data are.
    """
    tables = raw_columns(db)
    person = PersonalData(_set(email), _set(phone))
    if "call_parties" in tables:
        person = _from_parties(db, email, phone)
    crm_ids: set[str] = set()
    for objects in data_map.crm_objects:
        if {objects.table, objects.fields} <= tables.keys():
            crm_ids |= _ids_by_field(db, objects, person)
    if {"call_crm_objects", "call_parties"} <= tables.keys():
        crm_ids |= _ids_by_party(db, person, data_map)
    return replace(person, crm_ids=frozenset(crm_ids))


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
    db: duckdb.DuckDBPyConnection, email: str | None, phone: str | None
) -> PersonalData:
    column, value = (_EMAIL, email) if email else (_PHONE, phone)
    parties = db.execute(
        f"select distinct {_EMAIL}, nullif({_PHONE}, ''), name from {RAW}.call_parties "
        f"where {column} = ?",
        [value],
    ).fetchall()
    further_emails = {address for address, _, _ in parties if address} - {email}
    further_phones = {number for _, number, _ in parties if number} - {phone}
    # of a number that several people have, nobody can tell whose it is
    own_emails = further_emails if len(further_emails) == 1 else set()
    own_phones = {
        number for number in further_phones if not _has_another_owner(db, number, email or "")
    }
    emails, phones = _set(email) | own_emails, _set(phone) | own_phones
    calls = db.execute(
        f"select distinct call_id from {RAW}.call_parties where {_IS_OWN_PARTY} order by call_id",
        [sorted(emails), sorted(phones)],
    ).fetchall()
    return PersonalData(
        emails,
        phones,
        names=frozenset(name for _, _, name in parties if name),
        calls=tuple(call_id for (call_id,) in calls),
        shared=len(further_emails - own_emails) + len(further_phones - own_phones),
    )


def _has_another_owner(db: duckdb.DuckDBPyConnection, phone: str, email: str) -> bool:
    other = db.execute(
        f"select 1 from {RAW}.call_parties where {_PHONE} = ? and {_EMAIL} <> ? "
        f"and {_EMAIL} <> '' limit 1",
        [phone, email],
    ).fetchone()
    return other is not None


def _ids_by_field(
    db: duckdb.DuckDBPyConnection, objects: CrmObjects, person: PersonalData
) -> set[str]:
    """Returns the CRM ids of the contacts with an identifier of the person in a field."""
    joined = " and ".join(f"o.{name} = f.{name}" for name in objects.key)
    rows = db.execute(
        f"select distinct o.{objects.id} from {RAW}.{objects.table} as o "
        f"join {RAW}.{objects.fields} as f on {joined} "
        f"where upper(o.{objects.type}) in (select unnest(?::varchar[])) "
        f"and o.{objects.id} is not null and {is_identifier('f.value')}",
        [list(objects.people), sorted(person.emails), sorted(person.phones)],
    ).fetchall()
    return {crm_id for (crm_id,) in rows}


def _ids_by_party(
    db: duckdb.DuckDBPyConnection, person: PersonalData, data_map: DataMap
) -> set[str]:
    """Returns the CRM ids that stand with the person's own parties, and with nobody else's."""
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
        [sorted(person.emails), sorted(person.phones), people],
    ).fetchall()
    return {object_id for (object_id,) in rows}
