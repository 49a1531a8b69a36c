"""Which entities of a page may land: not those of erased people, nor private calls if unwanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sources.gong.load.suppression.filtering import Suppression
from sources.gong.schema.arrow_pages import plain
from sources.gong.schema.coercion import dig
from sources.gong.schema.columns import Entity
from sources.gong.schema.tables import CALLS_STREAM


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """Decides what may land.

    Attributes:
        keep_private: whether private calls land.
        suppression: keeps erased people out; None where nobody was erased.
    """

    keep_private: bool = True
    suppression: Suppression | None = None

    def split(self, stream: str, page: Sequence[Entity]) -> tuple[list[Entity], list[Entity]]:
        """Returns the entities that may land, and those that are suppressed.

        Suppressed entities exist in Gong: they are not missing rows. A private call counts as
        missing where private calls are dropped, so that one that has become private leaves the
        marts.
        """
        landing, suppressed = [], []
        for entity in page:
            if not self.keep_private and _is_private(entity):
                continue
            # the rules of suppression look at every value
            kept = self.suppression.entity(stream, plain(entity)) if self.suppression else entity
            if kept is None:
                suppressed.append(entity)
            else:
                landing.append(kept)
        return landing, suppressed

    def quarantined(self, stream: str, entity: Entity) -> tuple[bool, Entity | None]:
        """Returns whether an odd entity may be kept, and how much of it: all, or nothing.

        Its form is not what the rules of suppression look into. So an erased person anywhere in it
        keeps it out; and nothing of a call is kept where private calls are dropped.
        """
        if self.suppression and self.suppression.is_anywhere_in(entity):
            return False, None
        return True, entity if self.keep_private or stream != CALLS_STREAM else None

    def without_suppressed_calls(self, call_ids: Sequence[str]) -> Sequence[str]:
        """Returns the ids of calls that may land."""
        if self.suppression is None:
            return call_ids
        return [id_ for id_ in call_ids if not self.suppression.leaves_out_call(id_)]


def _is_private(entity: Entity) -> bool:
    return bool(dig(entity, "metaData.isPrivate"))
