"""Pure: an entry of Gong's logs becomes an entity with an id and without secrets.

Gong's logs record requests that people made, with their parameters and bodies. Those values never
get further than this module; the names of parameters do, and the address it was sent from. What is
withheld is told by whole paths and names (`schema/tables/logs.py`), never by a pattern: `author` is
no credential.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sources.gong.schema.coercion import dumps
from sources.gong.schema.columns import ODD
from sources.gong.schema.tables.logs import CREDENTIALS, REQUEST_KEPT

LOG_TYPES = (
    "AccessLog",
    "UserActivityLog",
    "UserCallPlay",
    "ExternallySharedCallAccess",
    "ExternallySharedCallPlay",
)

_ID_VERSION = "1"
_ID_FIELDS = ("userId", "userEmailAddress", "eventTime", "impersonatorUserId")
_PLAY_FIELDS = (
    "call_id",
    "video_player_instance_id",
    "sequence_num",
    "start_time",
    "end_time",
    "event_time_on_device",
)
_RECORD_FIELDS: dict[str, tuple[str, ...]] = {
    "AccessLog": (),
    "UserActivityLog": (),
    "UserCallPlay": _PLAY_FIELDS,
    "ExternallySharedCallAccess": ("call_id", "time_based_secure_sharing_id", "page_viewer_ip"),
    "ExternallySharedCallPlay": (*_PLAY_FIELDS, "time_based_secure_sharing_id"),
}
"""What the hash of an entry without auditId is made of: named fields, so that a new field of Gong's
does not make old entries new; the whole record of logs whose record is not documented.
A change needs a new `_ID_VERSION` and a migration of the table, because ids change with it
(`pipelines/ingest/log_ids.py`)."""

REIDENTIFIED = tuple(log_type for log_type, fields in _RECORD_FIELDS.items() if fields)
"""Logs whose entries had other ids before named fields were hashed (`former_id_digest`)."""

_CREDENTIALS = frozenset(name.replace("_", "") for name in CREDENTIALS)


def log_entity(entry: Mapping[str, Any], log_type: str, seen: Counter[str]) -> dict[str, Any]:
    """Returns a log entry as an entity: with `_logId` and `_logType`, without secrets.

    Args:
        entry: an element of `logEntries`.
        log_type: which of `LOG_TYPES` was requested.
        seen: counts equal entries without auditId; one counter for all pages of a window. Equal
            entries have equal times, hence fall into the same window at every stream.
    """
    if ODD in entry:
        # what is no entry may hold any secret, and has no id
        return {**entry, "value": None, "_logType": log_type}
    record = entry.get("logRecord")
    record = record if isinstance(record, dict) else {}
    audit_id = record.get("auditId")
    if audit_id is None:
        # of the record as Gong sent it: what of it lands has no part in the id
        digest = id_digest(entry, log_type)
        log_id = f"{digest}-{seen[digest]}"
        seen[digest] += 1
    else:
        log_id = str(audit_id)
    clean = {**entry, "_logId": log_id, "_logType": log_type, "_callId": record.get("call_id")}
    if log_type in ("UserActivityLog", "AccessLog") and "logRecord" in entry:
        clean["logRecord"] = _without_secrets(entry["logRecord"])
    return clean


def id_digest(entry: Mapping[str, Any], log_type: str) -> str:
    """Returns the hash in the id of an entry without auditId; equal entries have the same."""
    record = entry.get("logRecord")
    fields = record if isinstance(record, dict) else {}
    identity = [fields.get(name) for name in _RECORD_FIELDS[log_type]] or record
    return _digest(entry, log_type, identity)


def former_id_digest(entry: Mapping[str, Any], log_type: str) -> str:
    """Returns the hash as it was made of every log's whole record, by the first versions."""
    return _digest(entry, log_type, entry.get("logRecord"))


def _digest(entry: Mapping[str, Any], log_type: str, identity: Any) -> str:
    content = dumps([_ID_VERSION, log_type, *(entry.get(name) for name in _ID_FIELDS), identity])
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


def _is_credential(name: Any) -> bool:
    return isinstance(name, str) and re.sub(r"[\W_]", "", name).lower() in _CREDENTIALS


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if _is_credential(value.get("key")) or _is_credential(value.get("columnName")):
        return {k: v if k in ("key", "columnName", "operation") else None for k, v in value.items()}
    clean: dict[str, Any] = {}
    for key, inner in value.items():
        if key == "httpRequest":
            clean[key] = _request_without_values(inner) if isinstance(inner, dict) else None
        else:
            clean[key] = None if _is_credential(key) else _without_secrets(inner)
    return clean


def _request_without_values(request: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps the names of everything, and the values of the verb, the address and the bare URIs."""
    clean: dict[str, Any] = dict.fromkeys(request)
    for key in REQUEST_KEPT:
        value = request.get(key)
        if key not in request or not isinstance(value, str):
            continue
        clean[key] = _bare(value) if key.endswith("Uri") else value
    parameters = request.get("parameters")
    if isinstance(parameters, list):
        clean["parameters"] = [
            {"key": p.get("key"), "values": None} for p in parameters if isinstance(p, dict)
        ]
    return clean


def _bare(uri: str) -> str:
    return re.sub(r"//[^/@]*@", "//", re.split(r"[?#;]", uri)[0])
