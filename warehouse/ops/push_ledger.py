"""`gong_ops.pushes`: the push ledger, one row per item that was sent to Gong.

Invariant: a row is written before its request leaves, so a kill leaves a trace of what may have
been done. Holds hashes of what was sent, not the content.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from warehouse.connection import Warehouse
from warehouse.target import OPS


class ItemStatus(StrEnum):
    """How far an item has come."""

    SENDING = "sending"
    """A request has left, or was about to; after a kill nothing else is known."""
    ACCEPTED = "accepted"
    """Gong has taken it and does it later."""
    DONE = "done"
    REJECTED = "rejected"
    """Gong has refused it, and has done nothing."""
    FAILED = "failed"
    """It is not at Gong, or may not be, and can go again without harm."""
    UNKNOWN = "unknown"
    """Gong may or may not have done it, and nobody can tell."""


OPEN = (ItemStatus.SENDING, ItemStatus.UNKNOWN)
"""Nobody knows whether it was done."""

CREATE = f"""
create table if not exists {OPS}.pushes (
    operation varchar, push_key varchar, digest varchar, state varchar, source varchar,
    row_number bigint, attempts integer, first_sent_at timestamptz, last_sent_at timestamptz,
    settled_at timestamptz, answer_id varchar, request_id varchar, message varchar,
    place bigint, primary key (operation, push_key)
);
alter table {OPS}.pushes add column if not exists place bigint;
comment on table {OPS}.pushes is
    'One row per thing that was pushed to Gong: its state, and what Gong said.';
comment on column {OPS}.pushes.operation is 'Gong''s id of the operation.';
comment on column {OPS}.pushes.state is
    'sending, accepted (Gong does it later), done, rejected, failed or unknown.';
comment on column {OPS}.pushes.source is 'The file that the row came from, or --sql.';
comment on column {OPS}.pushes.row_number is 'The row of the source, from 1.';
comment on column {OPS}.pushes.attempts is 'How often it was sent.';
comment on column {OPS}.pushes.first_sent_at is 'When it was first sent.';
comment on column {OPS}.pushes.last_sent_at is 'When it was last sent.';
comment on column {OPS}.pushes.settled_at is 'When its result was known.';
comment on column {OPS}.pushes.answer_id is 'The id that Gong gave.';
comment on column {OPS}.pushes.request_id is 'By which Gong''s support finds the request.';
comment on column {OPS}.pushes.message is 'What Gong said of it.';
comment on column {OPS}.pushes.push_key is
    'Hash of what names the thing: a key of Gong, or all that was sent.';
