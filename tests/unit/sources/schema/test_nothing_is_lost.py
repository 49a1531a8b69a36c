"""Every scalar of an entity is found again in a column or in `extra` of what lands.

The shapes are written from Gong's OpenAPI document, not from our table of tables.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.gong.extract.logs import log_entity
from sources.gong.schema.arrow import (
    to_arrow,
)
from sources.gong.schema.coercion import content_hash
from sources.gong.schema.tables import children
from tests.harness.property_profiles import examples

BOOKKEEPING = {"_content_hash", "_loaded_at", "_dlt_load_id", "_tombstone", "_deleted_at"}
ODD_NAMES = ("novel", "", "_own", "a.b", 'qu"ote', "name2", "ключ", "records")

ID, TEXT, INT, NUM, BOOL, AT, DAY = "id", "text", "int", "num", "bool", "at", "day"

_CONTEXT = [
    {
        "system": TEXT,
        "objects": [
            {
                "objectType": TEXT,
                "objectId": ID,
                "timing": TEXT,
                "fields": [{"!name": TEXT, "value": "scalar"}],
            }
        ],
    }
]
_QUESTION = {
    "!questionId": ID, "questionRevisionId": ID, "questionText": TEXT, "isOverall": BOOL,
    "questionType": TEXT, "answerGuide": TEXT, "minRange": INT, "maxRange": INT,
    "answerOptions": [{"optionId": ID, "optionText": TEXT}], "updaterUserId": ID, "created": AT,
    "updated": AT,
}  # fmt: skip

SHAPES: dict[str, Any] = {
    "calls": {
        "!metaData": {
            "!id": ID, "url": TEXT, "title": TEXT, "scheduled": AT, "started": AT, "duration": INT,
            "primaryUserId": ID, "direction": TEXT, "system": TEXT, "scope": TEXT, "media": TEXT,
            "language": TEXT, "workspaceId": ID, "sdrDisposition": TEXT, "clientUniqueId": TEXT,
            "customData": TEXT, "purpose": TEXT, "meetingUrl": TEXT, "isPrivate": BOOL,
            "calendarEventId": TEXT,
        },
        "context": _CONTEXT,
        "parties": [
            {
                "id": ID, "emailAddress": TEXT, "name": TEXT, "title": TEXT, "userId": ID,
                "speakerId": ID, "context": _CONTEXT, "affiliation": TEXT, "phoneNumber": TEXT,
                "methods": [TEXT],
            }
        ],
        "content": {
            "structure": [{"name": TEXT, "duration": INT}],
            "trackers": [
                {
                    "!id": ID, "name": TEXT, "count": INT, "type": TEXT,
                    "occurrences": [{"startTime": NUM, "speakerId": ID}],
                    "phrases": [
                        {
                            "count": INT, "phrase": TEXT,
                            "occurrences": [{"startTime": NUM, "speakerId": ID}],
                        }
                    ],
                }
            ],
            "topics": [{"name": TEXT, "duration": INT}],
            "brief": TEXT,
            "outline": [
                {
                    "section": TEXT, "startTime": NUM, "duration": NUM,
                    "items": [{"text": TEXT, "startTime": NUM}],
                }
            ],
            "highlights": [{"title": TEXT, "items": [{"text": TEXT, "startTimes": [NUM]}]}],
            "callOutcome": {"id": ID, "category": TEXT, "name": TEXT},
            "keyPoints": [{"text": TEXT}],
        },
        "interaction": {
            "speakers": [{"id": ID, "userId": ID, "talkTime": NUM}],
            "interactionStats": [{"!name": TEXT, "value": NUM}],
            "video": [{"name": TEXT, "duration": NUM}],
            "questions": {"companyCount": INT, "nonCompanyCount": INT},
        },
        "collaboration": {
            "publicComments": [
                {
                    "id": ID, "audioStartTime": NUM, "audioEndTime": NUM, "commenterUserId": ID,
                    "comment": TEXT, "posted": AT, "inReplyTo": ID, "duringCall": BOOL,
                }
            ]
        },
    },
    "transcripts": {
        "!callId": ID,
        "transcript": [
            {
                "speakerId": ID, "topic": TEXT,
                "sentences": [{"start": INT, "end": INT, "text": TEXT}],
            }
        ],
    },
    "users": {
        "!id": ID, "emailAddress": TEXT, "created": AT, "active": BOOL, "emailAliases": [TEXT],
        "trustedEmailAddress": TEXT, "firstName": TEXT, "lastName": TEXT, "title": TEXT,
        "phoneNumber": TEXT, "extension": TEXT, "personalMeetingUrls": [TEXT],
        "settings": {"webConferencesRecorded": BOOL, "emailsImported": BOOL},
        "managerId": ID, "meetingConsentPageUrl": TEXT,
        "spokenLanguages": [{"language": TEXT, "primary": BOOL}],
    },
    "trackers": {
        "!trackerId": ID, "trackerName": TEXT, "workspaceId": ID, "affiliation": TEXT,
        "languageKeywords": [
            {"language": TEXT, "keywords": [TEXT], "includeRelatedForms": BOOL}
        ],
        "partOfQuestion": BOOL, "saidAt": TEXT, "saidAtInterval": INT, "saidAtUnit": TEXT,
        "saidInTopics": [TEXT], "filterQuery": TEXT, "created": AT, "creatorUserId": ID,
        "updated": AT, "updaterUserId": ID,
    },
    "scorecards": {
        "!scorecardId": ID, "scorecardName": TEXT, "workspaceId": ID, "enabled": BOOL,
        "updaterUserId": ID, "created": AT, "updated": AT, "reviewMethod": TEXT,
        "questions": [_QUESTION],
    },
    "answered_scorecards": {
        "!answeredScorecardId": ID, "scorecardId": ID, "scorecardName": TEXT, "callId": ID,
        "callStartTime": AT, "reviewedUserId": ID, "reviewerUserId": ID, "reviewMethod": TEXT,
        "editorUserId": ID, "reviewTime": AT, "visibilityType": TEXT,
        "answers": [
            {
                "!questionId": ID, "questionRevisionId": ID, "isOverall": BOOL, "score": INT,
                "answerText": TEXT, "notApplicable": BOOL, "selectedOptions": [ID],
            }
        ],
    },
    "call_outcomes": {
        "!callOutcome": TEXT, "!connectStatus": TEXT, "displayOrder": INT, "sentiment": TEXT,
        "todoAction": TEXT, "automation": TEXT, "category": TEXT,
    },
    "interaction_stats": {
        "!id": ID, "table": TEXT, "!period": TEXT, "!fromDate": DAY, "toDate": DAY,
        "isComplete": BOOL,
        "users": [
            {"userId": ID, "userEmailAddress": TEXT, "stats": [{"!name": TEXT, "value": NUM}]}
        ],
    },
    "activity_by_period": {
        "!id": ID, "table": TEXT, "!period": TEXT, "!fromDate": DAY, "toDate": DAY,
        "isComplete": BOOL,
        "users": [
            {
                "!userId": ID, "userEmailAddress": TEXT,
                "stats": {"callsAsHost": INT, "callsAttended": INT, "ownCallsListenedTo": INT},
            }
        ],
    },
    "logs": {
        "userId": ID, "userEmailAddress": TEXT, "userFullName": TEXT, "impersonatorUserId": ID,
        "impersonatorEmailAddress": TEXT, "impersonatorFullName": TEXT,
        "impersonatorCompanyId": ID, "!eventTime": AT,
        "logRecord": {"call_id": ID, "play_speed": NUM, "device": TEXT, "live": BOOL},
    },
}  # fmt: skip


class Source:
    """Makes values of which no two are alike, so that each can be looked for."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._count = 1000

    def chance(self, of: int) -> bool:
        return self._draw(st.integers(1, of)) == 1

    def value(self, shape: Any) -> Any:
        if isinstance(shape, list):
            return [self.value(shape[0]) for _ in range(self._draw(st.integers(0, 2)))]
        if isinstance(shape, dict):
            return self._object(shape)
        self._count += 1
        number = self._count
        match shape:
            case "text":
                return f"t{number}é🦀"
            case "id":
                big = 10**19 + number
                return big if self.chance(3) else str(big)
            case "int":
                return str(number) if self.chance(4) else number
            case "num":
                return number if self.chance(3) else number + 0.25
            case "bool":
                return self._draw(st.booleans())
            case "day":
                return str(date(2020, 1, 1) + timedelta(days=number))
            case "at":
                zone = timezone(timedelta(minutes=self._draw(st.sampled_from([-660, 0, 345, 840]))))
                moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
                    seconds=number, milliseconds=self._draw(st.sampled_from([0, 814]))
                )
                return moment.astimezone(zone).isoformat()
            case _:
                kinds = ["text", "int", "num", "bool", {"inner": "text"}, ["text"]]
                return self.value(self._draw(st.sampled_from(kinds)))

    def _object(self, shape: dict[str, Any]) -> dict[str, Any]:
        entity: dict[str, Any] = {}
        for key, inner in shape.items():
            if key.startswith("!"):
                entity[key[1:]] = self.value(inner)
            elif not self.chance(5):
                entity[key] = None if self.chance(8) else self.value(inner)
        if self.chance(3):
            name = self._draw(st.sampled_from(ODD_NAMES))
            entity[name] = self.value("scalar")
        return entity


