"""Events of a load package, for a caller that counts or shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sources.gong.api.errors import GongError, Postponed
    from sources.gong.extract.windows import Window
    from sources.gong.load.deletions import DeletionCheck
    from sources.gong.schema.odd_entities import OddEntity


class LoadListener:
    """Does nothing at any event; override the methods. They are called from several threads."""

    def page_read(self, window: Window, seen: int, changed: int) -> None:
        """A page was read: entities not seen before in this run, and how many had changed."""

    def window_done(self, window: Window) -> None:
        """A window was read to its end."""

    def refused(self, stream: str, count: int) -> None:
        """Gong refused requests about inactive users."""

    def stream_failed(self, stream: str, error: GongError) -> None:
        """A stream ended early; what it had read stays."""

    def postponed(self, error: Postponed) -> None:
        """The quota ended the package early; what was read stays."""

    def quarantined(self, odd: OddEntity) -> None:
        """An entity could not land and is in quarantine."""

    def deleted(self, table: str, count: int) -> None:
        """Rows of a table were marked as deleted."""

    def checked(self, check: DeletionCheck) -> None:
        """A table, or a part of it, was enumerated, and its rows were compared."""

    def doubtful(self, check: DeletionCheck) -> None:
        """Too many rows are missing; nothing was marked and a person must review it."""
