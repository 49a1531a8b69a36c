"""Calls posted through the API: invisible until their media is processed."""

from dataclasses import dataclass, replace

from tests.emulator.settings import Json
from tests.emulator.timing.instants import MINUTE, parse_instant
from tests.emulator.world.calls.skeletons import UPLOAD, Call
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.world import World

# Real speech was readable some four minutes after its upload (seen live).
PROCESSING = 4 * MINUTE
# Gong drops shorter calls silently (seen live).
SHORTEST = 60
SYSTEMS = {"zoom": "Zoom", "ringcentral": "RingCentral", "webex": "Webex"}


@dataclass(frozen=True)
class Upload:
    """A posted call; the media is a file's digest or an address."""

    id: str
    body: Json
    media: str | None = None
    size: int | None = None
    attached: int | None = None

    @property
    def duration(self) -> float:
        """The duration as posted, in seconds; 600 by default."""
        return float(self.body.get("duration") or 600)

    def state(self, now: int) -> str:
        """The processing state."""
        if self.attached is None:
            return "waiting for media"
        if now < self.attached + PROCESSING:
            return "processing"
        return "dropped" if self.duration < SHORTEST else "listed"


class Uploads:
    """The posted calls by id, and call ids by clientUniqueId."""

    def __init__(self, world: World) -> None:
        """Seeded uploads have a clientUniqueId too."""
        self._world = world
        self.posted: dict[str, Upload] = {}
        self.media: set[str] = set()
        self.unique: dict[str, str] = {
            f"upload-{call.index}": call.id
            for call in world.opening_calls
            if call.system == UPLOAD and call.case != "captured"
        }

    def post(self, body: Json) -> Upload:
        """Accept a call; with an address its media counts as attached."""
        rng = stream(self._world.settings.seed, "uploaded", len(self.posted))
        upload = Upload(gong_id(rng, 19), body)
        self.posted[upload.id] = upload
        self.unique[str(body["clientUniqueId"])] = upload.id
        if body.get("downloadMediaUrl"):
            self.attach(upload, str(body["downloadMediaUrl"]), None)
        return upload

    def attach(self, upload: Upload, media: str, size: int | None) -> None:
        """Attach media; unless it is too short, the call will be listed after processing."""
        now = self._world.now
        self.media.add(media)
        upload = replace(upload, media=media, size=size, attached=now)
        self.posted[upload.id] = upload
        # Captured calls take the place of all others; nothing can join them.
        if upload.duration >= SHORTEST and self._world.settings.captures is None:
            self._enter(upload, now + PROCESSING)

    def _enter(self, upload: Upload, processed: int) -> None:
        """Add the call to the world; posted values overwrite drawn ones."""
        world, body = self._world, upload.body
        started = parse_instant(str(body["actualStart"])) or 0
        planned = body.get("scheduledStart")
        scheduled = parse_instant(str(planned)) if planned else None
        others = [str(party["userId"]) for party in body["parties"] if party.get("userId")]
        host = str(body["primaryUser"])
        system = SYSTEMS.get(str(body.get("callProviderCode")), UPLOAD)
        call = Call(
            index=len(world.skeletons),
            id=upload.id,
            started=started,
            scheduled=scheduled,
            # Gong measures for itself and is a few seconds short (seen live).
            duration=max(0, int(upload.duration) - 5),
            host=host,
            attendees=tuple(other for other in dict.fromkeys(others) if other != host),
            workspace=str(body.get("workspaceId") or world.workspaces[0]["id"]),
            system=system,
            direction=str(body["direction"]),
            scope="Internal" if len(others) == len(body["parties"]) else "External",
            media="Audio",
            processed=processed,
            content_ready=processed,
            transcript_ready=processed,
            private=False,
            case="uploaded",
        )
        world.put_call(call, new=True)
        metadata = {
            "title": body.get("title") or world.metadata(call)["title"],
            "purpose": body.get("purpose"),
            "clientUniqueId": body["clientUniqueId"],
            "customData": body.get("customData"),
            "meetingUrl": body.get("meetingUrl"),
            "sdrDisposition": body.get("disposition"),
            "calendarEventId": None,
        }
        world.edits.edit_call(call.id, metadata, {"parties": self._parties(call, body)})

    def _parties(self, call: Call, body: Json) -> list[Json]:
        """The posted parties; the first of them are the speakers of the transcript."""
        monologues = self._world.transcript(call)["transcript"]
        voices = list(dict.fromkeys(monologue["speakerId"] for monologue in monologues))
        rng = stream(self._world.settings.seed, "uploaded parties", call.index)
        parties = []
        for number, posted in enumerate(body["parties"]):
            keys = ("emailAddress", "name", "userId", "phoneNumber")
            party = {"id": gong_id(rng, 19)} | {key: posted[key] for key in keys if posted.get(key)}
            party["speakerId"] = voices[number] if number < len(voices) else None
            party["context"] = posted.get("context") or []
            party["affiliation"] = "Internal" if posted.get("userId") else "External"
            party["methods"] = ["Attendee"]
            parties.append(party)
        return parties
