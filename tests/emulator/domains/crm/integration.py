"""The generic CRM: at most one integration, its schema, objects and requests."""

from dataclasses import dataclass

from tests.emulator.domains.crm.fields import OBJECT_TYPES
from tests.emulator.domains.crm.seed import Objects, Schema, make_objects, make_schema
from tests.emulator.domains.crm.upload_lines import MOST_FAULTS, merge, read_lines
from tests.emulator.settings import Json
from tests.emulator.timing.instants import SECOND
from tests.emulator.world.chance import stream
from tests.emulator.world.world import World

PENDING = 10 * SECOND
WORKING = 60 * SECOND


@dataclass
class Job:
    """One asynchronous request; it waits, works and takes effect by the emulator's clock."""

    integration_id: int
    sent: int
    kind: str | None = None
    lines: tuple[bytes, ...] = ()
    outcome: Json | None = None

    def status(self, now: int) -> Json:
        """The answer of the status operation."""
        if self.outcome is not None:
            return self.outcome
        waiting = now < self.sent + PENDING
        return report("PENDING" if waiting else "IN_PROGRESS", [], 0)


def report(status: str, faults: list[Json], good: int) -> Json:
    """A status with its counts; at most twenty faults are listed."""
    return {
        "status": status,
        "errors": faults[:MOST_FAULTS],
        "totalErrorCount": len(faults),
        "totalSuccessCount": good,
    }


class GenericCrm:
    """Everything the CRM operations read and write."""

    def __init__(self, world: World) -> None:
        """Seed one integration with data, unless the run starts without."""
        self._world = world
        self._rng = stream(world.settings.seed, "generic crm")
        self.integration: Json | None = None
        self.schema: Schema = {kind: {} for kind in OBJECT_TYPES}
        self.objects: Objects = {}
        self.jobs: dict[str, Job] = {}
        if not world.settings.without_generic_crm:
            self.register(world.staff[0].email, "Generic CRM — Büro")
            self.schema = make_schema()
            self.objects = make_objects(world)

    def register(self, owner: str, name: str) -> int:
        """Make an integration; a double cannot hold its id (seen live)."""
        number = self._rng.randrange(2**60, 2**63)
        self.integration = {"integrationId": number, "ownerEmail": owner, "name": name}
        return number

    def disconnect(self) -> None:
        """Drop the integration and everything in it."""
        self.integration = None
        self.schema = {kind: {} for kind in OBJECT_TYPES}
        self.objects = {}

    def settle(self) -> None:
        """Complete the due requests in the order they were sent."""
        for job in self.jobs.values():
            if job.outcome is None and self._world.now >= job.sent + WORKING:
                job.outcome = self._finish(job)

    def _finish(self, job: Job) -> Json:
        current = self.integration
        if current is None or current["integrationId"] != job.integration_id:
            fault = {"line": 0, "description": "The integration does not exist any more"}
            return report("FAILED", [fault], 0)
        if job.kind is None:
            self.disconnect()
            return report("DONE", [], 0)
        schema = self.schema.get(job.kind, {})
        rows, faults = read_lines(job.kind, list(job.lines), schema)
        for _, row in rows:
            key = (job.kind, str(row["objectId"]))
            if row.get("isDeleted"):
                self.objects.pop(key, None)
            else:
                self.objects[key] = merge(job.kind, self.objects.get(key), row, schema)
        return report("FAILED" if faults else "DONE", faults, len(rows))

    def set_schema(self, kind: str, fields: list[Json]) -> None:
        """Replace a type's schema; a deleted or retyped field loses its values everywhere."""
        old, new = self.schema[kind], {field["uniqueName"]: field for field in fields}
        gone = {
            name
            for name, field in old.items()
            if new[name]["isDeleted"] or new[name]["type"] != field["type"]
        }
        self.schema[kind] = {name: field for name, field in new.items() if not field["isDeleted"]}
        for (type_, _), values in self.objects.items():
            if type_ == kind:
                for name in gone & values.keys():
                    del values[name]
