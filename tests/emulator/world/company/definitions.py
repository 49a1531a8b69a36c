"""Company-wide definitions: trackers, dialer outcomes and scorecards."""

import json
import random
from dataclasses import dataclass

from tests.emulator.settings import Json, Settings
from tests.emulator.timing.instants import DAY, CompanyZone
from tests.emulator.world import words
from tests.emulator.world.chance import gong_id, stream


@dataclass(frozen=True)
class Tracker:
    """A tracker as calls mention it; smart ones have no phrases and no settings endpoint."""

    id: str
    name: str
    smart: bool
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Catalog:
    """The definitions of one company."""

    trackers: tuple[Tracker, ...]
    keyword_trackers: list[Json]
    outcomes: list[Json]
    scorecards: list[Json]


def make_catalog(
    settings: Settings, zone: CompanyZone, now: int, workspaces: list[str], users: list[str]
) -> Catalog:
    """Draw the definitions of a seeded company."""
    rng = stream(settings.seed, "catalog")
    keyword, served = [], []
    for number, (name, phrases) in enumerate(words.KEYWORDS.items()):
        tracker = Tracker(gong_id(rng), name, False, phrases)
        workspace = workspaces[number % len(workspaces)]
        keyword.append(tracker)
        served.append(_keyword_tracker(rng, zone, now, tracker, number, workspace, users))
    smart = [Tracker(gong_id(rng), name, True, ()) for name in words.SMART_TRACKERS]
    cards = [_scorecard(rng, zone, now, number, workspaces, users) for number in range(4)]
    return Catalog(tuple(keyword + smart), served, make_outcomes(), cards)


def _keyword_tracker(
    rng: random.Random,
    zone: CompanyZone,
    now: int,
    tracker: Tracker,
    number: int,
    workspace: str,
    users: list[str],
) -> Json:
    """One keyword tracker; built-in ones have no creator (nulls seen live)."""
    built_in = number < 3
    created = now - rng.randrange(300 * DAY, 900 * DAY)
    updated = created if built_in else created + rng.randrange(200 * DAY)
    languages = [
        {"language": "eng", "keywords": list(tracker.phrases), "includeRelatedForms": True},
        {"language": "mul", "keywords": ["naïve", "価格"], "includeRelatedForms": False},
    ]
    late = number == 5
    query = {"sort": None, "search": None} if number % 2 else {}
    return {
        "trackerId": tracker.id,
        "trackerName": f"{tracker.name} (tracker)" if built_in else tracker.name,
        "workspaceId": workspace,
        "languageKeywords": languages[: (0 if number == 6 else 1 + number % 2)],
        "affiliation": ("Anyone", "Company", "NonCompany")[number % 3],
        "partOfQuestion": number == 4,
        "saidAt": "Last" if late else "Anytime",
        "saidAtInterval": 10 if late else None,
        "saidAtUnit": "minutes" if late else None,
        "saidInTopics": ["Pricing"] if late else [],
        "filterQuery": json.dumps(query),
        "created": zone.micros(created),
        "creatorUserId": None if built_in else users[0],
        "updated": zone.micros(updated),
        "updaterUserId": None if built_in else users[-1],
    }


def make_outcomes() -> list[Json]:
    """The dialer's outcomes: no id, and displayOrder repeats per connectStatus (seen live)."""
    rows = (
        ("Bad timing", 3, True, "NEGATIVE", None, True),
        ("Opt out", 9, True, "NEGATIVE", "MARK_AS_OPT_OUT", True),
        ("Has a solution", 4, True, "NEUTRAL", None, True),
        ("Left voicemail", 2, False, "NEUTRAL", None, False),
        ("Busy", 4, False, "NEUTRAL", None, False),
        ("Meeting booked", 2, True, "POSITIVE", None, True),
        ("Follow up", 1, True, "POSITIVE", None, True),
        ("Wrong number", 3, False, "NEGATIVE", None, True),
        ("No voicemail", 1, False, "NEUTRAL", None, False),
    )
    return [
        {
            "callOutcome": name,
            "displayOrder": order,
            "connectStatus": "CONNECTED" if connected else "NOT_CONNECTED",
            "sentiment": sentiment,
            "todoAction": "COMPLETE_AND_REMOVE" if connected else "COMPLETE",
            "automation": automation,
            "category": "ANSWERED" if answered else "NOT_ANSWERED",
        }
        for name, order, connected, sentiment, automation, answered in rows
    ]


SCORECARD_NAMES = ("SDR call scorecard", "Demo scorecard", "Discovery — AI review", "Alte Karte")


def _scorecard(
    rng: random.Random,
    zone: CompanyZone,
    now: int,
    number: int,
    workspaces: list[str],
    users: list[str],
) -> Json:
    """One scorecard; ids are strings and range ends are strings, unlike the spec (seen live)."""
    built_in = number == 0
    created = now - rng.randrange(300 * DAY, 900 * DAY)
    updated = created if built_in else created + rng.randrange(200 * DAY)
    updater = "-1" if built_in else users[number % len(users)]
    stamps = {"created": zone.seconds(created), "updated": zone.seconds(updated)}
    kinds = ("RANGE", "RANGE", "BOOLEAN", "OPEN", "SINGLE_SELECT", "MULTI_SELECT")
    return {
        "scorecardId": gong_id(rng),
        "scorecardName": SCORECARD_NAMES[number],
        "workspaceId": workspaces[number % len(workspaces)],
        "enabled": number != 3,
        "updaterUserId": updater,
        **stamps,
        "reviewMethod": "AUTOMATIC" if number == 2 else "MANUAL",
        "questions": [
            {**_question(rng, order, kind), "updaterUserId": updater, **stamps}
            for order, kind in enumerate(kinds)
        ],
    }


def _question(rng: random.Random, order: int, kind: str) -> Json:
    """One question; the first is the overall one."""
    options = []
    if kind.endswith("SELECT"):
        options = [{"id": number, "text": f"Option {number}"} for number in (1, 2, 3)]
    return {
        "questionId": gong_id(rng),
        "questionRevisionId": gong_id(rng),
        "questionText": f"How would you rate part {order + 1} of the call?",
        "isOverall": order == 0,
        "questionType": kind,
        "answerGuide": "<p>Listen to the <b>first</b> minutes</p>" if order == 1 else None,
        "minRange": "1" if kind == "RANGE" else None,
        "maxRange": "5" if kind == "RANGE" else None,
        "answerOptions": options,
    }
