"""What the steps of one erasure share: its facts, the search for the person, its row in `gong_ops`.

Invariant: the row of the erasure and the person's hashed identifiers are stored in one transaction.
From then on no sync brings the person back, unless Gong refuses to erase: both are deleted then.
"""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipelines.console import Console
from pipelines.privacy.erase_request import EraseOptions, Identifier
from pipelines.privacy.erasure_marks import marked_key_check
from pipelines.privacy.personal_columns import data_map
from pipelines.privacy.suppression_list import SETTING, WrongKey, hasher_of, key_check_of
from pipelines.session import Session
from sources.gong.load.suppression.identifiers import IdentifierHasher, IdentifierKind, normal_name
from sources.gong.load.suppression.person import Person
from warehouse.connection import Warehouse
from warehouse.erasure.data_map import PersonMatcher
from warehouse.erasure.foreign import refuse_foreign_rows
from warehouse.erasure.search import PersonalData, find
from warehouse.ops import erasures, suppression_list
from warehouse.ops.erasures import Erasure, GongStatus
from warehouse.ops.suppression_list import SuppressedIdentifier

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class EraseRun:
    """One run of `gong-elt erase`.

    Attributes:
        session: the session, frozen when the warehouse was locked.
        options: the parsed command line.
        identifier: the person, as given.
        run_id: of the run; also of the erasure that it begins.
    """

    session: Session
    options: EraseOptions
    identifier: Identifier
    run_id: str

    @property
    def warehouse(self) -> Warehouse:
        """The warehouse of the session."""
        return Warehouse(self.session.target)

    @property
    def console(self) -> Console:
        """The console of the session."""
        return self.session.console

    @property
    def hasher(self) -> IdentifierHasher:
        """Hashes identifiers under the key of the erasures; raises WrongKey where none is set."""
        return hasher_of(self.session.settings)

    @property
    def identifier_hash(self) -> str:
        """The hash of the identifier."""
        return self.hasher(self.identifier.kind, self.identifier.value)


def check_key(run: EraseRun) -> None:
    """Raises WrongKey where no key is set, or others were erased here under another key."""
    hasher = run.hasher
    with run.warehouse.reading() as db:
        stored = suppression_list.read(db)
    # a backup from before the first erasure does not know the key
    key_check = (stored and stored.key_check) or marked_key_check(run.session, run.warehouse)
    if key_check and key_check != key_check_of(hasher):
        raise WrongKey(
            f"{SETTING} is not the one under which others were erased from this warehouse. "
            "Nothing was erased; set the key that `gong-elt erase` ran with before."
        )


def find_person(run: EraseRun, db: duckdb.DuckDBPyConnection) -> PersonalData:
    """Returns what the raw tables hold of the person."""
    identifier = run.identifier
    return find(db, identifier.email, identifier.phone, data_map(), identifier.spell)


def matcher_of(data: PersonalData) -> PersonMatcher:
    """Returns the identifiers of a person, ready to be looked for in texts."""
    names = {normal_name(name) for name in data.names}
    return Person(
        data.emails,
        data.phones,
        data.national_phones,
        data.crm_ids,
        # one word alone is many people's, and `Phone Caller #1` is nobody's name
        frozenset(name for name in names if " " in name and not any(map(str.isdigit, name))),
    )


def waiting_for_gong(run: EraseRun) -> Erasure | None:
    """Returns the erasure of the person that is finished here and requested in Gong, if any."""
    with run.warehouse.reading() as db:
        row = erasures.open_erasure(db, run.identifier.kind, run.identifier_hash)
    return row if row and row.is_finished and row.in_gong is GongStatus.REQUESTED else None


def begin(run: EraseRun, *, is_in_gong: bool) -> tuple[Erasure, PersonalData]:
    """Stores the hashed identifiers and the row of the erasure.

    From here on no sync brings the person back, unless Gong refuses (`request_erasure`). An erasure
    that was cut short goes on under its own row.

    Args:
        run: the run.
        is_in_gong: whether Gong is going to be asked to erase something.

    Raises:
        ForeignRows: the file has tables of others that name the person; nothing is stored.
    """
    with run.warehouse.writing() as db:
        db.begin()
        suppression_list.prepare(db)
        erasures.prepare(db)
        suppression_list.store_key_check(db, key_check_of(run.hasher))
        data = find_person(run, db)
        row = erasures.open_erasure(db, run.identifier.kind, run.identifier_hash)
        if row is None:
            row = _insert_row(run, db)
        else:
            erasures.update(
                db, row.erasure_id, finished_at=None, with_mentions=run.options.with_mentions
            )
        if is_in_gong and row.in_gong is GongStatus.NOT_ASKED:
            row = replace(row, in_gong=GongStatus.ASKING)
            erasures.update(db, row.erasure_id, in_gong=row.in_gong)
        suppression_list.add(db, _hashed(run, data), row.erasure_id, run.session.started_at)
        refuse_foreign_rows(db, matcher_of(data), data.calls)
        db.commit()
    return row, data


def _insert_row(run: EraseRun, db: duckdb.DuckDBPyConnection) -> Erasure:
    row = Erasure(run.run_id, GongStatus.NOT_ASKED, None, is_finished=False)
    erasures.insert(
        db,
        {
            "erasure_id": row.erasure_id,
            "kind": str(run.identifier.kind),
            "mark": run.identifier_hash,
            "by_user": _user(),
            "with_mentions": run.options.with_mentions,
            "started_at": run.session.started_at,
            "in_gong": row.in_gong,
        },
    )
    return row


def _hashed(run: EraseRun, data: PersonalData) -> list[SuppressedIdentifier]:
    values = {
        IdentifierKind.EMAIL: data.emails,
        IdentifierKind.PHONE: data.phones,
        IdentifierKind.NATIONAL_PHONE: data.national_phones,
        IdentifierKind.CRM: data.crm_ids,
        IdentifierKind.CALL: data.calls,
    }
    hashed = [
        SuppressedIdentifier(str(kind), run.hasher(kind, value))
        for kind, own in values.items()
        for value in sorted(own)
    ]
    if run.options.with_mentions:
        hashed += [
            SuppressedIdentifier(
                str(IdentifierKind.NAME), run.hasher(IdentifierKind.NAME, name), len(name.split())
            )
            for name in sorted(matcher_of(data).names)
        ]
    return hashed


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())
