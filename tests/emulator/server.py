"""The wire: HTTP/1.1 on the standard library's server.

The standard library is used on purpose instead of a web framework: whole answers are built
here as bytes and written to the socket in one place, so that faults (a reset, a truncated
body, a stalled write) can later be put on the wire exactly where they are wanted.
"""

import json
import random
import string
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulator import control, routes
from tests.emulator.authentication import authenticate
from tests.emulator.bodies import boundary_of, pieces, read_parts
from tests.emulator.errors import ApiError
from tests.emulator.received import Received, parse_object
from tests.emulator.recordings import Recordings
from tests.emulator.requests import Answer, Application, Logged, Request
from tests.emulator.routing import Body, Route
from tests.emulator.settings import Json

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_BASE36 = string.digits + string.ascii_lowercase


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
    """Reads one request, asks the application, writes one answer."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 65_536
    server: EmulatorServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's)
        """The request log of the control surface replaces the one on stderr."""

    def answer(self) -> None:
        """Serve one request of any method."""
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
        with self.server.lock:
            app.world.agenda.run_due(app.world.now)
            status, headers, body = self._api(target.path, query, received)
            at = app.world.clock.now().isoformat()
            logged = received.readable()
            app.requests.append(Logged(at, self.command, target.path, query, logged, status))
        self.write(status, headers, body)

    def _api(
        self, path: str, query: Json, received: Received
    ) -> tuple[int, tuple[tuple[str, str], ...], Json]:
        """Authenticate, count, route and run one API request; nearly always an envelope."""
        request_id = new_request_id()
        app = self.server.app
        try:
            known = routes.known(self.command, path)
            if known is None or not known.open:
                authenticate(app, self.headers.get("Authorization") or "")
                app.limits.admit()
            route, arguments = routes.find(self.command, path)
            if route.scope is not None:
                app.require_scope(route.scope)
            request = Request(arguments, query, headers=self.headers)
            request = received.fill(request, route.takes, self.headers)
            recorded = self.server.recordings.find(route, request)
            served = recorded or route.handler(app, request)
            answer = served if isinstance(served, Answer) else Answer(served)
            envelope = {} if answer.bare else {"requestId": request_id}
            return answer.status, (), {**envelope, **answer.body}
        except ApiError as error:
            refusal = {"requestId": request_id, "errors": error.errors, **error.extra}
            return error.status, error.headers, refusal
        except Exception as error:  # the emulator's own fault: show it, keep serving
            texts = ["Internal server error occurred", repr(error)]
            return 500, (), {"requestId": request_id, "errors": texts}

    def _control(self, path: str, raw: bytes) -> None:
        try:
            with self.server.lock:
                body = parse_object(raw) if raw else {}
                world = self.server.app.world
                world.agenda.run_due(world.now)
                served = control.handle(self.server.app, self.command, path, body)
            self.write(200, (), served)
        except ApiError as error:
            self.write(error.status, error.headers, {"errors": error.errors})
        except Exception as error:  # a mistake in a test should be told, not hang it
            self.write(500, (), {"errors": [repr(error)]})

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

    def write(self, status: int, headers: tuple[tuple[str, str], ...], body: Json) -> None:
        """Write a whole answer at once, with the headers seen live."""
        payload = json.dumps(body, ensure_ascii=False).encode()
        trace = str(body.get("requestId", ""))
        lines = [
            f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}",
            f"Date: {self.date_time_string()}",
            "Content-Type: application/json;charset=UTF-8",
            f"Content-Length: {len(payload)}",
            "X-Gong-Service-Version: PublicApiServer:emulator",
            f"X-Traceid: {trace}",
            "Cf-Cache-Status: DYNAMIC",
            f"Cf-Ray: {trace[:16]}-EMU",
            "Server: cloudflare",
            "Strict-Transport-Security: max-age=31536000; includeSubDomains",
            *(f"{name}: {value}" for name, value in headers),
        ]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" else head + payload)


for _method in METHODS:
    setattr(Handler, f"do_{_method}", Handler.answer)


def read_query(text: str) -> Json:
    """The query by name; a name sent several times stands for a list, joined by commas."""
    query: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def new_request_id() -> str:
    """About nineteen base-36 characters (seen live)."""
    return "".join(random.choices(_BASE36, k=19))
