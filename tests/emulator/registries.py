"""What each domain adds to the control surface: kinds of truth, and changes by name."""

from collections.abc import Callable

from tests.emulator.requests import Application
from tests.emulator.settings import Json

Kind = Callable[[Application], list[Json]]
Change = Callable[[Application, Json], Json]


def by_name(*changes: Change) -> dict[str, Change]:
    """Changes under the names of their functions."""
    return {change.__name__: change for change in changes}
