"""SQL that selects what may be about a person, and the columns it looks into."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import duckdb

from warehouse.erasure.data_map import CrmObjects, PersonMatcher
from warehouse.target import RAW

Condition = tuple[str, list[Any]]
"""SQL of type boolean, and its parameters."""


def raw_columns(db: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Returns the types of the columns of the raw tables, by table and column."""
    types: dict[str, dict[str, str]] = {}
    for table, column, type_ in db.execute(
        "select c.table_name, c.column_name, c.data_type from duckdb_columns() as c "
        "join duckdb_tables() as t using (database_name, schema_name, table_name) "
        "where c.schema_name = ? order by c.table_name, c.column_index",
        [RAW],
    ).fetchall():
        types.setdefault(table, {})[column] = type_
    return types


def phone_digits(column: str) -> str:
    """Returns SQL for the normal form of a phone number."""
    return f"regexp_replace(regexp_replace({column}, '[^0-9]', '', 'g'), '^00', '')"


def national_digits(column: str) -> str:
    """Returns SQL for the normal form of a number that is written without its country code.

    It is an empty text where the number has one.
    """
    with_code = (
        f"regexp_matches({column}, '^(tel:)?[\\s\\x{{A0}}(]*([+]|00)') or regexp_full_match("
        f"trim({column}), '\\d{{4}}[-./]\\d\\d[-./]\\d\\d|\\d\\d[-./]\\d\\d[-./]\\d{{4}}')"
    )
    return f"case when {with_code} then '' else {phone_digits(column)} end"


def contacts_of(
    objects: CrmObjects,
    emails: Collection[str],
    phones: Collection[str],
    national_phones: Collection[str],
    crm_ids: Collection[str] = (),
) -> Condition:
    """Returns SQL that selects the keys of the CRM objects that are a person, by id or a field.

    A field with a national spelling of a number tells only where no field holds an address.
    """
    joined = " and ".join(f"o.{name} = f.{name}" for name in objects.key)
    key = ", ".join(f"o.{name}" for name in objects.key)
    is_phone = "regexp_full_match(f.value, '[-+0-9\\s().\\x{A0}/]+')"
    is_listed = "in (select unnest(?::varchar[]))"
    sql = (
        f"select {key} from {RAW}.{objects.table} as o "
        f"left join {RAW}.{objects.fields} as f on {joined} "
        f"where upper(o.{objects.type}) {is_listed} group by {key} "
        f"having bool_or(o.{objects.id} {is_listed}) or bool_or(lower(trim(f.value)) {is_listed} "
        f"or ({is_phone} and {phone_digits('f.value')} {is_listed})) "
        f"or (bool_or({is_phone} and {national_digits('f.value')} {is_listed}) "
        "and not bool_or(regexp_full_match(trim(f.value), '[^\\s@]+@[^\\s@]+\\.[^\\s@]+')))"
    )
    lists = (objects.people, crm_ids, emails, phones, national_phones)
    return sql, [sorted(values) for values in lists]


def candidate_rows(
    db: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    matcher: PersonMatcher,
    *,
    with_mentions: bool,
) -> list[tuple[Any, ...]]:
    """Returns rowid and texts of the rows of a table in which a column may name the person.

    The `PersonMatcher` decides; this keeps most texts from being read.
    """
    texts = [f'"{column}"::varchar' for column in columns]
    conditions = [_holds(text, matcher, with_mentions=with_mentions) for text in texts]
    where = " or ".join(f"coalesce({condition}, false)" for condition, _ in conditions)
    return db.execute(
        f"select rowid, {', '.join(texts)} from {table} where {where}",
        [value for _, values in conditions for value in values],
    ).fetchall()


def holds_anywhere(column: str, matcher: PersonMatcher) -> Condition:
    """Returns SQL that holds where a text has an address, a number or a CRM id of the person."""
    text = f'"{column}"::varchar'
    where, values = _holds(text, matcher, with_mentions=False)
    for crm_id in sorted(matcher.crm_ids):
        where, values = f"{where} or contains({text}, ?)", [*values, crm_id]
    return f"coalesce({where}, false)", values


def published_where(
    matcher: PersonMatcher,
    calls: Collection[str],
    columns: Mapping[str, str],
    *,
    with_mentions: bool,
) -> Condition | None:
    """Returns SQL for the rows of a published table that may be about a person, or name one.

    Rather a row too many than one too few: the next build brings back what was nobody's.

    Args:
        matcher: the person's identifiers.
        calls: ids of the person's calls.
        columns: the types of the table's columns, by name.
        with_mentions: whether a row that only mentions the name goes too.
    """
    conditions: list[Condition] = []
    if "call_id" in columns and calls:
        conditions.append(("call_id in (select unnest(?::varchar[]))", [sorted(calls)]))
    for name, type_ in columns.items():
        if matcher.crm_ids and name.endswith(("crm_id", "prospect_id", "object_id")):
            condition = f'"{name}" in (select unnest(?::varchar[]))'
            conditions.append((condition, [sorted(matcher.crm_ids)]))
        if ("VARCHAR" in type_ or type_ == "JSON") and not name.endswith("_id"):
            where, values = _holds(f'"{name}"::varchar', matcher, with_mentions=with_mentions)
            if values:
                conditions.append((f"({where})", values))
    if not conditions:
        return None
    where = " or ".join(f"coalesce({condition}, false)" for condition, _ in conditions)
    return where, [value for _, values in conditions for value in values]


def _holds(text: str, matcher: PersonMatcher, *, with_mentions: bool) -> Condition:
    """Returns SQL that holds for every text in which the person may be, and for few others."""
    conditions = [
        (f"regexp_matches(lower({text}), ?)", pattern) for pattern in matcher.email_patterns
    ]
    if with_mentions:
        # a name may be written with other blanks; its longest word is there in any case
        needles = {max(name.split(), key=len) for name in matcher.names}
        conditions += [(f"contains(lower({text}), ?)", needle) for needle in sorted(needles)]
    conditions += [
        (f"contains(regexp_replace({text}, '[^0-9]', '', 'g'), ?)", digits)
        for digits in _shortest(matcher.phones | matcher.national_phones)
    ]
    where = " or ".join(condition for condition, _ in conditions)
    return where or "false", [value for _, value in conditions]


def _shortest(phones: Collection[str]) -> list[str]:
    """Returns the numbers that have no other one in them: who looks for these finds all."""
    return sorted(
        phone for phone in phones if not any(other in phone for other in phones if other != phone)
    )
