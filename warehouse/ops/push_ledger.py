"""`gong_ops.pushes`: what was sent to Gong, and what came of it; nothing of what it was.

A row is written before its request leaves, so that a kill leaves a trace of what may be done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import duckdb

from warehouse.target import OPS


class State(StrEnum):
    """How far a push has come."""

    SENDING = "sending"
    """A request has left, or was about to; after a kill that is all that is known."""
    ACCEPTED = "accepted"
    """Gong has taken it and does it later."""
    DONE = "done"
    REJECTED = "rejected"
    """Gong has refused it, and has done nothing."""
    FAILED = "failed"
    """It is not at Gong, or may not be, and can go again without harm."""
    UNKNOWN = "unknown"
    """Gong may or may not have done it, and nobody can tell."""


OPEN = (State.SENDING, State.UNKNOWN)
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
comment on column {OPS}.pushes.push_key is
    'Hash of what names the thing: a key of Gong, or all that was sent.';
comment on column {OPS}.pushes.digest is 'Hash of all that was sent.';
comment on column {OPS}.pushes.place is 'Which of the things in its request it was, from 0.';
"""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What is known of a thing that was pushed."""

    key: str
    digest: str
    state: State
    attempts: int
    answer_id: str | None
    place: int | None

    @property
    def next_attempt(self) -> int:
        """The number of the attempt to come; one that is open is the same one still."""
        return self.attempts + (self.state not in OPEN)


@dataclass(frozen=True, slots=True)
class Sent:
    """A thing whose request is about to leave."""

    key: str
    digest: str
    row: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a thing."""

    key: str
    state: State
    message: str | None = None
    answer_id: str | None = None
    request_id: str | None = None
    place: int | None = None


def known(
    db: duckdb.DuckDBPyConnection, operation: str, keys: Collection[str]
) -> dict[str, Pushed]:
    """Returns what is known of things, by key."""
    rows = db.execute(
        f"select {_PUSHED} from {OPS}.pushes "
        "where operation = ? and push_key in (select unnest(?::varchar[]))",
        [operation, list(keys)],
    ).fetchall()
    return {row[0]: _pushed(row) for row in rows}


def carried(db: duckdb.DuckDBPyConnection, operation: str, answer_id: str) -> list[Pushed]:
    """Returns what Gong has taken with one request and does later, in its order there."""
    rows = db.execute(
        f"select {_PUSHED} from {OPS}.pushes "
        "where operation = ? and answer_id = ? and state = ? order by place, row_number",
        [operation, answer_id, State.ACCEPTED],
    ).fetchall()
    return [_pushed(row) for row in rows]


_PUSHED = "push_key, digest, state, attempts, answer_id, place"


def _pushed(row: tuple[Any, ...]) -> Pushed:
    key, digest, state, *rest = row
    return Pushed(key, digest, State(state), *rest)


def sending(
    db: duckdb.DuckDBPyConnection,
    operation: str,
    source: str,
    found: Iterable[Sent],
    now: datetime,
) -> None:
    """Notes that requests are about to leave."""
    noted = list(found)
    db.execute(
        f"insert into {OPS}.pushes select ?, unnest(?::varchar[]), unnest(?::varchar[]), ?, ?, "
        "unnest(?::bigint[]), 1, ?, ?, null, null, null, null, null "
        "on conflict (operation, push_key) do update set digest = excluded.digest, "
        "state = excluded.state, source = excluded.source, row_number = excluded.row_number, "
        "attempts = pushes.attempts + (pushes.state not in (?, ?))::int, "
        "last_sent_at = excluded.last_sent_at, "
        "settled_at = null, message = null",
        [
            operation, [one.key for one in noted], [one.digest for one in noted], State.SENDING,
            source, [one.row for one in noted], now, now, *OPEN,
        ],
    )  # fmt: skip


def settle(
    db: duckdb.DuckDBPyConnection, operation: str, found: Iterable[Outcome], now: datetime
) -> None:
    """Notes what came of things."""
    came = list(found)
    db.execute(
        f"update {OPS}.pushes set state = new.state, message = new.message, settled_at = $1, "
        "answer_id = coalesce(new.answer_id, pushes.answer_id), "
        "request_id = coalesce(new.request_id, pushes.request_id), "
        "place = coalesce(new.place, pushes.place) "
        "from (select unnest($3::varchar[]) as push_key, unnest($4::varchar[]) as state, "
        "unnest($5::varchar[]) as message, unnest($6::varchar[]) as answer_id, "
        "unnest($7::varchar[]) as request_id, unnest($8::bigint[]) as place) as new "
        "where pushes.operation = $2 and pushes.push_key = new.push_key",
        [
            now, operation, [one.key for one in came], [one.state for one in came],
            [one.message for one in came], [one.answer_id for one in came],
            [one.request_id for one in came], [one.place for one in came],
        ],
    )  # fmt: skip


def forget(db: duckdb.DuckDBPyConnection, operation: str, keys: Collection[str]) -> None:
    """Forgets what another operation has taken back: it may be pushed again."""
    db.execute(
        f"delete from {OPS}.pushes where operation = ? "
        "and push_key in (select unnest(?::varchar[]))",
        [operation, list(keys)],
    )


def withdrawn(db: duckdb.DuckDBPyConnection, operation: str, keys: Collection[str]) -> None:
    """Notes that requests did not leave after all."""
    db.execute(
        f"delete from {OPS}.pushes where operation = ? "
        "and push_key in (select unnest(?::varchar[])) and attempts = 1",
        [operation, list(keys)],
    )
    db.execute(
        f"update {OPS}.pushes set state = ?, attempts = attempts - 1 where operation = ? "
        "and push_key in (select unnest(?::varchar[]))",
        [State.FAILED, operation, list(keys)],
    )
