"""Oddities of calls, reported from live use, that every seeded world contains.

Each oddity is on one of the first calls, so a world of 60 calls has them all.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One oddity: its name (the content modules test for it) and the facts it fixes."""

    name: str
    facts: dict[str, Any] = field(default_factory=dict, hash=False)


CASES: tuple[Case, ...] = (
    Case("no_parties", {"system": "Upload API"}),
    Case("empty_parties", {"system": "Upload API"}),
    Case("no_content", {"system": "Zoom"}),
    Case("unicode", {"system": "Zoom", "duration": 1500}),
    Case("right_to_left", {"system": "Google Meet", "duration": 1500}),
    Case("empty_transcript", {"system": "Aircall"}),
    Case("long_transcript", {"system": "Zoom", "duration": 10_800}),
    Case("hollow_monologue", {"system": "Zoom", "duration": 900}),
    Case("zero_duration", {"system": "Aircall", "duration": 0}),
    Case("private", {"private": True}),
    Case("inbound", {"system": "Aircall", "direction": "Inbound"}),
    Case("outbound", {"system": "Gong Connect", "direction": "Outbound"}),
    Case("unknown_direction", {"system": "Upload API", "direction": "Unknown"}),
    Case("internal", {"system": "Zoom", "scope": "Internal"}),
    Case("external", {"system": "Zoom", "scope": "External"}),
    Case("unknown_scope", {"system": "RingCentral", "scope": "Unknown"}),
    Case("digits_17", {"digits": 17}),
    Case("digits_18", {"digits": 18}),
    Case("digits_19", {"digits": 19}),
    Case("digits_20", {"digits": 20}),
    Case("untimed_crm", {"system": "Zoom"}),
    Case("empty_objects", {"system": "Zoom"}),
    Case("null_context", {"system": "Zoom"}),
    Case("no_crm", {"system": "Zoom"}),
    Case("no_transcript", {"system": "Zoom", "transcript": False}),
    Case("orphan_speech", {"system": "Zoom", "duration": 1200}),
    Case("twin_title_one", {"system": "Zoom"}),
    Case("twin_title_two", {"system": "Google Meet"}),
    Case("multi_line", {"system": "Zoom", "duration": 1200}),
    Case("many_start_times", {"system": "Zoom", "duration": 2400}),
    Case("bare_outline", {"system": "Zoom", "duration": 2400}),
    Case("smart_tracker", {"system": "Zoom", "duration": 2400}),
    Case("phone_callers", {"system": "RingCentral", "duration": 700}),
    Case("null_party_fields", {"system": "Zoom", "duration": 1200}),
    Case("silent_attendees", {"system": "Webex", "duration": 1200}),
    Case("no_interaction", {"system": "Zoom"}),
    Case("host_alone", {"system": "Zoom", "alone": True}),
)
