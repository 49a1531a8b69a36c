"""Sentences, briefs and titles of seeded calls."""

import random
from functools import cache

from tests.emulator.world import words
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.company.accounts import Account


@cache
def sentence_pool() -> tuple[str, ...]:
    """Some thousand sentences that transcripts draw from; equal in every process."""
    rng = random.Random("sentences")
    made = [
        f"{rng.choice(words.OPENERS)} {rng.choice(words.SUBJECTS)} {rng.choice(words.VERBS)} "
        f"{rng.choice(words.OBJECTS)}{rng.choice(words.TAILS)}"
        for _ in range(1500)
    ]
    made += ["Mm-hm.", "Yes.", "No.", "Okay, great.", "Hello?", "Thanks!", "…"] * 20
    made += list(words.UNICODE_SENTENCES)
    return tuple(made)


def sentence(rng: random.Random, case: str) -> str:
    """One sentence of its call's kind."""
    if case == "unicode" and rng.random() < 0.5:
        return rng.choice(words.UNICODE_SENTENCES)
    if case == "right_to_left" and rng.random() < 0.5:
        return rng.choice(words.RTL_SENTENCES)
    if case == "multi_line" and rng.random() < 0.2:
        return 'First line,\nsecond line\twith a tab,\r\nand a "quoted" third \\ line.'
    return rng.choice(sentence_pool())


def title(rng: random.Random, call: Call, account: Account) -> str | None:
    """The title of a call; titles repeat, and an upload may have none."""
    fixed = {
        "unicode": words.UNICODE_TITLE,
        "right_to_left": words.RTL_TITLE,
        "twin_title_one": "Weekly sync",
        "twin_title_two": "Weekly sync",
        "multi_line": "Two\nlines / and a slash",
    }
    if call.case in fixed:
        return fixed[call.case]
    kind = rng.choice(words.CALL_KINDS)
    if call.scope == "Internal":
        return kind
    if call.direction == "Unknown" and rng.random() < 0.2:
        return None
    return f"{account.name} <> Acme: {kind}"


def brief(rng: random.Random, call: Call, account: Account) -> str:
    """An AI brief: a few sentences, sometimes in paragraphs."""
    joint = "\n\n" if call.case == "multi_line" else " "
    lead = f"A conversation with {account.name} about {rng.choice(words.OBJECTS)}."
    return joint.join([lead] + [sentence(rng, call.case) for _ in range(rng.randrange(1, 4))])
