"""The table of operations: every operation of Gong's API that this product covers, one row each.

A row holds the facts of a request and of the outline of its answer. Commands, reads, writes and the
documentation are driven by the rows. A new endpoint is one row in the module of its area.

Invariant: a row says what Gong's OpenAPI document says (2026-07; 2025-01 for the one operation that
the newer document dropped), except where live answers or Gong's own prose contradict it; there the
comment beside the row gives the reason. `tests/contract/test_operations.py` compares every row with
the documents and the recordings.

Sends nothing, validates no value and knows no table of the warehouse. Imports the standard library
only, so that a command can list operations without waiting for an import.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from itertools import chain

from sources.gong.api.operations import (
    calls,
    crm,
    engage,
    events,
    library,
    logs,
    meetings,
    permissions,
    privacy,
    settings,
    stats,
    users,
)
from sources.gong.api.operations.model import (
    Elements,
    EmptyAnswer,
    Operation,
    Paging,
    Parameter,
    ParameterLimits,
    ParameterLocation,
    ParameterType,
    Quirks,
    Range,
    Rule,
)

__all__ = [
    "AREAS",
    "OPERATIONS",
    "Elements",
    "EmptyAnswer",
    "Operation",
    "Paging",
    "Parameter",
    "ParameterLimits",
    "ParameterLocation",
    "ParameterType",
    "Quirks",
    "Range",
    "Rule",
    "UnknownOperation",
    "operation",
    "reads",
    "writes",
]

_MAX_OFFERS = 5

AREAS: Mapping[str, tuple[Operation, ...]] = {
    "Calls": calls.OPERATIONS,
    "Statistics and reviews": stats.OPERATIONS,
    "People": users.OPERATIONS,
    "Company settings": settings.OPERATIONS,
    "Permissions": permissions.OPERATIONS,
    "Library": library.OPERATIONS,
    "Logs": logs.OPERATIONS,
    "Privacy": privacy.OPERATIONS,
    "CRM": crm.OPERATIONS,
    "Engage": engage.OPERATIONS,
    "Meetings": meetings.OPERATIONS,
    "Events reported to Gong": events.OPERATIONS,
}
"""The rows under the headings of `gong-elt api`."""

OPERATIONS: tuple[Operation, ...] = tuple(chain.from_iterable(AREAS.values()))


class UnknownOperation(LookupError):
    """No operation has that name; the message offers the nearest ones."""


def operation(name: str) -> Operation:
    """Returns the row called `name`.

    Args:
        name: operationId, slug, slug in kebab case or shortened, or `GET /v2/calls`. Upper and
            lower case, and dashes and underscores, count as the same.

    Raises:
        UnknownOperation: there is none.
    """
    row = _BY_NAME.get(_folded(name))
    if row is None:
        raise UnknownOperation(_near_matches(name))
    return row


def reads() -> tuple[Operation, ...]:
    """Returns the operations that change nothing at Gong."""
    return tuple(row for row in OPERATIONS if not row.is_write)


def writes() -> tuple[Operation, ...]:
    """Returns the operations that change something at Gong."""
    return tuple(row for row in OPERATIONS if row.is_write)


def _names(row: Operation) -> tuple[str, ...]:
    return (row.operation_id, row.kebab, row.request, row.slug, row.short)


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", "-").split())


# Filled from the last row to the first: a name that the twin slugs share means the earlier row.
_BY_NAME = {_folded(name): row for row in reversed(OPERATIONS) for name in _names(row)}


def _near_matches(name: str) -> str:
    wanted = _folded(name)
    spelled = {_folded(known): known for row in OPERATIONS for known in _names(row)}
    near = get_close_matches(wanted, spelled, n=_MAX_OFFERS)
    # A remembered word inside a long name is too short for difflib to rank.
    near += [key for key in spelled if wanted and wanted in key]
    offers: dict[str, str] = {}
    for key in near:
        offers.setdefault(_BY_NAME[key].request, spelled[key])
    listed = ", ".join(list(offers.values())[:_MAX_OFFERS])
    hint = f"Near matches: {listed}." if listed else "Nothing comes near it."
    return f"No operation is called {name!r}. {hint}"
