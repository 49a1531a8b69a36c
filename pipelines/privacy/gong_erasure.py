"""Gong's side of an erasure: what Gong holds of the person, the request to erase, its confirmation.

Gong takes a request at once and needs hours. It confirms nothing: the person counts as erased when
Gong's look-up finds nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pipelines.exit_codes import DONE, FAILED, POSTPONED, exit_code_of
from pipelines.gong_client import credentials_of, open_client
from pipelines.lock import hold
from pipelines.polling import turns
from pipelines.privacy.erase_request import EraseOptions, Identifier
from pipelines.privacy.erase_run import EraseRun
from pipelines.session import Session
from sources.gong.api.auth import IncompleteCredentials
from sources.gong.api.errors import GongError, Postponed, Unsure
from sources.gong.api.operations import operation
from sources.gong.load.suppression.identifiers import IdentifierKind
from warehouse.ops import erasures
from warehouse.ops.erasures import Erasure, GongStatus

if TYPE_CHECKING:
    from sources.gong.api.client import Client

HELD_BY_GONG = {
    "calls": "calls",
    "emails": "e-mails",
    "meetings": "meetings",
    "customerData": "CRM systems with contacts or leads",
    "customerEngagement": "engagement events",
}
"""Lists in the answer of Gong's look-up, with their names for people."""
_TAKES_AT_MOST = timedelta(hours=72)
"""Gong says hours. It stops an erasure of "an abnormal number of objects" and tells nobody."""
_AGAIN = "Run the same command again to continue."


class GongPrivacy:
    """Gong's data-privacy operations for one person; connects at the first request.

    Attributes:
        requests: how many requests were sent.
    """

    def __init__(self, session: Session, options: EraseOptions, identifier: Identifier) -> None:
        self._session, self._options, self._identifier = session, options, identifier
        self._stack = ExitStack()
        self._client: Client | None = None
        self.requests = 0

    def __enter__(self) -> GongPrivacy:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def has_credentials(self) -> bool:
        """Whether the settings have credentials."""
        try:
            credentials_of(self._session.settings)
        except IncompleteCredentials:
            return False
        return True

    def held(self) -> dict[str, int]:
        """Returns how much Gong holds, by list of its answer, without zeros."""
        answer = self._call(
            {
                IdentifierKind.EMAIL: "findAllReferencesToEmailAddress",
                IdentifierKind.PHONE: "findAllReferencesToPhoneNumber",
            }
        )
        counts = {key: len(answer.get(key) or ()) for key in HELD_BY_GONG}
        return {key: count for key, count in counts.items() if count}

    def erase(self) -> None:
        """Asks Gong to erase."""
        self._call(
            {IdentifierKind.EMAIL: "purgeEmailAddress", IdentifierKind.PHONE: "purgePhoneNumber"}
        )

    def _call(self, operations: Mapping[IdentifierKind, str]) -> Mapping[str, Any]:
        if self._client is None:
            self._client, _ = self._stack.enter_context(
                open_client(
                    self._session.settings,
                    reserve=self._options.reserve,
                    max_requests=self._options.max_requests,
                    clock=self._session.clock,
                    warn=self._session.console.warn,
                )
            )
        kind = self._identifier.kind
        key = {IdentifierKind.EMAIL: "emailAddress", IdentifierKind.PHONE: "phoneNumber"}[kind]
        self.requests += 1
        return self._client.call(operation(operations[kind]), {key: self._identifier.typed})


def held_by_gong(run: EraseRun, gong: GongPrivacy) -> dict[str, int] | None:
    """Returns how much Gong holds; None where Gong is not, or cannot be, asked.

    Raises:
        GongError: Gong cannot be asked, and is to erase.
    """
    if not run.options.in_gong and (run.options.yes or not gong.has_credentials):
        return None
    try:
        return gong.held()
    except GongError as error:
        if run.options.in_gong:
            raise
        run.console.warn(f"could not look up what Gong holds: {without_person(run, error)}")
        return None


