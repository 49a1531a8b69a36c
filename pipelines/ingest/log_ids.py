"""Gives log entries the ids of this version, once, in a warehouse of an earlier one.

Before November 2026 the id of an entry without auditId was a hash of its whole record in every log;
since then it is one of named fields in the logs of plays and shared calls. Under its former id an
entry that is read again would land beside itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from pipelines.session import Session
from sources.gong.extract.logs import REIDENTIFIED, former_id_digest, id_digest
from sources.gong.schema.table import Read
from sources.gong.schema.tables import TABLES
from warehouse.connection import Warehouse, columns
from warehouse.entity_rows import rename_entities
from warehouse.ops.settings import store_setting, stored_setting
from warehouse.target import RAW

_SETTING, _VERSION = "log_ids", "2"
"""Name and value in `gong_ops.settings` that say that the ids are those of this version."""
_KIND = "log_type"
_USED = (_KIND, "log_id", "user_id", "user_email_address", "impersonator_user_id", "event_at",
         "log_record")  # fmt: skip


def renew_log_ids(session: Session, warehouse: Warehouse) -> None:
    """Renames the entries that have a former id; removes those that have landed again since.

    An entry keeps its former id where that does not follow from its row any more: an erasure has
    masked something in it, or Gong has sent its time in a spelling of another kind.

    Call it while holding the lock of the warehouse, between two load packages.
    """
    if stored_setting(warehouse, _SETTING) == _VERSION:
        return
    for table in TABLES:
        if table.read is not Read.LOGS:
            continue
        with warehouse.reading() as db:
            if not columns(db, f"{RAW}.{table.name}"):
                continue
            # with the rows of packages that never closed: these would stay beside the others for
            # good. Batch by batch: the log may be larger than the memory
            batches = db.execute(
                f"select {', '.join(_USED)} from {RAW}.{table.name} "
                f"where {_KIND} in (select unnest(?::varchar[])) order by log_id",
                [list(REIDENTIFIED)],
            ).to_arrow_reader(10_000)
            ids = dict(_renewed(chain.from_iterable(batch.to_pylist() for batch in batches)))
        if ids:
            (key,) = table.key
            removed = rename_entities(warehouse, table.name, key, ids)
            session.console.info(
                f"{len(ids):,} log entries of an earlier version have new ids; "
                f"{removed:,} of them had landed a second time, and are there once again"
            )
    store_setting(warehouse, _SETTING, _VERSION)


def _renewed(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yields the former and the new id of each entry that has a former one."""
    numbers: Counter[str] = Counter()
    for row in rows:
        own = row["log_id"].rpartition("-")[0]
        for entry in _possible_entries(row) if own else ():
            digest = id_digest(entry, row[_KIND])
            if own == digest:
                break
            if own == former_id_digest(entry, row[_KIND]):
                # entries that differ only in what is not hashed any more are equal now
                yield row["log_id"], f"{digest}-{numbers[digest]}"
                numbers[digest] += 1
                break


def _possible_entries(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the entry as Gong may have sent it: with its time in each of its spellings.

    The right one is known by its hash.
    """
    record = json.loads(row["log_record"]) if row["log_record"] else None
    for spelling in _spellings(row["event_at"]) if row["event_at"] else (None,):
        yield {
            "userId": row["user_id"],
            "userEmailAddress": row["user_email_address"],
            "eventTime": spelling,
            "impersonatorUserId": row["impersonator_user_id"],
            "logRecord": record,
        }


def _spellings(moment: datetime) -> Iterable[str]:
    at = moment.astimezone(UTC)
    whole, fraction = f"{at:%Y-%m-%dT%H:%M:%S}", f"{at.microsecond:06}"
    return dict.fromkeys(
        whole + part + zone
        for zone in ("Z", "+00:00")
        for part in (f".{fraction[:3]}", "", f".{fraction}", f".{fraction.rstrip('0')}")
    )
