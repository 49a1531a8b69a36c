"""From landed to published: builds and tests with dbt, then publishes; skipped if nothing is new.

Invariant: nothing of a build that was cut short is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from pipelines.exit_codes import DONE, FAILED, CommandError
from pipelines.machine.disk import disk_fault
from pipelines.publish.build_state import BuildState, read_build_state, store_build_state
from pipelines.publish.dbt import BuildResult, DbtFailed, models_fingerprint, run_dbt
from pipelines.publish.scope import BuildScope, basis_of, changed_months, scope_of
from pipelines.session import Session
from sources.gong.schema.tables import TABLES
from warehouse import raw_tables
from warehouse.build_warnings import all_warnings, store_warnings
from warehouse.builds.changes import BY_CALL
from warehouse.builds.record import contents, store_record
from warehouse.column_comments import comment_raw_tables
from warehouse.connection import Locked, Warehouse
from warehouse.publication.publish import Changes, Publication, publish


class NotBuilt(CommandError):
    """The tables in `gong_build` are not of one build."""


def build(
    session: Session,
    warehouse: Warehouse,
    zone: str | None,
    *,
    is_forced: bool = False,
    is_asked_for: bool = False,
) -> int:
    """Brings the published copy up to date and returns the exit code.

    Args:
        session: the run.
        warehouse: the warehouse.
        zone: the company's time zone; None where it is not known.
        is_forced: whether to build everything, even if nothing has changed.
        is_asked_for: whether a person asks for it, who may have changed rows by hand: then it is
            also built where something else than our commands has written the warehouse.
    """
    console = session.console
    with suppress(Locked):  # the next build describes them; dbt says who has it open
        comment_raw_tables(warehouse)
    basis, mark = basis_of(session, zone), _mark(session, warehouse, zone)
    last = read_build_state(session)
    is_as_left = last.basis == basis or not is_asked_for
    if not is_forced and mark == last.mark and is_as_left:
        console.info("nothing new: the tables are as they were built last")
        return publish_now(session)
    try:
        scope = None if is_forced else scope_of(session, warehouse, last, basis)
        # until this build has ended, the tables are neither those of the last build nor tested
        store_build_state(session, BuildState(failed=last.failed))
        with console.stage("building and testing the tables"):
            done = _run(session, warehouse, zone, scope)
    except DbtFailed as error:
        fault = disk_fault(str(error), (session.target.path, session.home))
        console.error(f"{fault or error}\nThe published tables stay as they were.")
        return FAILED
    _store_state(session, warehouse, last, mark, basis, done)
    code = publish_now(session, thoroughly=is_forced)
    return FAILED if done.result.failed or done.differ else code


def _mark(session: Session, warehouse: Warehouse, zone: str | None) -> str:
    """Returns a fingerprint of what has landed, the models and the day."""
    roots = [table.name for table in TABLES if table.is_root]
    landed, day = raw_tables.packages_of_rows(warehouse, roots), session.started_at.date()
    return f"{landed} {day} {models_fingerprint()} {zone}"


@dataclass(frozen=True, slots=True)
class _Build:
    """A build that has ended.

    Attributes:
        result: what dbt did last.
        scope: what was built; None for everything.
        is_reported: whether the warnings of its tests are stored.
        differ: tables that came out otherwise when all of them was built.
    """

    result: BuildResult
    scope: BuildScope | None
    is_reported: bool
    differ: Sequence[str] = ()


def _store_state(
    session: Session, warehouse: Warehouse, last: BuildState, mark: str, basis: str, done: _Build
) -> None:
    """Stores what a build has left: what the next one needs to know, and what is to be published.

    Args:
        session: the run.
        warehouse: the warehouse.
        last: what the build before had left.
        mark: fingerprint of the data and models that were built from.
        basis: fingerprint of what must be the same next time.
        done: the build.
    """
    failed = tuple(sorted(done.result.failed))
    is_done = not failed and done.is_reported
    state = BuildState(mark if is_done else "", failed, is_whole=True)
    if is_done:
        build_id = ""
        with suppress(Locked), warehouse.writing() as db:  # else everything is built next time
            build_id = store_record(db, session.started_at)
        full_at = last.full_at if done.scope else session.started_at.isoformat()
        state = replace(state, basis=basis, build_id=build_id, full_at=full_at)
    if done.scope:
        months = changed_months(warehouse, done.scope, done.result.built)
        state = replace(state, edition=last.edition, unpublished=_both(last.unpublished, months))
    store_build_state(session, state)


def _run(
    session: Session, warehouse: Warehouse, zone: str | None, scope: BuildScope | None
) -> _Build:
    """Builds what has changed, or everything; both, and compares, where that is due.

    What has changed is also followed by everything where a model or a test fails: what nights have
    left cannot be the reason then.

    Raises:
        DbtFailed: dbt did not get as far as building.
    """
    left: dict[str, tuple[int, str]] = {}
    is_reported = False
    if scope:
        warned = [str(row["test_name"]) for row in all_warnings(warehouse)]
        result = run_dbt(session, zone, scope.selected, warned)
        if result.failed:
            # what then becomes of them the build of everything says
            reasons = "; ".join(f"{name}: {why}" for name, why in result.failed.items())
            session.console.info(
                f"transform: everything is built, since changed calls alone failed ({reasons})"
            )
        else:
            is_reported = report_build(session, warehouse, result, scope)
        if not scope.is_compared and not result.failed:
            return _Build(result, scope, is_reported)
        with warehouse.reading() as db:
            # one whose model failed is as the night before has left it
            left = contents(db, [name for name in BY_CALL if name in result.built])
    result = run_dbt(session, zone)
    is_reported = report_build(session, warehouse, result)
    with warehouse.reading() as db:
        all_built = contents(db, list(left))
    differ = [name for name in left if name not in result.failed and left[name] != all_built[name]]
    for name in differ:
        _report_difference(session, name, left[name][0], all_built[name][0])
    return _Build(result, None, is_reported, differ)


def _report_difference(session: Session, name: str, by_night: int, whole: int) -> None:
    session.console.error(
        f"{name} was not what it should be: built from changed calls alone it had {by_night:,} "
        f"rows, built from all calls it has {whole:,}, or rows that say something else. It is "
        "right now; please report it."
    )


def _both(
    before: Mapping[str, Sequence[str] | None] | None, now: Mapping[str, Sequence[str] | None]
) -> Mapping[str, Sequence[str] | None] | None:
    """Returns what has changed in two builds; None where everything may have."""
    if before is None:
        return None
    both = dict(before)
    for name, months in now.items():
        earlier = both.get(name, ())
        both[name] = None if months is None or earlier is None else sorted({*months, *earlier})
    return both


def report_build(
    session: Session, warehouse: Warehouse, result: BuildResult, scope: BuildScope | None = None
) -> bool:
    """Reports what dbt did, and stores the warnings of its tests; returns whether it could."""
    if scope:
        session.console.info(
            f"transform: {scope.changes.calls:,} calls have changed, and "
            f"{len(scope.changes.tables)} raw tables; the rest stays as it was built",
            calls=scope.changes.calls,
        )
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
    try:
        tested = result.tested if scope else None
        store_warnings(warehouse, result.warnings, session.started_at, tested)
    except Locked:  # the next build builds everything, and stores its own
        return False
    return True


def publish_now(session: Session, *, thoroughly: bool = False) -> int:
    """Publishes all tables but those whose last build failed, reports it, returns the exit code.

    Args:
        session: the run.
        thoroughly: whether every byte of what is published already is checked, and every built
            row may have changed.

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
        # who asks for it may have changed built rows by hand
        unpublished = None if thoroughly else last.unpublished
        changes = None if unpublished is None else Changes(last.edition, unpublished)
        published = publish(
            session.target, session.home, last.failed, thoroughly=thoroughly, changes=changes
        )
    if not last.failed:
        store_build_state(session, replace(last, edition=published.edition, unpublished={}))
    _report_publication(session, published)
    return FAILED if published.lost else DONE


def _report_publication(session: Session, published: Publication) -> None:
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
