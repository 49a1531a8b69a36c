"""The company behind the API: everything it knows, and what of it is visible when."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from tests.emulator.activity import Event
from tests.emulator.aftermath import Aftermath
from tests.emulator.agenda import Agenda
from tests.emulator.calls import Call, make_calls
from tests.emulator.captures import CapturedDetails
from tests.emulator.catalog import make_catalog
from tests.emulator.chance import gong_id, stream
from tests.emulator.clock import Clock
from tests.emulator.details import Details, SeededDetails
from tests.emulator.edits import Edits
from tests.emulator.instants import DAY, CompanyZone, micros
from tests.emulator.interaction import call_numbers
from tests.emulator.logs import RETENTION, LogEntry, LogMaker
from tests.emulator.people import Directory, make_people, make_workspaces
from tests.emulator.reviews import Review, Reviewer
from tests.emulator.settings import Json, Settings
from tests.emulator.store import CallStore
from tests.emulator.timeline import make_slots

State = TypeVar("State")


class World:
    """One company, seeded; equal settings and start give an equal company."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Make the cheap facts now; everything heavy waits until it is asked for."""
        self.settings = settings
        self.clock = clock
        self.zone = CompanyZone(settings.time_zone)
        self.born = micros(clock.now())
        self.workspaces = make_workspaces(settings)
        self.opening_workspaces = tuple(str(space["id"]) for space in self.workspaces)
        people = make_people(settings, self.zone, self.born)
        self.directory = Directory(people)
        self.staff = tuple(person for person in people if not person.avatar)
        spaces = [str(space["id"]) for space in self.workspaces]
        users = [person.id for person in self.staff]
        self.catalog = make_catalog(settings, self.zone, self.born, spaces, users)
        slots = make_slots(settings, self.zone, self.born)
        self.skeletons = make_calls(settings, people, spaces, slots)
        self._seeded = SeededDetails(
            settings.seed, self.zone, self.skeletons, Directory(people), self.catalog
        )
        self.seeded_calls = CallStore(self.skeletons)
        self.calls = self.seeded_calls
        self._details: Details = self._seeded
        if settings.captures is not None:
            captured = CapturedDetails(settings.captures)
            self._details = captured
            self.calls = CallStore(captured.calls)
        self.opening_calls = tuple(self.calls.all())
        self.edits = Edits()
        self.agenda = Agenda()
        self._states: dict[Any, Any] = {}
        self._new_ids = stream(settings.seed, "new ids")
        self._numbers: dict[int, Json | None] = {}

    @property
    def now(self) -> int:
        """The present in microseconds."""
        return micros(self.clock.now())

    @property
    def today(self) -> date:
        """The company's present day."""
        return self.zone.day(self.now)

    def state(self, make: "Callable[[World], State]") -> State:
        """What one domain keeps, made from the seed when it is first asked for.

        It must be drawn from `settings`, `born`, `staff`, `opening_workspaces` and
        `opening_calls`, none of which change while the emulator runs; so it makes no difference
        when it is first read.
        """
        if make not in self._states:
            self._states[make] = make(self)
        made: State = self._states[make]
        return made

    def new_id(self) -> str:
        """An id for what is added while the emulator runs; none is given twice."""
        return gong_id(self._new_ids, 19)

    def is_listed(self, call: Call) -> bool:
        """Whether a call finished processing; only then any endpoint but totals shows it."""
        return call.processed <= self.now

    def has_transcript(self, call: Call) -> bool:
        """Whether the transcript exists by now; it may come before the call is listed."""
        return call.transcript_ready is not None and call.transcript_ready <= self.now

    def metadata(self, call: Call) -> Json:
        """The basic data of a call as edited so far."""
        return self.edits.metadata(call.id, self._details.metadata(call))

    def document(self, call: Call) -> Json:
        """All available sections of a call as edited so far; media left out."""
        document = self._details.document(call, self.now)
        return self.edits.document(call.id, document)

    def parties(self, call: Call) -> list[Json]:
        """Who took part in a call, as edited so far."""
        edited = self.edits.section(call.id, "parties")
        return (self._details.parties(call) if edited is None else edited) or []

    def has_workspace(self, workspace: str) -> bool:
        """Whether a workspace exists by now."""
        return any(space["id"] == workspace for space in self.workspaces)

    def transcript(self, call: Call) -> Json:
        """A call's transcript as served."""
        served = {"callId": call.id, "transcript": self._details.transcript(call)}
        return self.edits.with_unknown("transcripts", served)

    def put_call(self, call: Call, *, new: bool = False) -> None:
        """Add a call or replace its skeleton."""
        if new:
            self.skeletons.append(call)
            self.seeded_calls.add(call)
            if "aftermath" in self.__dict__:
                self.aftermath.include([call])
            return
        self.calls.add(call)
        if self.calls is self.seeded_calls:
            self.skeletons[call.index] = call

    @cached_property
    def aftermath(self) -> Aftermath:
        """Activities, reviews and logs; drawn for all calls when first asked for."""
        backfill = self.born - 3 * DAY
        cards = self.catalog.scorecards
        reviewer = Reviewer(self.settings.seed, self.zone, cards, list(self.staff), backfill)
        begin = self.born - self.settings.days * DAY
        end = self.born + self.settings.future_days * DAY
        maker = LogMaker(self.settings.seed, list(self.staff), begin, end)
        made = Aftermath(self.zone, self._seeded, reviewer, maker)
        made.include(self.skeletons)
        return made

    def events(self, start: date, end: date) -> Iterator[Event]:
        """Known activities of finished days, of calls that still exist and users still here."""
        now, gone = self.now, self.seeded_calls.deleted
        for event in self.aftermath.events(start, min(end, self.today)):
            if event.at <= now and event.call.id not in gone and self.directory.find(event.user):
                yield event

    def reviews(self) -> list[Review]:
        """Published reviews of calls that still exist, in order of review time."""
        now, gone = self.now, self.seeded_calls.deleted
        return [
            review
            for review in self.aftermath.reviews
            if review.at <= now and review.call.id not in gone
        ]

    def log(self, kind: str) -> list[LogEntry]:
        """The entries of a log type that exist by now and are still kept."""
        now = self.now
        oldest = now - RETENTION.get(kind, 10**6 * DAY)
        return [one for one in self.aftermath.log(kind) if oldest <= one.at <= now]

    def host_numbers(self, call: Call) -> Json | None:
        """A seeded call's interaction numbers, for averages over its host's calls."""
        if call.index not in self._numbers:
            self._numbers[call.index] = call_numbers(self.settings.seed, call)
        return self._numbers[call.index]
