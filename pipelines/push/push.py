"""`gong-elt push`: rows become writes at Gong, each once.

Every row is checked before the first is sent. An item is recorded in the push ledger before its
request leaves, and its result when it is known; a rerun sends what is not done. Where nobody knows
whether Gong has done an item, it is sent again only if that does no harm or Gong can be asked;
otherwise it is shown as unknown and left alone.

The way of a push: `row_files` reads rows, `row_items` checks them and makes items, `send_loop`
plans each batch (`batch_plan`) and sends it (`sender`), `poll_loop` waits for what Gong does later,
`report` counts.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.console import Console
from pipelines.exit_codes import DONE, USAGE, UsageError, outcome_of
from pipelines.gong_client import credentials_of, open_client
from pipelines.lock import hold
from pipelines.monitor.status_facts import write_status
from pipelines.privacy.erasure_marks import check_not_restored
from pipelines.push.poll_loop import poll_items
from pipelines.push.report import (
    PushTally,
    exit_code,
    report_refused,
    report_statuses,
    write_rejected,
)
from pipelines.push.row_files import RowFile, rows_of
from pipelines.push.row_items import check_rows, items_of_rows, print_requests
from pipelines.push.send_loop import send_items
from pipelines.push.sender import Sender, SendingStopped
from pipelines.session import PUSH_FOLDER, Session, open_session
from pipelines.settings import load
from sources.gong.api.errors import GongError
from sources.gong.api.operations import UnknownOperation, operation, writes
from sources.gong.write.model import Write
from sources.gong.write.operations import write_of
from warehouse.connection import Warehouse
from warehouse.ops.push_ledger import ItemStatus, PushLedger
from warehouse.ops.runs import Run, record_run
from warehouse.prepare import prepare


@dataclass(frozen=True, slots=True)
class PushOptions:
    """The parsed command line.

    Attributes:
        name: the operation, as `gong-elt api` takes it.
        file: the row file, `-` for standard input; or None.
        sql: the query of the published tables; or None.
        constants: inputs that are the same in all rows.
        is_dry: whether to print the requests and send nothing.
        is_confirmed: whether to send what deletes something at Gong.
        again: whether to send also what was done or may have been done.
        rejected: where to write the refused rows; None for nowhere.
        max_requests: how many requests may be spent; None for no limit.
        reserve: how many of the day's requests to leave for others.
        wait: whether to wait for another run.
        follow: whether to wait for what Gong does later.
    """

    name: str
    file: str | None = None
    sql: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    is_dry: bool = False
    is_confirmed: bool = False
    again: bool = False
    rejected: str | None = None
    max_requests: int | None = None
    reserve: int = 0
    wait: bool = True
    follow: bool = True


def push(console: Console, options: PushOptions) -> int:
    """Pushes rows and returns the exit code.

    Raises:
        UsageError: the operation or the rows cannot be used; nothing was sent.
        Busy: another run holds the warehouse and the options say not to wait.
    """
    write = _write_named(options.name)
    settings = load()
    rows = rows_of(options.file, options.sql, settings.home)
    total = check_rows(console, write, rows, options.constants)
    if options.is_dry:
        print_requests(write, rows, options.constants, settings.base_url)
        return DONE
    if write.is_destructive and not options.is_confirmed:
        console.error(
            f"{write.operation_id} deletes or revokes something in Gong; nothing was sent "
            f"({total} would be). Add --yes to send, or --dry-run to see what would go."
        )
        return USAGE
    credentials_of(settings)
    session = open_session(console, needs_gong=True)
    return _push_rows(session, write, rows, options)


def _write_named(name: str) -> Write:
    try:
        row = operation(name)
    except UnknownOperation as error:
        raise UsageError(f"{error} `gong-elt api` lists them all.") from None
    if not row.is_write:
        raise UsageError(
            f"{row.operation_id} reads: `gong-elt api {row.short}` calls it. Rows can be pushed to "
            + ", ".join(write.short for write in writes())
        )
    return write_of(row)


def _push_rows(session: Session, write: Write, rows: RowFile, options: PushOptions) -> int:
    """Sends what is not done, waits for what Gong does later, and reports."""
    console, warehouse = session.console, Warehouse(session.target)
    command = f"push {write.operation.short}"
    tally, waiting = PushTally(), 0
    stop: GongError | None = None
    with ExitStack() as stack:
        lock = stack.enter_context(
            hold(
                session.target.path, command,
                wait=options.wait, on_wait=console.info, gives_way=True,
            )
        )  # fmt: skip
        prepare(warehouse)
        check_not_restored(session, warehouse)
        client, budget = stack.enter_context(
            open_client(
                session.settings, reserve=options.reserve, max_requests=options.max_requests,
                clock=session.clock, warn=console.warn,
            )
        )  # fmt: skip
        sender = Sender(client, write, stack.enter_context(_upload_folder(session.home)))
        ledger = PushLedger(warehouse, write.operation_id, rows.source, session.clock, write.undoes)
        items = items_of_rows(write, rows, options.constants)
        try:
            later = send_items(items, sender, ledger, tally, lock, again=options.again)
            if later:
                seconds = session.settings.max_wait_seconds if options.follow else 0.0
                waiting = poll_items(later, sender, ledger, tally, console, seconds)
        except SendingStopped as stopped:
            stop = stopped.reason
        except GongError as error:
            stop = error
        report_refused(console, tally)
        if options.rejected and tally.refused:
            write_rejected(console, Path(options.rejected), rows, tally)
        report_statuses(console, command, tally, budget.spent)
        code = exit_code(console, tally, stop, waiting)
        _record_run(session, warehouse, command, tally, code, budget.spent)
        return code


@contextmanager
def _upload_folder(home: Path) -> Iterator[Path]:
    """Yields a folder for files to upload; deletes those that killed pushes have left."""
    for left in home.glob(f"{PUSH_FOLDER}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=PUSH_FOLDER, dir=home) as folder:
        yield Path(folder)


def _record_run(
    session: Session,
    warehouse: Warehouse,
    command: str,
    tally: PushTally,
    code: int,
    requests: int,
) -> None:
    record_run(
        warehouse,
        Run(
            uuid.uuid4().hex,
            command,
            session.started_at,
            session.clock(),
            outcome_of(code),
            requests,
            entities_seen=tally.items,
            entities_changed=tally.statuses[ItemStatus.DONE],
        ),
    )
    write_status(session, warehouse)
