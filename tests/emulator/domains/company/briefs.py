"""AI brief settings of every workspace."""

from tests.emulator.domains.documents import Documents
from tests.emulator.timing.instants import DAY
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.words import RTL_TITLE, UNICODE_TITLE
from tests.emulator.world.world import World

SEEDED = (
    ("Default brief", None, True),
    (UNICODE_TITLE, "<ul><li>Who & why</li></ul>", True),
    (RTL_TITLE, "", False),
    ("Account brief", "What changed since the last call?\nIn two sentences. 🙏", False),
)


class Briefs:
    """The briefs of every workspace; the first of each is built in and has no creator."""

    def __init__(self, world: World) -> None:
        """Draw the briefs."""
        self.briefs = Documents("brief", "briefId", ())
        for number, workspace in enumerate(world.opening_workspaces):
            rng = stream(world.settings.seed, "briefs", number)
            for place, (name, description, published) in enumerate(SEEDED):
                creator = rng.choice(world.staff)
                created = world.started_at - rng.randrange(30 * DAY, 300 * DAY)
                updated = created + rng.randrange(30 * DAY) * (place % 2)
                self.briefs.add(
                    {
                        "briefId": gong_id(rng),
                        "briefName": name,
                        "workspaceId": workspace,
                        "description": description,
                        "status": "Published" if published else "Not published",
                        "creator": creator.name if place else None,
                        "creatorUserId": creator.id if place else None,
                        "created": world.zone.micros(created),
                        "updated": world.zone.micros(updated),
                    }
                )