def leaves(value: Any) -> Iterator[Any]:
    """Every scalar below a value but null, in one spelling."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif isinstance(value, bool):
        yield value
    elif value is not None:
        yield spelled(value)


def spelled(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = str(value)
    if len(text) > 18 and text[10:11] == "T":
        return datetime.fromisoformat(text).astimezone(UTC).isoformat()
    return text


def landed_leaves(rows: list[dict[str, Any]]) -> Iterator[Any]:
    for row in rows:
        for name, cell in row.items():
            if name in BOOKKEEPING or row.get("_tombstone"):
                continue
            if isinstance(cell, str) and cell[:1] in ("{", "["):
                yield from leaves(json.loads(cell))
            elif cell in ("true", "false"):
                yield cell == "true"
            else:
                yield from leaves(cell)


@pytest.mark.parametrize("stream", SHAPES)
@given(st.data())
@settings(
    deadline=None,
    max_examples=examples(30),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_every_scalar_lands(stream: str, data: st.DataObject) -> None:
    source = Source(data.draw)
    entities = [source.value(SHAPES[stream]) for _ in range(data.draw(st.integers(1, 3)))]
    sent = [list(leaves(entity)) for entity in entities]
    if stream == "logs":
        seen: Counter[str] = Counter()
        entities = [log_entity(entity, "UserCallPlay", seen) for entity in entities]
    root = "stats_periods" if stream in ("interaction_stats", "activity_by_period") else stream
    names = (stream,) if root != stream else tuple(child.name for child in children(root))
    hashes = [content_hash(entity) for entity in entities]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    tables = to_arrow(root, names, entities, hashes, now, "load")
    landed_counts = Counter(
        leaf for rows in tables.values() for leaf in landed_leaves(rows.to_pylist())
    )
    for leaf in (leaf for own in sent for leaf in own):
        if isinstance(leaf, bool):
            assert landed_counts[leaf] >= sum(own.count(leaf) for own in sent)
        else:
            assert landed_counts[leaf], f"{leaf} was lost"
