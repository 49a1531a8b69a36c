"""The table of fault kinds: the stage, the effect and the parameters of each."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.emulator.errors import ApiError, unauthorized
from tests.emulator.faults.effects import (
    SERVER_ERRORS,
    VALUES,
    Effect,
    bad_gzip,
    daily_quota,
    distortion,
    expired_cursor,
    half_json,
    html_page,
    inflated,
    invalid_json,
    invalid_utf8,
    lacking_scope,
    odd_values,
    rate_limited,
    redirect,
    refused_ids,
    server_error,
    server_error_stage,
    silence,
    unverified_cursor,
    wrong_date,
    wrong_value,
)
from tests.emulator.faults.parameters import (
    FLAG,
    HOUR_SECONDS,
    LONGEST_SECONDS,
    SECONDS,
    Parameter,
    an_object,
    number,
    one_of,
    optional,
    text,
    whole,
)
from tests.emulator.faults.stages import Stage
from tests.emulator.paging import distortions
from tests.emulator.replies.deliveries import Reset, SlowBody, Truncated, Whole
from tests.emulator.replies.reply import Reply
from tests.emulator.settings import Json


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    `effect` takes the parameters, the request and, at the stage ANSWER, the response. It
    returns what happens instead, or None where the kind cannot apply.
    """

    stage: Callable[[Json], Stage]
    effect: Effect
    parameters: dict[str, Parameter]


def _at(stage: Stage) -> Callable[[Json], Stage]:
    return lambda parameters: stage


def _or_after_work(stage: Stage) -> Callable[[Json], Stage]:
    return lambda parameters: Stage.ANSWER if parameters["after_work"] else stage


def _list(kind: str, *, on_cursor: bool = False, **parameters: Parameter) -> Kind:
    return Kind(_at(Stage.LIST), distortion(kind, on_cursor=on_cursor), parameters)


KINDS: dict[str, Kind] = {
    "rate_limited": Kind(
        _at(Stage.QUOTA),
        rate_limited,
        {
            "seconds": Parameter(whole(0, LONGEST_SECONDS), 1),
            "form": Parameter(one_of("seconds", "date", "malformed", "none"), "seconds"),
            "text": Parameter(text, "soon"),
        },
    ),
    "daily_quota": Kind(
        _at(Stage.QUOTA),
        daily_quota,
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
    "missing_scope": Kind(_at(Stage.SERVICE), lacking_scope, {"scope": Parameter(optional(text))}),
    "server_error": Kind(
        server_error_stage,
        server_error,
        {
            "status": Parameter(one_of(*SERVER_ERRORS), 500),
            "retry_after": Parameter(optional(whole(0, LONGEST_SECONDS))),
            "after_work": FLAG,
        },
    ),
    "html_page": Kind(
        _at(Stage.EDGE),
        html_page,
        {"status": Parameter(one_of(200, 403, 500, 502, 503, 504), 200)},
    ),
    "redirect": Kind(
        _at(Stage.EDGE),
        redirect,
        {
            "status": Parameter(one_of(301, 302, 303, 307, 308), 302),
            "location": Parameter(optional(text), required=True),
        },
    ),
    "connection_reset": Kind(
        _or_after_work(Stage.EDGE),
        lambda *_: Reply(200, delivery=Reset()),
        {"after_work": FLAG},
    ),
    "timeout": Kind(
        _or_after_work(Stage.EDGE),
        silence,
        {"seconds": Parameter(optional(SECONDS)), "after_work": FLAG},
    ),
    "slow_answer": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, delivery=Whole(parameters["seconds"])),
        {"seconds": Parameter(SECONDS, 1)},
    ),
    "slow_body": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, delivery=SlowBody(**parameters)),
        {"seconds": Parameter(SECONDS, 1), "pieces": Parameter(whole(1, 1000), 10)},
    ),
    "truncated_body": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, delivery=Truncated(parameters["bytes"])),
        {"bytes": Parameter(optional(whole(0, 10**9)))},
    ),
    "half_json": Kind(_at(Stage.ANSWER), half_json, {}),
    "invalid_json": Kind(
        _at(Stage.ANSWER),
        invalid_json,
        {"text": Parameter(text, '{"requestId": "x", "calls": [,')},
    ),
    "wrong_content_type": Kind(
        _at(Stage.ANSWER),
        lambda parameters, _, reply: replace(reply, content_type=parameters["content_type"]),
        {"content_type": Parameter(text, "text/plain;charset=UTF-8")},
    ),
    "invalid_utf8": Kind(
        _at(Stage.ANSWER), invalid_utf8, {"after": Parameter(text, required=True)}
    ),
    "bad_gzip": Kind(_at(Stage.ANSWER), bad_gzip, {}),
    "inflated": Kind(_at(Stage.ANSWER), inflated, {"megabytes": Parameter(whole(1, 10_000), 1000)}),
    "wrong_date": Kind(
        _at(Stage.ANSWER),
        wrong_date,
        {
            "seconds": Parameter(whole(-LONGEST_SECONDS, LONGEST_SECONDS), 0),
            "text": Parameter(optional(text)),
        },
    ),
    "wrong_value": Kind(
        _at(Stage.ANSWER), wrong_value, {"value": Parameter(one_of(*VALUES), "list")}
    ),
    "refused_ids": Kind(
        _at(Stage.SERVICE),
        refused_ids,
        {
            "field": Parameter(text, required=True),
            "named": Parameter(one_of(True, False), True),
            "id": Parameter(optional(text)),
            "status": Parameter(one_of(400, 404), 400),
        },
    ),
    "odd_values": Kind(
        _at(Stage.ANSWER),
        odd_values,
        {
            "rows": Parameter(text, required=True),
            "id": Parameter(text, "id"),
            "values": Parameter(an_object, required=True),
            "part": Parameter(number(0, 1), 0.01),
            "row_seed": Parameter(whole(0, 2**63), 0),
        },
    ),
    "expired_cursor": Kind(_at(Stage.SERVICE), expired_cursor, {}),
    "unverified_cursor": Kind(_at(Stage.SERVICE), unverified_cursor, {}),
    "repeated_cursor": _list(distortions.REPEATED_CURSOR, on_cursor=True, fresh=FLAG),
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
