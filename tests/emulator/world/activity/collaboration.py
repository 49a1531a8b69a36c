"""Collaboration on a call: comments, listens, shares, feedback.

One source for public comments, call-play logs and activity statistics, so that these agree.
"""

import random
from dataclasses import dataclass

from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, MINUTE, SECOND
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.people import Person


@dataclass(frozen=True, slots=True)
class Action:
    """One action of one user on a call."""

    at: int
    user: str
    kind: str


@dataclass(frozen=True, slots=True)
class Comment:
    """A public comment with its place in the recording."""

    at: int
    user: str
    document: Json


@dataclass(frozen=True, slots=True)
class Collaboration:
    """All actions and comments on one call."""

    actions: tuple[Action, ...]
    comments: tuple[Comment, ...]


SIMPLE = (
    ("listen", 0.22),
    ("share_inside", 0.08),
    ("share_outside", 0.06),
    ("request_feedback", 0.05),
    ("give_feedback", 0.05),
    ("mark_reviewed", 0.05),
)
# Actions of the host's manager, in addition to those of any colleague.
COACHING = (("listen", 0.1), ("give_feedback", 0.05), ("mark_reviewed", 0.03))


def make_collaboration(
    seed: int, call: Call, people: list[Person], manager: str | None
) -> Collaboration:
    """Draw the actions on a call, within five days after its listing."""
    rng = stream(seed, "social", call.index)
    actions: list[Action] = []
    for kind, chance in SIMPLE:
        if rng.random() >= chance:
            continue
        user = call.host if kind in ("request_feedback", "share_outside") else _user(rng, people)
        at = _later(rng, call)
        actions.append(Action(at, user, kind))
        if kind == "listen":
            # The same call twice on one day is one activity (Gong's OpenAPI), two plays.
            if rng.random() < 0.3:
                actions.append(Action(at + 3 * MINUTE, user, kind))
            if rng.random() < 0.2:
                actions.append(Action(at + DAY, user, kind))
            if rng.random() < 0.2:
                actions.append(Action(at + MINUTE, call.host, kind))
    comments = _comments(rng, call, people)
    if manager is not None:
        rng = stream(seed, "coaching", call.index)
        actions += [
            Action(_later(rng, call), manager, kind) for kind, x in COACHING if rng.random() < x
        ]
        if rng.random() < 0.04 and call.duration >= 60:
            comments.append(_comment(rng, _later(rng, call), manager, "Nice recovery", 0.0, None))
    return Collaboration(tuple(actions), tuple(comments))


def _user(rng: random.Random, people: list[Person]) -> str:
    """Any colleague."""
    return people[int(rng.random() * len(people))].id


def _later(rng: random.Random, call: Call) -> int:
    """Some time after the call was listed, in whole milliseconds."""
    return (call.processed + int(rng.random() ** 2 * 5 * DAY)) // 1000 * 1000 + 1000


def _comments(rng: random.Random, call: Call, people: list[Person]) -> list[Comment]:
    """Public comments: some during the call, some replies, some mentioning a colleague."""
    if rng.random() >= 0.12 or call.duration < 60:
        return []
    comments: list[Comment] = []
    for number in range(rng.randrange(1, 4)):
        author = people[int(rng.random() * len(people))]
        mentioned = people[int(rng.random() * len(people))]
        during = number == 0 and rng.random() < 0.3
        at = call.started + 30 * SECOND if during else _later(rng, call)
        reply = comments[0] if comments and rng.random() < 0.6 else None
        if reply is not None:
            at = max(at, reply.at + MINUTE)
        start = round(rng.random() * (call.duration - 10), 2)
        text = f"Great point 👍 @[{mentioned.name}]({mentioned.id})"
        made = _comment(rng, at, author.id, text, start, reply)
        if rng.random() >= 0.5:
            made.document["comment"] = "Note"
        made.document["duringCall"] = during
        comments.append(made)
    return comments


def _comment(
    rng: random.Random, at: int, author: str, text: str, start: float, reply: Comment | None
) -> Comment:
    """One comment at a place of the recording."""
    document: Json = {
        "id": gong_id(rng, 19),
        "audioStartTime": start,
        "audioEndTime": round(start + 5, 2),
        "commenterUserId": author,
        "comment": text,
        "inReplyTo": reply.document["id"] if reply else None,
        "duringCall": False,
    }
    return Comment(at, author, document)
