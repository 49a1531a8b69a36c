"""From landed to published: transform, test, publish; skipped where nothing has changed."""

from __future__ import annotations

from pipelines.exits import DONE, FAILED
from pipelines.session import Session
from pipelines.transform import (
    Built,
    TransformBroken,
    last_built,
    mark_built,
    state_of_models,
    transform,
)
from warehouse.publication import CATALOGUE, folder, publish
from warehouse.store import Store


def build(session: Session, store: Store, zone: str | None, *, is_forced: bool = False) -> int:
    """Brings the published copy up to date and returns the exit code.

    Args:
        session: the run.
        store: the warehouse.
        zone: the company's time zone; None where it is not known.
        is_forced: whether to build even if neither data nor models nor the day have changed.
    """
    console = session.console
    mark = f"{store.last_change()} {state_of_models(session)} {zone}"
    is_there = (folder(session.home) / CATALOGUE).exists()
    if not is_forced and is_there and mark == last_built(session):
        console.info("nothing new: the published tables stand as they are")
        publish_now(session, Built({}, {}, 0, 0))
        return DONE
    try:
        built = transform(session, zone)
    except TransformBroken as broken:
        console.error(f"{broken}\nThe published tables stay as they were.")
        return FAILED
    say(session, built)
    publish_now(session, built)
    if built.failed:
        return FAILED
    mark_built(session, mark)
    return DONE


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


def publish_now(session: Session, built: Built) -> None:
    """Publishes all tables but those that failed, and says what came of it."""
    done = publish(session.target, session.home, built.failed)
    session.console.info(
        f"published {len(done.rows)} tables ({done.written} parts written, {done.kept} unchanged) "
        f"in {done.catalogue}",
        tables=len(done.rows),
        written=done.written,
        kept=done.kept,
    )
    if done.stale:
        session.console.warn(f"stale: {', '.join(done.stale)}")
