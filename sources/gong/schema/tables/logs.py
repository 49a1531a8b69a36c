"""Logs: who did what in Gong. No value of a recorded HTTP request lands."""

from __future__ import annotations

from sources.gong.schema.columns import CONTENT, INSTANT, JSON, PERSON, TEXT, Column
from sources.gong.schema.table import Absence, Lookback, Read, Table, Windows

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
            Column("log_record", JSON, "logRecord", "Without request values.", CONTENT),
        ),
    ),
)  # fmt: skip
