"""Erases a person: in the warehouse and everything made from it, and in Gong too if wished.

The steps, each of which a kill may follow; the same command, run again, goes on to the end:

1. dlt's pending packages are dropped; their windows count as not read and are read again.
2. The tombstones and the row of the erasure are kept, in one transaction. *This is the point of no
   return*: from here on no sync brings the person back, and one that runs says what is unfinished.
3. Gong is asked to erase, if wished. Where it refuses, the tombstones are taken back, and nothing
   was erased.
4. Rows leave the published copy, and their parts the disk.
5. Rows leave the warehouse, in one transaction, with the tables that dbt has built.
6. The warehouse file is written anew, so that no byte is left of what was deleted.
7. dlt's folder, dbt's target and logs go; both are made anew from the warehouse.
8. The analytics tables are built and published.

Up to step 5 the raw tables still say who the person is, so a repeat finds all of it again; after it
there is nothing left to find, and the steps that follow look for nothing.
"""

from __future__ import annotations

import getpass
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.dlt_workdir import drop_packages
from pipelines.exit_codes import DONE, FAILED, POSTPONED, UsageError, outcome_of
from pipelines.gong_client import credentials_of, open_client
from pipelines.lock import hold
from pipelines.monitor.status import keep_status
from pipelines.polling import turns
from pipelines.privacy.personal_columns import layout
from pipelines.privacy.suppression_list import SETTING, WrongKey, check_of, forget_found, marker
from pipelines.session import PUSH_FOLDER, STATUS_FILE, Session, refrozen
from sources.gong.api.auth import IncompleteCredentials
from sources.gong.api.errors import GongError, Postponed, Unsure
from sources.gong.api.operations import operation
from sources.gong.load.suppression import (
    Kind,
    Marker,
    Person,
    normal_email,
    normal_name,
    normal_phone,
)
from warehouse import erasure
from warehouse.connection import Warehouse
from warehouse.erasure import Found, Outcome
from warehouse.ops import suppression_list as tombstones
from warehouse.ops.load_log import company_time_zone
from warehouse.ops.runs import Run, record_run
from warehouse.prepare import prepare
from warehouse.publication import folder, take_out

if TYPE_CHECKING:
    import duckdb

    from sources.gong.api.client import Client

_AT_GONG = {
    "calls": "calls",
    "emails": "e-mails",
    "meetings": "meetings",
    "customerData": "CRM systems with contacts or leads",
    "customerEngagement": "engagement events",
}
_TAKES_AT_MOST = timedelta(hours=72)
"""Gong says hours. It stops an erasure of "an abnormal number of objects" and tells nobody."""
_AGAIN = "Run the same command again; it goes on where it is."


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says.

    Attributes:
        email: the address, or None.
        phone: the number, or None.
        in_gong: whether to erase in Gong too.
        mentions: whether mentions of the name are masked.
        yes: whether to erase, rather than to show.
        wait: whether to wait for another run, and for Gong.
        max_requests: how many requests may be spent; None for no limit.
        reserve: how many of the day's requests to leave for others.
    """

    email: str | None = None
    phone: str | None = None
    in_gong: bool = False
    mentions: bool = False
    yes: bool = False
    wait: bool = True
    max_requests: int | None = None
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class _Who:
    """The identifier, as typed and as it is compared."""

    kind: Kind
    typed: str
    value: str

    @property
    def email(self) -> str | None:
        return self.value if self.kind is Kind.EMAIL else None

    @property
    def phone(self) -> str | None:
        return self.value if self.kind is Kind.PHONE else None


def identified(email: str | None, phone: str | None) -> _Who:
    """Returns who is meant; raises UsageError where that is not exactly one person."""
    if (email is None) == (phone is None):
        raise UsageError("erase takes either --email or --phone; nothing was erased")
    if email is not None:
        value = normal_email(email)
        local, at, domain = value.partition("@")
        if not (local and at and "." in domain) or "@" in domain or " " in value:
            raise UsageError("--email is no e-mail address: write someone@example.com")
        return _Who(Kind.EMAIL, email.strip(), value)
    value = normal_phone(phone or "")
    if not value:
        raise UsageError("--phone is no number: write it with its country code, +44 20 7946 0000")
    return _Who(Kind.PHONE, (phone or "").strip(), value)


def erase(session: Session, wish: Wish) -> int:
    """Shows what is held of a person or erases it, and returns the exit code.

    Raises:
        UsageError: nobody, or no one person, is named, or the key is missing or another one.
        Busy: another run holds the warehouse and the wish says not to wait.
        TooFull: the disk has no room to rewrite the warehouse.
    """
    person = identified(wish.email, wish.phone)
    mark = marker(session.settings)
    with _Gong(session, wish) as gong:
        return _Erasing(session, wish, person, mark, gong).run()


class _Gong:
    """Gong's data-privacy operations, for one person."""

    def __init__(self, session: Session, wish: Wish) -> None:
        self._stack = ExitStack()
        self._session, self._wish = session, wish
        self._client: Client | None = None
        self.requests = 0

    def __enter__(self) -> _Gong:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def can_be_asked(self) -> bool:
        try:
            credentials_of(self._session.settings)
        except IncompleteCredentials:
            return False
        return True

    def held(self, person: _Who) -> dict[str, int]:
        """Returns how much Gong holds, by kind, without what it holds nothing of."""
        name = {
            Kind.EMAIL: "findAllReferencesToEmailAddress",
            Kind.PHONE: "findAllReferencesToPhoneNumber",
        }[person.kind]
        answer = self._call(name, person)
        counts = {key: len(answer.get(key) or ()) for key in _AT_GONG}
        return {key: count for key, count in counts.items() if count}

    def erase(self, person: _Who) -> None:
        """Asks Gong to erase; it says yes at once, and does it in hours."""
        self._call(
            {Kind.EMAIL: "purgeEmailAddress", Kind.PHONE: "purgePhoneNumber"}[person.kind], person
        )

    def _call(self, name: str, person: _Who) -> Mapping[str, Any]:
        if self._client is None:
            self._client, _ = self._stack.enter_context(
                open_client(
                    self._session.settings,
                    reserve=self._wish.reserve,
                    max_requests=self._wish.max_requests,
                    clock=self._session.clock,
                )
            )
        key = {Kind.EMAIL: "emailAddress", Kind.PHONE: "phoneNumber"}[person.kind]
        self.requests += 1
        return self._client.call(operation(name), {key: person.typed})


