"""Calls one operation and prints its answer: one JSON object per line on standard output.

Messages go to standard error. Imports nothing of the wire before something is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.api.help import listing
from pipelines.api.inputs import checked_values, split_words
from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, USAGE, exit_code_of
from pipelines.gong_client import credentials_of, open_client
from pipelines.output import json_line, print_lines, request_shown
from pipelines.settings import Settings, load
from sources.gong.api.errors import (
    CursorExpired,
    GongError,
    NothingFound,
    Postponed,
    Rejected,
)
from sources.gong.api.operations import Operation
from sources.gong.api.request import prepare


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Options of a call.

    Attributes:
        words: the operation's name, in one word or two (`GET /v2/calls`), then `name=value` each.
        follow_pages: whether to go on to the last page.
        is_confirmed: whether a write may be sent.
        is_dry: whether only to print the request.
    """

    words: Sequence[str]
    follow_pages: bool = False
    is_confirmed: bool = False
    is_dry: bool = False


def call(console: Console, options: ApiOptions) -> int:
    """Calls an operation, or lists them all, and returns the exit code.

    Raises:
        UsageError: the operation, a parameter or a setting cannot be used; nothing was sent.
    """
    if not options.words:
        print_lines(listing())
        return DONE
    row, texts = split_words(options.words)
    inputs = checked_values(row, texts)
    settings = load()
    request = json_line(request_shown(prepare(row, inputs), settings.base_url))
    if options.is_dry:
        print_lines([request])
        return DONE
    if row.is_write and not options.is_confirmed:
        console.info(f"this would be sent: {request}")
        console.error(
            f"{row.operation_id} changes something at Gong, and was not sent. "
            "Add --yes to send it, or --dry-run to see the request alone."
        )
        return USAGE
    credentials_of(settings)
    try:
        return _send(console, settings, row, inputs, options.follow_pages)
    except GongError as error:
        console.error(_explained(error, row, options))
        return exit_code_of(error) or FAILED


def _explained(error: GongError, row: Operation, options: ApiOptions) -> str:
    """Returns the message of an error, with what the user can do about it."""
    if isinstance(error, Postponed) and options.follow_pages:
        return f"{error} Here that means from the first page, or from a cursor that still lives."
    if isinstance(error, CursorExpired):
        return (
            f"{error}. What was printed is not all. A cursor lives about an hour: ask for less "
            "at a time, such as a shorter span, from the first page."
        )
    if isinstance(error, Rejected):
        return f"{error} What it takes: gong-elt api {row.kebab} --help"
    return str(error)


def _send(
    console: Console, settings: Settings, row: Operation, inputs: dict[str, Any], follow_pages: bool
) -> int:
    from sources.gong.api.pagination import pages

    with open_client(settings, warn=console.warn) as (client, _):
        count, more = 0, None
        try:
            answers: Iterable[dict[str, Any]] = (
                pages(client, row, inputs, single_pass=True)
                if follow_pages
                else iter([client.call(row, inputs)])
            )
            for answer in answers:
                count += _print_answer(row, answer)
                more = answer.get("records")
        except NothingFound as nothing:
            console.info(f"nothing found: {nothing}")
            return DONE
        except GongError as error:
            cursor = _cursor(more)
            if cursor and not isinstance(error, CursorExpired):
                console.info(f"{count} rows were printed; {_way_on(cursor)}")
            raise
    cursor = _cursor(more)
    if count == 0:
        console.info("done; the answer holds no rows" if row.is_write else "nothing found")
    elif cursor and not follow_pages:
        total = more.get("totalRecords") if more else None
        of = f" of {total}" if isinstance(total, int) else ""
        console.info(f"{count} rows{of}; --all brings the rest; {_way_on(cursor)}")
    return DONE


def _cursor(records: Any) -> str:
    """Returns where the next page is; empty after the last."""
    return str(records.get("cursor") or "") if isinstance(records, dict) else ""


def _way_on(cursor: str) -> str:
    return f"the same parameters and this one go on from here: cursor={cursor}"


def _print_answer(row: Operation, answer: dict[str, Any]) -> int:
    """Prints the rows of an answer, or the answer itself; returns the number of lines."""
    rows = answer.get(row.rows_key) if row.rows_key else None
    if not isinstance(rows, list):
        is_empty = row.rows_key in answer and rows is None
        rows = [] if is_empty else [answer]
    print_lines(map(json_line, rows))
    return len(rows)
