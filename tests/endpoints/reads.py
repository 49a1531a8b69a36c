"""Every way in which Gong is read, one at a time and in order, so that requests can be counted.

A read is a stream that lands, driven through its jobs as the landing drives them but without
threads, or an operation that only `api` and checks use. What it asks about is handed in as the
streams of a run would, a few parents each, so that most reads take two or three requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import GongError, Postponed, StopRun
from sources.gong.api.operations import Operation, Paging, operation
from sources.gong.api.pagination import pages
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.api.retries import RetryPolicy
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.streams import Reader
from sources.gong.extract.tasks import ReadRules, StreamTasks, TaskResult
from sources.gong.extract.window_plan import windows
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.arrow import entity_key
from sources.gong.schema.coercion import dumps
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import STREAMS, follows_calls, parent_streams, root_of, table
from tests.conftest import Emulator

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
EMULATOR = (
    "--seed", "11", "--users", "230", "--calls", "900", "--days", "30", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip

MAX_WAIT_SECONDS = 2.5
"""Of the budget; every refused request counts for a second at least."""
TIMEOUT_SECONDS = 1.0
"""Of the client that meets silence."""


def _day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


_SPANS: dict[str, tuple[Span, str]] = {
    "calls": (Span(_day(11, 3), _day(11, 6)), ""),
    "transcripts by window": (Span(_day(11, 3), _day(11, 6)), ""),
    "answered_scorecards": (Span(_day(10, 12), _day(11, 9)), ""),
    "logs": (Span(_day(10, 26), NOW), "AccessLog"),
    "crm_call_associations": (Span(_day(10, 12), NOW), ""),
    "activity_by_period": (Span(_day(10, 13), _day(10, 17)), "WEEK"),
    "activity_aggregate": (Span(_day(10, 13), _day(10, 17)), "MONTH"),
    "activity_daily_calls": (Span(_day(10, 13), _day(10, 17)), "DAY"),
    "interaction_stats": (Span(_day(10, 13), _day(10, 17)), "MONTH"),
    "coaching_metrics": (Span(_day(10, 13), _day(10, 17)), "MONTH"),
}
"""Where the windowed ones read: one window, where paged of two pages or three."""

BY_ID = {"users by id": ("users", "listMultipleUsers"), "calls by id": ("calls", None)}
"""How what is missing from a list is confirmed to be gone."""


@dataclass(frozen=True)
class Read:
    """One way to read; `stream` is empty where nothing lands of it."""

    name: str
    operation: Operation
    stream: str = ""

    @property
    def rule(self) -> str:
        """The operation as rules for faults name it."""
        return f"{self.operation.method} {self.operation.path}"

    @property
    def lists(self) -> int:
        """How many paged lists it reads, each as long as the others."""
        return OWNERS if self.name in ("flows", "flow_folders") else 1

    @property
    def has_pages(self) -> bool:
        """Whether it takes more than one page; a hundred ids fit into one."""
        return self.operation.paging is not Paging.NONE and self.name not in _IN_BATCHES


def _reads() -> Iterator[Read]:
    for name in STREAMS:
        told = table(name).operation
        assert told is not None
        yield Read(name, operation(told), name)
    yield Read("transcripts by window", operation("getCallTranscripts"), "transcripts")
    for name, (stream, operation_id) in BY_ID.items():
        yield Read(name, operation(operation_id or "listCallsExtensive"), stream)
    for operation_id in _ASKED_ALONE:
        yield Read(operation_id, operation(operation_id))


OWNERS = 4
"""Users who are asked about."""
_IN_BATCHES = ("transcripts", *BY_ID)
_ASKED_ALONE = (
    "listCalls", "getCall", "getUser", "getPermissionProfile", "findAllReferencesToPhoneNumber",
    "findAllReferencesToEmailAddress", "getRequestStatus", "getFlowProspectsBulkAssignment",
)  # fmt: skip
"""Operations of which nothing lands."""

READS: dict[str, Read] = {read.name: read for read in _reads()}


@dataclass
class Ran:
    """What came of a read.

    Attributes:
        entities: as they were handed on, in order.
        error: with which it ended; None if it came to its end.
        is_done: whether its window was said to be read to its end.
    """

    name: str
    entities: list[Entity] = field(default_factory=list)
    error: GongError | None = None
    is_done: bool = False

    def landed(self) -> dict[str, str]:
        """Content by key, the first of each, as the landing takes it."""
        if READS[self.name].stream == "":
            return {str(one.get("id")): dumps(one) for one in self.entities}
        root = root_of(READS[self.name].stream)
        found: dict[str, str] = {}
        for one in self.entities:
            # addresses of recordings are signed anew each time, and do not land
            found.setdefault(entity_key(root, one), dumps({**one, "media": None}))
        return found


class Company:
    """An emulated company, and a client for as long as it is of use."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.zone = ZoneInfo(emulator.time_zone)
        self._client: Client | None = None
        self._parents: dict[str, list[Entity]] = {}
        self._sound: dict[str, tuple[Ran, int]] = {}
        self._budget: Budget | None = None
        self._is_quick = False
        # one connection for all: a new one per question takes longer than most cells
        self._control = httpx.Client(base_url=f"{emulator.base_url}/_emulator", timeout=60)
        self._removed_integration, self._assignment = self._prepare()

    def _prepare(self) -> tuple[str, str]:
        """More flows and folders than fit a page, and two things whose status can be asked for."""
        for number in range(105):
            for what in ("flow", "flow_folder"):
                change = {"do": f"add_{what}", "name": f"No. {number}", "visibility": "Company"}
                self._control.post("/change", json=change).raise_for_status()
        (integration,) = self.emulator.truth("crm_integrations")
        number = integration["integrationId"]
        about = {"integrationId": number, "clientRequestId": REQUEST_ID}
        self.client().call(operation("DELETE /v2/crm/integrations"), about)
        # the request to delete it takes hours; its status outlives it
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
        """Ends what is open."""
        self._leave()
        self._control.close()

    def _leave(self) -> None:
        if self._client is not None and self._budget is not None:
            self._client.close()
            self._budget.close()
        self._client = None

    def strike(self, rule: Mapping[str, Any]) -> None:
        """Forgets faults and requests; from now on this rule holds."""
        self.forget()
        self._control.post("/faults", json=dict(rule)).raise_for_status()

    def forget(self) -> None:
        """Forgets faults and requests."""
        for what in ("faults", "requests"):
            self._control.delete(f"/{what}").raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """Since they were forgotten last."""
        found: list[dict[str, Any]] = self._control.get("/requests").json()["requests"]
        return found

    def fired(self) -> int:
        """How many requests the rule has struck."""
        (rule,) = self._control.get("/faults").json()["faults"]
        return int(rule["fired"])

    def client(self, *, is_quick: bool = False) -> Client:
        """One that has been let in before; new after anything that ends a run.

        A quick one does not bear silence for long.
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

    def sound(self, name: str) -> tuple[Ran, int]:
        """The read without any fault, and how many requests it took."""
        if name not in self._sound:
            for parent in _needed(READS[name]):
                self.parents(parent)
            self.client()
            known = -1
            while known != len(self._sound):
                # once more where it had to read others first, whose requests are not its own
                known = len(self._sound)
                self.forget()
                ran = self.run(name)
            assert ran.error is None, ran.error
            self._sound[name] = ran, len(self.requests())
        return self._sound[name]

    def parents(self, stream: str) -> list[Entity]:
        """Rows that other streams ask about: a few of what is there."""
        if stream not in self._parents:
            self._parents[stream] = _few(stream, self.sound(stream)[0].entities)
        return self._parents[stream]

    def run(self, name: str, *, is_quick: bool = False) -> Ran:
        """Reads; what it raises on purpose is in the result."""
        ran = Ran(name)
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
        return [entity_key(root, one) for one in self.sound(stream)[0].entities]

    def _windows(self, read: Read) -> list[Window]:
        if read.name not in _SPANS or read.name in BY_ID:
            is_awaited = read.name == "transcripts"
            reason = Reason.AWAITED if is_awaited else Reason.WHOLE
            return [Window(read.stream, Span(NOW, NOW), reason)]
        span, detail = _SPANS[read.name]
        found = windows(read.stream, [(span, Reason.NEW)], NOW, self.zone)
        return [window for window in found if window.detail == detail][:1]

    def _parent_records(self, read: Read) -> ParentRecords:
        parents = [one for one in _needed(read) if one != read.stream]
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
        for answer in pages(client, read.operation, self._inputs(read.name), is_once=True):
            answer.pop("requestId", None)
            yield TaskResult(window, answer[key] if key else [answer])
        yield TaskResult(window, is_end=True)

    def _inputs(self, name: str) -> Mapping[str, Any]:
        between = _SPANS["calls"][0]
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


def _needed(read: Read) -> tuple[str, ...]:
    """The streams whose rows a read asks about."""
    if not read.stream:
        return ("calls", "users", "permission_profiles", "crm_integrations")
    if read.name in BY_ID:
        return (read.stream,)
    follows = read.name == "transcripts" or follows_calls(read.stream)
    return (
        *parent_streams(read.stream),
        *(("calls",) if follows and "calls" not in parent_streams(read.stream) else ()),
    )


PHONE, ADDRESS = "+12025550123", "somebody@elsewhere.example"
REQUEST_ID = "matrix-1"


def _few(stream: str, entities: Sequence[Entity]) -> list[Entity]:
    """Enough of the rows that others ask about for two requests or more."""
    if stream == "users":
        listed = {str(user["id"]): user for user in entities}
        managers = sorted({str(u.get("managerId")) for u in entities} & listed.keys())[:2]
        reports = [u for u in entities if str(u.get("managerId")) in managers and u["active"]]
        chosen = {*managers, *(str(user["id"]) for user in reports[:2])}
        return [user for key, user in listed.items() if key in chosen]
    most = {"calls": 40, "flows": 45}.get(stream, 3)
    return list(entities)[:most]
