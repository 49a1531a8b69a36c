"""The state that handlers act on: the world, the limits, the cursors, the faults, the log."""

from typing import Any

from tests.emulator.errors import missing_scope
from tests.emulator.faults.rules import Faults
from tests.emulator.limits import Limits
from tests.emulator.paging.cursors import Cursors
from tests.emulator.paging.distortions import Distortion
from tests.emulator.paging.pages import Sequence
from tests.emulator.requests import Logged
from tests.emulator.settings import Json, Settings
from tests.emulator.timing.instants import micros
from tests.emulator.world.world import World


class Application:
    """The state behind the wire: the world, the limits, the cursors and the request log."""

    def __init__(self, settings: Settings, world: World) -> None:
        """Bind the rules to one run's settings."""
        self.settings = settings
        self.world = world
        self.cursors = Cursors(settings.seed, settings.cursor_seconds)
        self.limits = Limits(
            settings.requests_per_second,
            settings.requests_per_day,
            lambda: micros(world.clock.now()) / 1_000_000,
        )
        self.requests: list[Logged] = []
        self.faults = Faults()
        # The list fault of the current request.
        self.distortion = Distortion()
        # The scopes of the current request's bearer token; None for the access key.
        self.granted: frozenset[str] | None = None

    def require_scope(self, scope: str) -> None:
        """Raise 401 when the credentials or the token lack a scope."""
        lacking = self.granted is not None and scope not in self.granted
        if lacking or scope in self.settings.without_scopes:
            raise missing_scope(scope)

    def sequence(self, token: Any, binding: Json) -> Sequence:
        """Open the paging sequence of the current request; its cursor is bound to the inputs."""
        return Sequence(self.cursors, self.distortion, self.world.now, token, binding)
