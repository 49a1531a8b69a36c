"""Erasures on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.domains.company.privacy import Privacy
from tests.emulator.settings import Json
from tests.emulator.timing.instants import moment


def erasures(app: Application) -> list[Json]:
    """Every requested erasure with its state and the calls it deleted."""
    return [
        {
            erasure.kind: erasure.value,
            "requested": moment(erasure.requested).isoformat(),
            "effective": moment(erasure.effective).isoformat(),
            "state": erasure.state,
            "callIds": erasure.calls,
        }
        for erasure in app.world.state(Privacy).erasures
    ]


KINDS: dict[str, Kind] = {"erasures": erasures}
