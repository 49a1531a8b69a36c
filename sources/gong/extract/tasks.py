"""Reads a stream of a load package: its windows, batches of ids or child requests, side by side.

Results are pages of entities, the rows that they enumerate completely, and for each window that it
was read to its end. While a stream waits for the records of another it yields None, so that dlt can
use its thread for others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import TypeAlias

from sources.gong.api.errors import (
    BAD_REQUEST,
    FailTable,
    GaveUp,
    GongError,
    NotFound,
    NotLicensed,
    Rejected,
    SchemaDrift,
    ShareSpent,
    SkipTable,
)
from sources.gong.extract.answers import refused_id
from sources.gong.extract.child_streams import (
    CALL_STREAMS,
    CHILD_STREAMS,
    ChildRequest,
    Entities,
    Parent,
)
from sources.gong.extract.child_streams.schedule import (
    due_requests,
    is_remembered,
    listed_parents,
    without_refused,
)
from sources.gong.extract.concurrency import run_concurrently
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.pages import operation_of
from sources.gong.extract.parents import ParentRecords, not_requested
from sources.gong.extract.reader import Reader
from sources.gong.extract.windows import Reason, Window
from sources.gong.schema.arrow import entity_key
from sources.gong.schema.columns import Entity
from sources.gong.schema.odd_entities import FEW, requested_ids
from sources.gong.schema.table import BATCH, Parents, Read
from sources.gong.schema.tables import (
    LAST,
    USERS_STREAM,
    WORKSPACES_STREAM,
    parent_streams,
    root_of,
    table,
)

THREADS = 4
"""Per stream."""
HEARTBEAT = 2.0
"""Seconds after which a stream without a result yields None."""


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A part of what was read of a window.

    Attributes:
        window: the window that was read.
        entities: a page of it.
        is_end: whether it was read to its end.
        awaited_calls: ids of calls whose transcripts were requested and have all been yielded.
        scope: rows that have now been enumerated completely.
        refused: parents, inactive users, that Gong has refused.
        page_of: the parent that the page was requested for, of a child stream.
        finished_parent: a parent that was requested, and all its entities yielded.
        remembered_parent: such a parent whose time of request the load log stores.
        taken_ids: ids that Gong has taken, of a batch or of coaching, and all yielded that there is
            of them.
        unchanged_keys: keys of entities that are there, and whose rows hold the same values.
    """

    window: Window
    entities: Sequence[Entity] = ()
    is_end: bool = False
    awaited_calls: Sequence[str] = ()
    scope: Scope | None = None
    refused: Sequence[str] = ()
    page_of: str = ""
    finished_parent: str = ""
    remembered_parent: str = ""
    taken_ids: frozenset[str] = frozenset()
    unchanged_keys: frozenset[str] = frozenset()


Results: TypeAlias = Iterator[TaskResult]
ResultsOrWaiting: TypeAlias = Generator[TaskResult | None, None, None]
Task: TypeAlias = Callable[[], Results]


@dataclass(frozen=True, slots=True)
class ReadRules:
    """What a load package reads beside its windows.

    Attributes:
        now: the run's frozen present.
        ids: the only entities to read, by id; empty for all.
        without_limits: streams that were named, have an alarm, or whose deletions were accepted:
            `every_days` and `most_not_due` do not apply.
        most_not_due: how many parents that are not due every night a stream may request; None
            for all.
    """

    now: datetime
    ids: Sequence[str] = ()
    without_limits: frozenset[str] = frozenset()
    most_not_due: int | None = None


_REFUSALS = (NotFound, Rejected, NotLicensed, GaveUp)
"""What Gong may answer of an inactive user. Nobody has seen it live, so none of it fails others."""


