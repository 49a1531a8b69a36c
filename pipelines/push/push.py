"""`gong-elt push`: rows become writes at Gong, each once.

Every row is checked before the first is sent. What is sent is noted in `gong_ops.pushes` before it
leaves, and what came of it when it is known; a rerun sends what has not been done. Where nobody
knows whether Gong has done a thing, it is sent again only if that does no harm or Gong can be
asked; else it is shown as unknown and left alone.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.console import Console
from pipelines.exit_codes import DONE, FAILED, POSTPONED, USAGE, UsageError, outcome_of
from pipelines.gong_client import credentials_of, open_client
from pipelines.lock import WarehouseLock, hold
from pipelines.monitor.status import keep_status
from pipelines.output import json_line, request_shown
from pipelines.polling import turns
from pipelines.push.row_files import Row, Rows, rows_of
from pipelines.push.sender import Delivery, Ended, Outcomes
from pipelines.session import PUSH_FOLDER, Session, open_session, private_file
from pipelines.settings import load
from sources.gong.api.errors import (
    FailTable,
    GaveUp,
    GongError,
    Postponed,
    Signal,
    StopRun,
    Unreachable,
)
from sources.gong.api.operations import UnknownOperation, operation, writes
from sources.gong.api.parameters import InvalidParameters
from sources.gong.api.request import file_urls, prepare
from sources.gong.write.items import group_items, items_of, request_values
from sources.gong.write.model import Item, PollResult, PollState, Write
from sources.gong.write.operations import write_of
from warehouse.connection import Warehouse, open_warehouse
from warehouse.ops import push_ledger as pushes
from warehouse.ops.push_ledger import Outcome, Pushed, Sent, State
from warehouse.ops.runs import Run, record_run
from warehouse.prepare import prepare as prepare_warehouse

if TYPE_CHECKING:
    import duckdb

    from sources.gong.api.client import Client

_SHOWN = 50
"""So many problems of rows are printed; the others are counted."""
_AT_ONCE = 8
"""Requests in flight: at three a second, answers may take more than two seconds each."""
_LOOKED_UP = 500
"""So many items are looked up in the ledger at a time, or as many as go in one request."""
_FOLLOWED = 50
"""So many requests that Gong does later are asked about again and again."""
REASON = "_rejected_because"
"""The column of a file of refused rows that tells why; it is left out when they go again."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line asks for."""

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


def push(console: Console, wish: Wish) -> int:
    """Pushes rows and returns the exit code.

    Raises:
        UsageError: the operation or the rows cannot be used; nothing was sent.
        Busy: another run holds the warehouse and the wish says not to wait.
    """
    write = _write(wish.name)
    settings = load()
    rows = rows_of(wish.file, wish.sql, settings.home)
    total = _check(console, write, rows, wish)
    if wish.is_dry:
        _show(write, rows, wish, settings.base_url)
        return DONE
    if write.is_destructive and not wish.is_confirmed:
        console.error(
            f"{write.operation_id} takes something away at Gong, and nothing was sent "
            f"({total} would be). Add --yes to send, or --dry-run to see what would go."
        )
        return USAGE
    credentials_of(settings)
    session = open_session(console, needs_gong=True)
    return _Push(session, write, rows, wish).run()


def _write(name: str) -> Write:
    try:
        row = operation(name)
    except UnknownOperation as unknown:
        raise UsageError(f"{unknown} `gong-elt api` lists them all.") from None
    if not row.is_write:
        raise UsageError(
            f"{row.operation_id} reads: `gong-elt api {row.short}` calls it. Rows can be pushed to "
            + ", ".join(one.short for one in writes())
        )
    return write_of(row)


def _items(write: Write, rows: Rows, constants: Mapping[str, str]) -> Iterator[Item]:
    for number, row in enumerate(rows, 1):
        yield from items_of(write, number, _with(row, constants))


def _with(row: Row, constants: Mapping[str, str]) -> Row:
    return {**{name: value for name, value in row.items() if name != REASON}, **constants}


