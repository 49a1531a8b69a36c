"""The kinds of faults: at which stage of a request each strikes, its parameters, what it does."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from enum import IntEnum
from typing import Any

from tests.emulator import distortions
from tests.emulator.cursors import EXPIRED, UNVERIFIED
from tests.emulator.distortions import Distortion
from tests.emulator.errors import ApiError, bad_request, missing_scope, unauthorized
from tests.emulator.limits import DAY_IS_SPENT, TOO_FAST, limit_exceeded
from tests.emulator.settings import Json
from tests.emulator.wire import HTML_TYPE, Dribbled, Held, Reply, Reset, Truncated, Whole

HOUR_SECONDS = 3600
LONGEST_SECONDS = 30 * 24 * HOUR_SECONDS


class Stage(IntEnum):
    """When a fault strikes; an earlier stage goes before a later one."""

    EDGE = 1  # in front of the service: no authentication, no quota, no work
    QUOTA = 2  # authenticated, but nothing is counted against the limits
    SERVICE = 3  # counted against the limits, no work done
    LIST = 4  # the list that is served is not as it should be
    ANSWER = 5  # the work is done, its answer does not arrive as it was


@dataclass(frozen=True)
class Asked:
    """What rules and faults look at in a request.

    `operation` is a method and a path template, None where there is no such operation. `page` is
    the number its cursor leads to (0 without one), None for a cursor of somebody else's.
    """

    operation: str | None
    scope: str | None
    is_open: bool
    query: Json
    body: Any
    cursor: bool
    page: int | None


Strike = Callable[[Json, Asked, Reply], Reply | ApiError | Distortion | None]
Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kind: what is wrong with a value (None is nothing), and the default."""

    check: Check
    default: Any = None
    required: bool = False


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    `strike` is given the parameters, the request and, at the stage ANSWER, the answer. It
    returns what happens in place of what should have, or None where the kind cannot apply.
    """

    stage: Callable[[Json], Stage]
    strike: Strike
    parameters: dict[str, Parameter]


def whole(least: int, most: int) -> Check:
    """A whole number of a range."""

    def check(value: Any) -> str | None:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        fits = is_whole and least <= value <= most
        return None if fits else f"must be a whole number from {least} to {most}"

    return check


def number(least: float, most: float) -> Check:
    """A number of a range."""

    def check(value: Any) -> str | None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        fits = is_number and least <= value <= most
        return None if fits else f"must be a number from {least} to {most}"

    return check


def one_of(*values: Any) -> Check:
    """One of some values."""

    def check(value: Any) -> str | None:
        known = any(value == one and type(value) is type(one) for one in values)
        return None if known else f"must be one of {', '.join(map(str, values))}"

    return check


def text(value: Any) -> str | None:
    """A text on one line, as a header needs it."""
    fits = isinstance(value, str) and value and value.isprintable() and value.isascii()
    return None if fits else "must be a printable ASCII text that is not empty"


def optional(check: Check) -> Check:
    """Null too."""
    return lambda value: None if value is None else check(value)


def _at(stage: Stage) -> Callable[[Json], Stage]:
    return lambda parameters: stage


def _or_after_work(stage: Stage) -> Callable[[Json], Stage]:
    return lambda parameters: Stage.ANSWER if parameters["after_work"] else stage


_FLAG = Parameter(one_of(True, False), False)
_SECONDS = number(0, LONGEST_SECONDS)


def _rate_limited(parameters: Json, asked: Asked, reply: Reply) -> ApiError:
    seconds = parameters["seconds"]
    retry_after = {
        "seconds": str(seconds),
        "date": formatdate(time.time() + seconds, usegmt=True),
        "malformed": parameters["text"],
        "none": None,
    }[parameters["form"]]
    return limit_exceeded(TOO_FAST, retry_after)


def _daily_quota(parameters: Json, asked: Asked, reply: Reply) -> ApiError:
    return limit_exceeded(DAY_IS_SPENT, str(parameters["seconds"]))


_SERVER_ERRORS = {
    500: "Internal server error occurred",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def _server_error_stage(parameters: Json) -> Stage:
    if parameters["after_work"]:
        return Stage.ANSWER
    return Stage.SERVICE if parameters["status"] == 500 else Stage.EDGE


def _server_error(parameters: Json, asked: Asked, reply: Reply) -> ApiError:
    status, wait = parameters["status"], parameters["retry_after"]
    headers = () if wait is None else (("Retry-After", str(wait)),)
    return ApiError(status, _SERVER_ERRORS[status], headers=headers)


def _html_page(parameters: Json, asked: Asked, reply: Reply) -> Reply:
    status = parameters["status"]
    page = f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body>Gong</body></html>\n"
    return Reply(status, page.encode(), content_type=HTML_TYPE)


def _redirect(parameters: Json, asked: Asked, reply: Reply) -> Reply:
    headers = (("Location", parameters["location"]),)
    return Reply(parameters["status"], headers=headers, content_type=HTML_TYPE)


def _missing_scope(parameters: Json, asked: Asked, reply: Reply) -> ApiError | None:
    scope = parameters["scope"] or asked.scope
    return missing_scope(scope) if scope else None


def _expired_cursor(parameters: Json, asked: Asked, reply: Reply) -> ApiError | None:
    return bad_request(EXPIRED) if asked.cursor else None


def _unverified_cursor(parameters: Json, asked: Asked, reply: Reply) -> ApiError | None:
    return bad_request(UNVERIFIED) if asked.cursor else None


def _half_json(parameters: Json, asked: Asked, reply: Reply) -> Reply:
    return replace(reply, payload=reply.payload[: len(reply.payload) // 2])


def _invalid_json(parameters: Json, asked: Asked, reply: Reply) -> Reply:
    return replace(reply, status=200, payload=parameters["text"].encode())


_VALUES = {
    "list": b"[]",
    "null": b"null",
    "text": b'"ok"',
    "number": b"1",
    "empty_object": b"{}",
    "empty_body": b"",
}


def _wrong_value(parameters: Json, asked: Asked, reply: Reply) -> Reply:
    return replace(reply, status=200, payload=_VALUES[parameters["value"]])


def _distortion(kind: str, *, on_cursor: bool) -> Strike:
    """A distortion of a list, where it is asked for with a cursor or at all."""

    def strike(parameters: Json, asked: Asked, reply: Reply) -> Distortion | None:
        if on_cursor and not asked.cursor:
            return None
        return Distortion(kind, **parameters)

    return strike


def _list(kind: str, *, on_cursor: bool = False, **parameters: Parameter) -> Kind:
    return Kind(_at(Stage.LIST), _distortion(kind, on_cursor=on_cursor), parameters)


def _silence(parameters: Json, asked: Asked, reply: Reply) -> Reply:
    return Reply(200, delivery=Held(parameters["seconds"]))


KINDS: dict[str, Kind] = {
    "rate_limited": Kind(
        _at(Stage.QUOTA),
        _rate_limited,
        {
            "seconds": Parameter(whole(0, LONGEST_SECONDS), 1),
            "form": Parameter(one_of("seconds", "date", "malformed", "none"), "seconds"),
            "text": Parameter(text, "soon"),
        },
    ),
    "daily_quota": Kind(
        _at(Stage.QUOTA),
        _daily_quota,
        {"seconds": Parameter(whole(0, LONGEST_SECONDS), 6 * HOUR_SECONDS)},
    ),
    "wrong_credentials": Kind(_at(Stage.QUOTA), lambda *_: unauthorized(), {}),
    "refused": Kind(
        _at(Stage.SERVICE),
        lambda parameters, *_: ApiError(parameters["status"], parameters["text"]),
        {
            "status": Parameter(one_of(400, 401, 402, 403, 404, 409, 422), required=True),
            "text": Parameter(text, required=True),
        },
    ),
    "missing_scope": Kind(_at(Stage.SERVICE), _missing_scope, {"scope": Parameter(optional(text))}),
    "server_error": Kind(
        _server_error_stage,
        _server_error,
        {
            "status": Parameter(one_of(*_SERVER_ERRORS), 500),
            "retry_after": Parameter(optional(whole(0, LONGEST_SECONDS))),
            "after_work": _FLAG,
        },
    ),
    "html_page": Kind(
        _at(Stage.EDGE),
        _html_page,
        {"status": Parameter(one_of(200, 403, 500, 502, 503, 504), 200)},
    ),
    "redirect": Kind(
        _at(Stage.EDGE),
        _redirect,
        {
            "status": Parameter(one_of(301, 302, 303, 307, 308), 302),
            "location": Parameter(text, required=True),
        },
    ),
    "connection_reset": Kind(
        _or_after_work(Stage.EDGE),
        lambda *_: Reply(200, delivery=Reset()),
        {"after_work": _FLAG},
    ),
    "timeout": Kind(
        _or_after_work(Stage.EDGE),
        _silence,
        {"seconds": Parameter(optional(_SECONDS)), "after_work": _FLAG},
    ),
    "slow_answer": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, delivery=Whole(parameters["seconds"])),
        {"seconds": Parameter(_SECONDS, 1)},
    ),
    "slow_body": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, delivery=Dribbled(**parameters)),
        {"seconds": Parameter(_SECONDS, 1), "pieces": Parameter(whole(1, 1000), 10)},
    ),
    "truncated_body": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, delivery=Truncated(parameters["bytes"])),
        {"bytes": Parameter(optional(whole(0, 10**9)))},
    ),
    "half_json": Kind(_at(Stage.ANSWER), _half_json, {}),
    "invalid_json": Kind(
        _at(Stage.ANSWER),
        _invalid_json,
        {"text": Parameter(text, '{"requestId": "x", "calls": [,')},
    ),
    "wrong_content_type": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, content_type=parameters["content_type"]),
        {"content_type": Parameter(text, "text/plain;charset=UTF-8")},
    ),
    "wrong_value": Kind(
        _at(Stage.ANSWER), _wrong_value, {"value": Parameter(one_of(*_VALUES), "list")}
    ),
    "expired_cursor": Kind(_at(Stage.SERVICE), _expired_cursor, {}),
    "unverified_cursor": Kind(_at(Stage.SERVICE), _unverified_cursor, {}),
    "repeated_cursor": _list(distortions.REPEATED_CURSOR, on_cursor=True, fresh=_FLAG),
    "lost_cursor": _list(distortions.LOST_CURSOR),
    "empty_page": _list(distortions.EMPTY_PAGE, on_cursor=True),
    "empty_last_page": _list(distortions.EMPTY_LAST_PAGE),
    "duplicate_rows": _list(
        distortions.DUPLICATE_ROWS, on_cursor=True, rows=Parameter(whole(1, 100), 1)
    ),
    "row_moved": _list(distortions.ROW_MOVED, on_cursor=True),
    "row_removed": _list(distortions.ROW_REMOVED, on_cursor=True),
    "row_inserted": _list(distortions.ROW_INSERTED),
    "lost_visibility": _list(
        distortions.LOST_VISIBILITY,
        part=Parameter(number(0, 1), 1),
        hidden_seed=Parameter(whole(0, 2**63), 0),
    ),
}
