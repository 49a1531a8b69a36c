"""Transcripts: monologues of sentences in whole milliseconds."""

import random

from tests.emulator.settings import Json
from tests.emulator.world import words
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id
from tests.emulator.world.content.prose import sentence

LONG = 3_200


def make_transcript(rng: random.Random, call: Call, parties: list[Json] | None) -> list[Json]:
    """The monologues of a call; speaker ids join to the parties that spoke.

    Some speakers are not among the parties, and the topic is mostly null
    (both seen live).
    """
    if call.case in ("empty_transcript", "zero_duration"):
        return []
    speakers = [party["speakerId"] for party in parties or [] if party["speakerId"] is not None]
    if not speakers:
        speakers = [gong_id(rng, 19), gong_id(rng, 19)]
    stranger = gong_id(rng, 19) if call.case == "orphan_speech" or rng.random() < 0.05 else None
    monologues = _monologues(rng, call, speakers)
    if stranger is not None:
        for monologue in monologues[1::7]:
            monologue["speakerId"] = stranger
    if call.case == "hollow_monologue":
        hollow = {"speakerId": speakers[0], "topic": None, "sentences": []}
        monologues.insert(len(monologues) // 2, hollow)
    return monologues


def _monologues(rng: random.Random, call: Call, speakers: list[str]) -> list[Json]:
    """Speech until the call ends, or until the wanted number of sentences is said."""
    end = call.duration * 1000
    pace = 900 if call.case == "long_transcript" else 3_500
    at, said, turn = rng.randrange(0, 400, 10), 0, 0
    topic: str | None = None
    monologues: list[Json] = []
    while at < end or (call.case == "long_transcript" and said < LONG):
        if rng.random() < 0.25:
            topic = rng.choice(words.TOPICS) if rng.random() < 0.3 else None
        sentences = []
        for _ in range(rng.choices((1, 2, 3, 5, 9), (30, 25, 20, 15, 10))[0]):
            length = 200 + 10 * int(rng.random() * pace / 5)
            text = sentence(rng, call.case)
            sentences.append({"start": at, "end": at + length, "text": text})
            at += length + 10 * int(rng.random() * 60)
        said += len(sentences)
        speaker = speakers[turn % len(speakers)]
        turn += 1 if rng.random() < 0.8 else 2
        monologues.append({"speakerId": speaker, "topic": topic, "sentences": sentences})
        if not end:
            break
    return monologues
