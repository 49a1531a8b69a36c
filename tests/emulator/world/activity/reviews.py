"""Answered scorecards: manual reviews by colleagues and automatic ones."""

import random
from dataclasses import dataclass

from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, HOUR, SECOND, CompanyZone
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.people import Person

VISIBILITIES = ("PUBLIC", "PRIVATE", "OPT_IN_USERS", "MANAGERS", "MANAGERS_AND_REVIEWEE")


@dataclass(frozen=True, slots=True)
class Review:
    """One answered scorecard with the fields that filters use."""

    at: int
    call: Call
    reviewer: str | None
    document: Json

    @property
    def id(self) -> str:
        """The primary key of a review; scorecardId is only the definition's."""
        return str(self.document["answeredScorecardId"])

    @property
    def sort_key(self) -> tuple[int, int]:
        """Reviews are listed by review time."""
        return self.at, int(self.id)


class Reviewer:
    """Draws the reviews of calls."""

    def __init__(
        self, seed: int, zone: CompanyZone, cards: list[Json], people: list[Person], backfill: int
    ) -> None:
        """`backfill` is when automatic review was applied to the calls before it."""
        self._seed = seed
        self._zone = zone
        self._cards = cards
        self._people = people
        self._managers = {person.id: person.document["managerId"] for person in people}
        self._backfill = backfill

    def reviews(self, call: Call) -> list[Review]:
        """All reviews a call ever gets; several people may answer one card for one call."""
        rng = stream(self._seed, "reviews", call.index)
        made = []
        if rng.random() < 0.18 and call.duration > 60:
            card = self._cards[0 if rng.random() < 0.6 else 1]
            people = rng.sample(self._people, min(len(self._people), rng.choice((1, 1, 1, 2, 3))))
            for person in people:
                at = call.processed + int(rng.random() ** 2 * 6 * DAY)
                made.append(self._review(rng, call, card, at, person.id))
        manager = self._managers.get(call.host)
        if manager is not None and call.duration > 60:
            coaching = stream(self._seed, "manager reviews", call.index)
            if coaching.random() < 0.04:
                at = call.processed + int(coaching.random() * 6 * DAY)
                made.append(self._review(coaching, call, self._cards[1], at, manager))
        if rng.random() < 0.25 and call.duration > 300:
            # "Apply to past calls" reviews old calls long after they took place (Gong's help).
            at = call.processed + HOUR
            if at < self._backfill and rng.random() < 0.5:
                at = self._backfill + int(rng.random() * HOUR)
            made.append(self._review(rng, call, self._cards[2], at, None))
        return made

    def _review(
        self, rng: random.Random, call: Call, card: Json, at: int, reviewer: str | None
    ) -> Review:
        """One review; `editorUserId` is set only when someone else edited it."""
        at -= at % SECOND
        editor = self._people[0].id if rng.random() < 0.1 else None
        document: Json = {
            "answeredScorecardId": gong_id(rng),
            "scorecardId": card["scorecardId"],
            "scorecardName": card["scorecardName"],
            "callId": call.id,
            "callStartTime": self._zone.trimmed(call.started),
            "reviewedUserId": call.host,
            "reviewerUserId": reviewer,
            "reviewMethod": "MANUAL" if reviewer else "AUTOMATIC",
            "editorUserId": editor,
            "reviewTime": self._zone.seconds(at),
            "visibilityType": rng.choices(VISIBILITIES, (50, 30, 5, 10, 5))[0],
            "answers": [_answer(rng, question) for question in card["questions"]],
        }
        return Review(at, call, reviewer, document)


def _answer(rng: random.Random, question: Json) -> Json:
    """One answer: a score, a text, chosen options, or not applicable."""
    kind = question["questionType"]
    skipped = not question["isOverall"] and rng.random() < 0.12
    answer: Json = {
        "questionId": question["questionId"],
        "questionRevisionId": question["questionRevisionId"],
        "isOverall": question["isOverall"],
        "score": None,
        "answerText": None,
        "notApplicable": skipped,
        "selectedOptions": None,
    }
    if skipped:
        return answer
    if kind == "RANGE":
        answer["score"] = rng.randrange(1, 6)
    elif kind == "BOOLEAN":
        answer["answerText"] = rng.choice(("Yes", "No"))
    elif kind == "OPEN":
        answer["answerText"] = rng.choice(("Très bien 👏", "Ask more\nopen questions", ""))
    else:
        count = 1 if kind == "SINGLE_SELECT" else rng.randrange(1, 3)
        answer["selectedOptions"] = [str(number) for number in sorted(rng.sample((1, 2, 3), count))]
    return answer
