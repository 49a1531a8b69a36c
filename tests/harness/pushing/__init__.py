"""Pushing in tests: a company, rows of every write, and their effects."""

from tests.harness.pushing.cases import CASES, Case
from tests.harness.pushing.company import NOW, WORLD, PushCompany, Row, new_company
from tests.harness.pushing.rows import (
    access,
    assigned,
    event,
    instances,
    media,
    meeting,
    meetings,
    objects,
    open_tasks,
    posted,
    unassigned,
)

__all__ = [
    "CASES",
    "NOW",
    "WORLD",
    "Case",
    "PushCompany",
    "Row",
    "access",
    "assigned",
    "event",
    "instances",
    "media",
    "meeting",
    "meetings",
    "new_company",
    "objects",
    "open_tasks",
    "posted",
    "unassigned",
]
