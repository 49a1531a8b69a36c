"""The Spotlight content of a call: structure, topics, trackers, brief, outline and the rest."""

import random

from tests.emulator.settings import Json
from tests.emulator.world import words
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import single
from tests.emulator.world.company.accounts import Account
from tests.emulator.world.company.definitions import Tracker
from tests.emulator.world.content.prose import brief, sentence

LATE_PARTS = ("brief", "outline", "highlights", "keyPoints")


def make_content(
    rng: random.Random,
    call: Call,
    account: Account,
    trackers: tuple[Tracker, ...],
    speakers: list[str],
) -> Json | None:
    """Everything selectable under `content`; missing parts are absent.

    None is a call without the key at all, as seen live for some calls that asked for it.
    """
    if call.case in ("no_content", "zero_duration"):
        return None
    content: Json = {}
    if rng.random() < 0.8:
        content["structure"] = [
            {"name": name, "duration": int(rng.random() * call.duration / 3)}
            for name in words.STRUCTURE[: rng.randrange(1, 6)]
        ]
    chosen = rng.sample(words.TOPICS, 5)
    durations = [0, *(int(rng.random() * call.duration / 2) for _ in chosen[1:])]
    content["topics"] = [
        {"name": name, "duration": duration}
        for name, duration in zip(chosen, durations, strict=True)
    ]
    content["trackers"] = _trackers(rng, call, trackers, speakers)
    content["brief"] = brief(rng, call, account)
    content["outline"] = _outline(rng, call)
    if rng.random() < 0.95 or call.case == "many_start_times":
        content["highlights"] = _highlights(rng, call)
    if rng.random() < 0.6:
        identifier, category, name = rng.choice(words.AI_OUTCOMES)
        content["callOutcome"] = {"id": identifier, "category": category, "name": name}
    content["keyPoints"] = [{"text": sentence(rng, call.case)} for _ in range(rng.randrange(1, 8))]
    return content


def _occurrences(rng: random.Random, call: Call, speakers: list[str], count: int) -> list[Json]:
    """Times (seconds) and speakers of some hits, in order of time."""
    times = sorted(round(rng.random() * call.duration, 2) for _ in range(count))
    return [
        {"startTime": time, "speakerId": rng.choice(speakers) if speakers else None}
        for time in times
    ]


def _trackers(
    rng: random.Random, call: Call, trackers: tuple[Tracker, ...], speakers: list[str]
) -> list[Json]:
    """The trackers that hit; a keyword tracker's occurrences are the union of its phrases'."""
    if call.case == "smart_tracker":
        chosen = list(trackers)
    else:
        chosen = [tracker for tracker in trackers if rng.random() < 0.3]
    made = []
    for tracker in chosen:
        if tracker.smart:
            hits = _occurrences(rng, call, speakers, rng.randrange(1, 5))
            made.append(_tracker(tracker, hits))
            continue
        phrases = []
        for phrase in rng.sample(tracker.phrases, rng.randrange(1, len(tracker.phrases))):
            occurrences = _occurrences(rng, call, speakers, rng.randrange(1, 4))
            phrases.append(
                {"count": len(occurrences), "occurrences": occurrences, "phrase": phrase}
            )
        hits = [dict(hit) for phrase in phrases for hit in phrase["occurrences"]]  # type: ignore[attr-defined]
        hits.sort(key=lambda hit: float(hit["startTime"]))
        made.append({**_tracker(tracker, hits), "phrases": phrases})
    return made


def _tracker(tracker: Tracker, hits: list[Json]) -> Json:
    """One tracker of a call with its hits."""
    return {
        "id": tracker.id,
        "name": tracker.name,
        "count": len(hits),
        "type": "SMART" if tracker.smart else "KEYWORD",
        "occurrences": hits,
    }


def _outline(rng: random.Random, call: Call) -> list[Json]:
    """Sections with single-precision noise in their seconds (seen live)."""
    count = rng.randrange(2, 7)
    length = max(1.0, call.duration / count)
    sections = []
    for number in range(count):
        start = number * length + 0.13
        items = [
            {"text": sentence(rng, call.case), "startTime": single(start + rng.random() * length)}
            for _ in range(rng.randrange(1, 6))
        ]
        section: Json = {
            "section": f"{rng.choice(words.TOPICS)} {number + 1}",
            "startTime": single(start),
            "duration": single(length - 0.07),
            "items": items,
        }
        if call.case == "bare_outline" and number == 0:
            section["items"] = []
        if call.case == "bare_outline" and number == 1:
            del section["items"]
        sections.append(section)
    return sections


def _highlights(rng: random.Random, call: Call) -> list[Json]:
    """Highlight sections; an item may point at several moments."""
    items = []
    for number in range(rng.randrange(1, 5)):
        size = 3 if call.case == "many_start_times" and number == 0 else rng.randrange(1, 3)
        times = sorted(single(rng.random() * call.duration) for _ in range(size))
        items.append({"text": sentence(rng, call.case), "startTimes": times})
    return [{"title": "Next steps", "items": items}]
