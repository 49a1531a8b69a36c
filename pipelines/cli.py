"""The `gong-elt` command: reads the command line, maps what went wrong to a message and exit code.

Imports late: dlt and dbt take seconds to import, and help and usage errors must not wait for them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.exit_codes import FAILED, POSTPONED, USAGE, Later, UsageError

if TYPE_CHECKING:
    from pipelines.console import Console
    from pipelines.ingest.options import Accepted, Options
    from pipelines.session import Session
    from warehouse.connection import Warehouse

app = typer.Typer(
    name="gong-elt",
    help="Keeps a company's Gong data in its own warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class LogFormat(StrEnum):
    """How a run speaks."""

    TEXT = "text"
    JSON = "json"


class Format(StrEnum):
    """How `query` prints."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


_Only = Annotated[
    str | None,
    typer.Option("--only", metavar="T,…", help="Only these tables, separated by commas."),
]
_NoTransform = Annotated[
    bool, typer.Option("--no-transform", help="Land only; do not build and publish.")
]
_MaxRequests = Annotated[
    int | None, typer.Option("--max-requests", min=1, help="Spend at most this many requests.")
]
_Reserve = Annotated[
    int, typer.Option("--reserve", min=0, help="Leave this many of the day's requests to others.")
]
_Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="When another run holds the warehouse.")
]
_LogFormat = Annotated[LogFormat, typer.Option("--log-format", help="text, or json for machines.")]


@app.command()
def sync(
    only: _Only = None,
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
    no_transform: _NoTransform = False,
    max_requests: _MaxRequests = None,
    reserve: _Reserve = 0,
    wait: _Wait = True,
    log_format: _LogFormat = LogFormat.TEXT,
) -> None:
    """The nightly job: pull what is new or may have changed, build, test, publish."""

    def run(console: Console) -> int:
        options = _options(only, no_transform, max_requests, reserve, wait)
        options = replace(options, ids=_ids(ids, options), accepted=_accepted(accept_deletes or ()))
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True)
        from pipelines.ingest.sync import sync

        return sync(session, options)

    _guarded(run, log_format)


@app.command()
def backfill(
    start: Annotated[str, typer.Option("--from", help="First day (company's zone) or instant.")],
    end: Annotated[
        str | None,
        typer.Option("--to", help="Day or instant after the last; default: the earliest covered."),
    ] = None,
    only: _Only = None,
    newest_first: Annotated[
        bool, typer.Option("--newest-first", help="Begin with the latest month.")
    ] = False,
    no_transform: _NoTransform = False,
    max_requests: _MaxRequests = None,
    reserve: _Reserve = 0,
    wait: _Wait = True,
    log_format: _LogFormat = LogFormat.TEXT,
) -> None:
    """Reads history between two dates; goes on where it stopped; never moves the nightly state."""

    def run(console: Console) -> int:
        options = _options(only, no_transform, max_requests, reserve, wait)
        _check_dates(start, end)
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True)
        from pipelines.ingest.backfill import History, backfill

        return backfill(session, options, History(start, end, newest_first))

    _guarded(run, log_format)


@app.command()
def check() -> None:
    """Credentials, scope per table, company time zone, warehouse, quota left; one request each."""

    def run(console: Console) -> int:
        from pipelines.monitor.check import check

        return check(console)

    _guarded(run)


@app.command()
def plan(
    start: Annotated[str | None, typer.Option("--from", help="Of a backfill.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Of a backfill.")] = None,
    only: _Only = None,
) -> None:
    """What a sync, or a backfill, would cost: requests, minutes, share of the day's quota."""

    def run(console: Console) -> int:
        options = _options(only, no_transform=False, max_requests=None, reserve=0, wait=True)
        if start is None and end is not None:
            raise UsageError("--to without --from: a plan of a sync takes neither")
        if start is not None:
            _check_dates(start, end)
        from pipelines.session import open_session

        session = open_session(console, needs_gong=True)
        from pipelines.ingest.backfill import History
        from pipelines.ingest.cost import plan

        return plan(session, options, History(start, end) if start is not None else None)

    _guarded(run)


@app.command()
def transform(log_format: _LogFormat = LogFormat.TEXT) -> None:
    """Builds, tests and publishes the analytics tables from what has landed."""

    def run(console: Console) -> int:
        from pipelines.publish.build import build
        from pipelines.session import open_session

        session = open_session(console, needs_gong=False)
        from pipelines.lock import hold
        from warehouse.connection import Warehouse

        warehouse = Warehouse(session.target)
        with hold(session.target.path, "transform", wait=True, on_wait=console.info):
            _need_data(warehouse)
            return build(session, warehouse, _zone(session, warehouse), is_forced=True)

    _guarded(run, log_format)


