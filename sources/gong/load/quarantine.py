"""The quarantine of one stream: entities that cannot land, kept whole with the reason.

Invariants: a row travels in the package of the window that it was read in, and such a window counts
as read only with it. Where too many entities are odd, nothing of them is kept and the stream fails:
then Gong has changed. A row is never taken away: it is closed when its entity lands, or is found
gone by a later complete read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sources.gong.api.errors import SchemaDrift
from sources.gong.extract.existing_rows import QuarantinedEntity
from sources.gong.extract.parents import parent_record
from sources.gong.extract.tasks import TaskResult
from sources.gong.extract.windows import Reason, Span, Window, minus
from sources.gong.load.load_log import LOG_TABLES, QUARANTINE_TABLE
from sources.gong.load.quarantine_ids import QuarantineIds
from sources.gong.load.root_table import RootTable
from sources.gong.schema.arrow import parts_of_key
from sources.gong.schema.arrow_pages import plain
from sources.gong.schema.coercion import content_hash, dig, dumps
from sources.gong.schema.columns import ODD, Entity
from sources.gong.schema.odd_entities import (
    FEW,
    OddEntity,
    drift_of,
    kept_content,
    requested_id,
    shown_key,
    without_mark,
)
from sources.gong.schema.table import Read
from sources.gong.schema.tables import PARENT_COLUMNS, table

if TYPE_CHECKING:
    from sources.gong.load.package import LoadContext, LoadStamp, RunFacts

SHARE = 0.2
"""Beyond `FEW`, the share of the entities of the stream that may be odd."""
_MANY = 200
"""From this many odd entities on, the share is checked at once: they are held in memory."""

_LISTS_OF_PARTS = (Read.EACH, Read.CALLS_OF_RUN)
"""Ways to read of which a request enumerates what belongs to its own ids alone."""

REQUESTED_AGAIN_FOR = timedelta(days=14)
"""For this long after Gong last sent an entity, every sync requests it again."""


def are_too_many(odd: int, seen: int) -> bool:
    """Whether so many entities are odd that Gong has changed, rather than a few records."""
    return odd > FEW and odd > SHARE * seen


class StreamQuarantine:
    """What one stream has set aside in one load package, and what has left the quarantine.

    Args:
        stream: which.
        roots: its root tables, its own first.
        context: the existing rows, the filter and the listener.
        run: the run.

    Attributes:
        windows: those in which an entity was odd.
        has_keyless: whether an entity without a readable key was met: what is missing from the
            read is not known then.
        has_lost_parents: whether a parent record was among them that child streams cannot be
            requested for.
    """

    def __init__(
        self, stream: str, roots: Sequence[RootTable], context: LoadContext, run: RunFacts
    ) -> None:
        self._stream, self._roots, self._context, self._run = stream, roots, context, run
        self._root = roots[0].table
        self._known = {row.quarantine_id: row for row in context.existing.quarantined(stream)}
        self._ids = QuarantineIds(stream, self._root, self._known.values())
        self._odd: dict[str, tuple[OddEntity, Window]] = {}
        self._causes: set[str] = set()
        self._landed: set[str] = set()
        self._gone: set[str] = set()
        self._finished: set[str] = set()  # ids and parents of which Gong has given everything
        self._done: list[Window] = []
        self._enumerated: list[Mapping[str, Collection[str]]] = []
        self.windows: set[Window] = set()
        self.has_keyless = False
        self.has_lost_parents = False

    def split(
        self, page: Iterable[Entity], result: TaskResult
    ) -> tuple[list[Entity], list[Entity]]:
        """Returns the entities of a page that may be converted, and the odd ones among parents.

        Sets aside those with a mark, and those without a key.
        """
        landing: list[Entity] = []
        parents: list[Entity] = []
        for entity in page:
            drift = drift_of(entity, self._stream)
            if drift is None:
                try:
                    for root in self._roots:
                        root.key_of(entity)
                except SchemaDrift as found_drift:
                    drift = found_drift
            if drift is None:
                landing.append(entity)
            else:
                parents += self.set_aside(entity, drift, result)
        return landing, parents

    def set_aside(self, entity: Entity, drift: SchemaDrift, result: TaskResult) -> list[Entity]:
        """Keeps an odd entity for the quarantine; returns it if it may be a parent record.

        Raises:
            SchemaDrift: too many are odd by now.
        """
        entity = plain(entity)
        key = self._key(entity)
        may_be_kept, kept = self._context.entity_filter.quarantined(self._stream, entity)
        for root in self._roots:
            root.see_entities((entity,))
        if not key and requested_id(entity):
            # what Gong does not tell of an id that it refuses is not known to be gone
            self._roots[0].see((requested_id(entity),))
        self.windows.add(result.window)
        self.has_keyless |= not (key or requested_id(entity))
        if may_be_kept:
            call_id = self._call_id(entity)
            refused = shown_key(self._root, requested_id(entity)) or ""
            odd = OddEntity(
                self._stream,
                key,
                shown_key(self._root, key) or refused or None,
                call_id,
                drift,
                None if kept is None else kept_content(self._root, kept),
                result.page_of or ("" if table(self._stream).read is Read.MANAGERS else refused),
            )
            id_ = self._ids.of_entity(key, entity, result)
            self._odd[id_] = odd, result.window
            if id_ not in self._known:
                # one element that cannot be read may make many periods odd
                unread = entity.get("unread") if ODD in entity else None
                self._causes.update(map(content_hash, unread) if unread else (id_,))
            if len(self._odd) >= _MANY:
                self.check_share()
        if parent_record(self._stream, entity) is not None:
            return [without_mark(entity)]
        self.has_lost_parents |= self._stream in PARENT_COLUMNS
        return []

    def check_share(self) -> None:
        """Raises SchemaDrift, and forgets what was set aside, where too many entities are odd.

        Those that are in quarantine already do not count: they are requested beside few others.
        """
        # entities without a key are not among those that the table has seen
        seen = len(self._roots[0].seen) + sum(not odd.key for odd, _ in self._odd.values())
        if table(self._stream).read is Read.MANAGERS:
            seen += len(self._finished)  # beside those that are refused, not beside periods
        if are_too_many(len(self._causes), seen):
            first, _ = next(iter(self._odd.values()))
            self._odd.clear()
            self._causes.clear()
            raise first.drift

    def is_odd_parent(self, parent: str) -> bool:
        """Whether an entity that was requested for a parent is odd."""
        return any(odd.parent == parent for odd, _ in self._odd.values())

    @property
    def count(self) -> int:
        """How many entities were set aside."""
        return len(self._odd)

    def landed(self, keys: Collection[str]) -> None:
        """Notes keys of entities that were read and convert: they leave the quarantine."""
        if not self._context.existing.is_available:
            # what earlier runs of the source alone have put there is not known
            self._landed.update(self._ids.of_key(key) for key in keys)
        elif self._known:
            self._landed |= {self._ids.of_key(key) for key in keys} & self._known.keys()

    def note(self, result: TaskResult) -> None:
        """Notes what a result says to have been read completely."""
        if result.is_end and not (
            result.window.reason is Reason.SWEEP and self._root.read is Read.INSTANTS
        ):
            self._done.append(result.window)
        self._finished |= result.taken_ids
        if result.finished_parent:
            self._finished.add(result.finished_parent)
        if result.scope is not None and len(result.scope.within) == 1:
            for values in result.scope.within.values():
                self._finished |= values
        if result.scope is not None and result.scope.within:
            self._enumerated.append(result.scope.within)

    def ids_to_read_again(self) -> list[str]:
        """Returns the ids of entities in quarantine that this package has not read."""
        if self._run.kind != "sync" or self._root.by_ids is None:
            return []
        retried = self._context.retried.setdefault(self._stream, set())
        since = self._run.loaded_at - REQUESTED_AGAIN_FOR
        ids = [
            row.entity_id
            for row in self._known.values()
            if row.entity_id is not None
            and row.quarantine_id not in self._odd
            and row.quarantine_id not in self._landed
            and row.seen[1] >= since
            and row.entity_id not in retried
            and not row.parent
        ]
        retried.update(ids)
        return ids

    def read_by_id(self, ids: Iterable[str]) -> None:
        """Notes ids that were requested: an entity that did not come is gone."""
        self._gone |= {self._ids.of_key(id_) for id_ in ids} & self._known.keys()

    def rows(self, stamp: LoadStamp, *, is_complete: bool) -> pa.Table:
        """Returns the rows to land: what was set aside, what has landed, what is gone.

        Args:
            stamp: of the load package.
            is_complete: whether everything there is of the stream was enumerated.
        """
        rows = [self._odd_row(id_, *self._odd[id_], stamp) for id_ in sorted(self._odd)]
        rows += [self._landed_row(id_, stamp) for id_ in sorted(self._landed - self._odd.keys())]
        for row in self._known.values():
            if row.quarantine_id in self._odd or row.quarantine_id in self._landed:
                continue
            if row.parent and row.parent == row.entity_id and row.parent in self._finished:
                # an id that Gong refused, and now takes
                rows.append(_restamped(row, stamp, landed_at=stamp.loaded_at, entity=None))
            elif self._is_gone(row, is_complete=is_complete):
                rows.append(_restamped(row, stamp, _deleted_at=stamp.loaded_at))
        return pa.Table.from_pylist(rows, schema=LOG_TABLES[QUARANTINE_TABLE])

    def report(self) -> None:
        """Tells the listener of what was set aside; the run does not request it by id again."""
        retried = self._context.retried.setdefault(self._stream, set())
        for odd, _ in self._odd.values():
            self._context.listener.quarantined(odd)
            if odd.entity_id is not None:
                retried.add(odd.entity_id)

    def _is_gone(self, row: QuarantinedEntity, *, is_complete: bool) -> bool:
        """Whether the place of an entity was read completely, and it was not there.

        The first that applies decides: a request for its id that did not bring it; for what is read
        per parent, that the parent was read to its end; for what can be requested by id, nothing
        else; for what is enumerated per batch of ids, that such a batch had its ids; for a whole
        list, that all of it was read; else that windows without it cover its span.
        """
        if row.quarantine_id in self._gone:
            return True
        if row.parent:
            return row.parent in self._finished
        if self._root.read is not Read.LIST and self._can_be_requested(row):
            return False
        if row.span.is_empty:
            parts = self._parts_of_key(row)
            if parts and self._root.read in _LISTS_OF_PARTS:
                return any(
                    all(parts.get(column) in values for column, values in within.items())
                    for within in self._enumerated
                )
            return is_complete and bool(self._done)
        if self._can_be_requested(row):
            return False
        own = [window.span for window in self._done if window.detail == row.detail]
        return bool(own) and not minus(row.span, [*row.read_since, *own])

    def _can_be_requested(self, row: QuarantinedEntity) -> bool:
        """Whether an entity can be requested by its id."""
        return self._root.by_ids is not None and row.entity_id is not None

    def _parts_of_key(self, row: QuarantinedEntity) -> dict[str, str]:
        """Returns what is known of the key of an entity in quarantine, by column."""
        parts: dict[str, str] = {}
        if row.row.get("call_id"):
            parts["call_id"] = row.row["call_id"]
        if row.entity_id is not None:
            parts |= parts_of_key(self._root, row.entity_id)
        return parts

    def _odd_row(
        self, id_: str, odd: OddEntity, window: Window, stamp: LoadStamp
    ) -> dict[str, Any]:
        known = self._known.get(id_)
        is_by_id = window.reason is Reason.BY_ID and known
        place = known.span if known and is_by_id else window.span
        if known and odd.entity == {} and known.row["entity"] not in (None, "{}"):
            # it was odd before, and cannot be read again by its id, which Gong refuses
            return _restamped(known, stamp, last_seen_at=stamp.loaded_at)
        earlier = self._context.existing.known_hashes(
            self._root.name, [odd.key], Span(stamp.loaded_at, stamp.loaded_at)
        )
        return {
            "quarantine_id": id_,
            "stream": odd.stream,
            "table_name": odd.drift.table or odd.stream,
            "entity_id": odd.entity_id,
            "call_id": odd.call_id,
            "field": odd.drift.field,
            "expected": odd.drift.expected,
            "actual": odd.drift.found,
            "reason": reason_of(odd.drift),
            "entity": None if odd.entity is None else dumps(odd.entity),
            "is_stale": bool(odd.key and earlier),
            "detail": known.detail if known and is_by_id else window.detail,
            "parent": odd.parent,
            "start_at": place.start,
            "end_at": place.end,
            "first_seen_at": known.seen[0] if known else stamp.loaded_at,
            "last_seen_at": stamp.loaded_at,
            "landed_at": None,
            "_deleted_at": None,
            "_dlt_load_id": stamp.load_id,
        }

    def _landed_row(self, id_: str, stamp: LoadStamp) -> dict[str, Any]:
        known = self._known.get(id_)
        if known is None:
            return {"quarantine_id": id_, "_tombstone": True, "_dlt_load_id": stamp.load_id}
        # what lands with this package may not land: the row stays, to be requested again
        return _restamped(known, stamp, landed_at=stamp.loaded_at, entity=None)

    def _key(self, entity: Entity) -> str:
        try:
            return self._roots[0].key_of(entity)
        except SchemaDrift:
            return ""

    def _call_id(self, entity: Entity) -> str | None:
        for column in self._root.columns:
            if column.name == "call_id":
                value = dig(entity, column.source)
                return str(value) if isinstance(value, (str, int)) else None
        return None


def _restamped(row: QuarantinedEntity, stamp: LoadStamp, **changes: Any) -> dict[str, Any]:
    return {**row.row, **changes, "_dlt_load_id": stamp.load_id}


def reason_of(drift: SchemaDrift) -> str:
    """Returns what is wrong with an entity, in words without a value of it."""
    return f"{drift.found or 'another form'} where {drift.expected or 'another form'} is expected"