def _check(console: Console, write: Write, rows: Rows, wish: Wish) -> int:
    """Checks every row, and returns how many things they ask for.

    Raises:
        UsageError: with what is wrong, row by row.
    """
    problems: list[str] = []
    count = total = wrong = repeated = 0
    seen: dict[str, tuple[int, str]] = {}
    for count, row in enumerate(rows, 1):
        try:
            for item in items_of(write, count, _with(row, wish.constants)):
                total += 1
                _check_files(write, item)
                first = seen.setdefault(item.key, (count, item.digest))
                if first[0] != count:
                    repeated += 1
                    if first[1] != item.digest:
                        named = ", ".join(write.key)
                        told = f"{named} is that of row {first[0]}, and the rest is not"
                        raise InvalidParameters(write.operation, [told])
        except InvalidParameters as error:
            wrong += 1
            problems += (f"row {count}: {problem}" for problem in error.problems)
    if problems:
        more = len(problems) - _SHOWN
        told = "".join(f"\n  {problem}" for problem in problems[:_SHOWN])
        told += f"\n  … and {more} more" if more > 0 else ""
        raise UsageError(
            f"{wrong} of {count} rows of {rows.source} cannot be pushed; nothing was sent:{told}\n"
            f"  what it takes: gong-elt api {write.operation.short} --help"
        )
    if repeated:
        console.warn(f"{repeated} rows of {rows.source} repeat an earlier one, and go once")
    return total


def _check_files(write: Write, item: Item) -> None:
    row = write.operation
    for name, file in item.shared.items():
        if not isinstance(file, Path):
            continue
        if not file.is_file():
            raise InvalidParameters(row, [f"{name}: there is no file {file}"])
        size = file.stat().st_size
        if not 0 < size <= write.max_file_bytes:
            raise InvalidParameters(
                row,
                [f"{name}: {file} has {size:,} bytes; Gong takes 1 to {write.max_file_bytes:,}"],
            )


def _show(write: Write, rows: Rows, wish: Wish, base_url: str) -> None:
    """Prints every request, as it would go, whatever was pushed before."""
    with tempfile.TemporaryDirectory(prefix="gong-elt-") as folder:
        for group in group_items(write, _once(_items(write, rows, wish.constants))):
            inputs = request_values(write, group, Path(folder))
            fetched = file_urls(write.operation, inputs)
            here = {name: one for name, one in inputs.items() if name not in fetched}
            shown = request_shown(prepare(write.operation, here), base_url)
            if fetched:
                shown["files"] = {name: {"address": one} for name, one in fetched.items()}
            if write.is_json_lines and group[0].element is not None:
                shown["files"]["dataFile"]["lines"] = [item.element for item in group]
                del shown["files"]["dataFile"]["path"]
            sys.stdout.write(json_line(shown) + "\n")
    sys.stdout.flush()


def _once(found: Iterator[Item]) -> Iterator[Item]:
    seen: set[str] = set()
    for item in found:
        if item.key not in seen:
            seen.add(item.key)
            yield item


def _ended(carried: Sequence[Pushed], result: PollResult, *, is_file: bool) -> Outcomes:
    """What has come of things that Gong has done later, or has not.

    Args:
        carried: all that went in the request.
        result: what Gong says of it.
        is_file: whether it was a file of the user's, of whose lines nothing is known here.
    """
    errors, message = result.errors, result.message
    if is_file and errors:
        told = "; ".join(f"line {place + 1}: {text}" for place, text in sorted(errors.items()))
        result = PollResult(PollState.FAILED, {}, f"{told}; {message}" if message else told)
        errors, message = result.errors, result.message
    outcomes = []
    for number, one in enumerate(carried):
        error = errors.get(number if one.place is None else one.place)
        if error is not None:
            outcomes.append(Outcome(one.key, State.REJECTED, error))
        elif result.state is PollState.FAILED:
            # where some are named, the others may or may not be at Gong
            state = State.FAILED if errors else State.REJECTED
            outcomes.append(Outcome(one.key, state, message))
        else:
            outcomes.append(Outcome(one.key, State.DONE))
    return outcomes


