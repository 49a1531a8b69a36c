"""Takes a person out of the warehouse file: finds, deletes, masks, and rewrites the file.

Knows tables and texts, no API: whoever erases says which columns name a person, and what of a text
does. Deleting a row in DuckDB leaves its bytes in the file; only `rewrite` takes them away.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from warehouse.ops import suppression_list as tombstones
from warehouse.target import BUILD, OPS, RAW, STAGING

if TYPE_CHECKING:
    from warehouse.target import Target

_OURS = (RAW, f"{RAW}_staging", STAGING, BUILD, OPS)


class TooFull(RuntimeError):
    """There is no room to rewrite the file."""


class NotTheSame(RuntimeError):
    """The rewritten file does not hold what the old one held."""


class Person(Protocol):
    """Who is looked for. Addresses are in small letters, phones are digits."""

    @property
    def emails(self) -> frozenset[str]:
        """Addresses."""

    @property
    def phones(self) -> frozenset[str]:
        """Numbers."""

    @property
    def crm_ids(self) -> frozenset[str]:
        """Ids of CRM contacts."""

    @property
    def names(self) -> frozenset[str]:
        """Full names."""

    def is_in(self, text: str, *, is_json: bool) -> bool:
        """Whether a cell is the person's."""

    def masked(self, text: str, *, is_json: bool = False, with_names: bool = False) -> str:
        """Returns a text without the person."""

    def mentions(self, text: str) -> bool:
        """Whether a text has a name of the person."""


