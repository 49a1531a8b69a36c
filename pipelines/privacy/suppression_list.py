"""The erased people of a warehouse, as a run must know them to keep them out."""

from __future__ import annotations

from pipelines.exit_codes import UsageError
from pipelines.privacy.personal_columns import layout
from pipelines.session import Session
from pipelines.settings import Settings
from sources.gong.load.suppression import Kind, Marker, Suppression
from warehouse import erasure
from warehouse.connection import Warehouse
from warehouse.ops import suppression_list as tombstones

SETTING = "GONG_ELT_ERASURE_KEY"


class WrongKey(UsageError):
    """The key for erasures is missing, or not the one that people were erased under."""


def marker(settings: Settings) -> Marker:
    """Returns what makes marks; raises WrongKey where no key is set."""
    if not settings.erasure_key:
        raise WrongKey(
            f"{SETTING} is not set. It keeps erased people from coming back without the warehouse "
            "knowing who they are: set it to 32 random characters or more (for example "
            "`openssl rand -hex 32`), for every sync and backfill too, and keep it. Nothing was "
            "erased."
        )
    return Marker(settings.erasure_key)


def check_of(mark: Marker) -> str:
    """Returns the mark by which a key is known again."""
    return mark("check", "gong-elt")


def suppression(session: Session, warehouse: Warehouse) -> Suppression | None:
    """Returns who is kept out; None where nobody was ever erased.

    Raises:
        WrongKey: somebody was, and the key is missing or another one.
    """
    with warehouse.reading() as db:
        kept = tombstones.read(db)
    if kept is None or not (kept.marks or kept.unfinished):
        return None
    key = session.settings.erasure_key
    if not key or check_of(Marker(key)) != kept.check:
        what = "not the one that they were erased under" if key else "not set"
        raise WrongKey(
            f"People were erased from this warehouse, and {SETTING} is {what}. Without it they "
            "would be read again. Nothing was read; set the key that `gong-elt erase` ran with."
        )
    if kept.unfinished:
        session.console.warn(
            "an erasure was cut short: run the same `gong-elt erase` again, which brings it to "
            "its end"
        )
    return Suppression(Marker(key), kept.marks, kept.name_lengths)


def keep_found(session: Session, warehouse: Warehouse, found: Suppression | None) -> None:
    """Keeps marks of the calls that a package leaves out, before it is loaded."""
    if found is None or not found.found:
        return
    mark = marker(session.settings)
    marks = [(Kind.CALL, mark(Kind.CALL, one), None) for one in sorted(found.found)]
    with warehouse.writing() as db:
        db.begin()
        tombstones.add(db, marks, None, session.started_at)
        tombstones.keep_to_forget(db, found.found)
        db.commit()
    found.found.clear()


def forget_found(warehouse: Warehouse) -> None:
    """Takes out what a package told of the calls that it left out, once it is loaded or dropped.

    That an erased person is in a call is known by its parties alone, and another stream of the
    same package (a log, a review) may name it before they are read. A killed run may have merged
    some of it, so each run begins with this.
    """
    with warehouse.reading() as db:
        calls = tombstones.to_forget(db) if warehouse.exists else []
    if not calls:
        return
    with warehouse.writing() as db:
        db.begin()
        erasure.delete_calls(db, calls, layout())
        tombstones.keep_to_forget(db, ())
        db.commit()
