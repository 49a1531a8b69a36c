"""What the last build has left in `gong_build`, remembered in a file of the home."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

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
        basis: fingerprint of all that must be the same for the next build to build only what has
            changed; empty where it must build everything.
        build_id: the record in the warehouse that says what it was built from.
        full_at: when everything was built last, as ISO text.
        edition: the publication since which `unpublished` counts.
        unpublished: the tables that were built since, each with its changed months, or None for
            all of it; None where everything may have changed.
    """

    mark: str = ""
    failed: tuple[str, ...] = ()
    is_whole: bool = False
    basis: str = ""
    build_id: str = ""
    full_at: str = ""
    edition: str = ""
    unpublished: Mapping[str, Sequence[str] | None] | None = None


def read_build_state(session: Session) -> BuildState:
    """Returns the stored state; the state of a build that never was where there is none."""
    try:
        stored = json.loads((session.home / _FILE).read_text(encoding="utf-8"))
        if not is_of(stored.get("warehouse"), session.target, session.home):
            return BuildState()
        names = [field.name for field in fields(BuildState) if field.name in stored]
        state = BuildState(**{name: stored[name] for name in names})
        return replace(state, mark=stored["mark"], failed=tuple(stored["failed"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        return BuildState()


def store_build_state(session: Session, state: BuildState) -> None:
    """Stores the state in one rename."""
    origin = origin_of(session.target, session.home)
    write_private(session.home / _FILE, json.dumps({**asdict(state), "warehouse": origin}))
