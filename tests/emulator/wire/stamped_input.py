"""Reads a connection and notes when its bytes reached this machine.

Arrivals are counted by the kernel's clock reading, where it gives one. A process that waits for a
processor would else count a request late, and beside the next ones.
"""

import io
import socket
import struct
import time
from collections.abc import Iterable
from typing import Any

_STAMPS = getattr(socket, "SO_TIMESTAMPNS", 35)
_STAMP = struct.Struct("qq")


def ask_for_stamps(listener: socket.socket) -> None:
    """Ask the kernel to note arrivals on the connections of a listening socket."""
    try:
        listener.setsockopt(socket.SOL_SOCKET, _STAMPS, 1)
    except OSError:
        # another system: arrivals are then noted as they are read
        return


class StampedInput(io.RawIOBase):
    """The input of a connection; `arrived_at` is when the last bytes read came (since 1970)."""

    def __init__(self, connection: socket.socket) -> None:
        """Read from a connection, which stays its owner's."""
        self._connection = connection
        self.arrived_at = time.time()

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come into a buffer; return how many bytes, 0 at the end."""
        size, notes, _, _ = self._connection.recvmsg_into([buffer], 128)
        self.arrived_at = _stamp(notes) or time.time()
        return size

    def monotonic(self) -> float:
        """The same instant on the monotonic clock."""
        return time.monotonic() - (time.time() - self.arrived_at)


def _stamp(notes: Iterable[tuple[int, int, bytes]]) -> float | None:
    for level, kind, data in notes:
        if (level, kind) == (socket.SOL_SOCKET, _STAMPS) and len(data) >= _STAMP.size:
            seconds, nanoseconds = _STAMP.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return None
