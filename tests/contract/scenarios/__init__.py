"""Requests to every operation that the emulator serves.

Each scenario reads entities that a seeded company has and entities that it does not have, writes
with valid bodies, and makes the mistakes that have answers of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.contract.scenarios.calls import (
    associations,
    calls,
    privacy,
    question,
    questions,
    stats,
    uploads,
)
from tests.contract.scenarios.company import company, library, people, permissions
from tests.contract.scenarios.crm import crm, registration
from tests.contract.scenarios.engage import events, flows, meetings, tasks
from tests.contract.wire import Wire

__all__ = ["SCENARIOS", "question", "registration"]

SCENARIOS: tuple[Callable[[Wire], None], ...] = (
    calls, stats, company, people, library, permissions, associations, flows, tasks, meetings,
    events, questions, privacy, uploads, crm,
)  # fmt: skip
"""The order matters: no scenario removes what a later one needs."""
