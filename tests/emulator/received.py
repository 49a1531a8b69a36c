"""A body as it was received, and what a route makes of it."""

import json
from dataclasses import asdict, dataclass, field, replace
from email.message import Message
from typing import Any

from tests.emulator.bodies import Part
from tests.emulator.errors import ApiError, parse_error
from tests.emulator.requests import Request
from tests.emulator.routing import Body
from tests.emulator.settings import Json


@dataclass(frozen=True)
class Received:
    """The bytes of a body, or the parts of an upload, or why it could not be cut into parts."""

    raw: bytes = b""
    parts: list[Part] | None = field(default=None)
    fault: ApiError | None = None

    def fill(self, request: Request, takes: Body, headers: Message) -> Request:
        """Put the body into a request in the form its route takes; else 415 or 400."""
        if self.fault is not None:
            raise self.fault
        if takes is Body.NONE:
            return request
        if takes is Body.RAW:
            return replace(request, raw=self.raw)
        if takes in (Body.UPLOAD, Body.KEPT_UPLOAD):
            if self.parts is None:
                raise _unsupported()
            return replace(request, parts=self.parts)
        if headers.get_content_type() != "application/json" or "Content-Type" not in headers:
            raise _unsupported()
        if takes is Body.LIST:
            return replace(request, rows=parse_list(self.raw))
        return replace(request, body=parse_object(self.raw))

    def readable(self) -> Any:
        """The body for the request log: JSON, or what an upload held, else nothing."""
        if self.parts is not None:
            return [{**asdict(part), "content": None} for part in self.parts]
        try:
            return json.loads(self.raw) if self.raw else None
        except (ValueError, RecursionError):
            return None


def _unsupported() -> ApiError:
    """415 for any other content type (seen live)."""
    return ApiError(415, "Unsupported Media Type")


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise parse_error() from error


def parse_object(raw: bytes) -> Json:
    """A JSON object, or Gong's 400."""
    body = _parse(raw)
    if not isinstance(body, dict):
        raise parse_error()
    return body


def parse_list(raw: bytes) -> list[Any]:
    """A JSON array, or Gong's 400."""
    body = _parse(raw)
    if not isinstance(body, list):
        raise parse_error()
    return body
