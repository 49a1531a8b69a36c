"""The types of truth kinds and changes."""

from collections.abc import Callable

from tests.emulator.application import Application
from tests.emulator.settings import Json

Kind = Callable[[Application], list[Json]]
Change = Callable[[Application, Json], Json]


def by_name(*changes: Change) -> dict[str, Change]:
    """Map changes by the names of their functions."""
    return {change.__name__: change for change in changes}
