"""From landed to published: builds and tests with dbt, then publishes; skipped if nothing is new.

Invariant: nothing of a build that was cut short is published.
"""

from __future__ import annotations

from contextlib import suppress

from pipelines.exit_codes import DONE, FAILED, CommandError
from pipelines.machine.disk import disk_fault
from pipelines.publish.build_state import BuildState, read_build_state, store_build_state
from pipelines.publish.dbt import BuildResult, DbtFailed, models_fingerprint, run_dbt
from pipelines.session import Session
from sources.gong.schema.tables import TABLES
from warehouse import raw_tables
from warehouse.build_warnings import store_warnings
from warehouse.column_comments import comment_raw_tables
from warehouse.connection import Locked, Warehouse
from warehouse.publication.publish import publish


class NotBuilt(CommandError):
    """The tables in `gong_build` are not of one build."""


def build(
    session: Session, warehouse: Warehouse, zone: str | None, *, is_forced: bool = False
) -> int:
    """Brings the published copy up to date and returns the exit code.

    Args:
        session: the run.
        warehouse: the warehouse.
        zone: the company's time zone; None where it is not known.
        is_forced: whether to build even if neither data nor models nor the day have changed.
    """
    console = session.console
    with suppress(Locked):  # the next build describes them; dbt says who has it open
        comment_raw_tables(warehouse)
    roots = [table.name for table in TABLES if table.is_root]
    mark = f"{raw_tables.newest_load_id(warehouse, roots)} {models_fingerprint(session)} {zone}"
    last = read_build_state(session)
    if not is_forced and mark == last.mark:
        console.info("nothing new: the tables are as they were built last")
        return publish_now(session)
    # until this build has ended, the tables are neither those of the last build nor tested
    store_build_state(session, BuildState(failed=last.failed))
    try:
        with console.stage("building and testing the tables"):
            result = run_dbt(session, zone)
    except DbtFailed as error:
        fault = disk_fault(str(error), (session.target.path, session.home))
        console.error(f"{fault or error}\nThe published tables stay as they were.")
        return FAILED
    report_build(session, result)
    with suppress(Locked):  # the next build stores its own
        store_warnings(warehouse, result.warnings, session.started_at)
    failed = tuple(sorted(result.failed))
    store_build_state(session, BuildState("" if failed else mark, failed, is_whole=True))
    code = publish_now(session, thoroughly=is_forced)
    return FAILED if failed else code


def report_build(session: Session, result: BuildResult) -> None:
    """Reports what dbt did."""
    session.console.info(
        f"transform: {result.models} models built, {result.tests} tests passed",
        models=result.models,
        tests=result.tests,
    )
    if result.warnings:
        rows = sum(warning.rows_found for warning in result.warnings)
        session.console.warn(
            f"tests ({len(result.warnings)}) found {rows:,} rows to look at, which are "
            "published all the same; `gong-elt status --warnings` shows them and says what to do",
            tests=[warning.test_name for warning in result.warnings],
        )
    for name, reason in result.failed.items():
        session.console.error(f"{name} is not published, its last good rows stay: {reason}")


def publish_now(session: Session, *, thoroughly: bool = False) -> int:
    """Publishes all tables but those whose last build failed, reports it, returns the exit code.

    Args:
        session: the run.
        thoroughly: whether every byte of what is published already is checked.

    Raises:
        NotBuilt: the last build was cut short.
    """
    last = read_build_state(session)
    if not last.is_whole:
        raise NotBuilt(
            "No build was finished since the last change: a build was cut short, or there was "
            "none. Nothing was published; run `gong-elt transform`, which builds, tests and "
            "publishes."
        )
    with session.console.stage("publishing the tables"):
        published = publish(session.target, session.home, last.failed, thoroughly=thoroughly)
    session.console.info(
        f"published {len(published.rows)} tables ({published.written} parts written, "
        f"{published.kept} unchanged) in {published.catalogue}",
        tables=len(published.rows),
        written=published.written,
        kept=published.kept,
    )
    if published.healed:
        session.console.warn(
            f"{published.healed} published files were damaged or missing; they are written again"
        )
    if published.stale:
        session.console.warn(f"stale: {', '.join(published.stale)}")
    for name in published.lost:
        session.console.error(
            f"{name} is not published any more: a file with its last good rows is damaged or "
            "missing, and its model or a test of it failed. Correct that, then run `gong-elt "
            "transform`."
        )
    return FAILED if published.lost else DONE
