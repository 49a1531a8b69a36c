"""Who is kept out of a run: the suppression list of the warehouse, with the key of the settings.

`warehouse.ops.suppression_list` stores it; `sources.gong.load.suppression.filtering` applies it to
Gong's answers.
"""

from __future__ import annotations

from pipelines.exit_codes import UsageError
from pipelines.privacy.personal_columns import data_map
from pipelines.session import Session
from pipelines.settings import Settings
from sources.gong.load.suppression.filtering import Suppression
from sources.gong.load.suppression.identifiers import IdentifierHasher, IdentifierKind
from warehouse.connection import Warehouse
from warehouse.erasure.deletion import delete_calls
from warehouse.ops import erasures, suppression_list
from warehouse.ops.suppression_list import SuppressedIdentifier

SETTING = "GONG_ELT_ERASURE_KEY"


class WrongKey(UsageError):
    """The key for erasures is missing, or not the one that people were erased under."""


def hasher_of(settings: Settings) -> IdentifierHasher:
    """Returns the hasher; raises WrongKey where no key is set."""
    if not settings.erasure_key:
        raise WrongKey(
            f"{SETTING} is not set. It keeps erased people from coming back without the warehouse "
            "knowing who they are: set it to 32 random characters or more (for example "
            "`openssl rand -hex 32`), for every sync and backfill too, and keep it. Nothing was "
            "erased."
        )
    return IdentifierHasher(settings.erasure_key)


def key_check_of(hasher: IdentifierHasher) -> str:
    """Returns the hash by which a key is recognised."""
    return hasher("check", "gong-elt")


def load_suppression(session: Session, warehouse: Warehouse) -> Suppression | None:
    """Returns the suppression list; None where nobody was ever erased.

    Raises:
        WrongKey: somebody was, and the key is missing or another one.
    """
    with warehouse.reading() as db:
        stored, unfinished = suppression_list.read(db), erasures.unfinished(db)
    if stored is None or not (stored.hashes or unfinished):
        return None
    key = session.settings.erasure_key
    if not key or key_check_of(IdentifierHasher(key)) != stored.key_check:
        fault = "not the one that they were erased under" if key else "not set"
        raise WrongKey(
            f"People were erased from this warehouse, and {SETTING} is {fault}. Without it they "
            "would be read again. Nothing was read; set the key that `gong-elt erase` ran with."
        )
    if unfinished:
        session.console.warn(
            "an erasure was cut short: run the same `gong-elt erase` again to finish it"
        )
    return Suppression(IdentifierHasher(key), stored.hashes, stored.name_lengths)


def store_left_out_calls(
    session: Session, warehouse: Warehouse, suppression: Suppression | None
) -> None:
    """Puts the calls that a package leaves out on the list, before the package is loaded."""
    if suppression is None or not suppression.new_calls:
        return
    hasher, calls = hasher_of(session.settings), sorted(suppression.new_calls)
    hashed = [
        SuppressedIdentifier(str(IdentifierKind.CALL), hasher(IdentifierKind.CALL, call_id))
        for call_id in calls
    ]
    with warehouse.writing() as db:
        db.begin()
        suppression_list.add(db, hashed, None, session.started_at)
        suppression_list.store_calls_to_delete(db, calls)
        db.commit()
    suppression.new_calls.clear()


def delete_left_out_calls(warehouse: Warehouse) -> None:
    """Deletes rows about the calls that a package left out, once it is loaded or dropped.

    Only its parties tell that an erased person is in a call, and another stream of the same package
    (a log, a review) may name the call before they are read. A killed run may have merged some of
    it, so each run begins with this.
    """
    with warehouse.reading() as db:
        calls = suppression_list.calls_to_delete(db)
    if not calls:
        return
    with warehouse.writing() as db:
        db.begin()
        delete_calls(db, calls, data_map())
        suppression_list.store_calls_to_delete(db, ())
        db.commit()