class _Push:
    def __init__(self, session: Session, write: Write, rows: Rows, wish: Wish) -> None:
        self._session, self._write, self._rows, self._wish = session, write, rows, wish
        self._console = session.console
        self._came: Counter[State] = Counter()
        self._skipped = 0
        self._refused: list[tuple[int, str]] = []
        self._refused_before = 0
        self._taken_now: set[str] = set()

    def run(self) -> int:
        session, wish = self._session, self._wish
        warehouse = Warehouse(session.target)
        with ExitStack() as stack:
            held = stack.enter_context(
                hold(
                    session.target.path, f"push {self._write.operation.short}",
                    wait=wish.wait, on_wait=self._console.info, gives_way=True,
                )
            )  # fmt: skip
            prepare_warehouse(warehouse)
            client, budget = stack.enter_context(
                open_client(
                    session.settings, reserve=wish.reserve, max_requests=wish.max_requests,
                    clock=session.clock,
                )
            )  # fmt: skip
            for left in session.home.glob(f"{PUSH_FOLDER}*"):
                # of a push that was killed: files with rows in them
                shutil.rmtree(left)
            folder = Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(prefix=PUSH_FOLDER, dir=session.home)
                )
            )
            stop: GongError | None = None
            late: list[Item] = []
            try:
                late = self._send(Delivery(client, self._write, folder), held)
            except Ended as ended:
                stop = ended.why
            waiting = 0
            if late and not stop:
                try:
                    waiting = self._follow(client, late)
                except GongError as error:
                    stop = error
            code = self._finish(stop, waiting, budget.spent)
            self._keep(warehouse, code, budget.spent)
            return code

    def _open(self) -> duckdb.DuckDBPyConnection:
        return open_warehouse(str(self._session.target.path), read_only=False)

    def _send(self, delivery: Delivery, held: WarehouseLock) -> list[Item]:
        """Sends what has not been done, and returns what Gong does later."""
        write = self._write
        late: list[Item] = []
        found = _once(_items(write, self._rows, self._wish.constants))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            most = (
                None if write.grouping.is_full_list else max(_LOOKED_UP, write.grouping.max_items)
            )
            while batch := list(islice(found, most)):
                db = self._open()
                try:
                    due, later = self._due(delivery, db, batch)
                    late += later
                    self._flow(delivery, db, pool, due, late)
                finally:
                    db.close()
                held.publish({"pushed": sum(self._came.values()) + self._skipped})
                held.give_way()
        return late

    def _due(
        self, delivery: Delivery, db: duckdb.DuckDBPyConnection, batch: list[Item]
    ) -> tuple[list[Item], list[Item]]:
        """Returns what is to be sent, and what was sent before and Gong does later."""
        known = pushes.known(db, self._write.operation_id, [item.key for item in batch])
        due, late = [], []
        skipped: list[tuple[Item, Pushed | None]] = []
        for item in batch:
            before = known.get(item.key)
            if before:
                item = replace(
                    item, attempt=before.next_attempt, was_open=before.state in pushes.OPEN
                )
            is_other = bool(before and before.digest != item.digest)
            match before.state if before else None:
                case None | State.REJECTED | State.FAILED:
                    due.append(item)
                case State.DONE | State.ACCEPTED if is_other and not self._write.keeps_first:
                    due.append(item)
                case State.DONE | State.ACCEPTED if self._wish.again:
                    due.append(item)
                case State.DONE:
                    skipped.append((item, before))
                case State.ACCEPTED:
                    late.append(item)
                case State.SENDING | State.UNKNOWN:
                    if self._may_go_again(delivery, db, item):
                        due.append(item)
        # what may keep breaking off does not stand in the way of the others
        due.sort(key=lambda item: item.was_open)
        for item, before in skipped:
            if self._write.grouping.is_full_list and any(
                item.shared == other.shared for other in due
            ):
                due.append(item)
            else:
                self._skip(item, before)
        return due, late

    def _skip(self, item: Item, before: Pushed | None) -> None:
        self._skipped += 1
        if before and before.digest != item.digest:
            named = ", ".join(self._write.key)
            self._refuse(
                item.row,
                f"its {named} was pushed before with other content, and Gong keeps the first",
            )

    def _refuse(self, row: int, message: str) -> None:
        self._refused.append((row, message))

    def _may_go_again(self, delivery: Delivery, db: duckdb.DuckDBPyConnection, item: Item) -> bool:
        """Settles what an earlier run left open; returns whether it is to be sent."""
        write = self._write
        if self._wish.again or write.is_repeatable:
            return True
        is_done = delivery.ask(item)
        if is_done is False:
            return True
        self._settle(db, [delivery.known_by_asking(item, is_done)], [item])
        return False

    def _flow(
        self,
        delivery: Delivery,
        db: duckdb.DuckDBPyConnection,
        pool: ThreadPoolExecutor,
        due: list[Item],
        late: list[Item],
    ) -> None:
        """Sends items, several requests at once; notes each before it leaves and after."""
        write = self._write
        groups = group_items(write, iter(due))
        flying: dict[Future[Outcomes], list[Item]] = {}
        ended: Ended | None = None
        fault: BaseException | None = None
        while True:
            is_over = ended is not None or fault is not None
            while not is_over and len(flying) < _AT_ONCE and (group := next(groups, None)):
                self._note(db, group)
                flying[pool.submit(delivery.deliver, group)] = group
            if not flying:
                break
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                group = flying.pop(future)
                try:
                    outcomes = future.result()
                except Ended as stop:
                    ended = ended or stop
                    self._withdraw(db, group, str(stop))
                    continue
                except BaseException as error:
                    # what else is flying is settled first; of this, nobody knows
                    fault = fault or error
                    continue
                self._settle(db, outcomes, group)
                accepted = {one.key for one in outcomes if one.state is State.ACCEPTED}
                late += (item for item in group if item.key in accepted)
        if fault:
            raise fault
        if ended:
            raise ended

    def _withdraw(self, db: duckdb.DuckDBPyConnection, group: list[Item], why: str) -> None:
        """Notes that a request did not leave; what may have been done before stays unknown."""
        new = [item.key for item in group if not item.was_open]
        pushes.withdrawn(db, self._write.operation_id, new)
        still = [Outcome(item.key, State.UNKNOWN, why) for item in group if item.was_open]
        pushes.settle(db, self._write.operation_id, still, self._session.clock())

    def _note(self, db: duckdb.DuckDBPyConnection, group: list[Item]) -> None:
        db.begin()
        pushes.sending(
            db,
            self._write.operation_id,
            self._rows.source,
            (Sent(item.key, item.digest, item.row) for item in group),
            self._session.clock(),
        )
        db.commit()

    def _settle(
        self, db: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome], group: Sequence[Item]
    ) -> None:
        db.begin()
        pushes.settle(db, self._write.operation_id, outcomes, self._session.clock())
        if self._write.undoes:
            done = [one.key for one in outcomes if one.state is State.DONE]
            pushes.forget(db, self._write.undoes, done)
        db.commit()
        rows = {item.key: item.row for item in group}
        for one in outcomes:
            self._came[one.state] += 1
            if one.state is State.ACCEPTED:
                self._taken_now.add(one.key)
            if one.state in (State.DONE, State.ACCEPTED):
                continue
            if one.key in rows:
                self._refuse(rows[one.key], one.message or one.state)
            else:
                self._refused_before += 1

    def _follow(self, client: Client, late: list[Item]) -> int:
        """Asks how far Gong has come with what it does later; returns how much is still open.

        Raises:
            Postponed: the quota is spent.
            StopRun: Gong cannot be asked.
        """
        write, poll = self._write, self._write.answers.poll
        assert poll
        db = self._open()
        try:
            known = pushes.known(db, write.operation_id, [item.key for item in late])
            groups: dict[str, list[Item]] = {}
            for item in sorted(late, key=lambda one: one.row):
                groups.setdefault(known[item.key].answer_id or item.key, []).append(item)
            # each look is a request; so many are left to the next push
            is_patient = self._wish.follow and len(groups) <= _FOLLOWED
            patience = self._session.settings.max_wait_seconds if is_patient else 0.0
            for _ in turns(patience):
                for request, group in list(groups.items()):
                    try:
                        result = poll(client, group[0].shared, request)
                    except GaveUp:
                        raise
                    except (FailTable, Signal) as error:
                        self._settle_late(db, group, self._lost(self._carried(db, group), error))
                    else:
                        if result.state is PollState.WAITING:
                            continue
                        is_file = write.is_json_lines and group[0].element is None
                        carried = self._carried(db, group)
                        self._settle_late(db, group, _ended(carried, result, is_file=is_file))
                    del groups[request]
                if not groups:
                    break
                self._console.info(f"Gong is still at {sum(map(len, groups.values()))} of them")
            return sum(map(len, groups.values()))
        finally:
            db.close()

    def _carried(self, db: duckdb.DuckDBPyConnection, group: list[Item]) -> list[Pushed]:
        """All that went in the request of a group, also what is not among the rows any more."""
        operation_id = self._write.operation_id
        [one, *_] = own = list(
            pushes.known(db, operation_id, [item.key for item in group]).values()
        )
        return pushes.carried(db, operation_id, one.answer_id) if one.answer_id else own

    def _lost(self, carried: Sequence[Pushed], error: GongError) -> Outcomes:
        """What comes of things that Gong has taken and knows nothing of."""
        said = f"Gong took it, and cannot tell what has become of it: {error.in_short}"
        if self._write.is_repeatable:
            said += "; it goes again with the next push"
            return [Outcome(one.key, State.FAILED, said) for one in carried]
        said += "; look there, and if it is not done, push it with --again"
        return [Outcome(one.key, State.UNKNOWN, said) for one in carried]

    def _settle_late(
        self, db: duckdb.DuckDBPyConnection, group: list[Item], outcomes: Outcomes
    ) -> None:
        self._came[State.ACCEPTED] -= sum(item.key in self._taken_now for item in group)
        self._settle(db, outcomes, group)

    def _finish(self, stop: GongError | None, waiting: int, requests: int) -> int:
        """Says what came of it, and returns the exit code."""
        console, came = self._console, self._came
        for row, message in sorted(self._refused)[:_SHOWN]:
            console.error(f"row {row}: {message}", row=row)
        more = len(self._refused) - _SHOWN
        if more > 0:
            console.error(f"… and {more} more; they are in gong_ops.pushes")
        if self._refused_before:
            console.error(
                f"{self._refused_before} rows of earlier pushes, which are not given now, were "
                "refused too; they are in gong_ops.pushes"
            )
        if self._wish.rejected and self._refused:
            self._write_rejected(Path(self._wish.rejected))
        told = [f"{count} {state}" for state, count in sorted(came.items()) if count]
        if self._skipped:
            told.append(f"{self._skipped} done before")
        console.info(
            f"push {self._write.operation.short}: {', '.join(told) or 'nothing to send'} "
            f"({requests:,} request{'' if requests == 1 else 's'})",
            requests=requests, skipped=self._skipped,
            **{str(state): count for state, count in came.items() if count},
        )  # fmt: skip
        if isinstance(stop, Postponed):
            console.warn(str(stop))
            return POSTPONED
        if stop is not None:
            console.error(f"{stop} What was not sent goes with the next push.")
            return (
                USAGE if isinstance(stop, StopRun) and not isinstance(stop, Unreachable) else FAILED
            )
        if self._refused or self._refused_before:
            return FAILED
        if waiting:
            console.warn(
                f"Gong has taken {waiting} and has not done them yet, which may take hours; the "
                "same command sends nothing again and asks how far they are."
            )
            return POSTPONED
        return DONE

    def _keep(self, warehouse: Warehouse, code: int, requests: int) -> None:
        session = self._session
        record_run(
            warehouse,
            Run(
                uuid.uuid4().hex,
                f"push {self._write.operation.short}",
                session.started_at,
                session.clock(),
                outcome_of(code),
                requests,
                entities_seen=self._came.total() + self._skipped,
                entities_changed=self._came[State.DONE],
            ),
        )
        keep_status(session, warehouse)

    def _write_rejected(self, path: Path) -> None:
        """Writes the rows that were refused, with the reason, to be mended and pushed again."""
        reasons: dict[int, list[str]] = {}
        for number, message in self._refused:
            reasons.setdefault(number, []).append(message)
        with private_file(path) as file:
            for number, row in enumerate(self._rows, 1):
                if number in reasons:
                    row[REASON] = "; ".join(reasons[number])
                    file.write(json_line(row) + "\n")
        self._console.info(f"{len(reasons)} rows are in {path}, with the reason in {REASON}")
