"""Commands that build the analytics tables, publish them and query them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.parameters import LogFormat, Logs, RowFormat
from pipelines.cli.parsing import typed
from pipelines.cli.run import run
from pipelines.console import Console
from pipelines.exit_codes import DONE, USAGE, UsageError

if TYPE_CHECKING:
    from pipelines.session import Session
    from warehouse.connection import Warehouse


def transform(
    full: Annotated[
        bool,
        typer.Option("--full", help="Build everything, also what has not changed since."),
    ] = False,
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """Builds, tests and publishes the analytics tables from what has landed."""

    def command(console: Console) -> int:
        from pipelines.lock import hold
        from pipelines.monitor.status_facts import write_status
        from pipelines.publish.build import build
        from pipelines.session import open_session
        from warehouse.connection import Warehouse
        from warehouse.ops.load_log import company_time_zone

        session = open_session(console, needs_gong=False)
        warehouse = Warehouse(session.target)
        with hold(session.target.path, "transform", wait=True, on_wait=console.info):
            _need_data(session, warehouse)
            zone = session.settings.company_time_zone or company_time_zone(warehouse)
            code = build(session, warehouse, zone, is_forced=full, is_asked_for=True)
            write_status(session, warehouse)  # it says what the tests of the last build found
            return code

    run(command, log_format)


def publish(
    single_file: Annotated[
        Path | None,
        typer.Option("--single-file", help="Copy the published tables into one DuckDB file."),
    ] = None,
    log_format: Logs = LogFormat.TEXT,
) -> None:
    """Publishes what was built last, or copies what is published into one file."""

    def command(console: Console) -> int:
        from pipelines.lock import hold
        from pipelines.publish.build import publish_now
        from pipelines.session import open_session
        from warehouse.connection import Warehouse
        from warehouse.publication.single_file import publish_single_file

        session = open_session(console, needs_gong=False)
        if single_file:
            with console.stage("writing the file"):
                count = publish_single_file(session.home, single_file)
            console.info(f"{count} tables are in {single_file.absolute()}")
            return DONE
        with hold(session.target.path, "publish", wait=True, on_wait=console.info):
            _need_data(session, Warehouse(session.target))
            return publish_now(session, thoroughly=True)

    run(command, log_format)


def query(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="Tables are in the schema gong. - reads stdin.")
    ],
    format_: Annotated[RowFormat, typer.Option("--format", help="How to print.")] = RowFormat.TABLE,
    max_rows: Annotated[
        int | None,
        typer.Option(
            "--max-rows", min=0, help="Rows of a table, 0 for all; in a terminal at most 100."
        ),
    ] = None,
) -> None:
    """Queries the published copy; works at any time, also while a sync runs."""

    def command(console: Console) -> int:
        import duckdb

        from pipelines.output import print_rows
        from pipelines.settings import load
        from warehouse.home import find_home
        from warehouse.publication.reading import query

        text = sys.stdin.read() if sql == "-" else typed(sql)
        try:
            with query(find_home(load().home), text) as result:
                print_rows(result, str(format_), max_rows)
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error as error:
            console.error(str(error))
            return USAGE
        return DONE

    run(command)


def _need_data(session: Session, warehouse: Warehouse) -> None:
    from pipelines.privacy.erasure_marks import check_not_restored

    if not warehouse.exists:
        raise UsageError("Nothing has landed yet: run `gong-elt sync` first.")
    check_not_restored(session, warehouse)
