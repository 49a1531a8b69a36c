"""The effect of each kind of fault on a request."""

import gzip
import hashlib
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from tests.emulator.errors import ApiError, bad_request, missing_scope
from tests.emulator.faults.stages import RequestView, Stage
from tests.emulator.limits import DAY_IS_SPENT, TOO_FAST, limit_exceeded
from tests.emulator.paging.cursors import EXPIRED, UNVERIFIED
from tests.emulator.paging.distortions import Distortion
from tests.emulator.replies.deliveries import Silent
from tests.emulator.replies.reply import HTML_TYPE, Reply
from tests.emulator.settings import Json

Effect = Callable[[Json, RequestView, Reply], Reply | ApiError | Distortion | None]


def rate_limited(parameters: Json, view: RequestView, reply: Reply) -> ApiError:
    seconds = parameters["seconds"]
    retry_after = {
        "seconds": str(seconds),
        "date": formatdate(time.time() + seconds, usegmt=True),
        "malformed": parameters["text"],
        "none": None,
    }[parameters["form"]]
    return limit_exceeded(TOO_FAST, retry_after)


def daily_quota(parameters: Json, view: RequestView, reply: Reply) -> ApiError:
    return limit_exceeded(DAY_IS_SPENT, str(parameters["seconds"]))


SERVER_ERRORS = {
    500: "Internal server error occurred",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def server_error_stage(parameters: Json) -> Stage:
    if parameters["after_work"]:
        return Stage.ANSWER
    return Stage.SERVICE if parameters["status"] == 500 else Stage.EDGE


def server_error(parameters: Json, view: RequestView, reply: Reply) -> ApiError:
    status, wait = parameters["status"], parameters["retry_after"]
    headers = () if wait is None else (("Retry-After", str(wait)),)
    return ApiError(status, SERVER_ERRORS[status], headers=headers)


def html_page(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    status = parameters["status"]
    page = f"<!DOCTYPE html>\n<html><head><title>{status}</title></head><body>Gong</body></html>\n"
    return Reply(status, page.encode(), content_type=HTML_TYPE)


def redirect(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    location = parameters["location"]
    headers = () if location is None else (("Location", location),)
    return Reply(parameters["status"], headers=headers, content_type=HTML_TYPE)


def lacking_scope(parameters: Json, view: RequestView, reply: Reply) -> ApiError | None:
    scope = parameters["scope"] or view.scope
    return missing_scope(scope) if scope else None


def expired_cursor(parameters: Json, view: RequestView, reply: Reply) -> ApiError | None:
    return bad_request(EXPIRED) if view.cursor else None


def unverified_cursor(parameters: Json, view: RequestView, reply: Reply) -> ApiError | None:
    return bad_request(UNVERIFIED) if view.cursor else None


_ID = re.compile(r"\d{1,20}", re.ASCII)


def refused_ids(parameters: Json, view: RequestView, reply: Reply) -> ApiError | None:
    """Refuses an id, or those that are no numbers: with the first one's place, or without."""
    ids: Any = view.body or view.query
    for key in parameters["field"].split("."):
        ids = ids.get(key) if isinstance(ids, dict) else None
    for place, id_ in enumerate(ids if isinstance(ids, list) else [ids]):
        odd = parameters["id"]
        is_sound = _ID.fullmatch(str(id_)) if odd is None else str(id_) != odd
        if id_ is not None and not is_sound:
            where = f"{parameters['field']}[{place}]: must be an id of digits"
            text = where if parameters["named"] else "Bad request"
            return ApiError(parameters["status"], text)
    return None


def half_json(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    return replace(reply, payload=reply.payload[: len(reply.payload) // 2])


def invalid_json(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    return replace(reply, status=200, payload=parameters["text"].encode())


def invalid_utf8(parameters: Json, view: RequestView, reply: Reply) -> Reply | None:
    before, found, after = reply.payload.partition(parameters["after"].encode())
    return replace(reply, payload=before + found + b"\xff" + after) if found else None


GZIP = ("Content-Encoding", "gzip")


def bad_gzip(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    packed = gzip.compress(reply.payload)
    return replace(reply, payload=packed[:12] + packed[16:], headers=(*reply.headers, GZIP))


def inflated(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    packer = zlib.compressobj(1, wbits=31)
    pieces = [packer.compress(reply.payload)]
    pieces += (packer.compress(b" " * 10**6) for _ in range(parameters["megabytes"]))
    packed = b"".join((*pieces, packer.flush()))
    return replace(reply, payload=packed, headers=(*reply.headers, GZIP))


def wrong_date(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    text, seconds = parameters["text"], parameters["seconds"]
    date = formatdate(time.time() + seconds, usegmt=True) if text is None else text
    return replace(reply, date=date)


VALUES = {
    "list": b"[]",
    "null": b"null",
    "text": b'"ok"',
    "number": b"1",
    "empty_object": b"{}",
    "empty_body": b"",
}


def wrong_value(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    return replace(reply, status=200, payload=VALUES[parameters["value"]])


def odd_values(parameters: Json, view: RequestView, reply: Reply) -> Reply | None:
    """Some rows of a list get a value of another form, each always the same one."""
    try:
        answer = json.loads(reply.payload)
    except ValueError:
        return None
    lists = list(_lists(answer, parameters["rows"]))
    if reply.status != 200 or not lists:
        return None
    for rows in lists:
        for place, row in list(rows.items() if isinstance(rows, dict) else enumerate(rows)):
            identity = place if isinstance(rows, dict) else _at(row, parameters["id"])
            path = struck_by(identity, parameters)
            if path is not None:
                rows[place] = _with_value(row, path, parameters["values"][path])
    return replace(reply, payload=json.dumps(answer).encode())


def struck_by(identity: object, parameters: Json) -> str | None:
    """The path of the value that an `odd_values` rule gives to the row of an id; None of others."""
    strike = _drawn(str(identity), parameters.get("row_seed", 0))
    part = parameters.get("part", 0.01)
    number = int(strike / part) if part else len(parameters["values"])
    return dict(enumerate(parameters["values"])).get(number)


def _lists(value: Any, path: str) -> Iterator[Any]:
    """The lists, or maps, of rows at a path: through every element of lists, and `*` of maps."""
    if isinstance(value, list) and path:
        for element in value:
            yield from _lists(element, path)
    elif not path:
        if isinstance(value, (list, dict)):
            yield value
    elif isinstance(value, dict):
        key, _, rest = path.partition(".")
        for inner in value.values() if key == "*" else (value.get(key),):
            yield from _lists(inner, rest)


def _drawn(text: str, seed: int) -> float:
    """A number from 0 to 1 by the hash of a text."""
    digest = hashlib.sha256(f"{seed}:{text}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _at(row: Any, path: str) -> Any:
    for key in path.split("."):
        row = row.get(key) if isinstance(row, dict) else None
    return row


def _with_value(row: Any, path: str, value: Any) -> Any:
    """A row with a value at a path; in all objects of a list on the way; the value, of no path."""
    if not path:
        return value
    key, _, rest = path.partition(".")
    if isinstance(row, list):
        return [_with_value(element, path, value) for element in row]
    if not isinstance(row, dict):
        return row
    return {**row, key: _with_value(row.get(key), rest, value) if rest else value}


def distortion(kind: str, *, on_cursor: bool) -> Effect:
    """A distortion of a list, where it is asked for with a cursor or at all."""

    def effect(parameters: Json, view: RequestView, reply: Reply) -> Distortion | None:
        if on_cursor and not view.cursor:
            return None
        return Distortion(kind, **parameters)

    return effect


def silence(parameters: Json, view: RequestView, reply: Reply) -> Reply:
    return Reply(200, delivery=Silent(parameters["seconds"]))
