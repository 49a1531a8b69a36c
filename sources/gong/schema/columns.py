"""The vocabulary in which columns of landed tables are declared: types, sensitivity, columns.

Facts only. The rows in `tables/` are written in these words and `arrow.py` executes them; nothing
here reads JSON, sends a request or knows a destination.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Entity = Mapping[str, Any]
"""One element of the list in an API answer: a call, a user, a log entry."""

NOT_REQUESTED = "_notAsked"
"""Key that a reader adds to an entity: the section that the key has no scope to request.

The content hash covers it: with another name, all these calls would land again."""


ODD = "_odd"
"""Key that a reader adds to an entity that cannot land: what is wrong with it (`marked`)."""


def marked(
    entity: Entity,
    message: str,
    *,
    table: str,
    field: str,
    expected: str,
    actual: str,
    id_: str = "",
) -> dict[str, Any]:
    """Returns an entity with the mark that it cannot land.

    Args:
        entity: as far as it can be read.
        message: what is wrong, in words without its values, as are the others.
        table: the landed table.
        field: its column, or the key in Gong's answer.
        expected: what was promised there.
        actual: what came.
        id_: the id that was requested, where the entity does not tell its own.
    """
    reason = {
        "message": message,
        "table": table,
        "field": field,
        "expected": expected,
        "actual": actual,
        "id": id_,
    }
    return {**entity, ODD: reason}


class Type(StrEnum):
    """What a column holds, and what it accepts from the wire."""

    TEXT = "text"
    """A string. Numbers are accepted digit by digit, because Gong sends some ids as numbers."""
    INTEGER = "integer"
    """A whole number of 64 bits; digits in a string are accepted (scorecard ranges)."""
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    """An ISO time with an offset, kept as UTC with microseconds."""
    DATE = "date"
    """A company day, YYYY-MM-DD."""
    JSON = "json"
    """A list or an object, kept as JSON text."""
    SCALAR = "scalar"
    """Any JSON scalar as text: a string as it is, anything else as JSON spells it."""
    SCALAR_TYPE = "scalar_type"
    """Which kind of JSON value a SCALAR was: string, number, boolean, null or json."""
    PRESENCE = "presence"
    """Whether the key holds a value, which is not kept; null where it could not be requested."""


class Sensitivity(StrEnum):
    """How a column must be treated when data is shared, masked or erased."""

    NONE = "none"
    PERSON = "person"
    """Names a person or how to reach one."""
    CONTENT = "content"
    """Something said or written by a person."""
    SECRET = "secret"  # noqa: S105  (a name)
    """Never landed: the column records that the value exists, nothing else."""


TEXT, INTEGER, NUMBER, BOOLEAN = Type.TEXT, Type.INTEGER, Type.NUMBER, Type.BOOLEAN
INSTANT, DATE, JSON = Type.INSTANT, Type.DATE, Type.JSON
SCALAR, SCALAR_TYPE, PRESENCE = Type.SCALAR, Type.SCALAR_TYPE, Type.PRESENCE
PERSON, CONTENT, SECRET = Sensitivity.PERSON, Sensitivity.CONTENT, Sensitivity.SECRET


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a landed table.

    Attributes:
        name: as in the warehouse.
        type: what it holds.
        source: where the value comes from, seen from the row object: `key` or `outer.key` in the
            row itself; `^key` in the list element around it (`^^key` one further out); `#`, `^#`
            the position in that list; `@`, `^@` the ordinal among all such elements of the entity;
            `.` the element itself, where the list holds scalars; `$key` in the entity.
        description: what it says; the comment of the column in the database.
        sensitivity: how it is treated when data is shared, masked or erased.
        values: what Gong documents that it may hold (of a JSON list: its elements), where that is
            an enumeration. Anything else lands as well, and is reported.
        origin: Gong's name of the field from the top of the answer, where `source` does not say.
        is_responsible: whether it names the person in charge; an erasure masks the name and keeps
            the row.
    """

    name: str
    type: Type
    source: str
    description: str = ""
    sensitivity: Sensitivity = Sensitivity.NONE
    values: tuple[str, ...] = ()
    origin: str = ""
    is_responsible: bool = False

    @property
    def is_position(self) -> bool:
        """Whether the value is a place in a list, hence never null."""
        return self.source.lstrip("^") in ("#", "@")


_BORDER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake(name: str) -> str:
    """Turns Gong's camelCase into the column form: `callsAsHost` becomes `calls_as_host`.

    A run of capitals is one word: `toCSV` becomes `to_csv`.
    """
    return _BORDER.sub("_", name).lower()