@app.command()
def publish(
    single_file: Annotated[
        Path | None,
        typer.Option("--single-file", help="Copy the published tables into one DuckDB file."),
    ] = None,
    log_format: _LogFormat = LogFormat.TEXT,
) -> None:
    """Publishes what was built last, or copies what is published into one file."""

    def run(console: Console) -> int:
        from pipelines.session import open_session

        session = open_session(console, needs_gong=False)
        if single_file:
            from warehouse.publication import publish_single_file

            count = publish_single_file(session.home, single_file)
            console.info(f"{count} tables are in {single_file.absolute()}")
            return 0
        from pipelines.lock import hold
        from pipelines.publish.build import publish_now
        from warehouse.connection import Warehouse

        with hold(session.target.path, "publish", wait=True, on_wait=console.info):
            _need_data(Warehouse(session.target))
            publish_now(session)
        return 0

    _guarded(run, log_format)


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
    calendar: Annotated[
        bool, typer.Option("--calendar", help="Which months are covered, per stream.")
    ] = False,
) -> None:
    """Freshness per table, last runs, coverage, quota used; answers also while a run goes on."""

    def run(_console: Console) -> int:
        import json

        from pipelines.gong_client import ledger_of
        from pipelines.lock import lock_of, running
        from pipelines.monitor import status as kept
        from pipelines.settings import load
        from warehouse.home import find_home
        from warehouse.target import target

        settings = load()
        home = find_home(settings.home)
        facts = kept.read_status(home)
        busy = running(lock_of(target(settings.warehouse, home).path))
        from datetime import UTC, datetime

        used = kept.requests_today(ledger_of(settings), settings.now or datetime.now(UTC))
        if as_json:
            print(
                json.dumps(
                    {
                        "home": os.fspath(home),
                        "running": kept.progress(busy) if busy else None,
                        "progress": busy,
                        "requests_today": used,
                    }
                    | (facts or {"tables": [], "streams": [], "runs": []})
                )
            )
            return 0
        print(f"home {home}")
        print(f"running: {kept.progress(busy)}")
        cap = f"of {settings.requests_per_day:,}" if settings.requests_per_day else "(no limit set)"
        print(f"requests in the last 24 hours: {used:,} {cap}")
        if facts is None:
            print("nothing has landed here yet; run `gong-elt sync`")
            return 0
        for line in kept.calendar(facts) if calendar else kept.lines(facts):
            print(line)
        return 0

    _guarded(run)


# SQL may begin with a comment, which looks like an option
@app.command(context_settings={"ignore_unknown_options": True})
def query(
    sql: Annotated[
        str, typer.Argument(metavar="SQL", help="Tables are in the schema gong. - reads stdin.")
    ],
    format_: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TABLE,
) -> None:
    """Queries the published copy; works at any time, also while a sync runs."""

    def run(console: Console) -> int:
        import duckdb

        from pipelines.output import print_rows
        from pipelines.settings import load
        from warehouse.home import find_home
        from warehouse.publication import connect, read

        with connect(find_home(load().home)) as db:
            try:
                text = sys.stdin.read() if sql == "-" else sql
                print_rows(read(db, text), str(format_))
            except duckdb.Error as error:
                console.error(str(error))
                return USAGE
        return 0

    _guarded(run)


# an operation has a help of its own, and takes whatever names Gong gave its inputs
@app.command(add_help_option=False)
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
        print(context.get_help())
        return

    def run(console: Console) -> int:
        from pipelines import api

        if help_:
            api.explain(words or ())
            return 0
        return api.run(console, api.Wish(words or (), follow_pages, yes, dry_run))

    _guarded(run)


@app.command()
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
        bool, typer.Option("--yes", help="Send what takes something away at Gong.")
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
    max_requests: _MaxRequests = None,
    reserve: _Reserve = 0,
    wait: _Wait = True,
    log_format: _LogFormat = LogFormat.TEXT,
) -> None:
    """Writes rows to Gong, each once: one request a row, or a batch where Gong takes batches."""

    def run(console: Console) -> int:
        from pipelines.push.push import Wish, push

        wish = Wish(
            name, file, sql, _constants(constants or ()), dry_run, yes, again, rejected,
            max_requests, reserve, wait, follow,
        )  # fmt: skip
        return push(console, wish)

    _guarded(run, log_format)


