"""Inputs that several scenarios send."""

from __future__ import annotations

from tests.contract.wire import Json, Wire

WINDOW = {"fromDateTime": "2026-10-19T00:00:00Z", "toDateTime": "2026-11-18T19:00:00Z"}
NEVER = {"fromDateTime": "2001-01-01T00:00:00Z", "toDateTime": "2001-02-01T00:00:00Z"}
DAYS = {"fromDate": "2026-10-20", "toDate": "2026-11-18"}
LOG_TYPES = (
    "AccessLog", "UserActivityLog", "UserCallPlay", "ExternallySharedCallAccess",
    "ExternallySharedCallPlay",
)  # fmt: skip
EVERYTHING: Json = {
    "context": "Extended",
    "contextTiming": ["Now", "TimeOfCall"],
    "exposedFields": {
        "parties": True,
        "content": dict.fromkeys(
            ("structure", "topics", "trackers", "trackerOccurrences", "brief", "outline",
             "highlights", "callOutcome", "keyPoints", "pointsOfInterest"),
            True,
        ),
        "interaction": dict.fromkeys(
            ("speakers", "video", "personInteractionStats", "questions"), True
        ),
        "collaboration": {"publicComments": True},
        "media": True,
    },
}  # fmt: skip


def active_emails(wire: Wire) -> list[str]:
    return [user["emailAddress"] for user in wire.emulator.truth("users") if user["active"]]
