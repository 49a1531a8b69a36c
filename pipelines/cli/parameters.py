"""Options that several commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class LogFormat(StrEnum):
    """The form of messages on standard error."""

    TEXT = "text"
    JSON = "json"


class RowFormat(StrEnum):
    """The form in which `query` prints rows."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


Only = Annotated[
    str | None,
    typer.Option("--only", metavar="T,…", help="Only these tables, separated by commas."),
]
NoTransform = Annotated[
    bool, typer.Option("--no-transform", help="Land only; do not build and publish.")
]
MaxRequests = Annotated[
    int | None, typer.Option("--max-requests", min=1, help="Spend at most this many requests.")
]
Reserve = Annotated[
    int, typer.Option("--reserve", min=0, help="Leave this many of the day's requests to others.")
]
Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="When another run holds the warehouse.")
]
Logs = Annotated[LogFormat, typer.Option("--log-format", help="text, or json for machines.")]
