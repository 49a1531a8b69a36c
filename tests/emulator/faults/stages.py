"""The stages of a request at which a fault can fire."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from tests.emulator.settings import Json


class Stage(IntEnum):
    """When a fault fires; an earlier stage goes before a later one."""

    EDGE = 1  # in front of the service: no authentication, no quota, no work
    QUOTA = 2  # authenticated, but nothing is counted against the limits
    SERVICE = 3  # counted against the limits, no work done
    LIST = 4  # the list that is served is not as it should be
    ANSWER = 5  # the work is done, its answer does not arrive as it was


@dataclass(frozen=True)
class RequestView:
    """The parts of a request that rules and faults look at.

    `operation` is a method and a path template, None where there is no such operation. `page` is
    the number its cursor leads to (0 without one), None for a foreign cursor.
    """

    operation: str | None
    scope: str | None
    is_open: bool
    query: Json
    body: Any
    cursor: bool
    page: int | None