def _constants(words: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name or name in found:
            raise UsageError(f"--set {word}: write NAME=VALUE, each name once")
        found[name] = value
    return found


@app.command()
def erase(
    email: Annotated[
        str | None, typer.Option("--email", metavar="E", help="The person's e-mail address.")
    ] = None,
    phone: Annotated[
        str | None, typer.Option("--phone", metavar="P", help="The person's number, from + on.")
    ] = None,
    in_gong: Annotated[
        bool, typer.Option("--in-gong", help="In Gong too; followed until it is true.")
    ] = False,
    mentions: Annotated[
        bool, typer.Option("--mentions", help="Mask the person's name in what others said.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Erase; without it, only show what is held.")
    ] = False,
    max_requests: _MaxRequests = None,
    reserve: _Reserve = 0,
    wait: _Wait = True,
    log_format: _LogFormat = LogFormat.TEXT,
) -> None:
    """Erases a person everywhere: in the warehouse, in what is published, and in Gong if wished."""

    def run(console: Console) -> int:
        from pipelines.privacy.erase_request import EraseOptions, identify

        identify(email, phone)
        from pipelines.privacy.suppression_list import hasher_of
        from pipelines.session import open_session
        from pipelines.settings import load

        hasher_of(load())
        session = open_session(console, needs_gong=in_gong)
        options = EraseOptions(email, phone, in_gong, mentions, yes, wait, max_requests, reserve)
        from pipelines.privacy.erase import erase

        return erase(session, options)

    _guarded(run, log_format)


@app.command()
def demo(
    calls: Annotated[int, typer.Option("--calls", min=1, help="Calls in the made-up company.")] = (
        2000
    ),
    log_format: _LogFormat = LogFormat.TEXT,
) -> None:
    """The main job without a Gong account: a made-up company, synced, built, published, queried."""

    def run(console: Console) -> int:
        from pipelines.demo import demo

        return demo(console, calls)

    _guarded(run, log_format)


def _options(
    only: str | None, no_transform: bool, max_requests: int | None, reserve: int, wait: bool
) -> Options:
    streams = _streams(only) if only is not None else None
    from pipelines.ingest.options import Options

    options = Options(
        transform=not no_transform, wait=wait, max_requests=max_requests, reserve=reserve
    )
    return options if streams is None else replace(options, streams=streams, is_only=True)


def _streams(only: str) -> tuple[str, ...]:
    from sources.gong.schema.tables import TABLES, stream

    names = [name.strip() for name in only.split(",") if name.strip()]
    known = [table.name for table in TABLES if table.name != "stats_periods"]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"--only {name}: there is no such table; {hint}")
    if not names:
        raise UsageError("--only names no table")
    return tuple(dict.fromkeys(map(stream, names)))


def _ids(told: str | None, options: Options) -> tuple[str, ...]:
    if told is None:
        return ()
    ids = tuple(dict.fromkeys(one.strip() for one in told.split(",") if one.strip()))
    if not options.is_only or not set(options.streams) <= {"calls", "transcripts", "users"}:
        raise UsageError("--ids reads single calls or users: add --only calls, or --only users")
    if "users" in options.streams and len(options.streams) > 1:
        raise UsageError("--ids cannot be of calls and of users at once")
    wrong = [one for one in ids if not one.isdecimal()]
    if wrong or not ids:
        raise UsageError(f"--ids {told}: ids are digits, separated by commas")
    return ids


def _accepted(told: Sequence[str]) -> tuple[Accepted, ...]:
    from pipelines.ingest.options import Accepted
    from sources.gong.schema.table import Absence
    from sources.gong.schema.tables import TABLES

    known = [t.name for t in TABLES if t.is_root and t.absence is Absence.DELETED]
    found = []
    for one in told:
        name, colon, span = one.partition(":")
        start, dots, end = span.partition("..")
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"--accept-deletes {name}: no rows of such a table can vanish; {hint}")
        if colon and not (start and dots and end):
            raise UsageError(
                f"--accept-deletes {one}: write calls:2026-01-01..2026-02-01, or calls"
            )
        if colon:
            _check_dates(start, end)
        found.append(Accepted(name, start or None, end or None))
    return tuple(found)


def _check_dates(start: str, end: str | None) -> None:
    from pipelines.dates import check_span

    check_span(start, end)


def _need_data(warehouse: Warehouse) -> None:
    if not warehouse.exists:
        raise UsageError("Nothing has landed yet: run `gong-elt sync` first.")


def _zone(session: Session, warehouse: Warehouse) -> str | None:
    from warehouse.ops.load_log import company_time_zone

    return session.settings.company_time_zone or company_time_zone(warehouse)


def _guarded(run: Callable[[Console], int], log_format: LogFormat = LogFormat.TEXT) -> None:
    """Runs a command; what goes wrong as foreseen becomes one message and an exit code."""
    from pipelines.console import Console

    console = Console(str(log_format))
    try:
        code = run(console)
    except KeyboardInterrupt:
        console.error("interrupted; nothing that was landed is lost, run the same command again")
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except Exception as error:
        if type(error).__module__.partition(".")[0] in ("pipelines", "warehouse", "sources"):
            console.error(str(error))
            code = POSTPONED if isinstance(error, Later) else FAILED
            code = USAGE if isinstance(error, ValueError) else code
        else:
            console.error(_unexpected(error))
            code = FAILED
    raise typer.Exit(code)


def _unexpected(error: Exception) -> str:
    """Puts the details of a fault of ours into a file, and returns what to tell."""
    import tempfile
    import traceback

    file, name = tempfile.mkstemp(prefix="gong-elt-", suffix=".log")
    with os.fdopen(file, "w") as log:
        traceback.print_exception(error, file=log)
    what = str(error).partition("\n")[0][:200]
    return (
        f"unexpected {type(error).__name__}: {what}. Nothing that has landed is lost. "
        f"The details are in {name}; please report them."
    )


def main() -> None:
    """Runs `gong-elt`; what it writes is for its owner's eyes only."""
    os.umask(0o077)
    # as Ctrl-C: what is under way is given up in order, and dbt is not left behind
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()


if __name__ == "__main__":
    main()
