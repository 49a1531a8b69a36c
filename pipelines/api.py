"""`gong-elt api`: any one operation of Gong's API from the command line.

Everything about an operation comes from its row in `operations.py`. Answers go to standard output,
one JSON object per line and nothing else; what is said about them to standard error. Imports
nothing of the wire before something is sent.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, POSTPONED, USAGE, UsageError
from pipelines.gong_client import credentials_of, open_client
from pipelines.output import json_line, request_shown
from pipelines.settings import Settings, load
from sources.gong.api.errors import (
    CursorExpired,
    GongError,
    NothingFound,
    Postponed,
    Rejected,
    StopRun,
    Unreachable,
)
from sources.gong.api.operations import (
    AREAS,
    OPERATIONS,
    Operation,
    Paging,
    Parameter,
    ParameterType,
    UnknownOperation,
    operation,
)
from sources.gong.api.parameters import InvalidParameters, example, parameter_named, validate
from sources.gong.api.request import file_urls, prepare

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for.

    Attributes:
        words: the operation's name, in one word or two (`GET /v2/calls`), then `name=value` each.
        follow_pages: whether to go on to the last page.
        is_confirmed: whether a write may be sent.
        is_dry: whether only to tell what would be sent.
    """

    words: Sequence[str]
    follow_pages: bool = False
    is_confirmed: bool = False
    is_dry: bool = False


def run(console: Console, wish: Wish) -> int:
    """Calls an operation, or lists them all, and returns the exit code.

    Raises:
        UsageError: the operation or an input cannot be used; nothing was sent.
        ValueError: a setting cannot be used; nothing was sent.
    """
    if not wish.words:
        _say(listing())
        return DONE
    row, given = _split(wish.words)
    inputs = _checked(row, given)
    request = prepare(row, inputs)
    settings = load()
    if wish.is_dry:
        _say([json_line(request_shown(request, settings.base_url))])
        return DONE
    if row.is_write and not wish.is_confirmed:
        console.info(f"this would be sent: {json_line(request_shown(request, settings.base_url))}")
        console.error(
            f"{row.operation_id} changes something at Gong, and was not sent. "
            "Add --yes to send it, or --dry-run to see the request alone."
        )
        return USAGE
    credentials_of(settings)
    try:
        return _ask(console, settings, row, inputs, wish.follow_pages)
    except Postponed as later:
        again = " Here that means from the first page." if wish.follow_pages else ""
        console.error(str(later) + again)
        return POSTPONED
    except StopRun as stop:
        console.error(str(stop))
        return FAILED if isinstance(stop, Unreachable) else USAGE
    except CursorExpired as expired:
        console.error(
            f"{expired}. What was printed is not all. A cursor lives about an hour: ask for less "
            "at a time, such as a shorter span, from the first page."
        )
        return FAILED
    except Rejected as wrong:
        console.error(f"{wrong} What it takes: gong-elt api {row.kebab} --help")
        return FAILED
    except GongError as error:
        console.error(str(error))
        return FAILED


def listing() -> Iterator[str]:
    """Yields the lines of the list of all operations."""
    width = max(len(_name(row)) for row in OPERATIONS)
    reach = max(len(row.path) for row in OPERATIONS)
    for title, rows in AREAS.items():
        yield title
        for row in rows:
            does = "write" if row.is_write else "read"
            yield (
                f"  {_name(row):<{width}}  {does:<5}  {row.method:<6} "
                f"{row.path:<{reach}}  {row.summary}"
            )
        yield ""
    yield "gong-elt api NAME --help tells what one of them takes; writes need --yes."


def explain(words: Sequence[str]) -> None:
    """Prints what one operation does, takes and answers.

    Raises:
        UsageError: there is no such operation.
    """
    row, _ = _split(words, with_inputs=False)
    _say(_explained(row))


def _explained(row: Operation) -> Iterator[str]:
    yes = " --yes" if row.is_write else ""
    follow = " [--all]" if row.paging is not Paging.NONE else ""
    takes = " name=value …" if row.parameters else ""
    yield f"Usage: gong-elt api {row.kebab}{takes}{follow}{yes} [--dry-run]"
    yield ""
    yield row.summary + "."
    yield ""
    yield f"  {'request':<9}{row.method} {row.path}   ({'a write' if row.is_write else 'a read'})"
    yield (
        f"  {'names':<9}{_name(row)}"
        + ("" if _name(row) == row.kebab else f", {row.kebab}")
        + f', "{row.method} {row.path}"'
    )
    scopes = ", ".join(row.scopes) or "not stated by Gong"
    yield f"  {'scope':<9}{scopes}"
    yield f"  {'answer':<9}{_answer(row)}"
    yield f"  {'docs':<9}{row.link}"
    yield ""
    if not row.parameters:
        yield "It takes no parameters."
    else:
        yield "Parameters (* must be given):"
        width = max(len(one.name) for one in row.parameters) + 2
        for one in row.parameters:
            yield f"  {one.name + (' *' if one.is_required else ''):<{width}}  {_told(one)}"
        yield ""
        yield "name=@file takes a value from a file, name=@- from standard input." + (
            " A list is written a,b or as JSON."
            if any(one.type is ParameterType.LIST for one in row.parameters)
            else ""
        )
    yield ""
    yield f"Example: {example_line(row)}"


