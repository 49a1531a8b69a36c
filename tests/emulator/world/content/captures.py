"""Serves captured calls and transcripts in place of the seeded ones, values verbatim."""

import json
from pathlib import Path

from tests.emulator.settings import Json
from tests.emulator.timing.instants import SECOND, parse_instant
from tests.emulator.world.calls.skeletons import Call


class CapturedDetails:
    """Hands out the sections of captured calls exactly as the files hold them."""

    def __init__(self, folder: Path) -> None:
        """Read calls_extensive.json and calls_transcript.json, both in the API's own form."""
        extensive = json.loads((folder / "calls_extensive.json").read_text("utf-8"))
        transcripts = json.loads((folder / "calls_transcript.json").read_text("utf-8"))
        self._transcripts: dict[str, list[Json]] = {
            transcript["callId"]: transcript["transcript"]
            for transcript in transcripts["callTranscripts"]
        }
        self._documents: dict[str, Json] = {
            call["metaData"]["id"]: call for call in extensive["calls"]
        }
        self.calls = [
            self._skeleton(number, document)
            for number, document in enumerate(self._documents.values())
        ]

    def metadata(self, call: Call) -> Json:
        """The basic data of a captured call."""
        metadata: Json = self._documents[call.id]["metaData"]
        return metadata

    def document(self, call: Call, now: int) -> Json:
        """All captured sections; a capture is as complete at any time."""
        return dict(self._documents[call.id])

    def transcript(self, call: Call) -> list[Json]:
        """The captured monologues."""
        return self._transcripts.get(call.id, [])

    def parties(self, call: Call) -> list[Json] | None:
        """The captured parties."""
        parties: list[Json] | None = self._documents[call.id].get("parties")
        return parties

    def _skeleton(self, number: int, document: Json) -> Call:
        """The skeleton of a captured call, read from its basic data."""
        data = document["metaData"]
        started = parse_instant(data["started"])
        if started is None:
            raise ValueError(f"captured call {data['id']} has no readable start")
        scheduled = parse_instant(data["scheduled"]) if data.get("scheduled") else None
        return Call(
            index=number,
            id=data["id"],
            started=started,
            scheduled=scheduled,
            duration=data["duration"],
            host=data["primaryUserId"],
            attendees=(),
            workspace=data["workspaceId"],
            system=data["system"],
            direction=data["direction"],
            scope=data["scope"],
            media=data["media"],
            processed=started + data["duration"] * SECOND,
            content_ready=0,
            transcript_ready=0 if data["id"] in self._transcripts else None,
            private=data["isPrivate"],
            case="captured",
        )
