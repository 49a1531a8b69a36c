"""What goes over the socket: whole answers, and every way in which one fails to arrive."""

import contextlib
import json
import socket
import struct
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from io import BufferedIOBase
from typing import Protocol

from tests.emulator.settings import Json

JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"
Headers = tuple[tuple[str, str], ...]
_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Wire:
    """One connection to a client."""

    connection: socket.socket
    incoming: BufferedIOBase

    def send(self, content: bytes) -> None:
        """Write bytes, all of them."""
        self.connection.sendall(content)

    def reset(self) -> None:
        """Close with RST in place of FIN: without a trace of an end."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # The reader holds the socket open too.
        self.incoming.close()
        self.connection.close()

    def hold(self, seconds: float | None) -> None:
        """Say nothing for so long; None is until the client leaves, which ends it anyway."""
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            self.connection.settimeout(_POLL_SECONDS)
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
                time.sleep(_POLL_SECONDS)
            except TimeoutError:
                continue
            except OSError:
                return
            finally:
                with contextlib.suppress(OSError):
                    self.connection.settimeout(None)


class Delivery(Protocol):
    """A way to bring an answer to the client."""

    @property
    def answers(self) -> bool:
        """Whether the client gets to see at least a status."""

    @property
    def closes(self) -> bool:
        """Whether the connection is of no use afterwards."""

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write what there is to write."""


@dataclass(frozen=True)
class Whole:
    """At once, after so many seconds."""

    after_seconds: float = 0
    answers: bool = field(default=True, init=False)
    closes: bool = field(default=False, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write everything."""
        if self.after_seconds:
            time.sleep(self.after_seconds)
        wire.send(head + payload)


@dataclass(frozen=True)
class Dribbled:
    """The head at once, the body piece by piece over so many seconds."""

    seconds: float
    pieces: int
    answers: bool = field(default=True, init=False)
    closes: bool = field(default=False, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write slowly."""
        wire.send(head)
        size = max(1, -(-len(payload) // self.pieces))
        for start in range(0, len(payload), size):
            time.sleep(self.seconds / self.pieces)
            wire.send(payload[start : start + size])


@dataclass(frozen=True)
class Truncated:
    """The first bytes of a body whose whole length was announced, then the end; None is half."""

    kept: int | None
    answers: bool = field(default=True, init=False)
    closes: bool = field(default=True, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write too little."""
        kept = len(payload) // 2 if self.kept is None else min(self.kept, len(payload) - 1)
        wire.send(head + payload[:kept])


@dataclass(frozen=True)
class Reset:
    """Nothing but a connection reset."""

    answers: bool = field(default=False, init=False)
    closes: bool = field(default=True, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write nothing."""
        wire.reset()


@dataclass(frozen=True)
class Held:
    """Nothing for so many seconds (None is until the client leaves), then the end."""

    seconds: float | None
    answers: bool = field(default=False, init=False)
    closes: bool = field(default=True, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write nothing."""
        wire.hold(self.seconds)


@dataclass(frozen=True)
class Reply:
    """One answer and how it is delivered."""

    status: int
    payload: bytes = b""
    headers: Headers = ()
    content_type: str = JSON_TYPE
    trace: str = ""
    delivery: Delivery = field(default_factory=Whole)

    @classmethod
    def of_json(cls, status: int, body: Json, headers: Headers = ()) -> "Reply":
        """An answer of the API or of the control surface."""
        payload = json.dumps(body, ensure_ascii=False).encode()
        return cls(status, payload, headers, trace=str(body.get("requestId", "")))

    @property
    def seen_status(self) -> int | None:
        """The status the client gets to see, if any."""
        return self.status if self.delivery.answers else None

    def send(self, wire: Wire, *, head_only: bool) -> None:
        """Deliver it, with the headers seen live."""
        reason = HTTPStatus(self.status).phrase
        lines = [
            f"HTTP/1.1 {self.status} {reason}",
            f"Date: {formatdate(usegmt=True)}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.payload)}",
            "X-Gong-Service-Version: PublicApiServer:emulator",
            f"X-Traceid: {self.trace}",
            "Cf-Cache-Status: DYNAMIC",
            f"Cf-Ray: {self.trace[:16]}-EMU",
            "Server: cloudflare",
            "Strict-Transport-Security: max-age=31536000; includeSubDomains",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.delivery.deliver(wire, head, b"" if head_only else self.payload)
