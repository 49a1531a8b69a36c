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

from sources.gong.api.operations.lookup import (
    AREAS,
    OPERATIONS,
    UnknownOperation,
    operation,
    reads,
    writes,
)
from sources.gong.api.operations.model import (
    EmptyAnswer,
    Operation,
    Paging,
    Parameter,
    ParameterLocation,
    ParameterType,
    Quirks,
)

__all__ = [
    "AREAS",
    "OPERATIONS",
    "EmptyAnswer",
    "Operation",
    "Paging",
    "Parameter",
    "ParameterLocation",
    "ParameterType",
    "Quirks",
    "UnknownOperation",
    "operation",
    "reads",
    "writes",
]
