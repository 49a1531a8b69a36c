"""Commands that say what can be used and how things are."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.run import run
from pipelines.console import Console


def check(
    lift_pause: Annotated[
        bool,
        typer.Option("--lift-pause", help="Ask at once, although Gong has asked to wait."),
    ] = False,
) -> None:
    """Credentials, scope per table, company time zone, warehouse, quota left; one request each."""

    def command(console: Console) -> int:
        from pipelines.monitor.check import check

        return check(console, lift_pause=lift_pause)

    run(command)


def status(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    calendar: Annotated[
        bool, typer.Option("--calendar", help="Which months are covered, per stream.")
    ] = False,
    warnings: Annotated[
        bool, typer.Option("--warnings", help="What the tests of the last build found.")
    ] = False,
) -> None:
    """Freshness per table, last runs, coverage, quota used; answers also while a run goes on."""

    def command(_console: Console) -> int:
        from pipelines.monitor.status import print_status

        return print_status(as_json=as_json, has_calendar=calendar, has_warnings=warnings)

    run(command)
