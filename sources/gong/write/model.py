"""Types of the table of writes: a `Write` per operation, an `Item` per thing that it does.

Facts only: `operations.py` fills the rows, `items.py` and `outcomes.py` act on them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sources.gong.api.operations import Elements, Operation, operation

if TYPE_CHECKING:
    from sources.gong.api.client import Client

Answer = Mapping[str, Any]
Values = Mapping[str, Any]
"""Values by `Parameter.name`."""

MAX_CRM_FILE_BYTES = 200_000_000
"""Of a file of CRM objects (OpenAPI, 2026-07)."""
MAX_MEDIA_BYTES = 1_500_000_000
"""Of a call's media (OpenAPI, 2026-07)."""


class Idempotency(StrEnum):
    """What happens when a request is sent again that Gong may have done already."""

    BY_KEY = "Gong refuses a key that it knows"
    NATURAL = "doing it twice is the same as doing it once"
    CHECKABLE = "a request tells whether it was done"
    NONE = "it may be done twice, and no request tells whether it was done"


@dataclass(frozen=True, slots=True)
class Item:
    """The smallest thing with a state of its own: a row, or an element of a row's list.

    Attributes:
        row: the number of its row, from 1.
        key: by which it is recognised later; a hash, because it is made of personal data.
        digest: hash of everything that would be sent; tells other content under the same key.
        shared: typed values that all items of its request have in common.
        element: its element of the operation's list; None where it is a request of its own.
        attempt: attempt number; stays the same when a killed push is continued.
        was_open: whether an earlier attempt was cut off and may have been done.
    """

    row: int
    key: str
    digest: str
    shared: Values = field(repr=False)
    element: Any = field(default=None, repr=False)
    attempt: int = 1
    was_open: bool = False


class PollState(StrEnum):
    """How far Gong is with a request that it does later."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PollResult:
    """What Gong says of a request that it does later.

    Attributes:
        state: FAILED without errors: the request failed as a whole. FAILED with errors: those
            items failed, and the state of the others is not known.
        errors: text by position of the item in the request, from 0.
        message: why it failed, or why the state of the others is not known.
    """

    state: PollState
    errors: Mapping[int, str] = field(default_factory=dict)
    message: str = ""


def _no_failures(_answer: Answer, _elements: Sequence[Any]) -> Mapping[int, str]:
    return {}


@dataclass(frozen=True, slots=True)
class JsonLines:
    """A file with one JSON object per line, in which an operation takes its items.

    Attributes:
        shared: parameters of the operation that a row may hold; its other columns are fields of
            the object.
        objects: what is known of the fields, by the value of the parameter `kind`.
        kind: the shared parameter that says of which type the objects are.
        max_bytes: of the file.
    """

    shared: tuple[str, ...]
    objects: Mapping[str, Elements]
    kind: str
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Grouping:
    """How items go together in one request.

    Attributes:
        parameter: the list whose elements are items, or the file whose lines are.
        max_items: per request.
        is_all_or_nothing: whether one wrong element keeps Gong from doing the others.
        is_full_list: whether the elements are only right together: all go again if one does.
        lines: the format, where the parameter is a file.
        split_by: (key, list) of an element: each value of the list is an item of its own, and the
            items of one key are one element of the request.
    """

    parameter: str | None = None
    max_items: int = 1
    is_all_or_nothing: bool = False
    is_full_list: bool = False
    lines: JsonLines | None = None
    split_by: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Generated:
    """Values that are generated where a row does not give them.

    Attributes:
        key: a parameter of the write's key; a hash of the rest of the row.
        request_id: the parameter that names the request; a hash of its items and attempts.
    """

    key: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """How Gong's answers settle an item.

    Attributes:
        id_key: key of the answer that is kept: the id Gong gave, by which it is polled.
        failures: why elements were not done though Gong took the request, by position from 0.
        check: whether an item is done: True, False, or None where Gong cannot tell yet.
        poll: how far Gong is with a request that it does later, by the kept id.
        known: finds the id in the text with which Gong refuses a key that it knows; without it,
            a 409 means that.
        gone_status: status of the answer when the thing to delete does not exist.
        is_silent_when_gone: whether Gong's answer leaves out things that were deleted before.
    """

    id_key: str | None = None
    failures: Callable[[Answer, Sequence[Any]], Mapping[int, str]] = _no_failures
    check: Callable[[Client, Item], bool | None] | None = None
    poll: Callable[[Client, Values, str], PollResult] | None = None
    known: re.Pattern[str] | None = None
    gone_status: int | None = None
    is_silent_when_gone: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """One row of the table.

    Attributes:
        operation_id: of its row in `api/operations`.
        idempotency: what may be done when nobody knows whether a request was done.
        key: the parameters that identify an item; where they are empty or not given, everything
            that is sent does.
        generated: parameters that get a value where a row gives none.
        grouping: how items share a request.
        answers: how Gong's answers settle an item.
        is_destructive: whether it deletes something at Gong.
        undoes: the operation whose items it takes back, under the same key.
    """

    operation_id: str
    idempotency: Idempotency
    key: tuple[str, ...] = ()
    generated: Generated = Generated()
    grouping: Grouping = Grouping()
    answers: Answers = Answers()
    is_destructive: bool = False
    undoes: str | None = None

    @property
    def operation(self) -> Operation:
        """Its row in `api/operations`."""
        return operation(self.operation_id)

    @property
    def elements(self) -> Elements | None:
        """The objects that are its items, whose fields a row may hold flat; None for texts."""
        names = {parameter.name: parameter for parameter in self.operation.parameters}
        listed = names.get(str(self.grouping.parameter))
        return listed.limits.elements if listed else None

    @property
    def is_json_lines(self) -> bool:
        """Whether the items are lines of an uploaded file."""
        return self.grouping.lines is not None

    @property
    def keeps_first(self) -> bool:
        """Whether Gong keeps the first content under a key; otherwise new content is sent."""
        return self.idempotency is Idempotency.BY_KEY and not self.is_json_lines

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it once more does no harm, whatever became of the last attempt."""
        return self.idempotency in (Idempotency.BY_KEY, Idempotency.NATURAL)

    @property
    def max_file_bytes(self) -> int:
        """Of a file that Gong takes."""
        return self.grouping.lines.max_bytes if self.grouping.lines else MAX_MEDIA_BYTES
