"""Commands that call single operations of Gong's API: one call, or one write per row."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli import parsing
from pipelines.cli.parameters import LogFormat, Logs, MaxRequests, Reserve, Wait
from pipelines.cli.run import run
from pipelines.console import Console
from pipelines.exit_codes import DONE


def api(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="OPERATION name=value …",
            help='Gong\'s operationId, its slug, or "GET /v2/calls"; without one, lists them.',
        ),
    ] = None,
    follow_pages: Annotated[bool, typer.Option("--all", help="Follow pages to the last.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send what changes something.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the request; send nothing.")
    ] = False,
    help_: Annotated[
        bool, typer.Option("--help", help="Show this message, or an operation's own, and exit.")
    ] = False,
) -> None:
    """Calls any one operation of Gong's API; prints JSON lines; alone, lists the operations."""
    if help_ and not words:
        typer.echo(context.get_help())
        return

    def command(console: Console) -> int:
        from pipelines.api.call import ApiOptions, call
        from pipelines.api.help import explain

        if help_:
            explain(words or ())
            return DONE
        given = [word if "=@" in word else parsing.typed(word) for word in words or ()]
        return call(console, ApiOptions(given, follow_pages, yes, dry_run))

    run(command)


def push(
    name: Annotated[
        str, typer.Argument(metavar="OPERATION", help="A write, as `gong-elt api` names it.")
    ],
    file: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="CSV, JSON lines, Parquet; - is stdin."),
    ] = None,
    sql: Annotated[
        str | None, typer.Option("--sql", metavar="Q", help="A query of the published tables.")
    ] = None,
    constants: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="An input that is the same in all rows."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the rows and print what would go.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Send what deletes or revokes something in Gong.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Send also what was done or may have been done.")
    ] = False,
    rejected: Annotated[
        str | None,
        typer.Option("--rejected", metavar="FILE", help="Write the rows that were refused to it."),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for what Gong does later.")
    ] = True,
    max_requests: MaxRequests = None,
    reserve: Reserve = 0,
    wait: Wait = True,
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """Writes rows to Gong, each once: one request a row, or a batch where Gong takes batches."""

    def command(console: Console) -> int:
        from pipelines.push.push import PushOptions, push

        query = None if sql is None else parsing.typed(sql)
        options = PushOptions(
            name, file, query, parsing.constants(constants or ()), dry_run, yes, again, rejected,
            max_requests, reserve, wait, follow,
        )  # fmt: skip
        return push(console, options)

    run(command, log_format)
