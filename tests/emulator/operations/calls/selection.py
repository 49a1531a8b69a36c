"""Applies a contentSelector: serves the requested sections that exist."""

from dataclasses import dataclass
from typing import Any

from tests.emulator.errors import bad_request, parse_error
from tests.emulator.inputs.fields import Fields
from tests.emulator.settings import Json

CONTENT_PARTS = (
    "structure",
    "topics",
    "trackers",
    "brief",
    "outline",
    "highlights",
    "callOutcome",
    "keyPoints",
)
INTERACTION_PARTS = (
    ("speakers", "speakers"),
    ("personInteractionStats", "interactionStats"),
    ("video", "video"),
    ("questions", "questions"),
)
TIMINGS = ("Now", "TimeOfCall")


@dataclass(frozen=True)
class Selection:
    """The sections that a request selects."""

    context: str
    timings: tuple[str, ...]
    parties: bool
    content: frozenset[str]
    occurrences: bool
    interaction: frozenset[str]
    comments: bool
    media: bool


EVERYTHING = Selection(
    "Extended",
    TIMINGS,
    True,
    frozenset(CONTENT_PARTS),
    True,
    frozenset(name for _, name in INTERACTION_PARTS),
    True,
    False,
)


def read_selection(selector: Fields) -> Selection:
    """Read a contentSelector; `pointsOfInterest` is accepted and means nothing (Gong's OpenAPI)."""
    context = selector.choice("context", ("None", "Basic", "Extended")) or "None"
    exposed = selector.inner("exposedFields")
    content, interaction = exposed.inner("content"), exposed.inner("interaction")
    content.flag("pointsOfInterest")
    return Selection(
        context=context,
        timings=_timings(selector, context),
        parties=exposed.flag("parties"),
        content=frozenset(part for part in CONTENT_PARTS if content.flag(part)),
        occurrences=content.flag("trackerOccurrences"),
        interaction=frozenset(
            served for asked, served in INTERACTION_PARTS if interaction.flag(asked)
        ),
        comments=exposed.inner("collaboration").flag("publicComments"),
        media=exposed.flag("media"),
    )


def _timings(selector: Fields, context: str) -> tuple[str, ...]:
    value = selector.values.get("contextTiming")
    if value is None:
        return ("Now",)
    if not isinstance(value, list) or any(item not in TIMINGS for item in value):
        raise parse_error()
    if context != "Extended":
        name = selector.name("contextTiming")
        raise bad_request(f"{name}: can be provided only when context is Extended")
    return tuple(value) or ("Now",)


def select(document: Json, wanted: Selection) -> Json:
    """The wanted sections of a call in the order the API serves them."""
    served: Json = {"metaData": document["metaData"]}
    if wanted.context != "None" and "context" in document:
        served["context"] = _context(document["context"], wanted)
    if wanted.parties and "parties" in document:
        parties = document["parties"]
        served["parties"] = parties and [_party(party, wanted) for party in parties]
    content = _parts(document.get("content"), wanted.content)
    if content is not None:
        if "trackers" in content and not wanted.occurrences:
            content["trackers"] = [_without_occurrences(tracker) for tracker in content["trackers"]]
        served["content"] = content
    interaction = _parts(document.get("interaction"), wanted.interaction)
    if interaction is not None:
        served["interaction"] = interaction
    if wanted.comments and "collaboration" in document:
        served["collaboration"] = document["collaboration"]
    known = {"metaData", "context", "parties", "content", "interaction", "collaboration"}
    served.update((key, value) for key, value in document.items() if key not in known)
    return served


def _parts(section: Any, wanted: frozenset[str]) -> Json | None:
    """The wanted parts of a section; a section with none of them is left out (seen live)."""
    if not isinstance(section, dict) or not wanted:
        return None
    kept = {name: value for name, value in section.items() if name in wanted}
    return kept or None


def _without_occurrences(tracker: Json) -> Json:
    """A tracker as served without trackerOccurrences."""
    return {name: tracker[name] for name in ("id", "name", "count", "type") if name in tracker}


def _party(party: Json, wanted: Selection) -> Json:
    """A party, its CRM links according to the wanted context."""
    if "context" not in party:
        return party
    if wanted.context == "None":
        return {key: value for key, value in party.items() if key != "context"}
    return {**party, "context": _context(party["context"], wanted)}


def _context(context: Any, wanted: Selection) -> Any:
    """CRM links: Basic without data, Extended with the wanted timings; untimed ones always."""
    if not context:
        return context
    return [
        {
            **system,
            "objects": [
                _crm_object(link, wanted)
                for link in system.get("objects") or []
                if link.get("timing") is None or link["timing"] in wanted.timings
            ],
        }
        for system in context
    ]


def _crm_object(link: Json, wanted: Selection) -> Json:
    if wanted.context == "Extended":
        return link
    return {key: value for key, value in link.items() if key not in ("fields", "timing")}
