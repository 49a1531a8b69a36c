"""Erases a person: in the warehouse and everything made from it, and in Gong too if asked for.

The steps, each of which a kill may follow; the same command, run again, goes on to the end:

1. The ops tables get their present columns, and the room on the disk for step 7 is checked. dlt's
   pending packages are dropped: their windows count as not read and are read again. Rows about
   calls that the last package left out are deleted.
2. The hashed identifiers and the row of the erasure are stored, in one transaction. From here on,
   unless Gong refuses in step 4, no sync brings the person back, and every sync says that the
   erasure is unfinished.
3. Logs of program faults that name the person are deleted.
4. Gong is asked to erase, with --in-gong. Where it refuses, what step 2 stored is deleted again,
   and the command ends: every row about the person is still there.
5. Rows are deleted from the published copy, and their parts from the disk.
6. Rows are deleted from the warehouse, in one transaction, with the tables that dbt has built,
   which are marked as not built before.
7. The warehouse file is written again, so that no byte is left of what was deleted.
8. dlt's folder, dbt's target and the logs are deleted. They are made again from the warehouse.
9. The analytics tables are built and published, and the parts deleted that were replaced.
10. The erasure is marked as finished, also outside the warehouse file, reported and recorded.

Up to step 6 the raw tables still say who the person is, so a repeat finds all of it again. After it
there is nothing left to find, and the steps that follow look for nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pipelines.dlt_workdir import drop_packages
from pipelines.exit_codes import DONE, FAILED, outcome_of
from pipelines.lock import hold
from pipelines.monitor.status_facts import write_status
from pipelines.privacy.erase_files import clear_home, delete_fault_logs, foreign_files
from pipelines.privacy.erase_report import print_preview, report
from pipelines.privacy.erase_request import EraseOptions, identify
from pipelines.privacy.erase_run import EraseRun, begin, check_key, matcher_of, waiting_for_gong
from pipelines.privacy.erasure_marks import mark_erasures
from pipelines.privacy.gong_erasure import (
    GongPrivacy,
    held_by_gong,
    report_refusal,
    request_erasure,
    wait_for_gong,
)
from pipelines.privacy.personal_columns import data_map
from pipelines.privacy.suppression_list import delete_left_out_calls, hasher_of
from pipelines.session import Session, refrozen
from sources.gong.api.errors import GongError
from warehouse.erasure import erasing, rewriting
from warehouse.erasure.conditions import published_where
from warehouse.erasure.erasing import ErasureCounts
from warehouse.erasure.search import PersonalData
from warehouse.ops import erasures
from warehouse.ops.erasures import Erasure, GongStatus
from warehouse.ops.load_log import company_time_zone
from warehouse.ops.runs import Run, record_run
from warehouse.prepare import prepare
from warehouse.publication.catalogue import folder
from warehouse.publication.erased_rows import remove_rows, remove_unused_parts
from warehouse.publication.origin import check_copy


def erase(session: Session, options: EraseOptions) -> int:
    """Shows what is held of a person or erases it, and returns the exit code.

    Raises:
        UsageError: not exactly one person is named.
        WrongKey: the key is missing or another one, and the options say to erase.
        OthersCopy: the published copy is of another warehouse, where the person would stay.
        ForeignRows: the file has tables of others that name the person; nothing was erased.
        Busy: another run holds the warehouse and the options say not to wait.
        TooFull: the disk has no room to rewrite the warehouse.
    """
    identifier = identify(options.email, options.phone)
    if options.yes:
        hasher_of(session.settings)
    if identifier.is_national:
        session.console.warn(
            "--phone does not begin with + and the country code, so it is "
            "looked for as it is typed only: the same number with its country code stays"
        )
    check_copy(session.home, session.target)
    with GongPrivacy(session, options, identifier) as gong:
        with hold(session.target.path, "erase", wait=options.wait, on_wait=session.console.info):
            run = EraseRun(refrozen(session), options, identifier, uuid.uuid4().hex)
            if options.yes:
                check_key(run)
            try:
                at_gong = held_by_gong(run, gong)
                if not options.yes:
                    print_preview(run, at_gong)
                    return DONE
                code = DONE
                row = waiting_for_gong(run) if options.in_gong else None
                if row is None:
                    code, row = _erase(run, gong, at_gong or {})
            except GongError as error:
                return report_refusal(run, error)
        is_open = row.in_gong in (GongStatus.ASKING, GongStatus.REQUESTED)
        if options.in_gong and is_open and code != FAILED:
            return wait_for_gong(run, gong, row)
        return code


def _erase(run: EraseRun, gong: GongPrivacy, at_gong: Mapping[str, int]) -> tuple[int, Erasure]:
    """Goes through the steps at the top of this module, in their order.

    Returns:
        The exit code and the row of the erasure.

    Raises:
        GongError: Gong refuses; nothing was erased.
    """
    session, warehouse = run.session, run.warehouse
    prepare(warehouse)
    rewriting.check_room(session.target)
    drop_packages(session.home)
    delete_left_out_calls(warehouse)
    row, data = begin(run, is_in_gong=run.options.in_gong and bool(at_gong))
    delete_fault_logs(matcher_of(data))
    if run.options.in_gong:
        row = request_erasure(run, gong, row, at_gong)
    had_published = _delete_published(run, data)
    had_build = _forget_build(run)
    counts = _delete_rows(run, row, data)
    run.console.info("rewriting the warehouse file, so that no byte is left")
    rewriting.rewrite(session.target)
    clear_home(session.home)
    is_published = had_build or had_published or folder(session.home).exists()
    code = _build(run) if is_published else DONE
    remove_unused_parts(session.home)
    return _finish(run, gong, row, data, counts, code), row


def _delete_published(run: EraseRun, data: PersonalData) -> bool:
    matcher = matcher_of(data)

    def where(columns: Mapping[str, str]) -> tuple[str, list[Any]] | None:
        return published_where(
            matcher, data.calls, columns, with_mentions=run.options.with_mentions
        )

    return bool(remove_rows(run.session.home, where))


def _forget_build(run: EraseRun) -> bool:
    """Marks the built tables, which go with the rows, as not built; returns whether there are."""
    from pipelines.publish.build_state import BuildState, read_build_state, store_build_state

    with run.warehouse.reading() as db:
        had_build = erasing.has_build(db)
    if had_build:
        failed = read_build_state(run.session).failed
        store_build_state(run.session, BuildState(failed=failed))
    return had_build


def _delete_rows(run: EraseRun, row: Erasure, data: PersonalData) -> ErasureCounts:
    with run.console.stage("erasing in the warehouse"), run.warehouse.writing() as db:
        db.begin()
        counts = erasing.erase(
            db, matcher_of(data), data.calls, data_map(), with_mentions=run.options.with_mentions
        )
        erasures.update(
            db,
            row.erasure_id,
            erased_at=run.session.clock(),
            removed=dict(counts.removed),
            masked=dict(counts.masked),
        )
        db.commit()
    return counts


def _build(run: EraseRun) -> int:
    from pipelines.publish.build import build

    session, warehouse = run.session, run.warehouse
    zone = session.settings.company_time_zone or company_time_zone(warehouse)
    code = build(session, warehouse, zone, is_forced=True)
    if code != DONE:
        run.console.error(
            "the person is erased, but the analytics tables could not all be built and published "
            "again; fix the cause, then run `gong-elt transform`"
        )
    return code


def _finish(
    run: EraseRun,
    gong: GongPrivacy,
    row: Erasure,
    data: PersonalData,
    counts: ErasureCounts,
    code: int,
) -> int:
    """Marks the erasure as finished, reports and records it; returns the exit code."""
    session, warehouse = run.session, run.warehouse
    with warehouse.writing() as db:
        erasures.update(db, row.erasure_id, finished_at=session.clock())
    missing = mark_erasures(session, warehouse)
    report(run.console, counts, row)
    if missing:
        run.console.warn(
            f"{len(missing)} more erasures (of {', '.join(sorted(set(missing.values())))}) are to "
            "be done again in this warehouse before other runs go on"
        )
    record_run(
        warehouse,
        Run(
            run.run_id, "erase", session.started_at, session.clock(), outcome_of(code),
            gong.requests,
        ),
    )  # fmt: skip
    write_status(session, warehouse)
    files = foreign_files(session.home, session.target.path, matcher_of(data))
    for file in files:
        run.console.error(f"{file} still names the person; it is not gong-elt's to delete")
    return FAILED if files else code
