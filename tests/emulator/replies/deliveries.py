"""The ways in which a response reaches the client, or does not."""

import contextlib
import socket
import struct
import time
from dataclasses import dataclass, field
from io import BufferedIOBase
from typing import Protocol

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
        """Close the connection with RST instead of FIN."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # The reader holds the socket open too.
        self.incoming.close()
        self.connection.close()

    def hold(self, seconds: float | None) -> None:
        """Send nothing for some seconds (None: no limit), or until the client leaves."""
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
    """A way to send a response."""

    @property
    def answers(self) -> bool:
        """Whether the client receives at least a status."""

    @property
    def closes(self) -> bool:
        """Whether the connection is closed afterwards."""

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Send the response."""


@dataclass(frozen=True)
class Whole:
    """The whole response at once, after a wait."""

    after_seconds: float = 0
    answers: bool = field(default=True, init=False)
    closes: bool = field(default=False, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write everything."""
        if self.after_seconds:
            time.sleep(self.after_seconds)
        wire.send(head + payload)


@dataclass(frozen=True)
class SlowBody:
    """The head at once, the body in pieces over some seconds."""

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
    """The first bytes of a body with its full Content-Length, then the end; None: half."""

    kept: int | None
    answers: bool = field(default=True, init=False)
    closes: bool = field(default=True, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write too little."""
        kept = len(payload) // 2 if self.kept is None else min(self.kept, len(payload) - 1)
        wire.send(head + payload[:kept])


@dataclass(frozen=True)
class Reset:
    """A connection reset and no response."""

    answers: bool = field(default=False, init=False)
    closes: bool = field(default=True, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write nothing."""
        wire.reset()


@dataclass(frozen=True)
class Silent:
    """Silence for some seconds (None: until the client leaves), then the end."""

    seconds: float | None
    answers: bool = field(default=False, init=False)
    closes: bool = field(default=True, init=False)

    def deliver(self, wire: Wire, head: bytes, payload: bytes) -> None:
        """Write nothing."""
        wire.hold(self.seconds)