def request_erasure(
    run: EraseRun, gong: GongPrivacy, row: Erasure, held: Mapping[str, int]
) -> Erasure:
    """Asks Gong to erase, unless it was asked before or holds nothing; returns the row after it.

    Raises:
        GongError: Gong refuses; the person is taken off the suppression list.
    """
    now = run.session.started_at
    if not held:
        return _update(run, row, in_gong=GongStatus.CONFIRMED, in_gong_confirmed_at=now)
    if row.in_gong is GongStatus.REQUESTED:
        return row
    try:
        gong.erase()
    except Unsure:
        # Gong may have taken it; the next run asks again, which does no harm
        run.console.warn("whether Gong has taken the request is not known")
        return _update(run, row, in_gong=GongStatus.ASKING)
    except GongError:
        with run.warehouse.writing() as db:
            if row.erasure_id == run.run_id:
                erasures.undo(db, row.erasure_id)
            else:
                erasures.update(db, row.erasure_id, in_gong=GongStatus.NOT_ASKED)
        raise
    return _update(run, row, in_gong=GongStatus.REQUESTED, in_gong_requested_at=now)


def wait_for_gong(run: EraseRun, gong: GongPrivacy, row: Erasure) -> int:
    """Asks, with growing pauses, until Gong finds nothing of the person; returns the exit code.

    The warehouse is not locked meanwhile.
    """
    console = run.console
    seconds = run.session.settings.max_wait_seconds if run.options.wait else 0.0
    for turn, _ in enumerate(turns(seconds)):
        if turn == 1:
            console.info("waiting for Gong, which needs hours")
        try:
            if not gong.held():
                confirmed_at = run.session.clock()
                _lock_and_update(
                    run, row, in_gong=GongStatus.CONFIRMED, in_gong_confirmed_at=confirmed_at
                )
                console.info("erased in Gong too: its look-up finds nothing any more")
                return DONE
        except GongError as error:
            console.warn(f"could not ask Gong: {without_person(run, error)} {_AGAIN}")
            return exit_code_of(error) or FAILED
        since = row.in_gong_requested_at
        if since and run.session.clock() - since > _TAKES_AT_MOST:
            _lock_and_update(run, row, in_gong=GongStatus.OVERDUE)
            console.error(
                f"Gong has not erased the person in {_TAKES_AT_MOST // timedelta(hours=1)} hours. "
                "It stops erasures of very many objects and does not say so: write to "
                "help@gong.io. The same command asks it again."
            )
            return FAILED
    console.warn(
        "the person is erased in the warehouse; Gong has taken the request and needs hours. "
        f"{_AGAIN}"
    )
    return POSTPONED


def report_refusal(run: EraseRun, error: GongError) -> int:
    """Says that Gong ended the erasure before anything was erased; returns the exit code."""
    reason = without_person(run, error)
    if isinstance(error, Postponed):
        run.console.error(f"{reason} Nothing was erased yet.")
        return POSTPONED
    run.console.error(
        f"Gong does not erase this: {reason} Nothing was erased, neither in Gong nor in the "
        "warehouse."
    )
    return exit_code_of(error) or FAILED


def without_person(run: EraseRun, error: GongError) -> str:
    """Returns the message of an error without the person's address or number."""
    return run.identifier.hidden_in(str(error))


def _update(run: EraseRun, row: Erasure, **values: Any) -> Erasure:
    with run.warehouse.writing() as db:
        erasures.update(db, row.erasure_id, **values)
    return replace(
        row,
        in_gong=values["in_gong"],
        in_gong_requested_at=values.get("in_gong_requested_at"),
    )


def _lock_and_update(run: EraseRun, row: Erasure, **values: Any) -> None:
    path, wait = run.session.target.path, run.options.wait
    with hold(path, "erase", wait=wait, on_wait=run.console.info):
        _update(run, row, **values)