@dataclass(slots=True)
class _Turn:
    """What became of the requests of a child stream; added to by several threads.

    Attributes:
        answered: parents.
        not_found: parents, with the error.
        rejected: parents whose id Gong refuses, with the error.
        gave_up: whether a request about an inactive user met with nothing but errors.
        is_incomplete: whether the children of a parent are not known.
    """

    answered: list[str] = field(default_factory=list)
    not_found: list[tuple[str, GongError]] = field(default_factory=list)
    rejected: list[tuple[str, GongError]] = field(default_factory=list)
    gave_up: bool = False
    is_incomplete: bool = False

    def goes_on_without(self, request: ChildRequest, error: GongError) -> bool:
        """Notes the error of a request; returns whether the others are read without its answer."""
        if request.is_inactive:
            self.gave_up = self.gave_up or isinstance(error, GaveUp)
        elif request.parent and isinstance(error, NotFound):
            self.not_found.append((request.parent, error))
        elif request.parent and isinstance(error, Rejected) and error.status == BAD_REQUEST:
            self.rejected.append((request.parent, error))
        else:
            return False
        self.is_incomplete = True
        return True


@dataclass(slots=True)
class StreamTasks:
    """Reads one stream of a load package.

    Attributes:
        requested: parents that earlier packages of the run have requested; added to.
        threads: how many tasks run at once.
        is_complete: after the last result: whether everything there is has been enumerated.
    """

    stream: str
    windows: Sequence[Window]
    reader: Reader
    existing: ExistingRows
    parents: ParentRecords
    rules: ReadRules
    requested: set[str] = field(default_factory=set)
    threads: int = THREADS
    is_complete: bool = field(default=True, init=False)

    def results(self) -> ResultsOrWaiting:
        """Yields what is read, and None where nothing has come for a while.

        Raises:
            GongError: the stream cannot be read on.
        """
        if not self.windows:
            return
        window, read = self.windows[0], table(self.stream).read
        if self.rules.ids:
            self.is_complete = False
            by_ids = self._call_batch if read is Read.AWAITED_CALLS else self._entities_by_id
            yield from self._batches(window, self.rules.ids, by_ids)
        elif read is Read.CALLS_OF_RUN or window.reason is Reason.AWAITED:
            yield from self._batches(window, self._call_ids(), self._call_batch)
        elif read is Read.EACH:
            yield from self._child_requests(window)
        else:
            records = yield from self._parent_records()
            tasks = (
                _described(_window_in_words(w), self._window, w, records) for w in self.windows
            )
            yield from self._run(tasks)

    def _run(self, tasks: Iterable[Task]) -> ResultsOrWaiting:
        return run_concurrently(tasks, self.threads, HEARTBEAT)

    def _wait_for(self, streams: Collection[str]) -> Iterator[None]:
        while not self.parents.have_ended(streams, HEARTBEAT):
            yield None

    def _window(self, window: Window, records: dict[str, Sequence[Parent]]) -> Results:
        is_sweep = window.reason is Reason.SWEEP
        try:
            if is_sweep and table(self.stream).read is Read.INSTANTS:
                yield from self._swept_calls(window)
            elif table(self.stream).read is Read.MANAGERS:
                coaching = self.reader.coaching(
                    window, records[WORKSPACES_STREAM], records[USERS_STREAM], self.existing
                )
                yield TaskResult(window, coaching.entities, taken_ids=coaching.taken_ids)
            else:
                for page in self.reader.entities(window):
                    yield TaskResult(window, page)
        except ShareSpent:
            if not is_sweep:
                raise
            return  # nothing is left for the sweep tonight; the next one begins with this window
        yield TaskResult(window, is_end=True, scope=self._scope(window))

    def _swept_calls(self, window: Window) -> Results:
        """Enumerates the calls of a window; reads whole those whose metadata has changed."""
        requested: set[str] = set()
        for listed_calls in self.reader.call_metadata(window):
            page, nameless = _with_keys(self.stream, listed_calls)
            unchanged = self.existing.unchanged_keys(self.stream, page)
            yield TaskResult(window, nameless, unchanged_keys=unchanged)
            keys = [entity_key(table(self.stream), call) for call in page]
            changed = [key for key in keys if key not in unchanged and key not in requested]
            requested.update(changed)
            for entities in self.reader.by_id(self.stream, changed):
                yield TaskResult(window, entities)

    def _scope(self, window: Window) -> Scope | None:
        row = table(self.stream)
        if row.read is Read.LIST:
            return Scope()
        if row.read is Read.AWAITED_CALLS or row.window_column is None:
            return None
        return Scope(span=(row.window_column, window.span))

    def _call_ids(self) -> Iterator[str]:
        """Yields ids of calls once each: those of earlier runs, then those that this run finds."""
        is_running = self.parents.is_running("calls")
        if table(self.stream).read is Read.AWAITED_CALLS:
            earlier = self.existing.awaited_transcripts()
        else:
            odd = self.existing.quarantined(self.stream)
            again = [str(row.row["call_id"]) for row in odd if row.row.get("call_id")]
            earlier = again if is_running else [*again, *self.existing.call_ids()]
        seen: set[str] = set()
        for id_ in chain(earlier, self.parents.call_ids(self.stream) if is_running else ()):
            if id_ not in seen:
                seen.add(id_)
                yield id_

    def _batches(
        self,
        window: Window,
        ids: Iterable[str],
        read: Callable[[Window, Sequence[str]], Results],
    ) -> ResultsOrWaiting:
        yield from self._run(
            _described(_ids_in_words(batch), read, window, batch) for batch in _batched(ids)
        )
        yield TaskResult(window, is_end=True)

    def _call_batch(self, window: Window, ids: Sequence[str]) -> Results:
        stream = CALL_STREAMS[self.stream]
        refused = yield from self._request(window, stream.request(ids), stream.entities)
        if table(self.stream).read is Read.AWAITED_CALLS:
            yield TaskResult(window, awaited_calls=[id_ for id_ in ids if id_ not in refused])

    def _entities_by_id(self, window: Window, ids: Sequence[str]) -> Results:
        refused: set[str] = set()
        for page in self.reader.by_id(self.stream, ids):
            refused |= requested_ids(page)
            yield TaskResult(window, page)
        (key,) = root_of(self.stream).key
        yield TaskResult(window, scope=Scope({key: frozenset(ids) - refused}))

    def _child_requests(self, window: Window) -> ResultsOrWaiting:
        row, child = table(self.stream).parents, CHILD_STREAMS[self.stream]
        assert row is not None
        if self.stream in LAST:
            yield from self._wait_for(self.parents.others(LAST))
        records = yield from self._parent_records()
        requests, due = self._due(row, child.requests(records, self.stream))
        are_all = len(due) == len(requests) and all(
            map(self.parents.is_complete, parent_streams(self.stream))
        )
        self.is_complete = are_all
        turn = _Turn()

        def read(request: ChildRequest) -> Results:
            try:
                yield from self._request(window, request, child.entities)
                turn.answered.append(request.parent)
            except _REFUSALS as error:
                if not turn.goes_on_without(request, error):
                    raise
                if request.is_inactive:
                    yield TaskResult(window, refused=(request.parent,))

        yield from self._sent(row, due, read, turn)
        if turn.not_found and not turn.answered:
            raise turn.not_found[0][1]
        are_few = len(due) < len(requests) and len(turn.rejected) <= FEW
        if turn.rejected and not turn.answered and not are_few:
            raise turn.rejected[0][1]
        for parent, _ in turn.rejected:
            odd = refused_id(self.stream, parent, row.bound or "parent")
            yield TaskResult(window, [odd], page_of=parent)
        if turn.not_found:
            self.reader.on_lost(self.stream, [parent for parent, _ in turn.not_found])
        if turn.is_incomplete:
            # the children of these parents are not known
            self.is_complete = False
        # rows of parents that are not listed any more have been enumerated too: there are none
        others = listed_parents(row, requests) if are_all else {}
        yield TaskResult(window, is_end=True, scope=Scope(outside=others) if others else None)

    def _sent(
        self,
        row: Parents,
        due: Sequence[ChildRequest],
        read: Callable[[ChildRequest], Results],
        turn: _Turn,
    ) -> ResultsOrWaiting:
        """Sends the requests: one ahead where it is enough to know the answer to all of its kind.

        The first request tells whether the company has licensed the surface; the first one about
        an inactive user, whether Gong answers those with nothing but errors.
        """
        first = due[:1] if row.is_probed else []
        for request in first:
            yield from self._probe(partial(read, request))
        inactive = [request for request in due[len(first) :] if request.is_inactive]
        active = [request for request in due[len(first) :] if not request.is_inactive]
        for request in inactive[:1]:
            yield from read(request)
        if turn.gave_up:
            inactive = []
        yield from self._run(partial(read, request) for request in (*active, *inactive[1:]))

    def _due(
        self, row: Parents, requests: Sequence[ChildRequest]
    ) -> tuple[Sequence[ChildRequest], Sequence[ChildRequest]]:
        """Returns the requests, those about users whom Gong refuses left out; and which are due."""
        if self.stream in self.rules.without_limits or not any(
            is_remembered(row, r) for r in requests
        ):
            return requests, requests
        read_at = self.existing.parents_read_at(self.stream)
        refused_at = self.existing.parents_refused_at(self.stream)
        requests = without_refused(requests, read_at, refused_at, self.rules.now)
        return requests, due_requests(
            row, requests, read_at, self.rules.now, self.rules.most_not_due
        )

    def _request(
        self, window: Window, request: ChildRequest, entities: Entities
    ) -> Generator[TaskResult, None, Collection[str]]:
        """Yields what a request gives, and returns the ids of it that Gong refuses."""
        refused: set[str] = set()
        try:
            for page in self.reader.requested(self.stream, request, entities):
                refused |= requested_ids(page)
                yield TaskResult(window, page, page_of=request.parent)
        except (SkipTable, FailTable) as error:
            raise error.while_reading(_request_in_words(request)) from None
        # what there is of a refused id has not been enumerated
        known = {column: values - refused for column, values in request.scope.items()}
        scope = Scope(known) if known and all(known.values()) else None
        row = table(self.stream).parents
        yield TaskResult(
            window,
            scope=scope,
            finished_parent=request.parent,
            remembered_parent=request.parent if row and is_remembered(row, request) else "",
            taken_ids=frozenset(request.ids) - refused,
        )
        return refused

    def _probe(self, task: Task) -> Results:
        try:
            yield from task()
        except GaveUp as error:
            if not operation_of(self.stream).quirks.errors_mean_unlicensed:
                raise
            raise NotLicensed(
                f"Gong answers {self.stream} with errors, as it does where Engage is not "
                f"licensed: {error}"
            ) from error

    def _parent_records(self) -> Generator[None, None, dict[str, Sequence[Parent]]]:
        """Waits for the records of the stream's parents and returns them by name."""
        row = table(self.stream).parents
        records: dict[str, Sequence[Parent]] = {}
        for name in row.streams if row else ():
            lister = self.parents.lister(name)
            if lister:
                yield from self._wait_for((lister,))
            try:
                records[name] = not_requested(name, self.parents.records(name), self.requested)
            except SkipTable:
                if row is None or name not in row.optional:
                    raise
                records[name] = ()
        return records


