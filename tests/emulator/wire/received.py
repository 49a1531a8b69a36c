"""A body as received, and its form for a route."""

import json
from dataclasses import asdict, dataclass, field, replace
from email.message import Message
from typing import Any

from tests.emulator.errors import ApiError
from tests.emulator.inputs.json_bodies import parse_list, parse_object
from tests.emulator.operations.routing import Body
from tests.emulator.requests import Part, Request


@dataclass(frozen=True)
class Received:
    """The bytes of a body, the parts of an upload, or the error of a malformed upload."""

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
        """The body for the request log: JSON, or the parts of an upload, else None."""
        if self.parts is not None:
            return [{**asdict(part), "content": None} for part in self.parts]
        try:
            return json.loads(self.raw) if self.raw else None
        except (ValueError, RecursionError):
            return None


def _unsupported() -> ApiError:
    """415 for any other content type (seen live)."""
    return ApiError(415, "Unsupported Media Type")