class _Erasing:
    def __init__(self, session: Session, wish: Wish, who: _Who, mark: Marker, gong: _Gong) -> None:
        self._session, self._wish, self._who, self._mark = session, wish, who, mark
        self._gong = gong
        self._warehouse = Warehouse(session.target)
        self._console = session.console
        self._run_id = uuid.uuid4().hex

    def run(self) -> int:
        with self._held():
            self._session = refrozen(self._session)
            self._check_key()
            at_gong: dict[str, int] | None = None
            if self._wish.in_gong or (not self._wish.yes and self._gong.can_be_asked):
                try:
                    at_gong = self._gong.held(self._who)
                except GongError as error:
                    if self._wish.in_gong:
                        return self._refused(error)
                    self._console.warn(f"What Gong holds could not be asked: {self._clean(error)}")
            if not self._wish.yes:
                self._show(at_gong)
                return DONE
            row = self._under_way()
            code = DONE
            if row is None:
                prepare(self._warehouse)
                code, row = self._erase(at_gong or {})
        if code == FAILED or row is None or not self._wish.in_gong:
            return code
        if row.in_gong not in (tombstones.ASKING, tombstones.REQUESTED):
            return code
        return self._follow(row)

    def _under_way(self) -> tombstones.Erasure | None:
        """Returns the erasure that has come to its end here, and that Gong was asked for."""
        if not self._wish.in_gong:
            return None
        own = self._mark(self._who.kind, self._who.value)
        with self._warehouse.reading() as db:
            if not tombstones.exist(db):
                return None
            row = tombstones.open_erasure(db, self._who.kind, own)
        is_asked = row is not None and row.in_gong == tombstones.REQUESTED
        return row if row and row.is_finished and is_asked else None

    def _held(self) -> Any:
        return hold(
            self._session.target.path, "erase", wait=self._wish.wait, on_wait=self._console.info
        )

    def _check_key(self) -> None:
        with self._warehouse.reading() as db:
            kept = tombstones.read(db)
        if kept and kept.check and kept.check != check_of(self._mark):
            raise WrongKey(
                f"{SETTING} is not the one under which others were erased from this warehouse. "
                "Nothing was erased; set the key that `gong-elt erase` ran with before."
            )

    def _person(self, found: Found) -> Person:
        names = {normal_name(name) for name in found.names}
        return Person(
            frozenset(found.emails),
            frozenset(found.phones),
            frozenset(found.crm_ids),
            # one word alone is many people's, and `Phone Caller #1` is nobody's name
            frozenset(name for name in names if " " in name and not any(map(str.isdigit, name))),
        )

    def _find(self, db: duckdb.DuckDBPyConnection) -> tuple[Found, Person]:
        found = erasure.find(db, self._who.email, self._who.phone, layout())
        return found, self._person(found)

    def _show(self, at_gong: Mapping[str, int] | None) -> None:
        """Tells what would go, by doing it and taking it back."""
        if not self._warehouse.exists:
            _say(self._shown(Found(), Outcome(), at_gong))
            return
        with self._warehouse.writing() as db:
            db.begin()
            try:
                found, person = self._find(db)
                outcome = erasure.erase(
                    db, person, found.calls, layout(), with_names=self._wish.mentions
                )
            finally:
                db.rollback()
        _say(self._shown(found, outcome, at_gong))

    def _shown(
        self, found: Found, outcome: Outcome, at_gong: Mapping[str, int] | None
    ) -> Iterator[str]:
        yield f"What is held of {self._who.typed}; nothing was changed."
        yield ""
        if at_gong is None:
            yield "Gong: not asked."
        else:
            yield "Gong:" if at_gong else "Gong: nothing"
            yield from (f"  {_AT_GONG[key]:<34}{count:>9,}" for key, count in at_gong.items())
        yield ""
        yield (
            f"Warehouse: {len(found.calls):,} calls with the person, which go whole; "
            f"known by {len(found.emails)} e-mail, {len(found.phones)} phone and "
            f"{len(found.crm_ids)} CRM id"
        )
        yield from _counted("rows that go", outcome.removed)
        yield from _counted("rows in which the address or number is masked", outcome.masked)
        yield from _counted("rows elsewhere that mention the name", outcome.mentions)
        if outcome.mentions:
            yield "    --mentions masks them; a later run cannot, as the name goes with the calls"
        if found.shared:
            yield f"  {found.shared} further addresses or numbers are other people's too; they stay"
        yield ""
        yield "To erase it: the same command with --yes; and with --in-gong, in Gong too."

    def _erase(self, at_gong: Mapping[str, int]) -> tuple[int, tombstones.Erasure | None]:
        session = self._session
        erasure.check_room(session.target)
        drop_packages(session.home)
        forget_found(self._warehouse)
        row, found, person = self._begin(at_gong)
        _forget_faults(person)
        if self._wish.in_gong:
            try:
                row = self._ask_gong(row, at_gong)
            except GongError as error:
                return self._refused(error), None
        taken = take_out(
            session.home,
            lambda columns: erasure.published_where(
                person, found.calls, columns, with_names=self._wish.mentions
            ),
        )
        outcome, had_build = self._take_out(row.erasure_id, found, person)
        self._console.info("rewriting the warehouse file, so that no byte is left")
        erasure.rewrite(session.target)
        self._clear()
        code = self._build() if had_build or taken or folder(session.home).exists() else DONE
        take_out(session.home, lambda _columns: None)
        with self._warehouse.writing() as db:
            tombstones.update(db, row.erasure_id, finished_at=session.clock())
        self._report(outcome, row)
        self._keep(code)
        left = self._leftovers(person)
        for file in left:
            self._console.error(f"{file} still names the person; it is not ours to delete")
        return (FAILED if left else code), row

    def _begin(self, at_gong: Mapping[str, int]) -> tuple[tombstones.Erasure, Found, Person]:
        """Keeps the tombstones and the row of the erasure; the point of no return."""
        session, mark = self._session, self._mark
        own = mark(self._who.kind, self._who.value)
        with self._warehouse.writing() as db:
            db.begin()
            tombstones.prepare(db)
            tombstones.keep_check(db, check_of(mark))
            found, person = self._find(db)
            row = tombstones.open_erasure(db, self._who.kind, own)
            if row is None:
                row = tombstones.Erasure(
                    self._run_id, tombstones.NOT_ASKED, None, is_finished=False
                )
                tombstones.begin(
                    db,
                    {
                        "erasure_id": row.erasure_id,
                        "kind": str(self._who.kind),
                        "mark": own,
                        "by_user": _user(),
                        "with_mentions": self._wish.mentions,
                        "started_at": session.started_at,
                        "in_gong": row.in_gong,
                    },
                )
            else:
                tombstones.update(
                    db, row.erasure_id, finished_at=None, with_mentions=self._wish.mentions
                )
            if self._wish.in_gong and row.in_gong == tombstones.NOT_ASKED and at_gong:
                row = replace(row, in_gong=tombstones.ASKING)
                tombstones.update(db, row.erasure_id, in_gong=row.in_gong)
            tombstones.add(db, self._marks(found, person), row.erasure_id, session.started_at)
            db.commit()
        for schema in self._foreign():
            self._console.warn(
                f"the schema {schema} of the warehouse is not gong-elt's; nobody looks into it"
            )
        return row, found, person

    def _marks(self, found: Found, person: Person) -> list[tuple[str, str, int | None]]:
        marked = [
            (Kind.EMAIL, person.emails),
            (Kind.PHONE, person.phones),
            (Kind.CRM, person.crm_ids),
            (Kind.CALL, found.calls),
        ]
        marks: list[tuple[str, str, int | None]] = [
            (str(kind), self._mark(kind, value), None)
            for kind, values in marked
            for value in sorted(values)
        ]
        if self._wish.mentions:
            marks += [
                (str(Kind.NAME), self._mark(Kind.NAME, name), len(name.split()))
                for name in sorted(person.names)
            ]
        return marks

    def _foreign(self) -> list[str]:
        with self._warehouse.reading() as db:
            return erasure.foreign_schemas(db)

    def _ask_gong(self, row: tombstones.Erasure, at_gong: Mapping[str, int]) -> tombstones.Erasure:
        """Sends the request to erase, unless one is under way or there is nothing to erase."""
        now = self._session.started_at
        if not at_gong:
            values = {"in_gong": tombstones.CONFIRMED, "in_gong_confirmed_at": now}
        elif row.in_gong == tombstones.REQUESTED:
            return row
        else:
            try:
                self._gong.erase(self._who)
                values = {"in_gong": tombstones.REQUESTED, "in_gong_requested_at": now}
            except Unsure:
                # Gong may have taken it; asked once more by the next run, which does no harm
                self._console.warn("whether Gong has taken the request is not known")
                values = {"in_gong": tombstones.ASKING}
            except GongError:
                with self._warehouse.writing() as db:
                    if row.erasure_id == self._run_id:
                        tombstones.undo(db, row.erasure_id)
                    else:
                        tombstones.update(db, row.erasure_id, in_gong=tombstones.NOT_ASKED)
                raise
        with self._warehouse.writing() as db:
            tombstones.update(db, row.erasure_id, **values)
        return replace(
            row,
            in_gong=str(values["in_gong"]),
            in_gong_requested_at=now if values["in_gong"] == tombstones.REQUESTED else None,
        )

    def _take_out(self, erasure_id: str, found: Found, person: Person) -> tuple[Outcome, bool]:
        from pipelines.publish.dbt import LastBuilt, last_built, mark_built

        with self._warehouse.reading() as db:
            had_build = erasure.has_build(db)
        if had_build:
            # the built tables go with the rows; until they are built again there are none
            mark_built(self._session, LastBuilt(failed=last_built(self._session).failed))
        with self._warehouse.writing() as db:
            db.begin()
            outcome = erasure.erase(
                db, person, found.calls, layout(), with_names=self._wish.mentions
            )
            tombstones.update(
                db,
                erasure_id,
                erased_at=self._session.clock(),
                removed=dict(outcome.removed),
                masked=dict(outcome.masked),
            )
            db.commit()
        return outcome, had_build

    def _clear(self) -> None:
        """Removes what runs have left that is made anew, or told of a fault."""
        home = self._session.home
        drop_packages(home)
        for name in ("dbt", "logs"):
            shutil.rmtree(home / name, ignore_errors=True)
        for left in home.glob(f"{PUSH_FOLDER}*"):
            shutil.rmtree(left)
        (home / STATUS_FILE).unlink(missing_ok=True)

    def _build(self) -> int:
        from pipelines.publish.build import build

        session, warehouse = self._session, self._warehouse
        zone = session.settings.company_time_zone or company_time_zone(warehouse)
        code = build(session, warehouse, zone, is_forced=True)
        if code != DONE:
            self._console.error(
                "the person is erased, but the analytics tables could not all be built and "
                "published anew; when that is mended, `gong-elt transform` brings them up to date"
            )
        return code

    def _leftovers(self, person: Person) -> list[Path]:
        """Returns files of the home that still name the person: somebody has put them there."""
        skipped = {self._session.target.path}
        found = []
        for file in sorted(self._session.home.rglob("*")):
            is_data = file in skipped or file.suffix in (".duckdb", ".parquet")
            if file.is_file() and not file.is_symlink() and not is_data and _names(file, person):
                found.append(file)
        return found

    def _report(self, outcome: Outcome, row: tombstones.Erasure) -> None:
        console = self._console
        removed, masked = sum(outcome.removed.values()), sum(outcome.masked.values())
        console.info(
            f"erased in the warehouse: {removed:,} rows removed, {masked:,} masked",
            removed=dict(outcome.removed),
            masked=dict(outcome.masked),
        )
        for name, count in sorted(outcome.removed.items()):
            console.info(f"  {name:<28}{count:>9,} removed")
        for name, count in sorted(outcome.masked.items()):
            console.info(f"  {name:<28}{count:>9,} masked")
        for name, count in sorted(outcome.mentions.items()):
            console.info(f"  {name:<28}{count:>9,} still mention the name")
        if row.in_gong == tombstones.CONFIRMED:
            console.info("Gong's look-up finds nothing of the person")

    def _keep(self, code: int) -> None:
        session = self._session
        record_run(
            self._warehouse,
            Run(
                self._run_id,
                "erase",
                session.started_at,
                session.clock(),
                outcome_of(code),
                self._gong.requests,
            ),
        )
        keep_status(session, self._warehouse)

    def _follow(self, row: tombstones.Erasure) -> int:
        """Asks Gong, with growing pauses, until it finds nothing of the person any more."""
        patience = self._session.settings.max_wait_seconds if self._wish.wait else 0.0
        for turn, _ in enumerate(turns(patience)):
            if turn == 1:
                self._console.info("waiting for Gong, which needs hours")
            try:
                if not self._gong.held(self._who):
                    self._settle(
                        row,
                        in_gong=tombstones.CONFIRMED,
                        in_gong_confirmed_at=self._session.clock(),
                    )
                    self._console.info("erased in Gong too: its look-up finds nothing any more")
                    return DONE
            except GongError as error:
                self._console.warn(f"Gong could not be asked: {self._clean(error)} {_AGAIN}")
                return POSTPONED if isinstance(error, Postponed) else FAILED
            since = row.in_gong_requested_at
            if since and self._session.clock() - since > _TAKES_AT_MOST:
                self._settle(row, in_gong=tombstones.OVERDUE)
                hours = _TAKES_AT_MOST // timedelta(hours=1)
                self._console.error(
                    f"Gong has not erased the person in {hours} hours. It stops erasures of very "
                    "many objects and does not tell: write to help@gong.io. The same command asks "
                    "it again."
                )
                return FAILED
        self._console.warn(
            "the person is erased in the warehouse; Gong has taken the request and needs hours. "
            f"{_AGAIN}"
        )
        return POSTPONED

    def _settle(self, row: tombstones.Erasure, **values: Any) -> None:
        with self._held(), self._warehouse.writing() as db:
            tombstones.update(db, row.erasure_id, **values)

    def _refused(self, error: GongError) -> int:
        self._console.error(
            f"Gong does not erase this: {self._clean(error)} Nothing was erased, neither in Gong "
            "nor in the warehouse."
            if not isinstance(error, Postponed)
            else f"{self._clean(error)} Nothing was erased yet."
        )
        return POSTPONED if isinstance(error, Postponed) else FAILED

    def _clean(self, error: Exception) -> str:
        """Returns a message of Gong's without the address or the number."""
        emails, phones = (
            frozenset([one]) if one else frozenset[str]()
            for one in (self._who.email, self._who.phone)
        )
        own = Person(emails, phones)
        return own.masked(str(error).replace(self._who.typed, "[the person]"))


def _counted(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    if counts:
        yield f"  {title}:"
        yield from (f"    {name:<32}{count:>9,}" for name, count in sorted(counts.items()))
    else:
        yield f"  {title}: none"


def _forget_faults(person: Person) -> None:
    """Removes accounts of faults that name the person, while all that names them is known."""
    for told in Path(tempfile.gettempdir()).glob("gong-elt-*.log"):
        if _names(told, person):
            told.unlink(missing_ok=True)


def _names(file: Path, person: Person) -> bool:
    """Whether the bytes of a file hold an address or a number of the person."""
    try:
        text = file.read_bytes().decode("utf-8", "replace")
    except OSError:
        return False
    return person.masked(text) != text


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def _say(lines: Iterator[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
