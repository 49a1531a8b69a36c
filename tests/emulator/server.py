"""The wire: HTTP/1.1 on the standard library's server.

The standard library is used on purpose instead of a web framework: answers are made as bytes
and written to the socket in one place (`wire.py`), so that faults (a reset, a truncated body, a
stalled write) are on the wire exactly where they are wanted.
"""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulator import control, routes
from tests.emulator.bodies import boundary_of, pieces, read_parts
from tests.emulator.errors import ApiError
from tests.emulator.exchange import Call, Exchange
from tests.emulator.received import Received, parse_object
from tests.emulator.recordings import Recordings
from tests.emulator.requests import Application, Logged
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json
from tests.emulator.wire import Reply, Wire

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

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to report."""


class Handler(BaseHTTPRequestHandler):
    """Reads one request, has it served, writes one answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 65_536
    server: EmulatorServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's)
        """The request log of the control surface replaces the one on stderr."""

    def answer(self) -> None:
        """Serve one request of any method."""
        arrived_at, arrived = time.time(), time.monotonic()
        target = urlsplit(self.path)
        if target.path.startswith(control.PREFIX):
            self._control(target.path, self._read().raw)
            return
        app = self.server.app
        route = routes.known(self.command, target.path)
        received = self._read(route)
        if app.settings.latency_ms:
            time.sleep(app.settings.latency_ms / 1000)
        query = read_query(target.query)
        call = Call(self.command, target.path, query, self.headers, received, arrived)
        with self.server.lock:
            app.world.agenda.run_due(app.world.now)
            at = app.world.clock.now().isoformat()
            if route is None or not route.open:
                app.limits.arrive(arrived)
            exchange = Exchange(app, self.server.recordings, call)
            reply = exchange.serve()
            status, body = reply.seen_status, received.readable()
            seen = (at, self.command, target.path, query, body, status)
            app.requests.append(Logged(*seen, exchange.fault, arrived_at))
        self.write(reply)

    def _control(self, path: str, raw: bytes) -> None:
        try:
            with self.server.lock:
                body = parse_object(raw) if raw else {}
                world = self.server.app.world
                world.agenda.run_due(world.now)
                served = control.handle(self.server.app, self.command, path, body)
            self.write(Reply.of_json(200, served))
        except ApiError as error:
            self.write(Reply.of_json(error.status, {"errors": error.errors}, error.headers))
        except Exception as error:  # a mistake in a test should be told, not hang it
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
        """Write an answer, or what a fault leaves of it."""
        self.close_connection = self.close_connection or reply.delivery.closes
        wire = Wire(self.connection, self.rfile)
        reply.send(wire, head_only=self.command == "HEAD")


for _method in METHODS:
    setattr(Handler, f"do_{_method}", Handler.answer)


def read_query(text: str) -> Json:
    """The query by name; a name sent several times stands for a list, joined by commas."""
    query: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
