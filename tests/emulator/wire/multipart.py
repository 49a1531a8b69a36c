"""Reads request bodies off the wire: whole, or a multipart upload that is never held whole."""

import hashlib
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from io import BufferedIOBase

from tests.emulator.errors import bad_request
from tests.emulator.requests import Part

PIECE = 65_536
_HEADERS_END = b"\r\n\r\n"


def pieces(stream: BufferedIOBase, headers: Message) -> Iterator[bytes]:
    """A request's body piece by piece, of a known length or in chunks."""
    if headers.get("Transfer-Encoding", "").lower() == "chunked":
        while size := int(stream.readline().split(b";")[0], 16):
            yield stream.read(size)
            stream.readline()
        while stream.readline().strip():
            pass
        return
    left = int(headers.get("Content-Length") or 0)
    while left > 0:
        piece = stream.read(min(left, PIECE))
        if not piece:
            return
        left -= len(piece)
        yield piece


def boundary_of(headers: Message) -> bytes | None:
    """The boundary of a multipart/form-data body, or None for any other body."""
    if headers.get_content_type() != "multipart/form-data":
        return None
    boundary = headers.get_param("boundary")
    return boundary.encode() if isinstance(boundary, str) and boundary else None


def read_parts(body: Iterable[bytes], boundary: bytes, *, keep: bool) -> list[Part]:
    """Cut a multipart body into its parts; 400 when it breaks off in the middle.

    A body in which the boundary is nowhere has no parts.
    """
    source = iter(body)
    cutter = _Cutter(source, b"\r\n--" + boundary)
    try:
        if not cutter.skip_to_boundary():
            return []
        parts = []
        while not cutter.at_end():
            parts.append(_read_part(cutter, keep=keep))
        return parts
    except EOFError as cut:
        raise bad_request("Malformed multipart body") from cut
    finally:
        for _ in source:
            pass


def _read_part(cutter: "_Cutter", *, keep: bool) -> Part:
    headers = BytesHeaderParser().parsebytes(cutter.headers())
    digest, size, kept = hashlib.sha256(), 0, []
    for piece in cutter.until_boundary():
        digest.update(piece)
        size += len(piece)
        if keep:
            kept.append(piece)
    name = headers.get_param("name", "", "content-disposition")
    content = b"".join(kept) if keep else None
    kind = headers.get_content_type()
    return Part(str(name), headers.get_filename(), kind, size, digest.hexdigest(), content)


class _Cutter:
    """A window over the body just wide enough to see a boundary that straddles two pieces."""

    def __init__(self, source: Iterator[bytes], delimiter: bytes) -> None:
        self._source = source
        self._delimiter = delimiter
        # The first boundary has no line break before it; lend it one.
        self._window = b"\r\n"

    def _more(self) -> None:
        piece = next(self._source, b"")
        if not piece:
            raise EOFError
        self._window += piece

    def until_boundary(self) -> Iterator[bytes]:
        """The bytes before the next boundary; consumes the boundary."""
        while (place := self._window.find(self._delimiter)) < 0:
            safe = len(self._window) - len(self._delimiter)
            if safe > 0:
                yield self._window[:safe]
                self._window = self._window[safe:]
            self._more()
        if place:
            yield self._window[:place]
        self._window = self._window[place + len(self._delimiter) :]

    def skip_to_boundary(self) -> bool:
        """Skip to the next boundary; returns whether there is one."""
        try:
            for _ in self.until_boundary():
                pass
        except EOFError:
            return False
        return True

    def at_end(self) -> bool:
        """Whether the boundary just passed was the closing one; else its line is consumed."""
        while len(self._window) < len(b"--"):
            self._more()
        end, self._window = self._window[:2] == b"--", self._window[2:]
        return end

    def headers(self) -> bytes:
        """The header lines of a part, with the blank line that ends them."""
        if self._window.startswith(b"\r\n"):
            self._window = self._window[2:]
            return b"\r\n"
        while (place := self._window.find(_HEADERS_END)) < 0:
            self._more()
        head = self._window[: place + len(_HEADERS_END)]
        self._window = self._window[place + len(_HEADERS_END) :]
        return head
