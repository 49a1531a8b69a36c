"""The wire: HTTP/1.1 on the standard library's server.

The standard library is used on purpose instead of a web framework: whole answers are built
here as bytes and written to the socket in one place, so that faults (a reset, a truncated
body, a stalled write) can later be put on the wire exactly where they are wanted.
"""

import base64
import hmac
import json
import random
import string
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.emulator import control, routes
from tests.emulator.errors import ApiError, parse_error, unauthorized
from tests.emulator.requests import Application, Logged, Request
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
        raw = self._read_body()
        target = urlsplit(self.path)
        if target.path.startswith(control.PREFIX):
            self._control(target.path, raw)
            return
        app = self.server.app
        if app.settings.latency_ms:
            time.sleep(app.settings.latency_ms / 1000)
        query = dict(parse_qsl(target.query, keep_blank_values=True))
        with self.server.lock:
            status, headers, body = self._api(target.path, query, raw)
            at = app.world.clock.now().isoformat()
            logged = _readable(raw)
            app.requests.append(Logged(at, self.command, target.path, query, logged, status))
        self.write(status, headers, body)

    def _api(
        self, path: str, query: Json, raw: bytes
    ) -> tuple[int, tuple[tuple[str, str], ...], Json]:
        """Authenticate, count, route and run one API request; always an envelope."""
        request_id = new_request_id()
        app = self.server.app
        try:
            self._authenticate()
            app.limits.admit()
            route, arguments = routes.find(self.command, path)
            app.require_scope(route.scope)
            body = self._json_body(raw) if route.method == "POST" else {}
            served = route.handler(app, Request(arguments, query, body))
            return 200, (), {"requestId": request_id, **served}
        except ApiError as error:
            return error.status, error.headers, {"requestId": request_id, "errors": error.errors}
        except Exception as error:  # the emulator's own fault: show it, keep serving
            texts = ["Internal server error occurred", repr(error)]
            return 500, (), {"requestId": request_id, "errors": texts}

    def _control(self, path: str, raw: bytes) -> None:
        try:
            with self.server.lock:
                body = _parse(raw) if raw else {}
                served = control.handle(self.server.app, self.command, path, body)
            self.write(200, (), served)
        except ApiError as error:
            self.write(error.status, error.headers, {"errors": error.errors})
        except Exception as error:  # a mistake in a test should be told, not hang it
            self.write(500, (), {"errors": [repr(error)]})

    def _authenticate(self) -> None:
        """401 unless the Basic credentials are the emulator's."""
        settings = self.server.app.settings
        pair = f"{settings.access_key}:{settings.access_key_secret}".encode()
        expected = b"Basic " + base64.b64encode(pair)
        given = (self.headers.get("Authorization") or "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, expected):
            raise unauthorized()

    def _json_body(self, raw: bytes) -> Json:
        """The JSON object of a POST; other content types are 415 (seen live)."""
        if self.headers.get_content_type() != "application/json" or (
            "Content-Type" not in self.headers
        ):
            raise ApiError(415, "Unsupported Media Type")
        return _parse(raw)

    def _read_body(self) -> bytes:
        """The request's body, of a known length or in chunks."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length) if length else b""

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


def new_request_id() -> str:
    """About nineteen base-36 characters (seen live)."""
    return "".join(random.choices(_BASE36, k=19))


def _parse(raw: bytes) -> Json:
    """A JSON object, or Gong's 400."""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise parse_error() from error
    if not isinstance(body, dict):
        raise parse_error()
    return body


def _readable(raw: bytes) -> Any:
    """A body for the request log: JSON when it is, else nothing."""
    try:
        return json.loads(raw) if raw else None
    except (ValueError, RecursionError):
        return None
