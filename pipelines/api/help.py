"""Describes operations: the list of all, and what one of them takes and answers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from pipelines.api.inputs import split_words
from pipelines.output import print_lines
from sources.gong.api.input_checks import in_words
from sources.gong.api.operations import (
    AREAS,
    OPERATIONS,
    Operation,
    Paging,
    Parameter,
    ParameterType,
    operation,
)
from sources.gong.api.parameters import example


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
    yield "gong-elt api NAME --help shows what one of them takes; writes need --yes."


def explain(words: Sequence[str]) -> None:
    """Prints what one operation does, takes and answers.

    Raises:
        UsageError: there is no such operation.
    """
    row, _ = split_words(words, with_values=False)
    print_lines(_explained(row))


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
        width = max(len(parameter.name) for parameter in row.parameters) + 2
        for parameter in row.parameters:
            name = parameter.name + (" *" if parameter.is_required else "")
            yield f"  {name:<{width}}  {_kind(parameter)}"
        yield ""
        yield "name=@file takes a value from a file, name=@- from standard input." + (
            " A list is written a,b or as JSON."
            if any(parameter.type is ParameterType.LIST for parameter in row.parameters)
            else ""
        )
    yield ""
    yield f"Example: {example_line(row)}"


def example_line(row: Operation) -> str:
    """Returns a command line that the operation accepts."""
    chosen = [parameter for parameter in row.parameters if parameter.is_required]
    if not chosen:
        chosen = [
            parameter
            for parameter in row.parameters
            if parameter.name != "cursor" and not parameter.is_required_in_object
        ][:2]
    words = ["gong-elt", "api", row.kebab]
    words += [shlex.quote(f"{parameter.name}={example(parameter)}") for parameter in chosen]
    if row.paging is not Paging.NONE:
        words.append("--all")
    return " ".join([*words, "--yes"] if row.is_write else words)


def _name(row: Operation) -> str:
    return row.operation_id if operation(row.operation_id) is row else row.kebab


def _kind(parameter: Parameter) -> str:
    """Returns what a parameter accepts, in words."""
    words = str(parameter.type)
    if parameter.choices:
        words += f": {', '.join(parameter.choices)}"
    if parameter.is_required_in_object:
        around = parameter.name.rpartition(".")[0]
        words += f" (must be given with anything else of {around})"
    if limits := in_words(parameter.limits):
        words += f", {limits}"
    if parameter.aliases:
        words += f" (also {', '.join(parameter.aliases)})"
    return words


def _answer(row: Operation) -> str:
    if row.rows_key is None:
        return "the whole answer as one JSON line"
    pages = "the first page; --all follows the others" if row.paging is not Paging.NONE else "all"
    return f"one JSON line for each of `{row.rows_key}` ({pages})"
