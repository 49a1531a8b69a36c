"""Every read of Gong: a stream that lands, or an operation that only `api` and checks use.

A stream is read by its tasks without threads, so that its requests can be counted. It gets a few
parent records, so that most reads take two or three requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sources.gong.api.errors import GongError
from sources.gong.api.operations import Operation, Paging, operation
from sources.gong.extract.windows import Span
from sources.gong.schema.arrow import entity_key
from sources.gong.schema.arrow_pages import plain
from sources.gong.schema.coercion import dumps
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import STREAMS, follows_calls, parent_streams, root_of, table

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
EMULATOR = (
    "--seed", "11", "--users", "230", "--calls", "900", "--days", "30", "--workspaces", "2",
    "--now", NOW.isoformat(), "--no-limit",
)  # fmt: skip

MAX_WAIT_SECONDS = 2.5
"""Wait of the budget; every refused request costs at least a second of it."""
TIMEOUT_SECONDS = 1.0
"""Timeout of the client for faults that are silence."""


def _day(month: int, day: int) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


SPANS: dict[str, tuple[Span, str]] = {
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
"""Span and detail of each windowed read: one window, of two or three pages if paged."""

BY_ID = {"users by id": ("users", "listMultipleUsers"), "calls by id": ("calls", None)}
"""Reads that confirm that entities missing from a list are deleted."""


@dataclass(frozen=True)
class Read:
    """A read; `stream` is empty if nothing lands."""

    name: str
    operation: Operation
    stream: str = ""

    @property
    def rule(self) -> str:
        """The operation, as fault rules name it."""
        return f"{self.operation.method} {self.operation.path}"

    @property
    def lists(self) -> int:
        """The number of paged lists that it reads; all have the same length."""
        return OWNERS if self.name in ("flows", "flow_folders") else 1

    @property
    def has_pages(self) -> bool:
        """Whether it has more than one page; a hundred ids fit into one page."""
        return self.operation.paging is not Paging.NONE and self.name not in _IN_BATCHES


def _reads() -> Iterator[Read]:
    for name in STREAMS:
        operation_id = table(name).operation
        assert operation_id is not None
        yield Read(name, operation(operation_id), name)
    yield Read("transcripts by window", operation("getCallTranscripts"), "transcripts")
    for name, (stream, operation_id) in BY_ID.items():
        yield Read(name, operation(operation_id or "listCallsExtensive"), stream)
    for operation_id in _ASKED_ALONE:
        yield Read(operation_id, operation(operation_id))


OWNERS = 4
"""Number of users in whose name flows and folders are requested."""
_IN_BATCHES = ("transcripts", *BY_ID)
_ASKED_ALONE = (
    "listCalls", "getCall", "getUser", "getPermissionProfile", "findAllReferencesToPhoneNumber",
    "findAllReferencesToEmailAddress", "getRequestStatus", "getFlowProspectsBulkAssignment",
)  # fmt: skip
"""Operations without a table."""

READS: dict[str, Read] = {read.name: read for read in _reads()}


@dataclass
class ReadResult:
    """The result of a read.

    Attributes:
        name: name of the read.
        entities: the entities in the order in which they were read.
        error: the error that ended the read; None if it ended normally.
        is_done: whether the window was reported as read to its end.
    """

    name: str
    entities: list[Entity] = field(default_factory=list)
    error: GongError | None = None
    is_done: bool = False

    def landed(self) -> dict[str, str]:
        """Returns the content by key; of repeated keys the first."""
        if READS[self.name].stream == "":
            return {str(entity.get("id")): dumps(entity) for entity in self.entities}
        root = root_of(READS[self.name].stream)
        content: dict[str, str] = {}
        for entity in self.entities:
            # URLs of media are signed again in each answer and do not land.
            content.setdefault(entity_key(root, entity), dumps({**plain(entity), "media": None}))
        return content


def needed(read: Read) -> tuple[str, ...]:
    """Returns the streams whose rows a read needs."""
    if not read.stream:
        return ("calls", "users", "permission_profiles", "crm_integrations")
    if read.name in BY_ID:
        return (read.stream,)
    follows = read.name == "transcripts" or follows_calls(read.stream)
    return (
        *parent_streams(read.stream),
        *(("calls",) if follows and "calls" not in parent_streams(read.stream) else ()),
    )
