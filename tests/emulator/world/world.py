"""The company behind the API: all its data, and when each part is visible."""

from collections.abc import Callable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from tests.emulator.settings import Json, Settings
from tests.emulator.timing.agenda import Agenda
from tests.emulator.timing.clock import Clock
from tests.emulator.timing.instants import DAY, CompanyZone, micros
from tests.emulator.world.activity.derived import DerivedRecords
from tests.emulator.world.activity.events import Event
from tests.emulator.world.activity.logs import RETENTION, LogEntry, LogMaker
from tests.emulator.world.activity.reviews import Review, Reviewer
from tests.emulator.world.calls.skeletons import Call, make_calls
from tests.emulator.world.calls.store import CallStore
from tests.emulator.world.calls.timeline import make_slots
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.definitions import make_catalog
from tests.emulator.world.company.people import Directory, make_people, make_workspaces
from tests.emulator.world.content.captures import CapturedDetails
from tests.emulator.world.content.details import Details, SeededDetails
from tests.emulator.world.content.interaction import call_numbers
from tests.emulator.world.edits import Edits

State = TypeVar("State")


class World:
    """One company, seeded; equal settings and start give an equal company."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Make the cheap facts now and the heavy parts on first use."""
        self.settings = settings
        self.clock = clock
        self.zone = CompanyZone(settings.time_zone)
        self.started_at = micros(clock.now())
        self.workspaces = make_workspaces(settings)
        self.opening_workspaces = tuple(str(space["id"]) for space in self.workspaces)
        people = make_people(settings, self.zone, self.started_at)
        self.directory = Directory(people)
        self.staff = tuple(person for person in people if not person.avatar)
        spaces = [str(space["id"]) for space in self.workspaces]
        users = [person.id for person in self.staff]
        self.catalog = make_catalog(settings, self.zone, self.started_at, spaces, users)
        slots = make_slots(settings, self.zone, self.started_at)
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
        """The state of one domain, made from the seed on first use.

        It must depend on `settings`, `started_at`, `staff`, `opening_workspaces` and
        `opening_calls`, none of which change while the emulator runs; so it makes no difference
        when it is first read.
        """
        if make not in self._states:
            self._states[make] = make(self)
        made: State = self._states[make]
        return made

    def new_id(self) -> str:
        """A new id for an entity added while the emulator runs."""
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
        """The parties of a call, as edited so far."""
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
            if "derived" in self.__dict__:
                self.derived.include([call])
            return
        self.calls.add(call)
        if self.calls is self.seeded_calls:
            self.skeletons[call.index] = call

    @cached_property
    def derived(self) -> DerivedRecords:
        """Activities, reviews and logs of all calls; made on first use."""
        backfill = self.started_at - 3 * DAY
        cards = self.catalog.scorecards
        reviewer = Reviewer(self.settings.seed, self.zone, cards, list(self.staff), backfill)
        begin = self.started_at - self.settings.days * DAY
        end = self.started_at + self.settings.future_days * DAY
        maker = LogMaker(self.settings.seed, list(self.staff), begin, end)
        made = DerivedRecords(self.zone, self._seeded.collaboration, reviewer, maker)
        made.include(self.skeletons)
        return made

    def events(self, start: date, end: date) -> Iterator[Event]:
        """Known activities of finished days, of calls that still exist and users still here."""
        now, gone = self.now, self.seeded_calls.deleted
        for event in self.derived.events(start, min(end, self.today)):
            if event.at <= now and event.call.id not in gone and self.directory.find(event.user):
                yield event

    def reviews(self) -> list[Review]:
        """Published reviews of calls that still exist, in order of review time."""
        now, gone = self.now, self.seeded_calls.deleted
        return [
            review
            for review in self.derived.reviews
            if review.at <= now and review.call.id not in gone
        ]

    def log(self, kind: str) -> list[LogEntry]:
        """The entries of a log type that exist by now and are still kept."""
        now = self.now
        oldest = now - RETENTION.get(kind, 10**6 * DAY)
        return [entry for entry in self.derived.log(kind) if oldest <= entry.at <= now]

    def host_numbers(self, call: Call) -> Json | None:
        """A seeded call's interaction numbers, for averages over its host's calls."""
        if call.index not in self._numbers:
            self._numbers[call.index] = call_numbers(self.settings.seed, call)
        return self._numbers[call.index]
