"""The credits that entity questions and briefs spend."""

from dataclasses import dataclass

from tests.emulator.world.world import World


@dataclass
class Credits:
    """The credits that are left."""

    left: int


def make_credits(world: World) -> Credits:
    """The credits of the run."""
    return Credits(world.settings.credits)
