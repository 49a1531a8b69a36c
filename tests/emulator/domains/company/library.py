"""The library of every workspace: folders in a tree, and the calls put into them."""

import random

from tests.emulator.domains.documents import Documents
from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, MINUTE
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.world import World

# Name, place of the parent in this list, digits of the id; the tree is three deep below its root.
FOLDERS: tuple[tuple[str, int | None, int], ...] = (
    ("Everybody's library", None, 19),
    ("Einarbeitung 🚀", 0, 20),
    ("Woche 1 \u2013 \u201eHallo\u201c", 1, 18),
    ("Tag 1", 2, 17),
    ("שיחות מצוינות", 0, 19),
    ("<b>Objections</b> & \"price\" <script>alert('x')</script>", 0, 19),
    ("", 0, 19),
    ("Tag 1", 0, 19),
    ("Nothing in here", 0, 19),
    ("Everything we like", 0, 20),
)
EMPTY, LARGE = 8, 9
NOTES: tuple[str | None, ...] = (
    "Listen to the opening",
    None,
    "",
    "Zwei Zeilen\nund ein Tab\t— 価格 😅",
    "<p>Great <em>discovery</em> &amp; next steps</p>",
    "שימו לב לדקה השלישית",
)
LONG_NOTE = "Écoutez bien 👂 " + "the whole story of this deal, told from the very start. " * 100


class Library:
    """Folders as served plus their workspace; entries of a folder in the order they were added."""

    def __init__(self, world: World) -> None:
        """Draw every workspace's folders and fill them with calls of that workspace."""
        self.folders = Documents("folder", "id", ())
        self.entries: dict[str, list[Json]] = {}
        self._world = world
        for number, workspace in enumerate(world.opening_workspaces):
            rng = stream(world.settings.seed, "library", number)
            self._draw(rng, workspace, FOLDERS if number == 0 else FOLDERS[:9])

    def _draw(
        self, rng: random.Random, workspace: str, tree: tuple[tuple[str, int | None, int], ...]
    ) -> None:
        world = self._world
        calls = [
            call
            for call in world.opening_calls
            if call.workspace == workspace and call.processed <= world.started_at - DAY
        ]
        ids: list[str] = []
        for place, (name, parent, digits) in enumerate(tree):
            ids.append(gong_id(rng, digits))
            owner = None if parent is None else rng.choice(world.staff).id
            self.folders.add(
                {
                    "id": ids[-1],
                    "name": name,
                    "parentFolderId": None if parent is None else ids[parent],
                    "createdBy": owner,
                    "updated": world.zone.micros(world.started_at - rng.randrange(400 * DAY)),
                    "workspaceId": workspace,
                }
            )
            size = 0 if place in (0, EMPTY) else 250 if place == LARGE else rng.randrange(3, 9)
            chosen = rng.sample(calls, min(size, len(calls)))
            if place == 1 and chosen:
                chosen.append(chosen[0])
            entries = [self._entry(rng, call, order) for order, call in enumerate(chosen)]
            self.entries[ids[-1]] = sorted(entries, key=lambda entry: entry["at"])

    def _entry(self, rng: random.Random, call: Call, order: int) -> Json:
        """A call in a folder: the whole call, or a snippet of it."""
        world = self._world
        entry: Json = {
            "id": call.id,
            "addedBy": None if rng.random() < 0.05 else rng.choice(world.staff).id,
            "at": call.processed
            + MINUTE
            + rng.randrange(world.started_at - call.processed - MINUTE),
        }
        if order == 0:
            entry["note"] = LONG_NOTE[:5000]
        elif rng.random() < 0.8:
            entry["note"] = rng.choice(NOTES)
        if rng.random() < 0.6 and call.duration > 60:
            start = rng.randrange(call.duration - 30)
            entry["snippet"] = {"fromSec": start, "toSec": rng.randrange(start, call.duration)}
        elif rng.random() < 0.15:
            entry["snippet"] = None
        return entry
