"""A route: a method, a path, a scope, the body it takes and its handler."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from tests.emulator.application import Application
from tests.emulator.requests import Request, Response
from tests.emulator.settings import Json

Handler = Callable[[Application, Request], Json | Response]
PLACEHOLDER = re.compile(r"\{[^/}]*\}")


class Body(Enum):
    """The body an operation takes; another content type is 415."""

    NONE = "nothing"
    OBJECT = "a JSON object"
    LIST = "a JSON array"
    UPLOAD = "multipart/form-data, counted and digested"
    KEPT_UPLOAD = "multipart/form-data, kept for the handler to read"
    RAW = "anything, left to the handler"


@dataclass(frozen=True)
class Route:
    """One operation of the API; each `{name}` in a path stands for one segment.

    Without a scope any credentials are enough. An open route authenticates by itself. A
    paged route takes a cursor.
    """

    method: str
    path: str
    scope: str | None
    handler: Handler
    body: Body | None = None
    open: bool = False
    paged: bool = False

    @property
    def takes(self) -> Body:
        """The declared body, else the default of the method."""
        if self.body is not None:
            return self.body
        return Body.OBJECT if self.method in ("POST", "PUT", "PATCH") else Body.NONE

    @property
    def shape(self) -> str:
        """The path with nameless placeholders, equal for all methods of one resource."""
        return shape(self.path)


def shape(path: str) -> str:
    """A path template without the names of its placeholders."""
    return PLACEHOLDER.sub("{}", path)


def pattern(template: str) -> re.Pattern[str]:
    """The regular expression of a path template."""
    fixed = (re.escape(part) for part in PLACEHOLDER.split(template))
    return re.compile("([^/]+)".join(fixed))
