"""What a company has set up: scorecards, trackers, workspaces, call outcomes, briefs."""

from __future__ import annotations

from sources.gong.api.operations.rows import LICENSED, WORKSPACE, read

OPERATIONS = (
    # A 404 is documented for a company without scorecards; live it is a 200 with an empty list.
    read(
        "GONG_LIST_SCORECARDS",
        "listScorecards", "GET /v2/settings/scorecards", ("api:settings:scorecards:read",),
        "All scorecards with their questions",
        (), "scorecards",
    ),
    # Its documented 404 is about an unknown workspace, not about an empty list.
    read(
        "GONG_RETRIEVE_TRACKER_DETAILS_V2_SETTINGS_TRACKERS",
        "listTrackers", "GET /v2/settings/trackers", ("api:settings:trackers:read",),
        "All keyword trackers (smart trackers are not listed)",
        (WORKSPACE,), "keywordTrackers",
    ),
    read(
        "GONG_LIST_ALL_COMPANY_WORKSPACES_V2_WORKSPACES",
        "listWorkspaces", "GET /v2/workspaces", ("api:workspaces:read",),
        "All workspaces of the company",
        (), "workspaces",
    ),
    read(
        "GONG_LIST_CALL_OUTCOMES",
        "listCallOutcomes", "GET /v2/call-outcomes", ("api:call-outcomes:read",),
        "The dialer outcomes that the company has set up",
        (), "outcomes",
    ),
    # Its documented 404 is about an unknown workspace, not about an empty list.
    read(
        "LIST_BRIEFS",
        "listBriefs", "GET /v2/settings/briefs", ("api:ai-briefer:read",),
        "The settings of all AI briefs (beta)",
        (WORKSPACE,), "briefs", quirks=LICENSED,
    ),
)  # fmt: skip
