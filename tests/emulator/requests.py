"""A request as handlers see it, their response, and a line of the request log."""

from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from tests.emulator.inputs.fields import Fields
from tests.emulator.settings import Json


@dataclass(frozen=True)
class Part:
    """One part of a multipart upload; the content itself only where the route keeps it."""

    name: str
    filename: str | None
    content_type: str
    size: int
    sha256: str
    content: bytes | None

    def lines(self) -> list[bytes]:
        """The lines of kept content that are not blank, as line-delimited JSON has them."""
        return [line for line in (self.content or b"").splitlines() if line.strip()]


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
        return Fields(self.query, in_query=True)

    @property
    def body_fields(self) -> Fields:
        """The body, read by name."""
        return Fields(self.body)


@dataclass(frozen=True)
class Response:
    """A handler's response with its own status; a bare response has no requestId."""

    body: Json
    status: int = 200
    bare: bool = False


@dataclass(frozen=True)
class Logged:
    """One request as the control surface reports it.

    `at` is by the emulator's clock, `arrived_at` in seconds of the machine's. `status` is None
    where nothing was answered; `fault` is the kind of the fault that fired.
    """

    at: str
    method: str
    path: str
    query: Json
    body: Any
    status: int | None
    fault: str | None
    arrived_at: float
