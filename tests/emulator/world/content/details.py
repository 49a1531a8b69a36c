"""Makes documents and transcripts from call skeletons, on demand."""

import random
from typing import Protocol

from tests.emulator.settings import Json
from tests.emulator.timing.instants import CompanyZone
from tests.emulator.world.activity.collaboration import Collaboration, make_collaboration
from tests.emulator.world.calls.skeletons import UPLOAD, Call
from tests.emulator.world.chance import stream
from tests.emulator.world.company.accounts import Account, account_of, make_accounts
from tests.emulator.world.company.definitions import Catalog
from tests.emulator.world.company.people import Directory
from tests.emulator.world.content.cache import Bounded
from tests.emulator.world.content.crm_links import call_context
from tests.emulator.world.content.interaction import make_interaction
from tests.emulator.world.content.parties import make_parties
from tests.emulator.world.content.prose import title
from tests.emulator.world.content.spotlight import LATE_PARTS, make_content
from tests.emulator.world.content.transcripts import make_transcript


class Details(Protocol):
    """The source of the heavy parts of calls: the seed or a capture."""

    def metadata(self, call: Call) -> Json:
        """The basic data of a call, as /v2/calls serves it."""

    def document(self, call: Call, now: int) -> Json:
        """Every section of a call that is available at a time; media left out."""

    def transcript(self, call: Call) -> list[Json]:
        """The monologues of a call."""

    def parties(self, call: Call) -> list[Json] | None:
        """The parties of a call; None is a call without the section."""


class SeededDetails:
    """Makes the heavy parts from (seed, call index), equal however often they are asked for."""

    def __init__(
        self, seed: int, zone: CompanyZone, calls: list[Call], people: Directory, catalog: Catalog
    ) -> None:
        """Keep the inputs of the content; `calls` may grow while the emulator runs."""
        self._seed = seed
        self._zone = zone
        self._calls = calls
        self._people = people
        self._catalog = catalog
        self._accounts = make_accounts(seed)
        self._staff = [person for person in people.seniority if not person.avatar]
        self._managers = {person.id: person.document["managerId"] for person in self._staff}
        self._parties = Bounded(self._make_parties, 4000)
        self._documents = Bounded(self._make_document, 1200)
        self._transcripts = Bounded(self._make_transcript, 400)

    def metadata(self, call: Call) -> Json:
        """The basic data of a call: all 20 keys, nulls included (seen live)."""
        rng = self._rng("metadata", call)
        conference = call.is_conference
        return {
            "id": call.id,
            "url": f"https://app.gong.example/call?id={call.id}",
            "title": title(rng, call, self._account(call)),
            "scheduled": self._zone.trimmed(call.scheduled) if call.scheduled else None,
            "started": self._zone.trimmed(call.started),
            "duration": call.duration,
            "primaryUserId": call.host,
            "direction": call.direction,
            "system": call.system,
            "scope": call.scope,
            "media": call.media,
            "language": rng.choices(("eng", "fre", "und", "zxx", "heb"), (85, 8, 2, 2, 3))[0],
            "workspaceId": call.workspace,
            "sdrDisposition": None if conference else rng.choice(("Got the gatekeeper", None)),
            "clientUniqueId": f"upload-{call.index}" if call.system == UPLOAD else None,
            "customData": '{"batch": 7}' if call.system == UPLOAD else None,
            "purpose": "Demo Call" if rng.random() < 0.1 else None,
            "meetingUrl": f"https://meet.example/{call.index}" if conference else None,
            "isPrivate": call.private,
            "calendarEventId": f"{rng.getrandbits(128):032x}" if conference else None,
        }

    def document(self, call: Call, now: int) -> Json:
        """All sections; AI parts appear with `content_ready`, comments with their posting."""
        document = dict(self._documents.get(call.index))
        document["metaData"] = self.metadata(call)
        content = document.get("content")
        if content and (call.content_ready is None or call.content_ready > now):
            kept = {key: value for key, value in content.items() if key not in LATE_PARTS}
            document["content"] = kept
        comments = [
            {**comment.document, "posted": self._zone.trimmed(comment.at)}
            for comment in self.collaboration(call).comments
            if comment.at <= now
        ]
        document["collaboration"] = {"publicComments": comments} if comments else {}
        return document

    def transcript(self, call: Call) -> list[Json]:
        """The monologues of a call."""
        return self._transcripts.get(call.index)

    def parties(self, call: Call) -> list[Json] | None:
        """The parties of a call."""
        return self._parties.get(call.index)

    def collaboration(self, call: Call) -> Collaboration:
        """The collaboration on the call."""
        return make_collaboration(self._seed, call, self._staff, self._managers.get(call.host))

    def _rng(self, purpose: str, call: Call) -> random.Random:
        return stream(self._seed, purpose, call.index)

    def _account(self, call: Call) -> Account:
        return account_of(self._accounts, call.index)

    def _make_parties(self, index: int) -> list[Json] | None:
        call = self._calls[index]
        rng = self._rng("parties", call)
        return make_parties(rng, call, self._people, self._account(call))

    def _make_document(self, index: int) -> Json:
        call = self._calls[index]
        account, parties = self._account(call), self._parties.get(index)
        document: Json = {"metaData": None}
        document["context"] = call_context(self._rng("crm", call), account, call.case)
        if parties is not None:
            document["parties"] = parties
        speakers = [party["speakerId"] for party in parties or [] if party["speakerId"] is not None]
        trackers = self._catalog.trackers
        content = make_content(self._rng("content", call), call, account, trackers, speakers)
        if content is not None:
            document["content"] = content
        interaction = make_interaction(self._seed, call, parties)
        if interaction is not None:
            document["interaction"] = interaction
        return document

    def _make_transcript(self, index: int) -> list[Json]:
        call = self._calls[index]
        return make_transcript(self._rng("transcript", call), call, self._parties.get(index))