def example_line(row: Operation) -> str:
    """Returns a command line that the operation accepts."""
    chosen = [one for one in row.parameters if one.is_required]
    if not chosen:
        optional = [one for one in row.parameters if one.name != "cursor"]
        chosen = [one for one in optional if not one.is_required_in_object][:2]
    words = ["gong-elt", "api", row.kebab]
    words += [shlex.quote(f"{one.name}={example(one)}") for one in chosen]
    if row.paging is not Paging.NONE:
        words.append("--all")
    return " ".join([*words, "--yes"] if row.is_write else words)


def _name(row: Operation) -> str:
    return row.operation_id if operation(row.operation_id) is row else row.kebab


def _told(one: Parameter) -> str:
    told = str(one.type)
    if one.choices:
        told += f": {', '.join(one.choices)}"
    around = one.name.rpartition(".")[0]
    if one.is_required_in_object:
        told += f" (must be given with anything else of {around})"
    if one.aliases:
        told += f" (also {', '.join(one.aliases)})"
    return told


def _answer(row: Operation) -> str:
    if row.rows_key is None:
        return "the whole answer as one JSON line"
    pages = "the first page; --all follows the others" if row.paging is not Paging.NONE else "all"
    return f"one JSON line for each of `{row.rows_key}` ({pages})"


def _split(words: Sequence[str], *, with_inputs: bool = True) -> tuple[Operation, dict[str, str]]:
    """Returns the operation and the texts of its inputs by name."""
    name, *rest = words
    if name.upper() in _METHODS and rest and rest[0].startswith("/"):
        name = f"{name} {rest.pop(0)}"
    try:
        row = operation(name)
    except UnknownOperation as unknown:
        raise UsageError(f"{unknown} `gong-elt api` lists them all.") from None
    given: dict[str, str] = {}
    for word in rest if with_inputs else ():
        key, sign, value = word.partition("=")
        if not sign or not key:
            raise UsageError(
                f"{word!r} is not name=value; gong-elt api {row.kebab} --help tells the names"
            )
        if key in given:
            raise UsageError(f"{key} is given twice; a list is written {key}=a,b")
        given[key] = value
    return row, given


def _checked(row: Operation, given: dict[str, str]) -> dict[str, Any]:
    read = {}
    for name, text in given.items():
        one = parameter_named(row, name)
        read[name] = _value(name, text, is_path=one is not None and one.type is ParameterType.FILE)
    try:
        inputs = validate(row, read)
    except InvalidParameters as wrong:
        told = "".join(f"\n  {problem}" for problem in wrong.problems)
        raise UsageError(
            f"{row.operation_id} cannot be called like this; nothing was sent:{told}\n"
            f"  what it takes: gong-elt api {row.kebab} --help"
        ) from None
    for name, address in file_urls(row, inputs).items():
        raise UsageError(
            f"{name}: {address} is an address; `gong-elt push {row.short}` fetches files from "
            "there, `api` takes those of this machine"
        )
    for name, value in inputs.items():
        if isinstance(value, Path) and not value.is_file():
            raise UsageError(f"{name}: there is no file {value}")
    return inputs


def _value(name: str, text: str, *, is_path: bool) -> str:
    """Returns the value, from a file where it is written `@file`; `@@` begins a text with an @."""
    if text.startswith("@@"):
        return text[1:]
    if not text.startswith("@"):
        return text
    if is_path:
        return text[1:]
    try:
        if text == "@-":
            return sys.stdin.read().strip()
        return Path(text[1:]).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"{name}: {text[1:]} cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name}: {text[1:]} is not UTF-8 text") from None


def _ask(
    console: Console, settings: Settings, row: Operation, inputs: dict[str, Any], follow_pages: bool
) -> int:
    from sources.gong.api.pagination import pages

    with open_client(settings) as (client, _):
        count, more = 0, None
        try:
            answers: Iterable[dict[str, Any]] = (
                pages(client, row, inputs, is_once=True)
                if follow_pages
                else iter([client.call(row, inputs)])
            )
            for answer in answers:
                count += _print(row, answer)
                more = answer.get("records")
        except NothingFound as nothing:
            console.info(f"nothing found: {nothing}")
            return DONE
    if count == 0:
        console.info("done; the answer holds no rows" if row.is_write else "nothing found")
    elif not follow_pages and isinstance(more, dict) and more.get("cursor"):
        total = more.get("totalRecords")
        of = f" of {total}" if isinstance(total, int) else ""
        console.info(f"{count} rows{of}; --all brings the rest")
    return DONE


def _print(row: Operation, answer: dict[str, Any]) -> int:
    """Prints an answer; returns how many lines that were."""
    rows = answer.get(row.rows_key) if row.rows_key else None
    if not isinstance(rows, list):
        is_empty = row.rows_key in answer and rows is None
        rows = [] if is_empty else [answer]
    _say(map(json_line, rows))
    return len(rows)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
