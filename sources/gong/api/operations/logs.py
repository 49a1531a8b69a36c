"""Audit logs."""

from __future__ import annotations

from sources.gong.api.operations.model import INSTANT, NOT_FOUND
from sources.gong.api.operations.rows import CURSOR_IN_QUERY, query, read

OPERATIONS = (
    read(
        "GONG_RETRIEVE_LOGS_DATA_BY_TYPE_AND_TIME_RANGE_V2_LOGS",
        "listLogs", "GET /v2/logs", ("api:logs:read",),
        "Audit log entries of one type over a time span",
        (
            query(
                "logType",
                is_required=True,
                choices=(
                    "AccessLog",
                    "UserActivityLog",
                    "UserCallPlay",
                    "ExternallySharedCallAccess",
                    "ExternallySharedCallPlay",
                ),
            ),
            query("fromDateTime", INSTANT, is_required=True),
            query("toDateTime", INSTANT),
            CURSOR_IN_QUERY,
        ),
        "logEntries", empty=NOT_FOUND,
    ),
)  # fmt: skip
