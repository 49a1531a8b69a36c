"""Takes a person out of the warehouse file: finds, deletes, masks, and writes the file again.

Knows tables and texts, no API: the caller's `DataMap` says which columns are personal, its
`PersonMatcher` what of a text names the person.
"""

from warehouse.erasure.conditions import published_where
from warehouse.erasure.data_map import CrmObjects, DataMap, PersonalColumns, PersonMatcher
from warehouse.erasure.deletion import delete_calls
from warehouse.erasure.erasing import ErasureCounts, erase, foreign_schemas, has_build
from warehouse.erasure.rewriting import NotTheSame, TooFull, check_room, rewrite
from warehouse.erasure.search import PersonalData, find

__all__ = [
    "CrmObjects",
    "DataMap",
    "ErasureCounts",
    "NotTheSame",
    "PersonMatcher",
    "PersonalColumns",
    "PersonalData",
    "TooFull",
    "check_room",
    "delete_calls",
    "erase",
    "find",
    "foreign_schemas",
    "has_build",
    "published_where",
    "rewrite",
]
