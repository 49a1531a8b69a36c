"""What a company has set up: scorecards, trackers, workspaces, call outcomes, briefs."""

from __future__ import annotations

from sources.gong.api.operations.model import Operation
from sources.gong.api.operations.rows import (
    EMPTY_LIST,
    LICENSED,
    WORKSPACE,
    read,
)

OPERATIONS: tuple[Operation, ...] = (
    # A 404 is documented for a company without scorecards; live it is a 200 with an empty list.
    read(
        "GONG_LIST_SCORECARDS",
        "listScorecards",
        "GET /v2/settings/scorecards",
        "All scorecards with their questions",
        ("api:settings:scorecards:read",),
        (),
        EMPTY_LIST,
        "scorecards",
    ),
    # Its documented 404 is about an unknown workspace, not about an empty list.
    read(
        "GONG_RETRIEVE_TRACKER_DETAILS_V2_SETTINGS_TRACKERS",
        "listTrackers",
        "GET /v2/settings/trackers",
        "All keyword trackers (smart trackers are not listed)",
        ("api:settings:trackers:read",),
        (WORKSPACE,),
        EMPTY_LIST,
        "keywordTrackers",
    ),
    read(
        "GONG_LIST_ALL_COMPANY_WORKSPACES_V2_WORKSPACES",
        "listWorkspaces",
        "GET /v2/workspaces",
        "All workspaces of the company",
        ("api:workspaces:read",),
        (),
        EMPTY_LIST,
        "workspaces",
    ),
    read(
        "GONG_LIST_CALL_OUTCOMES",
        "listCallOutcomes",
        "GET /v2/call-outcomes",
        "The dialer outcomes that the company has set up",
        ("api:call-outcomes:read",),
        (),
        EMPTY_LIST,
        "outcomes",
    ),
    # Its documented 404 is about an unknown workspace, not about an empty list.
    read(
        "LIST_BRIEFS",
        "listBriefs",
        "GET /v2/settings/briefs",
        "The settings of all AI briefs (beta)",
        ("api:ai-briefer:read",),
        (WORKSPACE,),
        EMPTY_LIST,
        "briefs",
        quirks=LICENSED,
    ),
)
