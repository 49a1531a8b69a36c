"""One API request from its arrival to its answer, and the faults that may strike on the way."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from tests.emulator import routes
from tests.emulator.authentication import authenticate
from tests.emulator.distortions import Distortion
from tests.emulator.errors import ApiError
from tests.emulator.fault_kinds import Asked, Stage
from tests.emulator.faults import Rule
from tests.emulator.received import Received
from tests.emulator.recordings import Recordings
from tests.emulator.requests import Answer, Application, Request
from tests.emulator.settings import Json
from tests.emulator.wire import Reply

_BASE36 = string.digits + string.ascii_lowercase


@dataclass(frozen=True)
class Call:
    """A request as it came; `arrived` is an instant of the monotonic clock."""

    method: str
    path: str
    query: Json
    headers: Message
    received: Received
    arrived: float

    def asked(self, app: Application) -> Asked:
        """The request as the rules for faults see it."""
        route = routes.known(self.method, self.path)
        body = self.received.readable()
        source = self.query if self.method == "GET" else body
        token = source.get("cursor") if isinstance(source, dict) else None
        page = app.cursors.number(token)
        if route is None:
            return Asked(None, None, False, self.query, body, bool(token), page)
        operation = f"{route.method} {route.path}"
        return Asked(operation, route.scope, route.open, self.query, body, bool(token), page)


class Exchange:
    """One request; `fault` is the kind of the fault that struck it, if any."""

    def __init__(self, app: Application, recordings: Recordings, call: Call) -> None:
        """Find the rules that may strike."""
        self._app = app
        self._recordings = recordings
        self._call = call
        self._request_id = new_request_id()
        self._asked = call.asked(app)
        self._due = app.faults.due(self._asked)
        self._is_worked = False
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
        if self._is_worked and self.fault is None:
            try:
                return self._struck(Stage.ANSWER, reply) or reply
            except ApiError as error:
                return self._refusal(error)
        return reply

    def _run(self) -> Reply:
        app, call = self._app, self._call
        if struck := self._struck(Stage.EDGE):
            return struck
        is_open = self._asked.is_open
        if not is_open:
            authenticate(app, call.headers.get("Authorization") or "")
        if struck := self._struck(Stage.QUOTA):
            return struck
        if not is_open:
            app.limits.admit(call.arrived)
        if struck := self._struck(Stage.SERVICE):
            return struck
        route, arguments = routes.find(call.method, call.path)
        if route.scope is not None:
            app.require_scope(route.scope)
        request = Request(arguments, call.query, headers=call.headers)
        request = call.received.fill(request, route.takes, call.headers)
        self._is_worked = True
        rule, app.distortion = self._distortion()
        try:
            recorded = self._recordings.find(route, request)
            served = recorded or route.handler(app, request)
            answer = served if isinstance(served, Answer) else Answer(served)
            body = answer.body if route.paged else app.distortion.hide_rows(answer.body)
        finally:
            if rule is not None and app.distortion.applied:
                self._fire(rule)
            app.distortion = Distortion()
        envelope = {} if answer.bare else {"requestId": self._request_id}
        return Reply.of_json(answer.status, {**envelope, **body})

    def _at(self, stage: Stage) -> Iterator[Rule]:
        return (rule for rule in self._due if rule.stage is stage)

    def _struck(self, stage: Stage, reply: Reply | None = None) -> Reply | None:
        """The answer of the first fault of a stage that can strike; raises its refusal."""
        for rule in self._at(stage):
            result = rule.what.strike(rule.parameters, self._asked, reply or Reply(200))
            if result is None:
                continue
            self._fire(rule)
            if isinstance(result, ApiError):
                raise result
            if isinstance(result, Reply):
                return result
        return None

    def _distortion(self) -> tuple[Rule | None, Distortion]:
        """What is wrong with the list that is asked for, and the rule that says so."""
        for rule in self._at(Stage.LIST):
            result = rule.what.strike(rule.parameters, self._asked, Reply(200))
            if isinstance(result, Distortion):
                return rule, result
        return None, Distortion()

    def _fire(self, rule: Rule) -> None:
        rule.fired += 1
        self.fault = rule.kind

    def _refusal(self, error: ApiError) -> Reply:
        body = {"requestId": self._request_id, "errors": error.errors, **error.extra}
        return Reply.of_json(error.status, body, error.headers)


def new_request_id() -> str:
    """About nineteen base-36 characters (seen live)."""
    return "".join(random.choices(_BASE36, k=19))
