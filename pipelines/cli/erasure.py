"""The command that erases a person."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.parameters import LogFormat, Logs, MaxRequests, Reserve, Wait
from pipelines.cli.parsing import typed
from pipelines.cli.run import run
from pipelines.console import Console

_Phone = Annotated[
    str | None,
    typer.Option("--phone", metavar="P", help="Phone number with its country code (+44…)."),
]


def erase(
    email: Annotated[
        str | None, typer.Option("--email", metavar="E", help="The person's e-mail address.")
    ] = None,
    phone: _Phone = None,
    in_gong: Annotated[
        bool, typer.Option("--in-gong", help="Also erase in Gong, and wait until Gong confirms it.")
    ] = False,
    with_mentions: Annotated[
        bool, typer.Option("--mentions", help="Mask the person's name in what others said.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase; without it, only show what is held.")
    ] = False,
    max_requests: MaxRequests = None,
    reserve: Reserve = 0,
    wait: Wait = True,
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """Erases a person everywhere: in the warehouse, the published copy and, if asked, in Gong."""

    def command(console: Console) -> int:
        from pipelines.privacy.erase_request import EraseOptions, identify

        address = None if email is None else typed(email)
        identify(address, phone)
        if yes:
            _check_key()
        from pipelines.session import open_session

        session = open_session(console, needs_gong=in_gong)
        options = EraseOptions(
            address, phone, in_gong, with_mentions, yes, wait, max_requests, reserve
        )
        from pipelines.privacy.erase import erase

        return erase(session, options)

    run(command, log_format)


def _check_key() -> None:
    """Raises WrongKey where no key is set, before a home is made."""
    from pipelines.privacy.suppression_list import hasher_of
    from pipelines.settings import load

    hasher_of(load())
