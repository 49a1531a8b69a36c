"""A request as operations see it, and the application they act on."""

from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from tests.emulator.bodies import Part
from tests.emulator.cursors import Cursors
from tests.emulator.distortions import Distortion
from tests.emulator.errors import ApiError, missing_scope
from tests.emulator.faults import Faults
from tests.emulator.instants import micros
from tests.emulator.limits import Limits
from tests.emulator.settings import Json, Settings
from tests.emulator.validation import Fields
from tests.emulator.world import World


@dataclass(frozen=True)
class Request:
    """One call of an operation: path arguments, query, and whichever body its route takes."""

    arguments: tuple[str, ...] = ()
    query: Json = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    rows: list[Any] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    raw: bytes = b""
    headers: Message = field(default_factory=Message)

    @property
    def query_fields(self) -> Fields:
        """The query, read by name."""
        return Fields(self.query)

    @property
    def body_fields(self) -> Fields:
        """The body, read by name."""
        return Fields(self.body)


@dataclass(frozen=True)
class Answer:
    """An answer with a status of its own; a bare one goes out without a requestId."""

    body: Json
    status: int = 200
    bare: bool = False


@dataclass(frozen=True)
class Logged:
    """One request as the control surface reports it.

    `at` is of the emulator's clock, `arrived_at` in seconds of the machine's. `status` is None
    where the client was answered nothing; `fault` is the kind of the fault that struck.
    """

    at: str
    method: str
    path: str
    query: Json
    body: Any
    status: int | None
    fault: str | None
    arrived_at: float


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
        # What is wrong with the list that the request at hand asks for.
        self.distortion = Distortion()
        # The scopes of the bearer token of the request at hand; None for the access key.
        self.granted: frozenset[str] | None = None

    def require_scope(self, scope: str) -> None:
        """401 when the credentials were started without a scope, or the token lacks it."""
        lacking = self.granted is not None and scope not in self.granted
        if lacking or scope in self.settings.without_scopes:
            raise missing_scope(scope)


def nothing_on_first_page(number: int, rows: list[Any], error: ApiError) -> None:
    """Filtered lists answer an empty result with 404, never with an empty 200 (seen live)."""
    if not rows and number == 0:
        raise error
