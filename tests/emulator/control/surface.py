"""The control surface under /_emulator: request log, limits, clock, truth, changes and faults.

It needs no credentials, is not limited, does not appear in the request log and has no faults.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tests.emulator.application import Application
from tests.emulator.authentication.tokens import make_tokens
from tests.emulator.control import changes, truth
from tests.emulator.errors import ApiError, bad_request, not_found
from tests.emulator.operations.routes import OPERATIONS
from tests.emulator.settings import Json
from tests.emulator.timing.instants import moment, parse_instant

PREFIX = "/_emulator/"
Control = Callable[[Application, str, Json], Any]


def handle(app: Application, method: str, path: str, body: Json) -> Json:
    """Answer one control request."""
    name, _, rest = path.removeprefix(PREFIX).partition("/")
    endpoint = ENDPOINTS.get((method, name))
    if endpoint is None:
        known = {key for _, key in ENDPOINTS}
        raise ApiError(405, "Method Not Allowed") if name in known else not_found("Not Found")
    answer: Json = endpoint(app, rest, body)
    return answer


def _read_requests(app: Application, rest: str, body: Json) -> Json:
    return {"requests": [asdict(request) for request in app.requests]}


def _clear_requests(app: Application, rest: str, body: Json) -> Json:
    app.requests.clear()
    return {"requests": []}


def _read_clock(app: Application, rest: str, body: Json) -> Json:
    return {"now": app.world.clock.now().isoformat(), "time_zone": app.world.zone.name}


def _set_clock(app: Application, rest: str, body: Json) -> Json:
    if "now" in body:
        instant = parse_instant(str(body["now"]))
        if instant is None:
            raise bad_request("now: must be an ISO-8601 date-time with an offset or Z")
        app.world.clock.set(moment(instant))
    if "advance_seconds" in body:
        app.world.clock.advance(float(body["advance_seconds"]))
    return _read_clock(app, rest, body)


def _truth(app: Application, rest: str, body: Json) -> Json:
    if rest not in truth.KINDS:
        raise not_found(f"unknown kind {rest!r}; known are {', '.join(truth.KINDS)}")
    return {"items": truth.KINDS[rest](app)}


def _change(app: Application, rest: str, body: Json) -> Json:
    do = str(body.get("do"))
    if do not in changes.CHANGES:
        raise bad_request(f"unknown change {do!r}; known are {', '.join(changes.CHANGES)}")
    try:
        return changes.CHANGES[do](app, body)
    except KeyError as missing:
        raise bad_request(f"{do} needs {missing}") from missing


def _tokens(app: Application, rest: str, body: Json) -> Json:
    return app.world.state(make_tokens).counts()


def _limits(app: Application, rest: str, body: Json) -> Json:
    return app.limits.counts()


def _forget_limits(app: Application, rest: str, body: Json) -> Json:
    app.limits.forget_counts()
    return app.limits.counts()


def _add_faults(app: Application, rest: str, body: Json) -> Json:
    return {"ids": app.faults.add(body, OPERATIONS)}


def _read_faults(app: Application, rest: str, body: Json) -> Json:
    return {"faults": app.faults.documents()}


def _remove_faults(app: Application, rest: str, body: Json) -> Json:
    if rest:
        app.faults.remove(rest)
    else:
        app.faults.clear()
    return _read_faults(app, rest, body)


ENDPOINTS: dict[tuple[str, str], Control] = {
    ("GET", "requests"): _read_requests,
    ("DELETE", "requests"): _clear_requests,
    ("GET", "clock"): _read_clock,
    ("PUT", "clock"): _set_clock,
    ("GET", "truth"): _truth,
    ("POST", "change"): _change,
    ("GET", "tokens"): _tokens,
    ("GET", "limits"): _limits,
    ("DELETE", "limits"): _forget_limits,
    ("POST", "faults"): _add_faults,
    ("GET", "faults"): _read_faults,
    ("DELETE", "faults"): _remove_faults,
}