def _with_keys(stream: str, page: Iterable[Entity]) -> tuple[list[Entity], list[Entity]]:
    """Returns the entities of a page that have a key, and those that have none."""
    named: list[Entity] = []
    nameless: list[Entity] = []
    for entity in page:
        try:
            entity_key(table(stream), entity)
        except SchemaDrift:
            nameless.append(entity)
        else:
            named.append(entity)
    return named, nameless


def _described(words: str, read: Callable[..., Results], *arguments: object) -> Task:
    """Returns a task whose error says what was being read."""

    def task() -> Results:
        try:
            yield from read(*arguments)
        except (SkipTable, FailTable) as error:
            raise error.while_reading(words) from None

    return task


def _window_in_words(window: Window) -> str:
    kind = f"{window.detail} " if window.detail else ""
    if window.span.is_empty:
        return f"{kind}the whole list"
    start, end = (f"{at:%Y-%m-%dT%H:%MZ}" for at in (window.span.start, window.span.end))
    return f"{kind}from {start} to {end}"


def _ids_in_words(ids: Sequence[str]) -> str:
    # an address names a person
    return f"{len(ids)} addresses" if "@" in ids[0] else f"{len(ids)} ids from {ids[0]} on"


def _request_in_words(request: ChildRequest) -> str:
    if request.ids:
        return _ids_in_words(request.ids)
    return f"what belongs to {request.parent}" if request.parent else "the whole list"


def _batched(ids: Iterable[str]) -> Iterator[list[str]]:
    source = iter(ids)
    while batch := list(islice(source, BATCH)):
        yield batch
