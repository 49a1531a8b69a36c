"""Logs: who did what in Gong, and from which address. No secret of a recorded request lands."""

from __future__ import annotations

from sources.gong.schema.columns import INSTANT, JSON, PERSON, TEXT, Column
from sources.gong.schema.table import Absence, Lookback, Read, Table, Windows

REQUEST_KEPT = ("verb", "clientIp", "endpointUri", "referrerUri")
"""Keys of a recorded HTTP request whose values land, the URIs without what follows the path."""

CREDENTIALS = (
    "access_key", "access_key_secret", "access_token", "api_key", "api_secret", "api_token",
    "auth_token", "authorization", "client_secret", "cookie", "credentials", "csrf", "csrf_token",
    "id_token", "jsessionid", "passwd", "password", "password_hash", "private_key", "refresh_token",
    "secret", "session_id", "session_token", "set_cookie", "token", "xsrf_token",
)  # fmt: skip
"""Whole names whose values never land, whatever their case and punctuation: keys of a record,
changed columns, custom data. A name that only contains one of them is another name."""

_WITHHELD = (
    "Never landed: `httpRequest.body`, `httpRequest.parameters[].values`, anything else in "
    f"`httpRequest` but {', '.join(REQUEST_KEPT)} and `parameters[].key`; what follows `?`, `#` or "
    "`;` in the two URIs; `columnChanges[].oldValue`, `columnChanges[].newValue` and "
    "`customData[].values` of a name, and the value of a key, that is "
    f"{', '.join(CREDENTIALS)}."
)

LOGS = (
    Table(
        "logs",
        "one row per entry of Gong's five logs",
        key=("log_id",),
        operation="listLogs",
        read=Read.LOGS,
        windows=Windows("event_at", Lookback(nightly=2, weekly=14), days=30, weight=0.01),
        absence=Absence.UNKNOWN,
        columns=(
            Column("log_id", TEXT, "_logId", "auditId, else a hash of the entry.",
                   origin="logEntries[].logRecord.auditId, else a hash of the entry"),
            Column("log_type", TEXT, "_logType", "Which of Gong's five logs."),
            Column("user_id", TEXT, "userId", "Who did it."),
            Column("user_email_address", TEXT, "userEmailAddress", "E-mail address of that user.",
                   PERSON),
            Column("user_full_name", TEXT, "userFullName", "Name of that user.", PERSON),
            Column("impersonator_user_id", TEXT, "impersonatorUserId",
                   "Who acted in the user's name."),
            Column("impersonator_email_address", TEXT, "impersonatorEmailAddress",
                   "E-mail address of the impersonator.", PERSON),
            Column("impersonator_full_name", TEXT, "impersonatorFullName",
                   "Name of the impersonator.", PERSON),
            Column("impersonator_company_id", TEXT, "impersonatorCompanyId",
                   "Company of the impersonator."),
            Column("event_at", INSTANT, "eventTime", "When it happened."),
            Column("call_id", TEXT, "_callId", "For the play and sharing logs.",
                   origin="logEntries[].logRecord.call_id"),
            Column("log_record", JSON, "logRecord",
                   f"What happened, and from which address. {_WITHHELD}", PERSON),
        ),
    ),
)  # fmt: skip
