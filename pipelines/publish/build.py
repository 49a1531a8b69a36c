"""From landed to published: transform, test, publish; skipped where nothing has changed."""

from __future__ import annotations

from contextlib import suppress

from pipelines.exit_codes import DONE, FAILED, CommandError
from pipelines.publish.dbt import (
    Built,
    LastBuilt,
    TransformBroken,
    last_built,
    mark_built,
    state_of_models,
    transform,
)
from pipelines.session import Session
from sources.gong.schema.tables import TABLES
from warehouse import raw_tables
from warehouse.column_comments import comment_raw
from warehouse.connection import Locked, Warehouse
from warehouse.publication import publish


class NotBuilt(CommandError):
    """What stands in `gong_build` does not fit together."""


def build(
    session: Session, warehouse: Warehouse, zone: str | None, *, is_forced: bool = False
) -> int:
    """Brings the published copy up to date and returns the exit code.

    Args:
        session: the run.
        warehouse: where.
        zone: the company's time zone; None where it is not known.
        is_forced: whether to build even if neither data nor models nor the day have changed.
    """
    console = session.console
    with suppress(Locked):  # the next build describes them; dbt says who has it open
        comment_raw(session.target)
    roots = [table.name for table in TABLES if table.is_root]
    mark = f"{raw_tables.newest_load_id(warehouse, roots)} {state_of_models(session)} {zone}"
    last = last_built(session)
    if not is_forced and mark == last.mark:
        console.info("nothing new: the tables stand as they were built last")
        publish_now(session)
        return DONE
    # from here on `gong_build` is in between, until this build has said what of it is good
    mark_built(session, LastBuilt(failed=last.failed))
    try:
        built = transform(session, zone)
    except TransformBroken as broken:
        console.error(f"{broken}\nThe published tables stay as they were.")
        return FAILED
    say(session, built)
    mark_built(session, LastBuilt("" if built.failed else mark, tuple(sorted(built.failed)), True))
    publish_now(session)
    return FAILED if built.failed else DONE


def say(session: Session, built: Built) -> None:
    """Reports what dbt did."""
    session.console.info(
        f"transform: {built.models} models built, {built.tests} tests passed",
        models=built.models,
        tests=built.tests,
    )
    for name, count in built.warnings.items():
        session.console.warn(f"test {name} found {count} rows to look at")
    for name, reason in built.failed.items():
        session.console.error(f"{name} is not published, its last good rows stay: {reason}")


def publish_now(session: Session) -> None:
    """Publishes all tables but those whose last build failed, and says what came of it.

    Raises:
        NotBuilt: the last build was cut short.
    """
    last = last_built(session)
    if not last.is_whole:
        raise NotBuilt(
            "The tables were never built to the end since the last change: a build was cut short, "
            "or there was none. Nothing is published of them; run `gong-elt transform`, which "
            "builds, tests and publishes."
        )
    done = publish(session.target, session.home, last.failed)
    session.console.info(
        f"published {len(done.rows)} tables ({done.written} parts written, {done.kept} unchanged) "
        f"in {done.catalogue}",
        tables=len(done.rows),
        written=done.written,
        kept=done.kept,
    )
    if done.stale:
        session.console.warn(f"stale: {', '.join(done.stale)}")
