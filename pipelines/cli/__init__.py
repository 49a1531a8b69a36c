"""The `gong-elt` command line: one module per group of commands, `run.py` for how each ends.

`parameters.py` declares the options that several commands take, `parsing.py` turns their text into
values. A command imports what it runs inside its function: dlt and dbt take seconds to import, and
help and usage errors must not wait for them.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from importlib.abc import MetaPathFinder
from io import TextIOWrapper
from typing import Annotated

import typer

from pipelines.cli import demo, erasure, ingest, monitor, operations, publish

app = typer.Typer(
    name="gong-elt",
    help="Keeps a company's Gong data in its own warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"gong-elt {version('gong-elt')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version, and exit."
        ),
    ] = False,
) -> None:
    """Declares the options that come before a command."""


# in the order of the help text
app.command()(ingest.sync)
app.command()(ingest.backfill)
app.command()(monitor.check)
app.command()(ingest.plan)
app.command()(publish.transform)
app.command()(publish.publish)
app.command()(monitor.status)
# SQL may begin with a comment, which looks like an option
app.command(context_settings={"ignore_unknown_options": True})(publish.query)
# an operation has a help text of its own
app.command(add_help_option=False)(operations.api)
app.command()(operations.push)
app.command()(erasure.erase)
app.command()(demo.demo)


class _WithoutPandas(MetaPathFinder):
    """Hides pandas, which DuckDB imports in vain for any parameter of a query. It takes 0.3 s."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:  # noqa: ARG002
        """Finds every module but pandas where Python does.

        Raises:
            ModuleNotFoundError: it is pandas.
        """
        if fullname == "pandas":
            raise ModuleNotFoundError("a command does without pandas", name=fullname)


def main() -> None:
    """Runs `gong-elt`; only the user who runs it can read the files it writes."""
    os.umask(0o077)
    sys.meta_path.insert(0, _WithoutPandas())
    open_closed_streams()
    _set_encodings()
    # a crash inside DuckDB or another library's machine code names the lines that led to it
    if sys.__stderr__ is not None:
        faulthandler.enable(sys.__stderr__)
    # SIGTERM ends a run as Ctrl-C does: in order, and with its dbt process
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()


def open_closed_streams() -> None:
    """Gives a standard stream that was closed from outside (`2>&-`) the null device.

    Its number would else go to the next file that is opened, the warehouse perhaps, and whatever
    library writes to "standard error" would write into that.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


def _set_encodings() -> None:
    """Files and programs get rows, and give SQL, in UTF-8; a terminal shows what its locale can."""
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper) and stream.encoding.lower() != "utf-8":
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8")
