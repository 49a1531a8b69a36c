"""Commands that read Gong into the warehouse, and the one that says what that would cost."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli import parsing
from pipelines.cli.parameters import LogFormat, Logs, MaxRequests, NoTransform, Only, Reserve, Wait
from pipelines.cli.run import run
from pipelines.console import Console
from pipelines.exit_codes import UsageError


def sync(
    only: Only = None,
    ids: Annotated[
        str | None,
        typer.Option("--ids", metavar="I,…", help="Only these calls or users; needs --only."),
    ] = None,
    accept_deletes: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-deletes",
            metavar="T[:FROM..TO]",
            help="Mark as deleted what is gone of a table, however much that is.",
        ),
    ] = None,
    no_transform: NoTransform = False,
    max_requests: MaxRequests = None,
    reserve: Reserve = 0,
    wait: Wait = True,
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """The nightly job: pull what is new or may have changed, build, test, publish."""

    def command(console: Console) -> int:
        options = parsing.ingest_options(
            only,
            ids=ids,
            accept_deletes=accept_deletes or (),
            transform=not no_transform,
            wait=wait,
            max_requests=max_requests,
            reserve=reserve,
        )
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True)
        from pipelines.ingest.runner import carry_out
        from pipelines.ingest.sync import plan_sync

        return carry_out(session, options, "sync", plan_sync)

    run(command, log_format)


def backfill(
    start: Annotated[str, typer.Option("--from", help="First day (company's zone) or instant.")],
    end: Annotated[
        str | None,
        typer.Option("--to", help="Day or instant after the last; default: the earliest covered."),
    ] = None,
    only: Only = None,
    newest_first: Annotated[
        bool, typer.Option("--newest-first", help="Begin with the latest month.")
    ] = False,
    no_transform: NoTransform = False,
    max_requests: MaxRequests = None,
    reserve: Reserve = 0,
    wait: Wait = True,
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """Reads history between two dates; goes on where it stopped; never moves the nightly state."""

    def command(console: Console) -> int:
        options = parsing.ingest_options(
            only,
            transform=not no_transform,
            wait=wait,
            max_requests=max_requests,
            reserve=reserve,
        )
        history = parsing.history(start, end, is_newest_first=newest_first)
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True)
        from pipelines.ingest.backfill import plan_backfill
        from pipelines.ingest.runner import carry_out

        return carry_out(
            session,
            options,
            "backfill",
            lambda context: plan_backfill(context, history),
            gives_way=True,
        )

    run(command, log_format)


def plan(
    start: Annotated[str | None, typer.Option("--from", help="Of a backfill.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Of a backfill.")] = None,
    only: Only = None,
) -> None:
    """What a sync, or a backfill, would cost: requests, minutes, share of the day's quota."""

    def command(console: Console) -> int:
        options = parsing.ingest_options(only)
        if start is None and end is not None:
            raise UsageError("--to without --from: a plan of a sync takes neither")
        history = parsing.history(start, end) if start is not None else None
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True)
        from pipelines.ingest.cost import print_costs

        with console.stage("planning"):
            return print_costs(session, options, history)

    run(command)
