"""Call skeletons: the cheap facts of every call, made at start-up and kept in memory.

A skeleton holds what lists filter, order and hide by. Everything heavy (parties, content,
transcripts) is made later, per call, from the skeleton's index.
"""

import random
from dataclasses import dataclass

from tests.emulator.settings import Settings
from tests.emulator.timing.instants import DAY, HOUR, MINUTE, SECOND
from tests.emulator.world.calls.oddities import CASES, Case
from tests.emulator.world.calls.timeline import Slot
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.people import Person

CONFERENCES = ("Zoom", "Google Meet", "Microsoft Teams", "Webex")
PHONES = ("Gong Connect", "Aircall", "RingCentral")
UPLOAD = "Upload API"


@dataclass(frozen=True, slots=True)
class Call:
    """The facts of a call without its content; times are microseconds."""

    index: int
    id: str
    started: int
    scheduled: int | None
    duration: int
    host: str
    attendees: tuple[str, ...]
    workspace: str
    system: str
    direction: str
    scope: str
    media: str
    processed: int
    content_ready: int | None
    transcript_ready: int | None
    private: bool
    case: str

    @property
    def listed_time(self) -> int:
        """The time /v2/calls windows by: scheduled for web conferences, else started.

        Gong's OpenAPI says so; the other two call lists go by the start time alone.
        """
        return self.scheduled if self.is_conference and self.scheduled else self.started

    @property
    def is_conference(self) -> bool:
        """Whether Gong recorded it as a web conference."""
        return self.system in CONFERENCES

    @property
    def ended(self) -> int:
        """The end of the recording."""
        return self.started + self.duration * SECOND


class HostChooser:
    """Spreads calls over users like Zipf: few hosts have most of them."""

    def __init__(self, people: list[Person]) -> None:
        """Rank the hosts by seniority in the list; avatars never host."""
        self._people = [person for person in people if not person.avatar]
        total = 0.0
        self._weights: list[float] = []
        for rank in range(len(self._people)):
            total += 1 / (rank + 1) ** 0.9
            self._weights.append(total)

    def choose(self, rng: random.Random, started: int) -> tuple[str, tuple[str, ...]]:
        """A host that existed at the time, and the colleagues who attended."""
        size = rng.choices((1, 2, 3, 4), (60, 25, 10, 5))[0]
        drawn = rng.choices(self._people, cum_weights=self._weights, k=size)
        ids = [person.id for person in drawn if person.created < started]
        unique = tuple(dict.fromkeys(ids or [self._people[0].id]))
        return unique[0], unique[1:]


def make_calls(
    settings: Settings, people: list[Person], workspaces: list[str], slots: list[Slot]
) -> list[Call]:
    """One skeleton per slot, in order of time; the first calls get the oddities."""
    rng = stream(settings.seed, "calls")
    hosts = HostChooser(people)
    step = 1 if len(slots) < 128 else 3
    cases = iter(CASES)
    calls = []
    for index, slot in enumerate(slots):
        case = None
        if slot.kind == "" and index % step == 0:
            case = next(cases, None)
        host, attendees = hosts.choose(rng, slot.started)
        workspace = workspaces[0] if rng.random() < 0.8 else rng.choice(workspaces)
        calls.append(_make_call(rng, index, slot, case, host, attendees, workspace))
    return calls


def _make_call(
    rng: random.Random,
    index: int,
    slot: Slot,
    case: Case | None,
    host: str,
    attendees: tuple[str, ...],
    workspace: str,
) -> Call:
    """Draw one skeleton; an oddity overrides its facts and is never late."""
    wanted = case.facts if case else {}
    system = str(wanted.get("system") or slot.system or _draw_system(rng))
    duration = int(wanted.get("duration", _draw_duration(rng, system)))
    started = slot.started
    end = started + duration * SECOND
    processed, content, transcript = _draw_lateness(rng, end)
    if case or slot.kind:
        processed, content, transcript = end + 3 * MINUTE, end + 3 * MINUTE, end + 12 * MINUTE
    if wanted.get("transcript") is False:
        transcript = None
    return Call(
        index=index,
        id=gong_id(rng, wanted.get("digits")),
        started=started,
        scheduled=_scheduled(rng, slot, system),
        duration=duration,
        host=host,
        attendees=() if wanted.get("alone") else attendees,
        workspace=workspace,
        system=system,
        direction=str(wanted.get("direction") or _direction(rng, system)),
        scope=str(wanted.get("scope") or rng.choices(("External", "Internal"), (85, 15))[0]),
        media="Audio" if system not in CONFERENCES or rng.random() < 0.05 else "Video",
        processed=processed,
        content_ready=content,
        transcript_ready=transcript,
        private=bool(wanted.get("private")) or rng.random() < 0.02,
        case=case.name if case else slot.kind,
    )


def _draw_system(rng: random.Random) -> str:
    """Mostly conferences, some dialers, a few uploads."""
    draw = rng.random()
    if draw < 0.72:
        return rng.choice(CONFERENCES)
    return rng.choice(PHONES) if draw < 0.97 else UPLOAD


def _draw_duration(rng: random.Random, system: str) -> int:
    """Seconds: short on the phone, up to two hours in a conference."""
    if system in CONFERENCES:
        return min(7200, max(60, int(rng.lognormvariate(7.3, 0.55))))
    return min(3600, max(5, int(rng.lognormvariate(5.3, 0.9))))


def _direction(rng: random.Random, system: str) -> str:
    """The direction that goes with a system."""
    if system in CONFERENCES:
        return "Conference"
    if system == UPLOAD:
        return "Unknown"
    return "Inbound" if rng.random() < 0.25 else "Outbound"


def _scheduled(rng: random.Random, slot: Slot, system: str) -> int | None:
    """Planned start: the slot's own, a quarter hour near the start, or nothing for uploads."""
    if slot.scheduled is not None:
        return slot.scheduled
    if system == UPLOAD:
        return None
    if system in CONFERENCES:
        quarter = 15 * MINUTE
        late = rng.randrange(-2 * MINUTE, 5 * MINUTE)
        return (slot.started - late + quarter // 2) // quarter * quarter
    return slot.started


def _draw_lateness(rng: random.Random, end: int) -> tuple[int, int | None, int | None]:
    """When a call is listed, when its AI content comes, and its transcript; None is never."""
    draw = rng.random()
    processed = end + rng.randrange(2 * MINUTE, 30 * MINUTE)
    if draw < 0.03:
        processed = end + rng.randrange(HOUR, 20 * HOUR)
    content: int | None = processed
    draw = rng.random()
    if draw < 0.15:
        content = processed + rng.randrange(HOUR, 2 * DAY)
    elif draw < 0.18:
        content = None
    # A transcript may come before the call itself is listed (seen live).
    transcript: int | None = end + rng.randrange(2 * MINUTE, 40 * MINUTE)
    draw = rng.random()
    if draw < 0.05:
        transcript = end + rng.randrange(HOUR, 5 * DAY)
    elif draw < 0.07:
        transcript = None
    return processed, content, transcript
