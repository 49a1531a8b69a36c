"""Interaction data of a call; the stats endpoint averages the very same numbers."""

from tests.emulator.settings import Json
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import stream

STAT_NAMES = (
    "Talk Ratio",
    "Longest Monologue",
    "Longest Customer Story",
    "Interactivity",
    "Patience",
)


def call_numbers(seed: int, call: Call) -> Json | None:
    """The host's statistics and the question counts of a call; None without speech analysis.

    Whole numbers and fractions are mixed (seen live).
    """
    if call.case in ("no_interaction", "zero_duration", "no_content") or call.duration < 30:
        return None
    rng = stream(seed, "interaction", call.index)
    values = (
        round(rng.uniform(0.2, 0.9), 4),
        rng.randrange(10, 10 + call.duration // 3),
        round(rng.uniform(0, call.duration / 4), 2) if rng.random() < 0.7 else 0,
        round(rng.uniform(0, 10), 2),
        rng.choice((0, 1, 0.44, 0.9, 1.25)),
    )
    stats = [{"name": name, "value": value} for name, value in zip(STAT_NAMES, values, strict=True)]
    questions = {"companyCount": rng.randrange(0, 25), "nonCompanyCount": rng.randrange(0, 20)}
    return {"interactionStats": stats, "questions": questions}


def make_interaction(seed: int, call: Call, parties: list[Json] | None) -> Json | None:
    """Everything selectable under `interaction`; speakers are the colleagues who spoke."""
    numbers = call_numbers(seed, call)
    if numbers is None:
        return None
    rng = stream(seed, "speakers", call.index)
    spoke = [
        party for party in parties or [] if party.get("userId") and party["speakerId"] is not None
    ]
    speakers = [
        {
            "id": party["id"],
            "userId": party["userId"],
            "talkTime": round(rng.random() * call.duration / (len(spoke) + 1), 1),
        }
        for party in spoke
    ]
    made: Json = {"speakers": speakers, "interactionStats": numbers["interactionStats"]}
    if call.media == "Video" and rng.random() < 0.9:
        names = ("Browser", "Presentation", "WebcamPrimaryUser", "WebcamNonCompany", "Webcam")
        made["video"] = [
            {"name": name, "duration": round(rng.random() * call.duration, 2)}
            for name in names[: rng.randrange(1, 6)]
        ]
    made["questions"] = numbers["questions"]
    return made
