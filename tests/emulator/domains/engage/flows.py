"""Engage flows, folders, instances and bulk assignments."""

from dataclasses import dataclass, field, replace
from typing import Any

from tests.emulator.settings import Json

SHARED_FOLDER = "100"
OPEN_STATUSES = ("Pending", "Running", "Paused")
CLOSED_STATUSES = ("FinishedNoReply", "FinishedResponse", "Finished")
ACTIONS = (
    "SEND_EMAIL",
    "AUTO_SEND_EMAIL",
    "CALL",
    "LINKEDIN_CONNECT",
    "LINKEDIN_MESSAGE",
    "CUSTOM",
)
VISIBILITIES = ("Company", "Personal", "Shared")


@dataclass(frozen=True)
class Audience:
    """The users who see a flow or folder: all, its owner, or its owner and some others."""

    visibility: str
    owner: str | None
    others: tuple[str, ...] = ()

    def seen_by(self, user: str) -> str | None:
        """The visibility served to a user; the owner of a shared flow gets Personal.

        It is relative to the user (reported from live use); None: the user does not see it.
        """
        if self.visibility == "Company":
            return "Company"
        if user == self.owner:
            return "Personal"
        return "Shared" if user in self.others else None


@dataclass(frozen=True)
class Folder:
    """A folder of flows; missing ids are served as the text "null" (seen live)."""

    id: str
    name: str
    parent: str | None
    workspace: str | None
    audience: Audience

    def served(self, visibility: str) -> Json:
        """The folder as served to one user."""
        return {
            "id": self.id,
            "name": self.name,
            "parentFolderId": self.parent or "null",
            "createdById": self.audience.owner or "null",
            "visibility": visibility,
        }


@dataclass(frozen=True)
class Flow:
    """One flow; `filing` is its folder keys, which may be null or left out."""

    id: str
    name: str
    workspace: str
    audience: Audience
    created: str
    exclusive: bool
    filing: Json
    description: str | None
    steps: tuple[Json, ...] = ()

    @property
    def folder(self) -> str | None:
        """The id of its folder."""
        return self.filing.get("folderId")

    def served(self, visibility: str) -> Json:
        """The flow as served to one user."""
        return {
            "id": self.id,
            "name": self.name,
            **self.filing,
            "visibility": visibility,
            "creationDate": self.created,
            "exclusive": self.exclusive,
        }

    def with_steps(self, steps: list[Json]) -> Json:
        """The flow with its steps, as asked for by id: no folder name, but a description."""
        document = self.served(self.audience.visibility)
        document.pop("folderName", None)
        return {**document, "description": self.description, "steps": steps}


@dataclass(frozen=True)
class Instance:
    """A prospect in a flow, owned by a user."""

    id: str
    flow: str
    prospect: str
    owner_email: str
    owner_name: str
    created: int
    status: str
    finished: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the flow still runs for the prospect."""
        return self.status in OPEN_STATUSES

    def closed(self, status: str, now: int) -> "Instance":
        """The same instance, finished."""
        return replace(self, status=status, finished=now)


@dataclass
class Bulk:
    """A bulk assignment, which takes effect by the emulator's clock."""

    id: str
    sent: int
    flow: str
    owner: str
    prospects: list[Json]
    results: list[Json] | None = None


@dataclass
class FlowState:
    """Flows, folders, instances and bulk assignments by id."""

    flows: dict[str, Flow] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    bulks: dict[str, Bulk] = field(default_factory=dict)
    prospects: dict[str, Json] = field(default_factory=dict)
    rng: Any = None

    def keep_workspaces(self, known: set[str]) -> None:
        """Drop flows, folders and instances of removed workspaces."""
        self.flows = {key: flow for key, flow in self.flows.items() if flow.workspace in known}
        self.folders = {
            key: folder for key, folder in self.folders.items() if folder.workspace in known
        }
        self.instances = {
            key: instance for key, instance in self.instances.items() if instance.flow in self.flows
        }

    def audience_of(self, user: str) -> list[tuple[Flow, str]]:
        """The flows a user sees, by id, each with its visibility for the user."""
        seen = [(flow, flow.audience.seen_by(user)) for flow in self.flows.values()]
        visible = [(flow, visibility) for flow, visibility in seen if visibility is not None]
        return sorted(visible, key=lambda pair: int(pair[0].id))

    def folders_of(self, user: str) -> list[tuple[Folder, str]]:
        """The folders a user sees, by id; every user has a folder for shared flows."""
        seen = [(folder, folder.audience.seen_by(user)) for folder in self.folders.values()]
        visible = [(folder, visibility) for folder, visibility in seen if visibility is not None]
        shared = Folder(SHARED_FOLDER, "Shared With You", None, None, Audience("Shared", None))
        return [(shared, "Shared"), *sorted(visible, key=lambda pair: int(pair[0].id))]
