"""`gong-elt push`: rows become writes at Gong, each once.

Every row is checked before the first is sent. What is sent is noted in `gong_ops.pushes` before it
leaves, and what came of it when it is known; a rerun sends what has not been done. Where nobody
knows whether Gong has done a thing, it is sent again only if that does no harm or Gong can be
asked; else it is shown as unknown and left alone.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.account import asking, who
from pipelines.api import request_shown
from pipelines.console import Console
from pipelines.exits import DONE, FAILED, POSTPONED, USAGE, UsageError
from pipelines.lock import Hold, hold
from pipelines.patience import turns
from pipelines.rows import Row, Rows, rows_of
from pipelines.session import Session, open_session, private_file
from pipelines.settings import load
from sources.gong.errors import (
    FailTable,
    GaveUp,
    GongError,
    NotLicensed,
    Postponed,
    Signal,
    SkipTable,
    StopRun,
    Unreachable,
    Unsure,
)
from sources.gong.inputs import WrongInputs, placed
from sources.gong.operations import Kind, Operation, UnknownOperation, operation, writes
from sources.gong.writes import (
    LARGEST_MEDIA,
    Fate,
    Progress,
    Repeat,
    Unit,
    Write,
    composed,
    grouped,
    is_gone,
    known_already,
    units,
    write_of,
)
from warehouse import pushes
from warehouse.pushes import Outcome, Pushed, Sent, State
from warehouse.store import Store, open_warehouse

if TYPE_CHECKING:
    import duckdb

    from sources.gong.client import Client

_SHOWN = 50
"""So many problems of rows are printed; the others are counted."""
_AT_ONCE = 8
"""Requests in flight: at three a second, answers may take more than two seconds each."""
_LOOKED_UP = 500
"""So many units are looked up in the ledger at a time."""
REASON = "_rejected_because"
"""The column of a file of refused rows that tells why; it is left out when they go again."""
_SENT_AGAIN = 3
"""So often is a request sent of which nobody knows whether it was done, where that is harmless."""
_ALL_ALIKE = 5
"""So many refusals in a row for want of a licence, before anything was done, end the push."""


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
    who(settings)
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


def _units(write: Write, rows: Rows, constants: Mapping[str, str]) -> Iterator[Unit]:
    for number, row in enumerate(rows, 1):
        yield from units(write, number, _with(row, constants))


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
            for unit in units(write, count, _with(row, wish.constants)):
                total += 1
                _check_files(write.operation, unit)
                first = seen.setdefault(unit.key, (count, unit.digest))
                if first[0] != count:
                    repeated += 1
                    if first[1] != unit.digest:
                        named = ", ".join(write.key)
                        told = f"{named} is that of row {first[0]}, and the rest is not"
                        raise WrongInputs(write.operation, [told])
        except WrongInputs as error:
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


def _check_files(row: Operation, unit: Unit) -> None:
    for one in row.inputs:
        file = unit.rest.get(one.name)
        if one.kind is not Kind.FILE or file is None:
            continue
        if not Path(file).is_file():
            raise WrongInputs(row, [f"{one.name}: there is no file {file}"])
        size = Path(file).stat().st_size
        if not 0 < size <= LARGEST_MEDIA:
            raise WrongInputs(
                row, [f"{one.name}: {file} has {size:,} bytes; Gong takes 1 to {LARGEST_MEDIA:,}"]
            )


def _show(write: Write, rows: Rows, wish: Wish, base_url: str) -> None:
    """Prints every request, as it would go, whatever was pushed before."""
    with tempfile.TemporaryDirectory(prefix="gong-elt-") as folder:
        for group in grouped(write, _once(_units(write, rows, wish.constants))):
            inputs = composed(write, group, Path(folder))
            shown = request_shown(placed(write.operation, inputs), base_url)
            if write.is_file_of_lines and group[0].element is not None:
                shown["files"]["dataFile"]["lines"] = [unit.element for unit in group]
                del shown["files"]["dataFile"]["path"]
            line = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), default=str)
            sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _once(found: Iterator[Unit]) -> Iterator[Unit]:
    seen: set[str] = set()
    for unit in found:
        if unit.key not in seen:
            seen.add(unit.key)
            yield unit


class _Ended(Exception):
    """Nothing more can be sent now; the cause tells why."""

    def __init__(self, why: GongError) -> None:
        super().__init__(str(why))
        self.why = why


Outcomes = list[Outcome]


class _Push:
    def __init__(self, session: Session, write: Write, rows: Rows, wish: Wish) -> None:
        self._session, self._write, self._rows, self._wish = session, write, rows, wish
        self._console = session.console
        self._came: Counter[State] = Counter()
        self._skipped = 0
        self._refused: list[tuple[int, str]] = []
        self._unlicensed = 0

    def run(self) -> int:
        session, wish = self._session, self._wish
        store = Store(session.target)
        with ExitStack() as stack:
            held = stack.enter_context(
                hold(
                    session.target.path, f"push {self._write.operation.short}",
                    wait=wish.wait, on_wait=self._console.info, gives_way=True,
                )
            )  # fmt: skip
            store.prepare()
            client, budget = stack.enter_context(
                asking(
                    session.settings, reserve=wish.reserve, max_requests=wish.max_requests,
                    clock=session.clock,
                )
            )  # fmt: skip
            folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix=".push-", dir=session.home))
            )
            stop: GongError | None = None
            late: list[Unit] = []
            try:
                late = self._send(client, folder, held)
            except _Ended as ended:
                stop = ended.why
            waiting = 0
            if late and not stop:
                try:
                    waiting = self._follow(client, late)
                except GongError as error:
                    stop = error
            return self._finish(stop, waiting, budget.spent)

    def _open(self) -> duckdb.DuckDBPyConnection:
        return open_warehouse(str(self._session.target.path), read_only=False)

    def _send(self, client: Client, folder: Path, held: Hold) -> list[Unit]:
        """Sends what has not been done, and returns what Gong does later."""
        write = self._write
        late: list[Unit] = []
        found = _once(_units(write, self._rows, self._wish.constants))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while batch := list(islice(found, _LOOKED_UP)):
                db = self._open()
                try:
                    due, later = self._due(client, db, batch)
                    late += later
                    self._flow(client, db, pool, due, folder, late)
                finally:
                    db.close()
                held.tell({"pushed": sum(self._came.values()) + self._skipped})
                held.give_way()
        return late

    def _due(
        self, client: Client, db: duckdb.DuckDBPyConnection, batch: list[Unit]
    ) -> tuple[list[Unit], list[Unit]]:
        """Returns what is to be sent, and what was sent before and Gong does later."""
        known = pushes.known(db, self._write.operation_id, [unit.key for unit in batch])
        due, late = [], []
        skipped: list[tuple[Unit, Pushed | None]] = []
        for unit in batch:
            before = known.get(unit.key)
            match before.state if before else None:
                case None | State.REJECTED | State.FAILED:
                    due.append(unit)
                case State.DONE if self._wish.again:
                    due.append(unit)
                case State.DONE:
                    skipped.append((unit, before))
                case State.ACCEPTED:
                    late.append(unit)
                case State.SENDING | State.UNKNOWN:
                    if self._may_go_again(client, db, unit):
                        due.append(unit)
        for unit, before in skipped:
            if self._write.is_whole and any(unit.rest == other.rest for other in due):
                due.append(unit)
            else:
                self._skip(unit, before)
        return due, late

    def _skip(self, unit: Unit, before: Pushed | None) -> None:
        self._skipped += 1
        if before and before.digest != unit.digest:
            named = ", ".join(self._write.key)
            self._refuse(
                unit.row,
                f"its {named} was pushed before with other content, and Gong keeps the first",
            )

    def _refuse(self, row: int, message: str) -> None:
        self._refused.append((row, message))

    def _may_go_again(self, client: Client, db: duckdb.DuckDBPyConnection, unit: Unit) -> bool:
        """Settles what an earlier run left open; returns whether it is to be sent."""
        write = self._write
        if self._wish.again or write.repeat in (Repeat.REFUSED, Repeat.HARMLESS):
            return True
        is_done = self._ask(client, unit)
        if is_done is False:
            return True
        self._settle(db, [self._known_by_asking(unit, is_done)], [unit])
        return False

    def _ask(self, client: Client, unit: Unit) -> bool | None:
        try:
            return self._write.asks(client, unit) if self._write.asks else None
        except (Postponed, StopRun) as error:
            raise _Ended(error) from error
        except GongError:
            return None

    def _known_by_asking(self, unit: Unit, is_done: bool | None) -> Outcome:
        if is_done:
            return Outcome(unit.key, State.DONE, "Gong was asked, and has it")
        return Outcome(
            unit.key,
            State.UNKNOWN,
            "Gong may or may not have done it; look there. If it has not, push it with --again"
            + ("" if self._write.asks is None else ", or ask again later with the same command"),
        )

    def _flow(
        self,
        client: Client,
        db: duckdb.DuckDBPyConnection,
        pool: ThreadPoolExecutor,
        due: list[Unit],
        folder: Path,
        late: list[Unit],
    ) -> None:
        """Sends units, several requests at once; notes each before it leaves and after."""
        write = self._write
        groups = grouped(write, iter(due))
        flying: dict[Future[Outcomes], list[Unit]] = {}
        ended: _Ended | None = None
        while True:
            while ended is None and len(flying) < _AT_ONCE and (group := next(groups, None)):
                self._note(db, group)
                flying[pool.submit(self._done, client, group, folder)] = group
            if not flying:
                break
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                group = flying.pop(future)
                try:
                    outcomes = future.result()
                except _Ended as stop:
                    ended = ended or stop
                    pushes.withdrawn(db, write.operation_id, [unit.key for unit in group])
                    continue
                self._settle(db, outcomes, group)
                accepted = {one.key for one in outcomes if one.state is State.ACCEPTED}
                late += (unit for unit in group if unit.key in accepted)
        if ended:
            raise ended

    def _note(self, db: duckdb.DuckDBPyConnection, group: list[Unit]) -> None:
        db.execute("begin")
        pushes.sending(
            db,
            self._write.operation_id,
            self._rows.source,
            (Sent(unit.key, unit.digest, unit.row) for unit in group),
            self._session.clock(),
        )
        db.execute("commit")

    def _settle(
        self, db: duckdb.DuckDBPyConnection, outcomes: Sequence[Outcome], group: Sequence[Unit]
    ) -> None:
        db.execute("begin")
        pushes.settle(db, self._write.operation_id, outcomes, self._session.clock())
        db.execute("commit")
        rows = {unit.key: unit.row for unit in group}
        for one in outcomes:
            self._came[one.state] += 1
            if one.state not in (State.DONE, State.ACCEPTED):
                self._refuse(rows[one.key], one.message or one.state)

    def _done(self, client: Client, group: list[Unit], folder: Path) -> Outcomes:
        """Sends one request; what came of each of its units.

        Raises:
            _Ended: nothing more can be sent now, and this was not.
        """
        write = self._write
        inputs = composed(write, group, folder)
        try:
            return self._sent(client, group, inputs)
        finally:
            if write.is_file_of_lines and group[0].element is not None:
                Path(inputs["dataFile"]).unlink()

    def _sent(self, client: Client, group: list[Unit], inputs: dict[str, Any]) -> Outcomes:
        write = self._write
        is_open = False
        for attempt in range(1, _SENT_AGAIN + 1):
            try:
                answer = client.call(write.operation, inputs)
                return self._taken(group, answer)
            except Unsure as unsure:
                is_open = True
                if write.repeat in (Repeat.REFUSED, Repeat.HARMLESS) and attempt < _SENT_AGAIN:
                    continue
                return [self._asked(client, unit, str(unsure)) for unit in group]
            except (Postponed, StopRun) as error:
                if is_open:
                    return [Outcome(unit.key, State.UNKNOWN, str(error)) for unit in group]
                raise _Ended(error) from error
            except GaveUp as error:
                return [Outcome(unit.key, State.FAILED, str(error)) for unit in group]
            except SkipTable as error:
                if not isinstance(error, NotLicensed):
                    raise _Ended(error) from error
                self._unlicensed += 1
                if self._unlicensed >= _ALL_ALIKE and not self._came[State.DONE]:
                    raise _Ended(error) from error
                return self._rejected(group, error)
            except (FailTable, Signal) as error:
                known = known_already(write, error)
                if known is not None:
                    # a key that Gong knows: it was done, by an earlier run or the attempt before
                    state = State.ACCEPTED if write.follows else State.DONE
                    told = "Gong has it already"
                    own = known or str(inputs.get(write.answer or "") or "") or None
                    return [Outcome(unit.key, state, told, own) for unit in group]
                if is_open and is_gone(write, error):
                    return [Outcome(unit.key, State.DONE) for unit in group]
                if len(group) > 1 and write.is_all_or_nothing and error.status == 400:
                    return self._halved(client, group)
                return self._rejected(group, error)
        raise AssertionError("the last attempt has an outcome")

    def _halved(self, client: Client, group: list[Unit]) -> Outcomes:
        """Gong refuses a request as a whole: one wrong element is not to keep the others back."""
        middle = len(group) // 2
        first = self._again(client, group[:middle])
        try:
            return first + self._again(client, group[middle:])
        except _Ended as ended:
            # the first half is done, the second was not sent
            message = f"not sent: {ended}"
            return first + [Outcome(unit.key, State.FAILED, message) for unit in group[middle:]]

    def _again(self, client: Client, group: list[Unit]) -> Outcomes:
        return self._sent(client, group, composed(self._write, group, self._session.home))

    def _rejected(self, group: list[Unit], error: GongError) -> Outcomes:
        message = "; ".join(error.texts) or str(error)
        return [
            Outcome(unit.key, State.REJECTED, message, request_id=error.request_id or None)
            for unit in group
        ]

    def _asked(self, client: Client, unit: Unit, trouble: str) -> Outcome:
        try:
            outcome = self._known_by_asking(unit, self._ask(client, unit) or None)
        except _Ended:
            outcome = self._known_by_asking(unit, None)
        if outcome.state is State.UNKNOWN:
            return Outcome(unit.key, State.UNKNOWN, f"{trouble} {outcome.message}")
        return outcome

    def _taken(self, group: list[Unit], answer: Mapping[str, Any]) -> Outcomes:
        write = self._write
        request_id = str(answer.get("requestId") or "") or None
        own = answer.get(write.answer) if write.answer else None
        failed = write.fails(answer, [unit.element for unit in group])
        state = State.ACCEPTED if write.follows else State.DONE
        return [
            Outcome(unit.key, State.REJECTED, failed[place], None, request_id)
            if place in failed
            else Outcome(unit.key, state, None, None if own is None else str(own), request_id)
            for place, unit in enumerate(group)
        ]

    def _follow(self, client: Client, late: list[Unit]) -> int:
        """Asks how far Gong has come with what it does later; returns how much is still open.

        Raises:
            Postponed: the quota is spent.
            StopRun: Gong cannot be asked.
        """
        write, follows = self._write, self._write.follows
        assert follows
        db = self._open()
        try:
            known = pushes.known(db, write.operation_id, [unit.key for unit in late])
            groups: dict[str, list[Unit]] = {}
            for unit in sorted(late, key=lambda one: one.row):
                groups.setdefault(known[unit.key].answer_id or unit.key, []).append(unit)
            patience = self._session.settings.max_wait_seconds if self._wish.follow else 0.0
            for _ in turns(patience):
                for request, group in list(groups.items()):
                    progress = follows(client, group[0].rest, request)
                    if progress.fate is not Fate.WAITING:
                        self._settle_late(db, progress, groups.pop(request))
                if not groups:
                    break
                self._console.info(f"Gong is still at {sum(map(len, groups.values()))} of them")
            return sum(map(len, groups.values()))
        finally:
            db.close()

    def _settle_late(
        self, db: duckdb.DuckDBPyConnection, progress: Progress, group: list[Unit]
    ) -> None:
        outcomes = []
        for place, unit in enumerate(group):
            error = progress.errors.get(place)
            if error is not None:
                outcomes.append(Outcome(unit.key, State.REJECTED, error))
            elif progress.fate is Fate.FAILED and not progress.errors:
                outcomes.append(Outcome(unit.key, State.REJECTED, progress.message))
            else:
                outcomes.append(Outcome(unit.key, State.DONE))
        self._came[State.ACCEPTED] -= min(self._came[State.ACCEPTED], len(group))
        self._settle(db, outcomes, group)

    def _finish(self, stop: GongError | None, waiting: int, requests: int) -> int:
        """Says what came of it, and returns the exit code."""
        console, came = self._console, self._came
        for row, message in sorted(self._refused)[:_SHOWN]:
            console.error(f"row {row}: {message}", row=row)
        more = len(self._refused) - _SHOWN
        if more > 0:
            console.error(f"… and {more} more; they are in gong_ops.pushes")
        if self._wish.rejected and self._refused:
            self._write_rejected(Path(self._wish.rejected))
        told = [f"{count} {state}" for state, count in sorted(came.items()) if count]
        if self._skipped:
            told.append(f"{self._skipped} done before")
        console.info(
            f"push {self._write.operation.short}: {', '.join(told) or 'nothing to send'} "
            f"({requests:,} requests)",
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
        if self._refused:
            return FAILED
        if waiting:
            console.warn(
                f"Gong has taken {waiting} and has not done them yet, which may take hours; the "
                "same command sends nothing again and asks how far they are."
            )
            return POSTPONED
        return DONE

    def _write_rejected(self, path: Path) -> None:
        """Writes the rows that were refused, with the reason, to be mended and pushed again."""
        reasons: dict[int, list[str]] = {}
        for number, message in self._refused:
            reasons.setdefault(number, []).append(message)
        with private_file(path) as file:
            for number, row in enumerate(self._rows, 1):
                if number in reasons:
                    row[REASON] = "; ".join(reasons[number])
                    file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        self._console.info(f"{len(reasons)} rows are in {path}, with the reason in {REASON}")
