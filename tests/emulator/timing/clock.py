"""The emulator's clock: running with the machine or frozen, and movable either way."""

from datetime import UTC, datetime, timedelta


class Clock:
    """The emulator's present; every delay, expiry and retention follows it."""

    def __init__(self, frozen_at: datetime | None) -> None:
        """Freeze at an instant, or run with real time when none is given."""
        self._frozen_at = frozen_at
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """The present instant in UTC."""
        if self._frozen_at is not None:
            return self._frozen_at.astimezone(UTC)
        return datetime.now(UTC) + self._offset

    def set(self, instant: datetime) -> None:
        """Move the present to an instant; a running clock runs on from there."""
        if self._frozen_at is not None:
            self._frozen_at = instant
        else:
            self._offset = instant - datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Move the present forward (or back, with a negative number)."""
        self.set(self.now() + timedelta(seconds=seconds))
