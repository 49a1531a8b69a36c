"""Reads calls: with every section that the key may see, or with their metadata alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, MissingScope, SkipTable
from sources.gong.api.pagination import pages
from sources.gong.extract.pages import StreamPages, between, operation_of
from sources.gong.extract.windows import Span
from sources.gong.schema.columns import NOT_REQUESTED, Entity

SECTIONS: dict[str, Any] = {
    "contentSelector.context": "Extended",
    "contentSelector.contextTiming": ["Now", "TimeOfCall"],
    "contentSelector.exposedFields.parties": True,
    **{
        f"contentSelector.exposedFields.content.{section}": True
        for section in (
            "structure", "topics", "trackers", "trackerOccurrences", "brief", "outline",
            "highlights", "callOutcome", "keyPoints",
        )
    },
    **{
        f"contentSelector.exposedFields.interaction.{section}": True
        for section in ("speakers", "video", "personInteractionStats", "questions")
    },
    "contentSelector.exposedFields.collaboration.publicComments": True,
}  # fmt: skip
"""Inputs that request every section of a call but its media."""
_MEDIA = "contentSelector.exposedFields.media"
_MEDIA_SCOPE = "api:calls:read:media-url"


@dataclass(slots=True)
class CallReader:
    """Reads calls; remembers whether the key may see their media."""

    pages: StreamPages
    has_media_scope: bool = True

    def entities(self, narrowed: Mapping[str, Any]) -> Iterator[list[Entity]]:
        """Yields the calls that the inputs narrow the list to, with every section."""
        inputs = {**narrowed, **SECTIONS}
        if self.has_media_scope:
            try:
                yield from self.pages.rows("calls", {**inputs, _MEDIA: True})
                return
            except MissingScope as missing:
                if missing.scope != _MEDIA_SCOPE:
                    raise
                self.has_media_scope = False
        for page in self.pages.rows("calls", inputs):
            yield [{**call, NOT_REQUESTED: "media"} for call in page]

    def metadata(self, span: Span) -> Iterator[list[Entity]]:
        """Yields the calls of a span with their `metaData` alone, at the sweep's expense.

        Gong leaves out every section that is not requested (OpenAPI, `contentSelector`).
        """
        yield from self.pages.rows("calls", between(span), is_sweep=True)


def count_calls(client: Client, span: Span) -> int | None:
    """Returns how many calls Gong says a span holds; None where it does not say. One request."""
    try:
        answer = next(pages(client, operation_of("calls"), between(span)), None)
    except (SkipTable, FailTable):
        return None
    if answer is None:
        return 0
    total = (answer.get("records") or {}).get("totalRecords")
    return total if isinstance(total, int) else None
