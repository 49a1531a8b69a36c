"""From a window, ids or a child request to pages of entities.

When a cursor expires the list is read again from its start, so a page may repeat entities; the
caller drops those it has seen. Nothing here knows what happens to the rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sources.gong.api.client import Client
from sources.gong.api.errors import (
    BAD_REQUEST,
    CursorExpired,
    FailTable,
    NotFound,
    Rejected,
    UnknownIds,
)
from sources.gong.api.operations import operation
from sources.gong.extract import window_reads
from sources.gong.extract.answers import refused_id
from sources.gong.extract.calls import CallReader
from sources.gong.extract.child_streams import ChildRequest, Entities, Parent
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.pages import StreamPages, StreamQuota, between
from sources.gong.extract.time_zone import require_zone
from sources.gong.extract.window_reads import Coaching
from sources.gong.extract.windows import Window
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import FEW
from sources.gong.schema.table import BATCH, Read
from sources.gong.schema.tables import table

_RESTARTS = 3

Pages = Iterator[list[Entity]]


@dataclass(slots=True)
class _Batches:
    """What became of batches of ids.

    Attributes:
        answered: streams of which a batch was answered.
        refused: how many single ids were refused, by stream.
    """

    answered: set[str] = field(default_factory=set)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Reader:
    """Reads streams of one Gong company.

    Args:
        client: sends.
        zone: the company's time zone; needed for company days and calendar periods.
        on_lost: called with a stream and the ids that Gong does not know any more.
        quota: how many requests the streams may spend.
        on_unknown_zone: called with a company time zone that is named and is not one.
    """

    client: Client
    zone: ZoneInfo | None = None
    on_lost: Callable[[str, Sequence[str]], None] = lambda _stream, _ids: None
    quota: StreamQuota = field(default_factory=StreamQuota)
    on_unknown_zone: Callable[[str], None] = lambda _name: None
    _pages: StreamPages = field(init=False)
    _calls: CallReader = field(init=False)
    _batches: _Batches = field(default_factory=_Batches, init=False)

    def __post_init__(self) -> None:
        self._pages = StreamPages(self.client, self.quota)
        self._calls = CallReader(self._pages)

    def with_client(self, client: Client) -> Reader:
        """Returns a reader that knows what this one has learnt, over another client.

        It spends nothing of the quota of this one, and stops where nothing is left of it.
        """
        other = Reader(client, self.zone, quota=self.quota.looked_at())
        other._calls.has_media_scope = self._calls.has_media_scope
        return other

    def entities(self, window: Window) -> Pages:
        """Yields the entities of a window.

        Raises:
            GongError: the window cannot be read; what was yielded is right, but not complete.
        """
        yield from _restarting(window.stream, lambda: self._window(window))

    def _window(self, window: Window) -> Pages:
        stream = window.stream
        match table(stream).read:
            case Read.INSTANTS:
                return self._calls.entities(between(window.span))
            case Read.SINCE:
                return window_reads.associations(self._pages, window)
            case Read.DAYS:
                return window_reads.reviews(self._pages, window, self._zone_for(stream))
            case Read.PERIODS:
                zone = self._zone_for(stream)
                return window_reads.calendar_periods(
                    self._pages, window, zone, self.on_unknown_zone
                )
            case Read.LOGS:
                return window_reads.log_entries(self._pages, window)
            case Read.AWAITED_CALLS:
                return self._pages.rows(stream, between(window.span))
            case _:
                return self._pages.rows(stream, {})

    def coaching(
        self,
        window: Window,
        workspaces: Sequence[Parent],
        users: Sequence[Parent],
        existing: ExistingRows,
    ) -> Coaching:
        """Returns the coaching of one calendar period; see `window_reads.coaching`."""
        zone = self._zone_for(window.stream)
        return window_reads.coaching(self._pages, window, zone, workspaces, users, existing)

    def call_metadata(self, window: Window) -> Pages:
        """Yields the calls of a window with their `metaData` alone."""
        yield from _restarting("calls", lambda: self._calls.metadata(window.span))

    def by_id(self, stream: str, ids: Sequence[str]) -> Pages:
        """Yields the entities with the given ids; those that are gone are left out.

        In the place of an id that Gong refuses comes a marked entity (`refused_id`).
        """
        by_ids = table(stream).by_ids
        assert by_ids is not None

        def read(request: ChildRequest) -> Pages:
            if table(stream).read is Read.INSTANTS:
                return self._calls.entities(request.inputs)
            other = operation(by_ids.operation) if by_ids.operation else None
            return self._pages.rows(stream, request.inputs, operation=other)

        for start in range(0, len(ids), BATCH):
            batch = list(ids[start : start + BATCH])
            request = ChildRequest({by_ids.input: batch}, ids_input=by_ids.input)
            yield from self._split_on_unknown(stream, request, read)

    def requested(self, stream: str, request: ChildRequest, entities: Entities) -> Pages:
        """Yields the entities of one request of a child stream.

        An id of a batch that Gong does not know is dropped and reported to `on_lost`. In the place
        of one that Gong refuses comes a marked entity (`refused_id`).

        Raises:
            NotFound: the parent is not there any more, or the operation is not.
        """

        def read(part: ChildRequest) -> Pages:
            for answer in self._pages.answers(stream, part.inputs):
                yield list(entities(answer, part, stream))

        yield from self._split_on_unknown(stream, request, read)

    def _split_on_unknown(
        self, stream: str, request: ChildRequest, read: Callable[[ChildRequest], Pages]
    ) -> Pages:
        """Yields the pages of a request; of smaller ones where Gong does not take an id."""
        try:
            yield from _restarting(stream, lambda: read(request))
            self._batches.answered.add(stream)
        except UnknownIds as unknown:
            if not request.ids:
                raise NotFound(f"{stream}: {unknown}") from unknown
            parts = request.without(unknown.ids)
            lost = sorted(set(request.ids).difference(*(part.ids for part in parts)))
            if lost:
                self.on_lost(stream, lost)
            for part in parts:
                yield from self._split_on_unknown(stream, part, read)
        except Rejected as rejected:
            if not request.ids or rejected.status != BAD_REQUEST:
                raise
            yield from self._split_on_refused(stream, request, read, rejected)

    def _split_on_refused(
        self,
        stream: str,
        request: ChildRequest,
        read: Callable[[ChildRequest], Pages],
        rejected: Rejected,
    ) -> Pages:
        """Yields a marked entity for each refused id, and the pages of the others.

        Raises:
            Rejected: it seems that Gong refuses whatever is requested, not these ids.
        """
        refused = request.ids_at(rejected.texts)
        is_named = bool(refused)
        if not refused and len(request.ids) == 1:
            refused = list(request.ids)
        if refused:
            self._batches.refused[stream] += len(refused)
            yield [refused_id(stream, id_, request.ids_input) for id_ in refused]
            many = FEW if is_named else 1
            if stream not in self._batches.answered and self._batches.refused[stream] > many:
                raise rejected
        for part in request.without(refused):
            yield from self._split_on_unknown(stream, part, read)

    def _zone_for(self, stream: str) -> ZoneInfo:
        return require_zone(self.zone, stream)


def _restarting(stream: str, read: Callable[[], Pages]) -> Pages:
    """Yields the pages of a list, from its start again where a cursor expires before its end."""
    for restart in range(_RESTARTS + 1):
        try:
            yield from read()
            return
        except CursorExpired as expired:
            if restart == _RESTARTS:
                raise FailTable(
                    f"{stream}: {_RESTARTS + 1} times the window was not read to its end, the "
                    f"last time because: {expired}. Nothing of it counts as read; the next run "
                    "reads it again. Is something slowing this machine down?"
                ) from expired
