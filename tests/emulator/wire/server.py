"""The wire: HTTP/1.1 on the standard library's server.

The standard library is used on purpose instead of a web framework: answers are made as bytes
and written to the socket in one place (`replies/`), so that faults (a reset, a truncated body, a
stalled write) hit the wire exactly where they should.
"""

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulator.application import Application
from tests.emulator.control import surface
from tests.emulator.errors import ApiError
from tests.emulator.inputs.json_bodies import parse_object
from tests.emulator.operations import routes
from tests.emulator.operations.routing import Body, Route
from tests.emulator.replies.deliveries import Wire
from tests.emulator.replies.reply import Reply
from tests.emulator.requests import Logged
from tests.emulator.settings import Json
from tests.emulator.wire.exchange import Exchange, IncomingRequest
from tests.emulator.wire.multipart import boundary_of, pieces, read_parts
from tests.emulator.wire.received import Received
from tests.emulator.wire.recordings import Recordings
from tests.emulator.wire.stamped_input import StampedInput, ask_for_stamps
from tests.emulator.world.content import media

XML = "application/xml"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class EmulatorServer(ThreadingHTTPServer):
    """A server with one thread per connection that never outlives the process."""

    daemon_threads = True
    request_queue_size = 256
    allow_reuse_address = True

    def __init__(self, port: int, app: Application) -> None:
        """Bind to the loopback address; port 0 lets the system choose."""
        self.app = app
        self.lock = threading.RLock()
        self.recordings = Recordings(app.settings.recordings)
        super().__init__(("127.0.0.1", port), Handler)
        ask_for_stamps(self.socket)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that disconnect early."""


class Handler(BaseHTTPRequestHandler):
    """Reads one request, has it served, writes one answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: EmulatorServer

    def setup(self) -> None:
        """Read the connection through an input that notes arrivals."""
        super().setup()
        self.rfile.close()
        self.stamped = StampedInput(self.connection)
        self.rfile = io.BufferedReader(self.stamped, 65_536)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's)
        """The request log of the control surface replaces the one on stderr."""

    def answer(self) -> None:
        """Serve one request of any method."""
        arrived_at, arrived = self.stamped.arrived_at, self.stamped.monotonic()
        target = urlsplit(self.path)
        if target.path.startswith(surface.PREFIX):
            self._control(target.path, self._read().raw)
            return
        if target.path.startswith(media.PREFIX):
            self._media(target.path, read_query(target.query))
            return
        app = self.server.app
        route = routes.known(self.command, target.path)
        received = self._read(route)
        if app.settings.latency_ms:
            time.sleep(app.settings.latency_ms / 1000)
        query = read_query(target.query)
        incoming = IncomingRequest(
            self.command, target.path, query, self.headers, received, arrived
        )
        with self.server.lock:
            app.world.agenda.run_due(app.world.now)
            at = app.world.clock.now().isoformat()
            if route is None or not route.open:
                app.limits.arrive(arrived)
            exchange = Exchange(app, self.server.recordings, incoming)
            reply = exchange.serve()
            status, body = reply.seen_status, received.readable()
            seen = (at, self.command, target.path, query, body, status)
            app.requests.append(Logged(*seen, exchange.fault, arrived_at))
        self.write(reply)

    def _media(self, path: str, query: Json) -> None:
        """Serve media as a host of their own: by signature, without credentials or limits."""
        self._read()
        found = media.media_at(path, query, self.server.app.world.now)
        if found is None:
            self.write(Reply(403, b"<Error><Code>AccessDenied</Code></Error>", content_type=XML))
            return
        content_type, content = found
        self.write(Reply(200, content, content_type=content_type))

    def _control(self, path: str, raw: bytes) -> None:
        try:
            with self.server.lock:
                body = parse_object(raw) if raw else {}
                world = self.server.app.world
                world.agenda.run_due(world.now)
                served = surface.handle(self.server.app, self.command, path, body)
            self.write(Reply.of_json(200, served))
        except ApiError as error:
            self.write(Reply.of_json(error.status, {"errors": error.errors}, error.headers))
        except Exception as error:  # report a test's mistake instead of hanging
            self.write(Reply.of_json(500, {"errors": [repr(error)]}))

    def _read(self, route: Route | None = None) -> Received:
        """The whole body, or the parts of an upload where the route takes one."""
        body = pieces(self.rfile, self.headers)
        takes = Body.NONE if route is None else route.takes
        boundary = boundary_of(self.headers)
        if boundary is None or takes not in (Body.UPLOAD, Body.KEPT_UPLOAD):
            return Received(b"".join(body))
        try:
            parts = read_parts(body, boundary, keep=takes is Body.KEPT_UPLOAD)
        except ApiError as error:
            return Received(fault=error)
        return Received(parts=parts)

    def write(self, reply: Reply) -> None:
        """Write a response, or the part of it that a fault leaves."""
        self.close_connection = self.close_connection or reply.delivery.closes
        wire = Wire(self.connection, self.rfile)
        reply.send(wire, head_only=self.command == "HEAD")


for _method in METHODS:
    setattr(Handler, f"do_{_method}", Handler.answer)


def read_query(text: str) -> Json:
    """The query by name; values of a repeated name are joined by commas."""
    query: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
