"""Pure: streams that Gong gives only piece by piece: which requests to send, what comes back.

A new child stream is a row in the module of its area, and the table's row in `schema/tables`.
"""

from sources.gong.extract.child_streams.calls import CALL_STREAMS
from sources.gong.extract.child_streams.crm import CRM, crm_references
from sources.gong.extract.child_streams.engage import ENGAGE
from sources.gong.extract.child_streams.library import LIBRARY
from sources.gong.extract.child_streams.model import (
    ChildRequest,
    ChildStream,
    Entities,
    Parent,
    ParentsByName,
    is_number,
)
from sources.gong.extract.child_streams.users import USERS

CHILD_STREAMS: dict[str, ChildStream] = {**USERS, **LIBRARY, **CRM, **ENGAGE}
"""The rows of all areas, by stream."""

__all__ = [
    "CALL_STREAMS",
    "CHILD_STREAMS",
    "ChildRequest",
    "ChildStream",
    "Entities",
    "Parent",
    "ParentsByName",
    "crm_references",
    "is_number",
]
