"""The command that runs the main job without a Gong account."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.parameters import LogFormat, Logs
from pipelines.cli.run import run
from pipelines.console import Console


def demo(
    calls: Annotated[int, typer.Option("--calls", min=1, help="Calls in the made-up company.")] = (
        2000
    ),
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """The main job without a Gong account: a made-up company, synced, built, published, queried."""

    def command(console: Console) -> int:
        from pipelines.demo import demo

        return demo(console, calls)

    run(command, log_format)
