"""Edits made through the control surface; they overwrite the seeded data."""

import copy
from collections import defaultdict
from typing import Any

from tests.emulator.settings import Json


class Edits:
    """Edited calls and reviews, and unannounced keys."""

    def __init__(self) -> None:
        """Start without edits."""
        self._metadata: defaultdict[str, Json] = defaultdict(dict)
        self._sections: defaultdict[str, Json] = defaultdict(dict)
        self._reviews: dict[str, Json] = {}
        self._unknown: defaultdict[str, Json] = defaultdict(dict)

    def edit_call(self, call_id: str, metadata: Json, sections: Json) -> None:
        """Merge into a call's basic data; replace sections (`content.brief` reaches inside)."""
        self._metadata[call_id].update(metadata)
        self._sections[call_id].update(sections)

    def edit_review(self, review_id: str, document: Json) -> None:
        """Serve a review in a new form from now on."""
        self._reviews[review_id] = document

    def add_unknown(self, kind: str, name: str, value: object) -> None:
        """Give every served entity of a kind an extra key."""
        self._unknown[kind][name] = value

    def with_unknown(self, kind: str, served: Json) -> Json:
        """An entity with the extra keys of its kind."""
        return {**served, **self._unknown[kind]} if self._unknown[kind] else served

    def metadata(self, call_id: str, metadata: Json) -> Json:
        """A call's basic data with its edits."""
        changes = self._metadata.get(call_id)
        return {**metadata, **changes} if changes else metadata

    def section(self, call_id: str, name: str) -> Any:
        """The edited value of a call's section, or None."""
        return self._sections.get(call_id, {}).get(name)

    def document(self, call_id: str, document: Json) -> Json:
        """A call's sections with their edits; null drops a section."""
        document = {**document, "metaData": self.metadata(call_id, document["metaData"])}
        for path, value in self._sections.get(call_id, {}).items():
            section, _, part = path.partition(".")
            if part:
                inner = dict(document.get(section) or {})
                _replace(inner, part, value)
                document[section] = inner
            else:
                _replace(document, section, value)
        return document

    def review(self, review_id: str, document: Json) -> Json:
        """A review with its edits."""
        edited = self._reviews.get(review_id, document)
        return self.with_unknown("answered_scorecards", copy.deepcopy(edited))


def _replace(target: Json, key: str, value: object) -> None:
    """Set a key, or remove it when the value is null."""
    if value is None:
        target.pop(key, None)
    else:
        target[key] = value
