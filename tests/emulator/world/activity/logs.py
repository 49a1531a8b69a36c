"""The five audit logs: user activity, access, call plays and externally shared calls."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.emulator.settings import Json
from tests.emulator.timing.instants import DAY, SECOND, utc_millis
from tests.emulator.world import words
from tests.emulator.world.activity.collaboration import Action
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.people import Person

ACCESS = "AccessLog"
ACTIVITY = "UserActivityLog"
PLAY = "UserCallPlay"
SHARED_ACCESS = "ExternallySharedCallAccess"
SHARED_PLAY = "ExternallySharedCallPlay"
LOG_TYPES = (ACCESS, ACTIVITY, PLAY, SHARED_ACCESS, SHARED_PLAY)
RETENTION = {ACCESS: 14 * DAY}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One entry: its time, a serial that orders equal times, and how to make its document."""

    at: int
    serial: int
    make: Callable[[int], Json]

    @property
    def sort_key(self) -> tuple[int, int]:
        """Entries are listed by time."""
        return self.at, self.serial

    def document(self) -> Json:
        """The entry as served; equal on every read."""
        return self.make(self.serial)


class LogMaker:
    """Makes the entries of each log type."""

    def __init__(self, seed: int, people: list[Person], begin: int, end: int) -> None:
        """The span is that of the calls, the days after now included."""
        self._seed = seed
        self._people = people
        self._begin = begin
        self._end = end

    def own(
        self, kind: str, count: int, make: Callable[[random.Random, int], Json]
    ) -> list[LogEntry]:
        """Entries that follow from nothing else, spread evenly over the span."""
        rng = stream(self._seed, kind)
        span = self._end - self._begin
        times = sorted(self._begin + int(rng.random() * span) // 1000 * 1000 for _ in range(count))

        def entry(serial: int, at: int) -> LogEntry:
            return LogEntry(at, serial, lambda key: make(stream(self._seed, kind, key), at))

        made = [entry(serial, at) for serial, at in enumerate(times)]
        if kind == ACCESS and made:
            # Two equal entries of one millisecond: only their count distinguishes them.
            recent = [entry for entry in made if entry.at < self._end - 9 * DAY]
            twin = recent[-1] if recent else made[-1]
            made.append(LogEntry(twin.at, len(made), lambda key: twin.document()))
        return sorted(made, key=lambda entry: entry.sort_key)

    def activity(self) -> list[LogEntry]:
        """The user activity log: about eight entries a day."""
        days = max(1, (self._end - self._begin) // DAY)
        return self.own(ACTIVITY, days * 8, self._activity)

    def access(self) -> list[LogEntry]:
        """The access log; its record is unknown, so it is a free form of our choice."""
        days = max(1, (self._end - self._begin) // DAY)
        return self.own(ACCESS, days * 12, self._access)

    def from_actions(self, kind: str, actions: Iterable[tuple[Call, Action]]) -> list[LogEntry]:
        """Plays and shares: one entry per action, so that logs and statistics agree."""
        maker = {PLAY: self._play, SHARED_ACCESS: self._shared, SHARED_PLAY: self._shared_play}[
            kind
        ]
        ordered = sorted(actions, key=lambda pair: (pair[1].at, int(pair[0].id), pair[1].user))

        def entry(serial: int, call: Call, action: Action) -> LogEntry:
            def make(_serial: int) -> Json:
                rng = stream(self._seed, kind, call.index, action.at, action.user)
                return maker(rng, call, action)

            return LogEntry(action.at, serial, make)

        made = []
        for number, (call, action) in enumerate(ordered):
            made.append(entry(2 * number, call, action))
            if kind == PLAY and number in (1, 5):
                made.append(entry(2 * number + 1, call, action))
        return made

    def _who(self, rng: random.Random) -> Person:
        return self._people[int(rng.random() * len(self._people))]

    def _actor(self, person: Person) -> Json:
        return {
            "userId": person.id,
            "userEmailAddress": person.email,
            "userFullName": person.name,
        }

    def _activity(self, rng: random.Random, at: int) -> Json:
        """A change in the product, shaped as seen live, secrets and addresses included."""
        entry = self._actor(self._who(rng))
        if rng.random() < 0.1:
            other = self._who(rng)
            entry["impersonatorUserId"] = other.id
            entry["impersonatorEmailAddress"] = other.email
            entry["impersonatorFullName"] = other.name
            entry["impersonatorCompanyId"] = "5104417730926"
        entry["eventTime"] = utc_millis(at)
        custom = [{"key": "subscription-status", "values": ["Customer", "Trial"]}]
        entry["logRecord"] = {
            "auditId": gong_id(rng, 19),
            "tableChanges": [_table_change(rng, at) for _ in range(rng.randrange(1, 4))],
            "customData": custom if rng.random() < 0.5 else [],
            "remoteCallsAuditData": [],
            "action": None,
            "httpRequest": _http_request(rng),
            "workspaceId": None,
        }
        return entry

    def _access(self, rng: random.Random, at: int) -> Json:
        record = {
            "ip": f"203.0.113.{rng.randrange(256)}",
            "loginMethod": rng.choice(("SAML", "GOOGLE", "PASSWORD")),
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
            "success": rng.random() < 0.95,
        }
        return {**self._actor(self._who(rng)), "eventTime": utc_millis(at), "logRecord": record}

    def _play(self, rng: random.Random, call: Call, action: Action) -> Json:
        """A play by a colleague; snake case inside the record (seen in a client)."""
        person = next(
            (candidate for candidate in self._people if candidate.id == action.user),
            self._people[0],
        )
        record = _play_record(rng, call, action)
        return {**self._actor(person), "eventTime": utc_millis(action.at), "logRecord": record}

    def _shared(self, rng: random.Random, call: Call, action: Action) -> Json:
        """A visit of an outsider to a shared call's page."""
        record = {
            "call_id": call.id,
            "time_based_secure_sharing_id": gong_id(rng, 18),
            "page_viewer_ip": f"198.51.100.{rng.randrange(256)}",
        }
        viewer = {"userEmailAddress": f"viewer{rng.randrange(50)}@customer.example"}
        return {**viewer, "eventTime": utc_millis(action.at), "logRecord": record}

    def _shared_play(self, rng: random.Random, call: Call, action: Action) -> Json:
        """A play by an outsider: no user id, and sequence_num is a string."""
        record = _play_record(rng, call, action)
        record["sequence_num"] = str(record["sequence_num"])
        record["time_based_secure_sharing_id"] = gong_id(rng, 18)
        viewer: Json = {"userEmailAddress": f"viewer{rng.randrange(50)}@customer.example"}
        if rng.random() < 0.5:
            viewer["userFullName"] = "Vera Viewer"
        return {**viewer, "eventTime": utc_millis(action.at), "logRecord": record}


def _play_record(rng: random.Random, call: Call, action: Action) -> Json:
    """The record of a play."""
    start = round(rng.random() * max(1, call.duration), 3)
    return {
        "call_id": call.id,
        "video_player_instance_id": f"{rng.getrandbits(64):016x}",
        "sequence_num": rng.randrange(1, 90),
        "play_speed": rng.choice((1.0, 1.25, 1.5, 2.0)),
        "device": rng.choice(words.DEVICES),
        "start_time": start,
        "end_time": round(start + 30, 3),
        "event_time_on_device": utc_millis(action.at - SECOND),
        "offline": rng.random() < 0.05,
        "live": False,
    }


def _table_change(rng: random.Random, at: int) -> Json:
    """One table's change; most carry no row changes (seen live)."""
    rows: list[Json] = []
    if rng.random() < 0.2:
        column = {
            "columnName": "activation_date_time",
            "newValue": utc_millis(at),
            "oldValue": None,
            "operation": "replace",
        }
        key = {"columnName": "id", "columnValue": gong_id(rng, 19)}
        rows.append({"primaryKeyColumns": [key], "columnChanges": [column]})
    return {
        "tableName": rng.choice(words.TABLES),
        "preSnapshotTimestamp": utc_millis(at - 70_000),
        "postSnapshotTimestamp": utc_millis(at - 10_000),
        "rowChanges": rows,
    }


def _http_request(rng: random.Random) -> Json:
    """The request behind a change, with tokens and an address as the real log keeps them."""
    token = f"eyJhbGciOiJIUzI1NiJ9.{rng.getrandbits(120):030x}.{rng.getrandbits(80):020x}"
    return {
        "referrerUri": "https://app.gong.example/company",
        "clientIp": f"203.0.113.{rng.randrange(256)}",
        "verb": "POST",
        "endpointUri": "/company/users/update",
        "body": '{"password": "hunter2"}' if rng.random() < 0.2 else None,
        "parameters": [
            {"key": "redirect-url", "values": ["/company", "/company"]},
            {"key": "_csrf", "values": [token]},
        ],
    }
