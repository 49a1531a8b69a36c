"""The company behind the API: everything it knows, and what of it is visible when."""

from collections.abc import Iterator
from datetime import date
from functools import cached_property

from tests.emulator.activity import Event
from tests.emulator.aftermath import Aftermath
from tests.emulator.calls import Call, make_calls
from tests.emulator.captures import CapturedDetails
from tests.emulator.catalog import make_catalog
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


class World:
    """One company, seeded; equal settings and start give an equal company."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Make the cheap facts now; everything heavy waits until it is asked for."""
        self.settings = settings
        self.clock = clock
        self.zone = CompanyZone(settings.time_zone)
        self._born = micros(clock.now())
        self.workspaces = make_workspaces(settings)
        people = make_people(settings, self.zone, self._born)
        self.directory = Directory(people)
        self._staff = [person for person in people if not person.avatar]
        spaces = [str(space["id"]) for space in self.workspaces]
        users = [person.id for person in self._staff]
        self.catalog = make_catalog(settings, self.zone, self._born, spaces, users)
        slots = make_slots(settings, self.zone, self._born)
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
        self.edits = Edits()
        self._numbers: dict[int, Json | None] = {}

    @property
    def now(self) -> int:
        """The present in microseconds."""
        return micros(self.clock.now())

    @property
    def today(self) -> date:
        """The company's present day."""
        return self.zone.day(self.now)

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
        backfill = self._born - 3 * DAY
        cards = self.catalog.scorecards
        reviewer = Reviewer(self.settings.seed, self.zone, cards, self._staff, backfill)
        begin = self._born - self.settings.days * DAY
        end = self._born + self.settings.future_days * DAY
        maker = LogMaker(self.settings.seed, self._staff, begin, end)
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