comment on column {OPS}.pushes.digest is 'Hash of all that was sent.';
comment on column {OPS}.pushes.place is 'Which of the things in its request it was, from 0.';
"""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A row of the ledger, as far as it decides how a push goes on."""

    key: str
    digest: str
    status: ItemStatus
    attempts: int
    answer_id: str | None
    place: int | None

    @property
    def next_attempt(self) -> int:
        """The number of the attempt to come; an open one goes on under its number."""
        return self.attempts + (self.status not in OPEN)


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What an answer of Gong's, or the lack of one, means for an item.

    Attributes:
        key: of the item.
        status: how far it has come.
        message: why, for people.
        answer_id: the id Gong gave, by which it is polled.
        request_id: by which Gong's support finds the request.
        place: its position in the request, from 0.
    """

    key: str
    status: ItemStatus
    message: str | None = None
    answer_id: str | None = None
    request_id: str | None = None
    place: int | None = None


class PushLedger:
    """The ledger of one operation, for one push; used inside `opened()`.

    Args:
        warehouse: the warehouse.
        operation: the operation's id.
        source: where the rows come from, for people.
        clock: the run's own time.
        undoes: the operation whose items this one takes back, under the same keys.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        operation: str,
        source: str,
        clock: Callable[[], datetime],
        undoes: str | None = None,
    ) -> None:
        self._warehouse, self._operation, self._source = warehouse, operation, source
        self._clock, self._undoes = clock, undoes

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Keeps the warehouse open inside the block."""
        with self._warehouse.writing() as self._db:
            yield

    def entries(self, keys: Collection[str]) -> dict[str, LedgerEntry]:
        """Returns the rows of items, by key."""
        rows = self._db.execute(
            f"select {_ENTRY} from {OPS}.pushes where operation = ? and {_IS_AMONG}",
            [self._operation, list(keys)],
        ).fetchall()
        return {row[0]: _entry(row) for row in rows}

    def entries_of_request(self, keys: Collection[str]) -> list[LedgerEntry]:
        """Returns the rows of all that went in the request of items and is done later.

        They come in the order of the request; items that are not pushed this time are among them.
        """
        own = list(self.entries(keys).values())
        if not own[0].answer_id:
            return own
        rows = self._db.execute(
            f"select {_ENTRY} from {OPS}.pushes "
            "where operation = ? and answer_id = ? and state = ? order by place, row_number",
            [self._operation, own[0].answer_id, ItemStatus.ACCEPTED],
        ).fetchall()
        return [_entry(row) for row in rows]

    def record_sending(self, items: Sequence[tuple[str, str, int]]) -> None:
        """Records that a request is about to leave; key, digest and row number of its items."""
        now = self._clock()
        keys, digests, rows = map(list, zip(*items, strict=True))
        self._db.execute(
            f"insert into {OPS}.pushes select ?, unnest(?::varchar[]), unnest(?::varchar[]), ?, ?, "
            "unnest(?::bigint[]), 1, ?, ?, null, null, null, null, null "
            "on conflict (operation, push_key) do update set digest = excluded.digest, "
            "state = excluded.state, source = excluded.source, row_number = excluded.row_number, "
            "attempts = pushes.attempts + (pushes.state not in (?, ?))::int, "
            "last_sent_at = excluded.last_sent_at, "
            "settled_at = null, message = null",
            [
                self._operation, keys, digests, ItemStatus.SENDING, self._source, rows, now, now,
                *OPEN,
            ],
        )  # fmt: skip

    def record_results(self, results: Sequence[ItemResult]) -> None:
        """Records results; the items of `undoes` that they take back may be pushed again."""
        columns = [
            [getattr(result, column) for result in results]
            for column in ("key", "status", "message", "answer_id", "request_id", "place")
        ]
        self._db.begin()
        self._db.execute(
            f"update {OPS}.pushes set state = new.state, message = new.message, settled_at = $1, "
            "answer_id = coalesce(new.answer_id, pushes.answer_id), "
            "request_id = coalesce(new.request_id, pushes.request_id), "
            "place = coalesce(new.place, pushes.place) "
            "from (select unnest($3::varchar[]) as push_key, unnest($4::varchar[]) as state, "
            "unnest($5::varchar[]) as message, unnest($6::varchar[]) as answer_id, "
            "unnest($7::varchar[]) as request_id, unnest($8::bigint[]) as place) as new "
            "where pushes.operation = $2 and pushes.push_key = new.push_key",
            [self._clock(), self._operation, *columns],
        )
        if self._undoes:
            done = [result.key for result in results if result.status is ItemStatus.DONE]
            self._db.execute(
                f"delete from {OPS}.pushes where operation = ? and {_IS_AMONG}",
                [self._undoes, done],
            )
        self._db.commit()

    def record_unsent(self, keys: Collection[str]) -> None:
        """Records that a request did not leave after all; no row is left of a first attempt."""
        values = [self._operation, list(keys)]
        self._db.execute(
            f"delete from {OPS}.pushes where operation = ? and {_IS_AMONG} and attempts = 1", values
        )
        self._db.execute(
            f"update {OPS}.pushes set state = ?, attempts = attempts - 1 "
            f"where operation = ? and {_IS_AMONG}",
            [ItemStatus.FAILED, *values],
        )


_ENTRY = "push_key, digest, state, attempts, answer_id, place"
_IS_AMONG = "push_key in (select unnest(?::varchar[]))"


def _entry(row: tuple[Any, ...]) -> LedgerEntry:
    key, digest, status, *rest = row
    return LedgerEntry(key, digest, ItemStatus(status), *rest)