@dataclass(frozen=True, slots=True)
class Place:
    """A raw table whose rows can be about a person.

    Attributes:
        table: which.
        by: columns of which a value that is the person's makes the row one about the person.
        by_crm_id: columns that name the CRM contact a row is about.
        entity: columns that name the entity; empty where only the row goes.
        others: tables with rows of the same entity, by the same columns.
        also: a table with rows of the same entity and a column of it: a value there that is the
            person's takes the entity as well.
    """

    table: str
    by: Sequence[str] = ()
    by_crm_id: Sequence[str] = ()
    entity: Sequence[str] = ()
    others: Sequence[str] = ()
    also: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Contacts:
    """A table of CRM objects, some of which are people, and the table of their fields.

    Attributes:
        table: which.
        key: columns that name an object, in both tables.
        type: the column of its type.
        id: the column of its id in the CRM.
        fields: the table of its fields, whose values are in `value`.
        people: the types that are people, in capitals.
    """

    table: str
    key: Sequence[str]
    type: str
    id: str
    fields: str
    people: Sequence[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where people are in the raw tables.

    Attributes:
        places: tables whose rows can be about a person.
        contacts: tables of CRM objects.
        by_call: of the tables with a `call_id`: what belongs to a row of them, by which columns.
        texts: columns in which somebody may be mentioned by name, by table.
    """

    places: Sequence[Place]
    contacts: Sequence[Contacts]
    by_call: Mapping[str, tuple[Sequence[str], Sequence[str]]]
    texts: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Found:
    """What is known of a person from the parties of calls.

    Attributes:
        emails: the addresses, the one looked for among them.
        phones: the numbers.
        crm_ids: contacts and leads of a CRM.
        names: as the parties are called.
        calls: ids of the calls in which the person took part.
        shared: how many further addresses and numbers were left out, as others have them too.
    """

    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    crm_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    shared: int = 0


@dataclass(slots=True)
class Outcome:
    """What was done, in rows per table.

    Attributes:
        removed: rows that went.
        masked: rows in which a mention was masked.
        mentions: rows that still mention the name.
    """

    removed: Counter[str] = field(default_factory=Counter)
    masked: Counter[str] = field(default_factory=Counter)
    mentions: Counter[str] = field(default_factory=Counter)


_EMAIL = "lower(trim(email_address))"
_PHONE = "regexp_replace(regexp_replace(phone_number, '[^0-9]', '', 'g'), '^00', '')"


def find(
    db: duckdb.DuckDBPyConnection, email: str | None, phone: str | None, layout: Layout
) -> Found:
    """Returns what the parties of calls, and CRM contacts, tell of a person.

    Further addresses and numbers are taken from the very records that hold the one looked for, and
    only if no record of somebody else has them: a switchboard's number is not a person's.

    Args:
        db: the warehouse.
        email: the address looked for, normalised; or None.
        phone: the number looked for, normalised; or None.
        layout: where people are.
    """
    found = Found({email} if email else set(), {phone} if phone else set())
    there = raw_columns(db)
    if "call_parties" in there:
        column, value = (_EMAIL, email) if email else (_PHONE, phone)
        rows = db.execute(
            f"select distinct {_EMAIL}, nullif({_PHONE}, ''), name from {RAW}.call_parties "
            f"where {column} = ?",
            [value],
        ).fetchall()
        found.names = {name for _, _, name in rows if name}
        addresses = {row[0] for row in rows if row[0]} - {email}
        if len(addresses) == 1:
            found.emails |= addresses
        elif addresses:
            # a number that several people have: whose it is nobody can tell
            found.shared += len(addresses)
        for number in {row[1] for row in rows if row[1]} - {phone}:
            others = db.execute(
                f"select 1 from {RAW}.call_parties where {_PHONE} = ? and {_EMAIL} <> ? "
                f"and {_EMAIL} <> '' limit 1",
                [number, email or ""],
            ).fetchone()
            if others:
                found.shared += 1
            else:
                found.phones.add(number)
        found.calls = [
            row[0]
            for row in db.execute(
                f"select distinct call_id from {RAW}.call_parties where {_EMAIL} in "
                f"(select unnest(?::varchar[])) or {_PHONE} in (select unnest(?::varchar[])) "
                "order by call_id",
                [sorted(found.emails), sorted(found.phones)],
            ).fetchall()
        ]
    for one in layout.contacts:
        if {one.table, one.fields} <= there.keys():
            found.crm_ids |= _contact_ids(db, one, found)
    if {"call_crm_objects", "call_parties"} <= there.keys():
        found.crm_ids |= _own_contacts(db, found, layout)
    return found


def _is_person(column: str) -> str:
    """Returns SQL: a column is, as a whole, one of two lists of addresses and of numbers."""
    digits = f"regexp_replace(regexp_replace({column}, '[^0-9]', '', 'g'), '^00', '')"
    return (
        f"(lower(trim({column})) in (select unnest(?::varchar[])) or ("
        f"regexp_full_match({column}, '[-+0-9\\s().\\x{{A0}}/]+') "
        f"and {digits} in (select unnest(?::varchar[]))))"
    )


def _contact_ids(db: duckdb.DuckDBPyConnection, one: Contacts, found: Found) -> set[str]:
    """Returns the CRM ids of the contacts one of whose fields holds an address or a number."""
    joined = " and ".join(f"o.{name} = f.{name}" for name in one.key)
    rows = db.execute(
        f"select distinct o.{one.id} from {RAW}.{one.table} as o join {RAW}.{one.fields} as f "
        f"on {joined} where upper(o.{one.type}) in (select unnest(?::varchar[])) "
        f"and o.{one.id} is not null and {_is_person('f.value')}",
        [list(one.people), sorted(found.emails), sorted(found.phones)],
    ).fetchall()
    return {row[0] for row in rows}


def _own_contacts(db: duckdb.DuckDBPyConnection, found: Found, layout: Layout) -> set[str]:
    """Returns the CRM ids that stand with the person's own parties, and with nobody else's."""
    people = [list(one.people) for one in layout.contacts if one.table == "call_crm_objects"]
    rows = db.execute(
        f"""with linked as (
            select o.object_id, coalesce({_EMAIL} in (select unnest(?::varchar[])), false)
                or coalesce({_PHONE} in (select unnest(?::varchar[])), false) as is_own,
                coalesce(nullif({_EMAIL}, ''), nullif({_PHONE}, '')) is not null as is_known
            from {RAW}.call_crm_objects as o join {RAW}.call_parties as p
                on p.call_id = o.call_id and p.party_index = o.party_index
            where upper(o.object_type) in (select unnest(?::varchar[])) and o.object_id is not null
        )
        select object_id from linked group by object_id
        having bool_or(is_own) and not bool_or(is_known and not is_own)""",
        [sorted(found.emails), sorted(found.phones), people[0] if people else []],
    ).fetchall()
    return {row[0] for row in rows}


def erase(
    db: duckdb.DuckDBPyConnection,
    person: Person,
    calls: Sequence[str],
    layout: Layout,
    *,
    with_names: bool,
) -> Outcome:
    """Deletes what is about a person, and masks mentions, in the raw and the ops tables.

    `gong_build` goes whole: what stands there is built anew. Runs in the caller's transaction.

    Args:
        db: the warehouse, in a transaction.
        person: who.
        calls: ids of the calls that go whole.
        layout: where people are.
        with_names: whether mentions of the name are masked too.
    """
    outcome = Outcome()
    there = raw_columns(db)
    outcome.removed += delete_calls(db, calls, layout)
    for contacts in layout.contacts:
        if {contacts.table, contacts.fields} <= there.keys():
            outcome.removed += _delete_contacts(db, contacts, person)
    for place in layout.places:
        if place.table in there:
            outcome.removed += _delete_place(db, place, person, there)
    for schema, table, columns in _texts(db):
        named = layout.texts.get(table, ()) if schema == RAW else ()
        _mask(db, schema, table, columns, person, with_names and bool(named), outcome, named)
    db.execute(f"drop schema if exists {BUILD} cascade")
    return outcome


def delete_calls(
    db: duckdb.DuckDBPyConnection, calls: Sequence[str], layout: Layout
) -> Counter[str]:
    """Deletes every row that has the id of one of these calls, and what belongs to it."""
    removed: Counter[str] = Counter()
    if not calls:
        return removed
    db.execute("create or replace temp table erased_calls as select unnest(?::varchar[]) as id", [
        list(calls)
    ])  # fmt: skip
    there = raw_columns(db)
    for table, columns in there.items():
        if "call_id" not in columns:
            continue
        entity, others = layout.by_call.get(table, ((), ()))
        if entity:
            _gone(db, table, entity, "call_id in (select id from erased_calls)")
            for other in others:
                if other in there:
                    removed[other] += _delete_gone(db, other, entity)
        removed[table] += _count(
            db.execute(f"delete from {RAW}.{table} where call_id in (select id from erased_calls)")
        )
    return +removed


def _delete_contacts(db: duckdb.DuckDBPyConnection, one: Contacts, person: Person) -> Counter[str]:
    joined = " and ".join(f"o.{name} = f.{name}" for name in one.key)
    key = ", ".join(f"o.{name}" for name in one.key)
    db.execute(
        f"create or replace temp table gone as select distinct {key} from {RAW}.{one.table} as o "
        f"left join {RAW}.{one.fields} as f on {joined} "
        f"where upper(o.{one.type}) in (select unnest(?::varchar[])) "
        f"and (o.{one.id} in (select unnest(?::varchar[])) or {_is_person('f.value')})",
        [list(one.people), sorted(person.crm_ids), sorted(person.emails), sorted(person.phones)],
    )
    return +Counter({name: _delete_gone(db, name, one.key) for name in (one.fields, one.table)})


def _delete_place(
    db: duckdb.DuckDBPyConnection,
    place: Place,
    person: Person,
    there: Mapping[str, Mapping[str, str]],
) -> Counter[str]:
    removed: Counter[str] = Counter()
    columns = there[place.table]
    hits = _hits(db, place.table, [c for c in place.by if c in columns], columns, person)
    db.execute("create or replace temp table hits as select unnest(?::bigint[]) as id", [hits])
    conditions, values = ["rowid in (select id from hits)"], list[Any]()
    for name in place.by_crm_id:
        if name in columns and person.crm_ids:
            conditions.append(f"{name} in (select unnest(?::varchar[]))")
            values.append(sorted(person.crm_ids))
    where = " or ".join(conditions)
    if not place.entity:
        removed[place.table] = _count(
            db.execute(f"delete from {RAW}.{place.table} where {where}", values)
        )
        return +removed
    _gone(db, place.table, place.entity, where, values)
    if place.also and place.also[0] in there:
        table, column = place.also
        rows = _hits(db, table, [column], there[table], person)
        key = ", ".join(place.entity)
        db.execute(
            f"insert into gone select distinct {key} from {RAW}.{table} "
            "where rowid in (select unnest(?::bigint[]))",
            [rows],
        )
    for name in (*place.others, place.table):
        if name in there:
            removed[name] += _delete_gone(db, name, place.entity)
    return +removed


def _gone(
    db: duckdb.DuckDBPyConnection,
    table: str,
    entity: Sequence[str],
    where: str,
    values: Sequence[Any] = (),
) -> None:
    db.execute(
        f"create or replace temp table gone as select distinct {', '.join(entity)} "
        f"from {RAW}.{table} where {where}",
        list(values),
    )


def _delete_gone(db: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]) -> int:
    same = " and ".join(f"{table}.{name} = gone.{name}" for name in key)
    return _count(db.execute(f"delete from {RAW}.{table} using gone where {same}"))


def _count(done: duckdb.DuckDBPyConnection) -> int:
    row = done.fetchone()
    return int(row[0]) if row else 0


def _hits(
    db: duckdb.DuckDBPyConnection,
    table: str,
    names: Sequence[str],
    columns: Mapping[str, str],
    person: Person,
) -> list[int]:
    """Returns the rows in which one of the columns is the person's."""
    hits: set[int] = set()
    for name in names:
        for row, text in _candidates(db, RAW, table, name, person, with_names=False):
            if person.is_in(text, is_json=columns[name] == "JSON"):
                hits.add(row)
    return sorted(hits)


def _holding(text: str, person: Person, *, with_names: bool) -> tuple[str, list[str]]:
    """Returns SQL that holds for every text in which the person may be, and for few others."""
    conditions, values = [], []
    needles = [*person.emails, *(one.replace("@", "%40") for one in person.emails)]
    if with_names:
        # a name may be written with other blanks; its longest word is there in any case
        needles += [max(one.split(), key=len) for one in person.names]
    for needle in sorted(set(needles)):
        conditions.append(f"contains(lower({text}), ?)")
        values.append(needle)
    for digits in sorted(person.phones):
        conditions.append(f"contains(regexp_replace({text}, '[^0-9]', '', 'g'), ?)")
        values.append(digits)
    return " or ".join(conditions) or "false", values


def _candidates(
    db: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    column: str,
    person: Person,
    *,
    with_names: bool,
) -> list[tuple[int, str]]:
    where, values = _holding(f'"{column}"::varchar', person, with_names=with_names)
    return db.execute(
        f'select rowid, "{column}"::varchar from {schema}.{table} where {where}', values
    ).fetchall()


def _texts(db: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yields the tables that may hold a mention, with their columns of text that are no ids."""
    rows = db.execute(
        "select c.schema_name, c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "join duckdb_tables() as t using (database_name, schema_name, table_name) "
        "where c.schema_name in (?, ?) and c.data_type in ('VARCHAR', 'JSON') "
        "order by c.schema_name, c.table_name, c.column_index",
        [RAW, OPS],
    ).fetchall()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in rows:
        is_own = table.startswith("_dlt") or (schema == OPS and table in tombstones.TABLES)
        is_id = column.endswith("_id") and column != "parent_read_id"
        if not is_own and not is_id and not column.startswith("_"):
            found.setdefault((schema, table), {})[column] = kind
    for (schema, table), columns in found.items():
        yield schema, table, columns


def _mask(
    db: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: Mapping[str, str],
    person: Person,
    with_names: bool,
    outcome: Outcome,
    named: Sequence[str],
) -> None:
    touched: set[int] = set()
    mentioning: set[int] = set()
    for column, kind in columns.items():
        is_text = column in named
        rows = _candidates(db, schema, table, column, person, with_names=is_text)
        for row, text in rows:
            masked = person.masked(text, is_json=kind == "JSON", with_names=with_names and is_text)
            if masked != text:
                db.execute(
                    f'update {schema}.{table} set "{column}" = ? where rowid = ?', [masked, row]
                )
                touched.add(row)
            if is_text and person.mentions(masked):
                mentioning.add(row)
    if touched:
        outcome.masked[table] += len(touched)
    if mentioning:
        outcome.mentions[table] += len(mentioning)


def raw_columns(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Returns the types of the columns of the raw tables."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in db.execute(
        "select c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "join duckdb_tables() as t using (database_name, schema_name, table_name) "
        "where c.schema_name = ? order by c.table_name, c.column_index",
        [RAW],
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def published_where(
    person: Person, calls: Collection[str], columns: Mapping[str, str], *, with_names: bool
) -> tuple[str, list[Any]] | None:
    """Returns SQL for the rows of a published table that may be about a person, or name one.

    Rather a row too many than one too few: the next build brings back what was nobody's.
    """
    conditions, values = list[str](), list[Any]()
    if "call_id" in columns and calls:
        conditions.append("call_id in (select unnest(?::varchar[]))")
        values.append(sorted(calls))
    for name in columns:
        if person.crm_ids and name.endswith(("crm_id", "prospect_id", "object_id")):
            conditions.append(f'"{name}" in (select unnest(?::varchar[]))')
            values.append(sorted(person.crm_ids))
    texts = [
        f'"{name}"::varchar'
        for name, kind in columns.items()
        if ("VARCHAR" in kind or kind == "JSON") and not name.endswith("_id")
    ]
    for text in texts:
        where, wanted = _holding(text, person, with_names=with_names)
        if where != "false":
            conditions.append(f"({where})")
            values += wanted
    where = " or ".join(f"coalesce({one}, false)" for one in conditions)
    return (where, values) if conditions else None


def has_build(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether analytics tables were built here."""
    row = db.execute("select count(*) from duckdb_schemas() where schema_name = ?", [BUILD])
    return _count(row) > 0


def foreign_schemas(db: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the schemas with tables that are not ours, into which nobody looks."""
    rows = db.execute(
        "select distinct schema_name from duckdb_tables() where not internal "
        "and database_name = current_database() order by all"
    ).fetchall()
    return [name for (name,) in rows if name not in _OURS]


def check_room(target: Target) -> None:
    """Raises TooFull where the disk cannot hold the file a second time for a while."""
    free, size = shutil.disk_usage(target.path.parent).free, target.path.stat().st_size
    if free < size * 1.1:
        raise TooFull(
            f"To take the bytes of what is erased out of {target.path}, the file is written anew "
            f"beside the old one. That needs {size * 1.1 / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB "
            "are free. Make room and run the same command again; nothing was erased."
        )


def rewrite(target: Target) -> None:
    """Writes the warehouse file anew, with what is in it and no byte of what was, in one rename.

    Who holds the warehouse calls it, with no connection open. A kill leaves the old file, and an
    unfinished one beside it that the next call writes over.

    Raises:
        NotTheSame: the new file does not hold what the old one holds; the old one stays.
    """
    path = target.path
    new = path.with_name(f".{path.name}.new")
    for leftover in (new, _wal(new)):
        leftover.unlink(missing_ok=True)
    # takes in what a kill left in the log of the old file
    with duckdb.connect(str(path)) as db:
        db.execute("checkpoint")
    with duckdb.connect() as db:
        db.execute(f"set temp_directory = '{new}.tmp'")
        db.execute(f"attach '{path}' as old (read_only)")
        db.execute(f"attach '{new}' as new")
        db.execute("copy from database old to new")
        if _contents(db, "old") != _contents(db, "new"):
            new.unlink()
            raise NotTheSame(
                f"The new file of {path} does not hold what the old one holds, so the old one "
                "stays, with the bytes of what was erased. Run the same command again; if it ends "
                "the same way, please report it."
            )
        db.execute("checkpoint new")
        db.execute("detach new")
    shutil.rmtree(f"{new}.tmp", ignore_errors=True)
    new.chmod(0o600)
    _sync(new)
    os.replace(new, path)
    _wal(path).unlink(missing_ok=True)
    shutil.rmtree(f"{path}.tmp", ignore_errors=True)
    _sync(path.parent)


def _contents(db: duckdb.DuckDBPyConnection, database: str) -> list[tuple[Any, ...]]:
    """Returns the tables of a database with their rows counted and added up, and its views."""
    tables = db.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ? order by all",
        [database],
    ).fetchall()
    found: list[tuple[Any, ...]] = [
        (schema, name, *db.execute(
            f'select count(*), sum(hash(t)::hugeint) from {database}.{schema}."{name}" as t'
        ).fetchall()[0])
        for schema, name in tables
    ]  # fmt: skip
    views = db.execute(
        "select schema_name, view_name from duckdb_views() where database_name = ? "
        "and not internal order by all",
        [database],
    ).fetchall()
    return found + views


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
