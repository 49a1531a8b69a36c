"""What a stream does, cut into jobs that run side by side: windows, batches of ids, asks of a fan.

Each job yields `Progress`: pages of entities, what they enumerate completely, and at the very end
of a window that it was read to its end. A job that waits for the list of another stream does so
when its turn comes, so that the others go on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice

from sources.gong.api.errors import FailTable, GaveUp, NotFound, NotLicensed, ShareSpent, SkipTable
from sources.gong.extract.child_streams import (
    CHILD_STREAMS,
    ChildRequest,
    ChildStream,
    Parent,
    call_access_ask,
)
from sources.gong.extract.concurrency import IdQueue
from sources.gong.extract.existing_rows import ExistingRows, Scope
from sources.gong.extract.parents import ParentRecords
from sources.gong.extract.streams import Reader
from sources.gong.extract.windows import HALF_A_DAY, Reason, Window
from sources.gong.schema.arrow import entity_key
from sources.gong.schema.columns import Entity
from sources.gong.schema.table import BATCH, CRM_REFERENCES, OPEN_INSTANCES, Read
from sources.gong.schema.tables import LAST, STATS_TABLES, root_of, table


@dataclass(slots=True)
class Progress:
    """How a window gets on.

    Attributes:
        window: which.
        entities: a page of it.
        is_end: whether it was read to its end.
        calls: ids of calls whose transcripts were asked for and have all been yielded.
        scope: rows that have now been enumerated completely.
        parent: a parent that has been asked about, and all its entities yielded.
        there: keys of entities that are there, and known as they are.
    """

    window: Window
    entities: Sequence[Entity] = ()
    is_end: bool = False
    calls: Sequence[str] = ()
    scope: Scope | None = None
    parent: str = ""
    there: frozenset[str] = frozenset()


Job = Callable[[], Iterator[Progress]]


@dataclass(slots=True)
class StreamTasks:
    """The jobs of one stream of a load package.

    Args:
        reading: which.
        windows: what to read of it.
        reader: how to ask Gong.
        held: what the warehouse has.
        lists: what the streams beside it list.
        feed: ids of calls, as the stream of calls finds them.
        now: the run's frozen present.
        ids: the only entities to read, by id; empty for all.
        is_eager: whether it was named, so that neither cadence nor share holds it back.
        share: how many parents that are not due every night may be asked about in this run.
        asked: what earlier packages of the run have asked about; added to.
        on_lost: told of parents that Gong no longer knows.
    """

    stream: str
    windows: Sequence[Window]
    reader: Reader
    held: ExistingRows
    lists: ParentRecords
    feed: IdQueue
    now: datetime
    ids: Sequence[str] = ()
    is_eager: bool = False
    share: int | None = None
    asked: set[str] = field(default_factory=set)
    on_lost: Callable[[str, Sequence[str]], None] = lambda _stream, _ids: None
    is_complete: bool = True
    """After the last job: whether everything there is has been enumerated."""

    @property
    def waits(self) -> bool:
        """Whether a job may have to wait for another stream."""
        return self.stream in CHILD_STREAMS or self.stream in ("transcripts", "coaching_metrics")

    def jobs(self) -> Iterator[Job]:
        """Yields the jobs; taking the next one may wait for another stream."""
        window = self.windows[0] if self.windows else None
        if window and self.ids:
            self.is_complete = False
            by_id = self._transcripts if self.stream == "transcripts" else self._by_id
            yield from self._batched(window, iter(self.ids), by_id)
        elif window and self.stream == "transcripts" and window.reason is Reason.AWAITED:
            yield from self._batched(window, self._call_ids(self.held.awaited()), self._transcripts)
        elif window and self.stream == "call_user_access":
            ids = self._call_ids(() if self.lists.is_running("calls") else self.held.calls())
            yield from self._batched(window, ids, self._call_access)
        elif window and self.stream in CHILD_STREAMS:
            yield from self._fan(window, CHILD_STREAMS[self.stream])
        else:
            for window in self.windows:
                is_sweep = window.reason is Reason.SWEEP and self.stream == "calls"
                job = partial(self._sweep if is_sweep else self._window, window)
                yield _named(_window_in_words(window), job)

    def _window(self, window: Window) -> Iterator[Progress]:
        if self.stream == "coaching_metrics":
            users = self.lists.wait("users")
            pages = self.reader.coaching(window, self.lists.wait("workspaces"), users)
        else:
            pages = self.reader.entities(window)
        try:
            for page in pages:
                yield Progress(window, page)
        except ShareSpent:
            if window.reason is not Reason.SWEEP:
                raise
            return
        yield Progress(window, is_end=True, scope=self._scope(window))

    def _sweep(self, window: Window) -> Iterator[Progress]:
        """Enumerates the calls of a window; reads whole those that are not known as they are."""
        asked: set[str] = set()
        try:
            for page in self.reader.enumerated(window):
                there = self.held.as_known(self.stream, page)
                yield Progress(window, there=there)
                keys = [entity_key(table(self.stream), call) for call in page]
                other = [key for key in keys if key not in there and key not in asked]
                asked.update(other)
                for found in self.reader.by_id(self.stream, other):
                    yield Progress(window, found)
        except ShareSpent:
            return  # there is no more to spare tonight; the next night begins with this window
        yield Progress(window, is_end=True, scope=self._scope(window))

    def _scope(self, window: Window) -> Scope | None:
        if self.stream in STATS_TABLES or self.stream == "transcripts":
            return None
        landed = table(self.stream)
        if landed.read is Read.LIST:
            return Scope()
        return Scope(span=(landed.window_column, window.span)) if landed.window_column else None

    def _call_ids(self, first: Iterable[str]) -> Iterator[str]:
        """Yields ids of calls once each: those given, then those that the run finds."""
        asked: set[str] = set()
        for one in chain(first, self.feed if self.lists.is_running("calls") else ()):
            if one not in asked:
                asked.add(one)
                yield one

    def _batched(
        self,
        window: Window,
        ids: Iterator[str],
        job: Callable[[Window, Sequence[str]], Iterator[Progress]],
    ) -> Iterator[Job]:
        together = _Together(window)
        while batch := list(islice(ids, BATCH)):
            words = f"{len(batch)} ids from {batch[0]} on"
            yield together.with_others(_named(words, partial(job, window, batch)))
        yield together.end

    def _transcripts(self, window: Window, ids: Sequence[str]) -> Iterator[Progress]:
        for page in self.reader.transcripts(ids):
            yield Progress(window, page)
        yield Progress(window, calls=ids)

    def _call_access(self, window: Window, ids: Sequence[str]) -> Iterator[Progress]:
        yield from self._ask(window, call_access_ask(ids))

    def _by_id(self, window: Window, ids: Sequence[str]) -> Iterator[Progress]:
        for page in self.reader.by_id(self.stream, ids):
            yield Progress(window, page)
        (key,) = root_of(self.stream).key
        yield Progress(window, scope=Scope({key: frozenset(ids)}))

    def _fan(self, window: Window, fan: ChildStream) -> Iterator[Job]:
        if self.stream in LAST:
            self.lists.wait_for_all_but(LAST)
        asks = fan.asks(self._parents(fan))
        due = self._due(fan, asks)
        are_all = len(due) == len(asks) and all(
            self.lists.is_complete(one) for one in fan.over if one not in _PSEUDO
        )
        self.is_complete = are_all
        together = _Together(window)
        answered, lost = [0], list[tuple[str, NotFound]]()

        def ask(one: ChildRequest) -> Iterator[Progress]:
            try:
                yield from self._ask(window, one)
                answered[0] += 1
            except NotFound as error:
                if not one.parent:
                    raise
                lost.append((one.parent, error))

        rest = due
        if fan.first_alone and due:
            ahead = _Ahead(self.stream)
            yield together.with_others(partial(ahead.run, partial(ask, due[0])))
            if not ahead.wait():
                return  # the stream ends with what the first ask raised
            rest = due[1:]
        for one in rest:
            yield together.with_others(partial(ask, one))

        def end() -> Iterator[Progress]:
            yield from together.wait()
            if lost and not answered[0]:
                raise lost[0][1]
            if lost:
                # what belongs to them is not known: whoever asks about it has a part of the list
                self.is_complete = False
                self.on_lost(self.stream, [parent for parent, _ in lost])
            yield Progress(window, is_end=True, scope=_rest(fan, asks) if are_all else None)

        yield end

    def _parents(self, fan: ChildStream) -> dict[str, Sequence[Parent]]:
        found: dict[str, Sequence[Parent]] = {}
        for one in fan.over:
            if one == CRM_REFERENCES:
                found[one] = self._fresh(self.lists.references(), "object_type", "object_id")
            elif one == OPEN_INSTANCES:
                is_again = one in self.asked
                self.asked.add(one)
                found[one] = () if is_again else self.held.parents(one) or ()
            elif one == "tasks":
                # a company without tasks, or a key that may not see them, still has calls
                try:
                    found[one] = self._fresh(self.lists.wait(one), "contact_type", "contact_crm_id")
                except SkipTable:
                    found[one] = ()
            else:
                found[one] = self.lists.wait(one)
        return found

    def _fresh(self, parents: Sequence[Parent], type_: str, id_: str) -> Sequence[Parent]:
        """Returns the CRM objects that no package of this run has asked about."""
        named = {f"{str(parent[type_]).upper()} {parent[id_]}": parent for parent in parents}
        fresh = named.keys() - self.asked
        self.asked |= fresh
        return [parent for name, parent in named.items() if name in fresh]

    def _due(self, fan: ChildStream, asks: Sequence[ChildRequest]) -> Sequence[ChildRequest]:
        if fan.every_days == 1 or self.is_eager:
            return asks
        before = self.now - timedelta(days=fan.every_days) + HALF_A_DAY
        asked_at: Mapping[str, datetime] = self.held.asked_at(self.stream)
        never = datetime.min.replace(tzinfo=self.now.tzinfo)
        due = [ask for ask in asks if asked_at.get(ask.parent, never) <= before]
        is_turn = fan.bound is not None and any(ask.parent in asked_at for ask in due)
        if is_turn and (self.share is None or len(asks) <= self.share):
            # all together, because only a whole turn can tell what nobody has any more
            return asks
        due.sort(key=lambda ask: asked_at.get(ask.parent, never))
        return due[: self.share]

    def _ask(self, window: Window, ask: ChildRequest) -> Iterator[Progress]:
        try:
            for page in self.reader.asked(self.stream, ask):
                yield Progress(window, page)
        except (SkipTable, FailTable) as error:
            raise error.while_asking(_ask_in_words(ask)) from None
        yield Progress(window, scope=Scope(ask.scope) if ask.scope else None, parent=ask.parent)


def _named(words: str, job: Job) -> Job:
    """Returns a job whose error tells what was being read."""

    def named() -> Iterator[Progress]:
        try:
            yield from job()
        except (SkipTable, FailTable) as error:
            raise error.while_asking(words) from None

    return named


def _window_in_words(window: Window) -> str:
    kind = f"{window.detail} " if window.detail else ""
    if window.span.is_empty:
        return f"{kind}the whole list"
    start, end = (f"{one:%Y-%m-%dT%H:%MZ}" for one in (window.span.start, window.span.end))
    return f"{kind}from {start} to {end}"


def _ask_in_words(ask: ChildRequest) -> str:
    if ask.ids:
        return f"{len(ask.ids[1])} ids from {ask.ids[1][0]} on"
    return f"what belongs to {ask.parent}" if ask.parent else "the whole list"


_PSEUDO = (CRM_REFERENCES, OPEN_INSTANCES)


def _rest(fan: ChildStream, asks: Sequence[ChildRequest]) -> Scope | None:
    """Returns the rows whose parent is not among those there are."""
    if fan.bound is None:
        return None
    there = frozenset(chain.from_iterable(ask.scope.get(fan.bound, ()) for ask in asks))
    return Scope(outside={fan.bound: there})


class _Ahead:
    """A job that the others of its reading wait for."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._over = threading.Event()
        self._is_good = False

    def run(self, job: Job) -> Iterator[Progress]:
        try:
            yield from job()
            self._is_good = True
        except GaveUp as error:
            if self._stream != "tasks":
                raise
            # recorded live of a company without Engage: a 500 for every request
            raise NotLicensed(
                f"Gong answers tasks with errors, as it does where Engage is not licensed: {error}"
            ) from error
        finally:
            self._over.set()

    def wait(self) -> bool:
        """Waits for the end and returns whether it was a good one."""
        self._over.wait()
        return self._is_good


class _Together:
    """Jobs of one window, which has come to its end when all of them have."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._pending = threading.Semaphore(0)
        self._count = 0

    def with_others(self, job: Job) -> Job:
        self._count += 1

        def counted() -> Iterator[Progress]:
            try:
                yield from job()
            finally:
                self._pending.release()

        return counted

    def wait(self) -> Iterator[Progress]:
        for _ in range(self._count):
            self._pending.acquire()
        return iter(())

    def end(self) -> Iterator[Progress]:
        yield from self.wait()
        yield Progress(self._window, is_end=True)
