"""One API request from its arrival to its response, with fault injection."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from tests.emulator.application import Application
from tests.emulator.authentication.credentials import authenticate
from tests.emulator.errors import ApiError
from tests.emulator.faults.rules import Rule
from tests.emulator.faults.stages import RequestView, Stage
from tests.emulator.operations import routes
from tests.emulator.paging.distortions import Distortion
from tests.emulator.replies.reply import Reply
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json
from tests.emulator.wire.received import Received
from tests.emulator.wire.recordings import Recordings

_BASE36 = string.digits + string.ascii_lowercase


@dataclass(frozen=True)
class IncomingRequest:
    """A request as it arrived; `arrived` is an instant of the monotonic clock."""

    method: str
    path: str
    query: Json
    headers: Message
    received: Received
    arrived: float

    def view(self, app: Application) -> RequestView:
        """The parts of the request that fault rules look at."""
        route = routes.known(self.method, self.path)
        body = self.received.readable()
        source = self.query if self.method == "GET" else body
        token = source.get("cursor") if isinstance(source, dict) else None
        page = app.cursors.number(token)
        if route is None:
            return RequestView(None, None, False, self.query, body, bool(token), page)
        operation = f"{route.method} {route.path}"
        return RequestView(operation, route.scope, route.open, self.query, body, bool(token), page)


class Exchange:
    """One request; `fault` is the kind of the fault that fired, if any."""

    def __init__(self, app: Application, recordings: Recordings, incoming: IncomingRequest) -> None:
        """Look up the fault rules that may fire."""
        self._app = app
        self._recordings = recordings
        self._incoming = incoming
        self._request_id = new_request_id()
        self._view = incoming.view(app)
        self._due = app.faults.due(self._view)
        self._is_handled = False
        self.fault: str | None = None

    def serve(self) -> Reply:
        """Authenticate, count, route and run; nearly always an envelope."""
        try:
            reply = self._run()
        except ApiError as error:
            reply = self._refusal(error)
        except Exception as error:  # the emulator's own fault: show it, keep serving
            texts = ["Internal server error occurred", repr(error)]
            reply = self._refusal(ApiError(500, *texts))
        if self._is_handled and self.fault is None:
            try:
                return self._inject(Stage.ANSWER, reply) or reply
            except ApiError as error:
                return self._refusal(error)
        return reply

    def _run(self) -> Reply:
        return self._admit() or self._handle()

    def _admit(self) -> Reply | None:
        """Authenticate and count the request; the response of a fault, or None."""
        app, incoming = self._app, self._incoming
        if faulty := self._inject(Stage.EDGE):
            return faulty
        is_open = self._view.is_open
        if not is_open:
            authenticate(app, incoming.headers.get("Authorization") or "")
        if faulty := self._inject(Stage.QUOTA):
            return faulty
        if not is_open:
            app.limits.admit(incoming.arrived)
        return self._inject(Stage.SERVICE)

    def _handle(self) -> Reply:
        """Route the request and run its handler, with a list fault if one is due."""
        app, incoming = self._app, self._incoming
        route, arguments = routes.find(incoming.method, incoming.path)
        if route.scope is not None:
            app.require_scope(route.scope)
        request = Request(arguments, incoming.query, headers=incoming.headers)
        request = incoming.received.fill(request, route.takes, incoming.headers)
        self._is_handled = True
        rule, app.distortion = self._distortion()
        try:
            recorded = self._recordings.find(route, request)
            served = recorded or route.handler(app, request)
            response = served if isinstance(served, Response) else Response(served)
            body = response.body
            if not route.paged:
                body = app.distortion.hide_rows(body)
        finally:
            if rule is not None and app.distortion.applied:
                self._fire(rule)
            app.distortion = Distortion()
        envelope = {} if response.bare else {"requestId": self._request_id}
        return Reply.of_json(response.status, {**envelope, **body})

    def _due_at(self, stage: Stage) -> Iterator[Rule]:
        return (rule for rule in self._due if rule.stage is stage)

    def _inject(self, stage: Stage, reply: Reply | None = None) -> Reply | None:
        """The response of the first fault of a stage that applies; raises its error response."""
        for rule in self._due_at(stage):
            result = rule.definition.effect(rule.parameters, self._view, reply or Reply(200))
            if result is None:
                continue
            self._fire(rule)
            if isinstance(result, ApiError):
                raise result
            if isinstance(result, Reply):
                return result
        return None

    def _distortion(self) -> tuple[Rule | None, Distortion]:
        """The list fault of the request, and its rule."""
        for rule in self._due_at(Stage.LIST):
            result = rule.definition.effect(rule.parameters, self._view, Reply(200))
            if isinstance(result, Distortion):
                return rule, result
        return None, Distortion()

    def _fire(self, rule: Rule) -> None:
        rule.fired += 1
        self.fault = rule.kind

    def _refusal(self, error: ApiError) -> Reply:
        body = {"requestId": self._request_id, "errors": error.errors, **error.extra}
        if error.from_gateway:
            return Reply.of_gateway(error.status, body, error.headers, new_request_id())
        return Reply.of_json(error.status, body, error.headers)


def new_request_id() -> str:
    """About nineteen base-36 characters (seen live)."""
    return "".join(random.choices(_BASE36, k=19))
