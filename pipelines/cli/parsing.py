"""Turns the text of command-line options into values; opens and sends nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from pipelines.dates import check_span
from pipelines.exit_codes import UsageError
from pipelines.ingest.options import AcceptedDeletion, History, IngestOptions
from sources.gong.schema.table import Absence
from sources.gong.schema.tables import BY_ID, SELECTABLE, STREAMS, TABLES, stream


def ingest_options(
    only: str | None,
    *,
    ids: str | None = None,
    accept_deletes: Sequence[str] = (),
    transform: bool = True,
    wait: bool = True,
    max_requests: int | None = None,
    reserve: int = 0,
) -> IngestOptions:
    """Returns the options of a sync, a backfill or a plan.

    Raises:
        UsageError: a table or an id cannot be used.
    """
    streams = STREAMS if only is None else _streams(only)
    return IngestOptions(
        streams=streams,
        is_only=only is not None,
        transform=transform,
        wait=wait,
        max_requests=max_requests,
        reserve=reserve,
        ids=() if ids is None else _ids(ids, streams if only is not None else ()),
        accepted=tuple(map(_accepted, accept_deletes)),
    )


def history(start: str, end: str | None, *, is_newest_first: bool = False) -> History:
    """Returns the span of a backfill, its dates still as text.

    Raises:
        UsageError: a date cannot be read, or they are the wrong way round.
    """
    check_span(start, end)
    return History(start, end, is_newest_first)


def constants(words: Iterable[str]) -> dict[str, str]:
    """Returns the values of `--set NAME=VALUE` by name.

    Raises:
        UsageError: a word has another form, or a name comes twice.
    """
    values: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name or name in values:
            raise UsageError(f"--set {word}: write NAME=VALUE, each name once")
        values[name] = value if value.startswith("@") else typed(value)
    return values


def typed(text: str) -> str:
    """Returns a text of the command line as it was typed, whatever the locale makes of its bytes.

    Not for paths: those are bytes to the machine, and stay as the locale has them.

    Raises:
        UsageError: its bytes are no text.
    """
    try:
        return os.fsencode(text).decode()
    except UnicodeError:
        if all(sign.isprintable() or sign.isspace() for sign in text):
            return text  # of a locale that is not UTF-8
        shown = text.encode(errors="backslashreplace").decode()
        raise UsageError(f"this is not UTF-8 text: {shown}") from None


def _streams(only: str) -> tuple[str, ...]:
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in SELECTABLE:
            raise UsageError(f"--only {name}: there is no such table; {_hint(name, SELECTABLE)}")
    if not names:
        raise UsageError("--only names no table")
    return tuple(dict.fromkeys(map(stream, names)))


def _ids(text: str, streams: Sequence[str]) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not streams or not set(BY_ID).issuperset(streams):
        raise UsageError("--ids reads single calls or users: add --only calls, or --only users")
    if "users" in streams and len(streams) > 1:
        raise UsageError("--ids cannot be of calls and of users at once")
    if not ids or not all(map(str.isdecimal, ids)):
        raise UsageError(f"--ids {text}: ids are digits, separated by commas")
    return ids


def _accepted(text: str) -> AcceptedDeletion:
    name, colon, span = text.partition(":")
    start, dots, end = span.partition("..")
    known = [t.name for t in TABLES if t.is_root and t.absence is Absence.DELETED]
    if name not in known:
        raise UsageError(
            f"--accept-deletes {name}: no rows of such a table can vanish; {_hint(name, known)}"
        )
    if colon and not (start and dots and end):
        raise UsageError(f"--accept-deletes {text}: write calls:2026-01-01..2026-02-01, or calls")
    if colon:
        check_span(start, end)
    return AcceptedDeletion(name, start or None, end or None)


def _hint(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
