"""What the last build has left in `gong_build`, remembered in a file of the home."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from pipelines.session import Session, write_private
from warehouse.target import is_of, origin_of

_FILE = "built.json"


@dataclass(frozen=True, slots=True)
class BuildState:
    """What the last build has left.

    Attributes:
        mark: fingerprint of the data and models it was built from; empty where a model failed.
        failed: models that must not be published.
        is_whole: whether it came to its end. Of a build that was cut short some tables are new,
            some old, and none is tested.
    """

    mark: str = ""
    failed: tuple[str, ...] = ()
    is_whole: bool = False


def read_build_state(session: Session) -> BuildState:
    """Returns the stored state; the state of a build that never was where there is none."""
    try:
        stored = json.loads((session.home / _FILE).read_text(encoding="utf-8"))
        if not is_of(stored.get("warehouse"), session.target, session.home):
            return BuildState()
        return BuildState(stored["mark"], tuple(stored["failed"]), stored["is_whole"])
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return BuildState()


def store_build_state(session: Session, state: BuildState) -> None:
    """Stores the state in one rename."""
    origin = origin_of(session.target, session.home)
    write_private(session.home / _FILE, json.dumps({**asdict(state), "warehouse": origin}))
