"""An emulated company, and a client that runs reads in it one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, Postponed, StopRun
from sources.gong.api.operations import operation
from sources.gong.api.pagination import pages
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.reader import Reader
from sources.gong.extract.tasks import ReadRules, StreamTasks, TaskResult
from sources.gong.extract.window_plan import windows
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.arrow import entity_key
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import root_of
from tests.conftest import Emulator
from tests.endpoints.faults.reads import (
    BY_ID,
    MAX_WAIT_SECONDS,
    NOW,
    READS,
    SPANS,
    TIMEOUT_SECONDS,
    Read,
    ReadResult,
    needed,
)

PHONE, ADDRESS = "+12025550123", "somebody@elsewhere.example"
REQUEST_ID = "matrix-1"


class MatrixCompany:
    """An emulated company, and a client that is replaced when a run ends it."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.zone = ZoneInfo(emulator.time_zone)
        self._client: Client | None = None
        self._parents: dict[str, list[Entity]] = {}
        self._sound: dict[str, tuple[ReadResult, int]] = {}
        self._budget: Budget | None = None
        self._is_quick = False
        # One connection for all control requests, because opening one takes longer than a cell.
        self._control = httpx.Client(base_url=f"{emulator.base_url}/_emulator", timeout=60)
        self._removed_integration, self._assignment = self._prepare()

    def _prepare(self) -> tuple[str, str]:
        """Adds more flows and folders than a page has, and starts two requests with a status."""
        for number in range(105):
            for what in ("flow", "flow_folder"):
                change = {
                    "do": f"add_{what}",
                    "name": f"No. {number}",
                    "visibility": "Company",
                }
                self._control.post("/change", json=change).raise_for_status()
        (integration,) = self.emulator.truth("crm_integrations")
        number = integration["integrationId"]
        about = {"integrationId": number, "clientRequestId": REQUEST_ID}
        self.client().call(operation("DELETE /v2/crm/integrations"), about)
        # The deletion takes hours. Its status remains when the integration is replaced.
        self.emulator.change("disconnect_crm")
        self.emulator.change("connect_crm", with_data=True)
        assigned = self.client().call(
            operation("submitFlowProspectsBulkAssignment"),
            {
                "flowId": self.emulator.truth("flows")[0]["id"],
                "flowInstanceOwnerEmail": self.emulator.truth("users")[0]["emailAddress"],
                "prospects": [{"firstName": "Ada", "lastName": "Example"}],
            },
        )
        return str(number), str(assigned["id"])

    def close(self) -> None:
        """Closes the connections."""
        self._leave()
        self._control.close()

    def _leave(self) -> None:
        if self._client is not None and self._budget is not None:
            self._client.close()
            self._budget.close()
        self._client = None

    def strike(self, rule: Mapping[str, Any]) -> None:
        """Forgets faults and requests, and adds a fault rule."""
        self.forget()
        self._control.post("/faults", json=dict(rule)).raise_for_status()

    def forget(self) -> None:
        """Forgets faults and requests."""
        for what in ("faults", "requests"):
            self._control.delete(f"/{what}").raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """Returns the requests since the last `forget`."""
        requests: list[dict[str, Any]] = self._control.get("/requests").json()["requests"]
        return requests

    def fired(self) -> int:
        """Returns the number of requests that the rule has struck."""
        (rule,) = self._control.get("/faults").json()["faults"]
        return int(rule["fired"])

    def client(self, *, is_quick: bool = False) -> Client:
        """Returns a client that has authenticated before; a new one after a run has ended.

        A quick client has a short timeout.
        """
        if self._client is None or is_quick != self._is_quick:
            self._leave()
            self._is_quick = is_quick
            who = credentials(self.emulator.access_key, self.emulator.access_key_secret, None)
            self._budget = Budget(":memory:", Limits(0, 0, max_wait_seconds=MAX_WAIT_SECONDS))
            self._client = Client(
                self.emulator.base_url,
                who,
                self._budget,
                retries=RetryPolicy(backoff_seconds=0.001),
                timeout_seconds=TIMEOUT_SECONDS if is_quick else 120.0,
            )
            self._client.call(operation("listCallOutcomes"), {})
        return self._client

    def sound(self, name: str) -> tuple[ReadResult, int]:
        """Returns the read without a fault, and its number of requests."""
        if name not in self._sound:
            for parent in needed(READS[name]):
                self.parents(parent)
            self.client()
            known = -1
            while known != len(self._sound):
                # Read again if it had to read parents first, whose requests must not count.
                known = len(self._sound)
                self.forget()
                ran = self.run(name)
            assert ran.error is None, ran.error
            self._sound[name] = ran, len(self.requests())
        return self._sound[name]

    def parents(self, stream: str) -> list[Entity]:
        """Returns a few rows of a stream, for its child streams."""
        if stream not in self._parents:
            self._parents[stream] = _few(stream, self.sound(stream)[0].entities)
        return self._parents[stream]

    def run(self, name: str, *, is_quick: bool = False) -> ReadResult:
        """Runs a read; the result has the error if the read raised one of the product's."""
        ran = ReadResult(name)
        client = self.client(is_quick=is_quick)
        try:
            for result in self._results(READS[name], client):
                ran.entities += result.entities
                ran.is_done = ran.is_done or result.is_end
        except GongError as error:
            ran.error = error
        if isinstance(ran.error, (StopRun, Postponed)):
            self._leave()
        return ran

    def _results(self, read: Read, client: Client) -> Iterator[TaskResult]:
        if not read.stream:
            yield from self._alone(read, client)
            return
        reader = Reader(client, self.zone)
        ids: Sequence[str] = ()
        if read.name in BY_ID:
            ids = self._ids(read.stream)
        parents = self._parent_records(read)
        todo = self._windows(read)
        tasks = StreamTasks(
            read.stream, todo, reader, ExistingRows(), parents, ReadRules(NOW, ids), threads=1
        )
        yield from (result for result in tasks.results() if result)

    def _ids(self, stream: str) -> list[str]:
        root = root_of(stream)
        return [entity_key(root, entity) for entity in self.sound(stream)[0].entities]

    def _windows(self, read: Read) -> list[Window]:
        if read.name not in SPANS or read.name in BY_ID:
            is_awaited = read.name == "transcripts"
            reason = Reason.AWAITED if is_awaited else Reason.WHOLE
            return [Window(read.stream, Span(NOW, NOW), reason)]
        span, detail = SPANS[read.name]
        planned = windows(read.stream, [(span, Reason.NEW)], NOW, self.zone)
        return [window for window in planned if window.detail == detail][:1]

    def _parent_records(self, read: Read) -> ParentRecords:
        parents = [name for name in needed(read) if name != read.stream]
        records = ParentRecords((*parents, read.stream), ExistingRows())
        for parent in parents:
            is_whole = read.stream == "meeting_integrations"
            rows = self.sound(parent)[0].entities if is_whole else self.parents(parent)
            records.add(parent, rows)
            if parent == "calls":
                ids = self._ids("calls")
                records.add_calls(ids, ids, is_lookback=False)
            records.finish(parent)
        return records

    def _alone(self, read: Read, client: Client) -> Iterator[TaskResult]:
        window = Window("", Span(NOW, NOW), Reason.BY_ID)
        key = read.operation.rows_key
        for answer in pages(client, read.operation, self._inputs(read.name), single_pass=True):
            answer.pop("requestId", None)
            yield TaskResult(window, answer[key] if key else [answer])
        yield TaskResult(window, is_end=True)

    def _inputs(self, name: str) -> Mapping[str, Any]:
        between = SPANS["calls"][0]
        inputs: dict[str, Callable[[], Mapping[str, Any]]] = {
            "listCalls": lambda: {
                "fromDateTime": between.start.isoformat(),
                "toDateTime": between.end.isoformat(),
            },
            "getCall": lambda: {"id": self._ids("calls")[0]},
            "getUser": lambda: {"id": self._ids("users")[0]},
            "getPermissionProfile": lambda: {
                "profileId": self.parents("permission_profiles")[0]["id"]
            },
            "findAllReferencesToPhoneNumber": lambda: {"phoneNumber": PHONE},
            "findAllReferencesToEmailAddress": lambda: {"emailAddress": ADDRESS},
            "getRequestStatus": lambda: {
                "integrationId": self._removed_integration,
                "clientRequestId": REQUEST_ID,
            },
            "getFlowProspectsBulkAssignment": lambda: {"id": self._assignment},
        }
        return inputs[name]()


def _few(stream: str, entities: Sequence[Entity]) -> list[Entity]:
    """Returns few parent records, but enough for two requests of a child stream."""
    if stream == "users":
        listed = {str(user["id"]): user for user in entities}
        managers = sorted({str(u.get("managerId")) for u in entities} & listed.keys())[:2]
        reports = [u for u in entities if str(u.get("managerId")) in managers and u["active"]]
        chosen = {*managers, *(str(user["id"]) for user in reports[:2])}
        return [user for key, user in listed.items() if key in chosen]
    most = {"calls": 40, "flows": 45}.get(stream, 3)
    return list(entities)[:most]
