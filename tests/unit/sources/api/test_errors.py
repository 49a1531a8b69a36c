from __future__ import annotations

import pytest

from sources.gong.api.errors import (
    BadCredentials,
    CursorExpired,
    EndlessPaging,
    FailTable,
    GaveUp,
    GongError,
    MissingScope,
    NotFound,
    NothingFound,
    NotLicensed,
    Postponed,
    Rejected,
    SchemaDrift,
    Signal,
    SkipTable,
    StopRun,
    UnknownIds,
    Unreachable,
    WrongHost,
    ZoneChanged,
    from_answer,
)
from sources.gong.api.operations import operation

CALLS, STATS = "listCallsExtensive", "listInteractionStats"


def answered(status: int, *errors: str, name: str = CALLS) -> GongError:
    return from_answer(status, errors, "6i92pi42nibvos54vv4", operation(name))


@pytest.mark.parametrize(
    ("status", "text", "name", "expected"),
    [
        # an empty window
        (404, "No calls found corresponding to the provided filters", CALLS, NothingFound),
        (404, "No calls found corresponding to the provided filters.", CALLS, NothingFound),
        (
            404,
            "No answered scorecards found corresponding to the provided filters.",
            "listAnsweredScorecards",
            NothingFound,
        ),
        (
            404,
            "No answered scorecards found corresponding to the provided filters",
            "listAnsweredScorecards",
            NothingFound,
        ),
        (404, "No logs found for the specified period", "listLogs", NothingFound),
        (404, "Answered scorecards not found", "listAnsweredScorecards", NothingFound),
        (404, "User not found", STATS, NothingFound),
        (404, "No stats found", STATS, NothingFound),
        # other words of 404
        (404, "Call ID 8123456789012345673 was not found", CALLS, NotFound),
        (404, "Flow not found", "getFlowSteps", NotFound),
        (404, "Flow not found: flowId=123", "assignProspects", NotFound),
        (404, "The given meeting ID was not found.", "updateMeeting", NotFound),
        (404, "User not found", "getUser", NotFound),
        (404, "No stats found", CALLS, NotFound),
        (404, "Not Found", CALLS, NotFound),
        # dead ids in a batch
        (404, "The following userIds were not found: 12345, 678", STATS, UnknownIds),
        (400, "Some calls not found", "getCallTranscripts", UnknownIds),
        (404, "Flow not found: flowId=123", "getFlowSteps", UnknownIds),
        # the key works, a scope is missing
        (
            401,
            "You don't have permission to use 'api:stats:user-actions' in your app.",
            STATS,
            MissingScope,
        ),
        # nothing can be asked with this key
        (401, "Unauthorized", CALLS, BadCredentials),
        (403, "Forbidden", CALLS, BadCredentials),
        (403, "Forbidden", "listUsers", BadCredentials),
        # surfaces that cost extra
        (402, "Payment required", "listBriefs", NotLicensed),
        (403, "Forbidden", "listFlows", NotLicensed),
        (403, "Forbidden", "listTasks", NotLicensed),
        (403, "Forbidden", "addMeeting", NotLicensed),
        (403, "Forbidden", "listUsers_1", NotLicensed),
        # our bug
        (400, "filter.fromDateTime: must be before toDateTime", CALLS, Rejected),
        (400, "The date(s) should not exceed the current day.", STATS, Rejected),
        (400, "Json parse error", CALLS, Rejected),
        (400, "Bad request", CALLS, Rejected),
        (405, "Method Not Allowed", CALLS, Rejected),
        (415, "Unsupported Media Type", CALLS, Rejected),
        (409, "conflict", CALLS, Rejected),
        # cursors
        (400, "cursor has expired", CALLS, CursorExpired),
        (400, "The provided Cursor has expired, begin again", CALLS, CursorExpired),
        (400, "Failed to verify cursor", CALLS, CursorExpired),
        (404, "failed to verify cursor", CALLS, CursorExpired),
        (401, "cursor has expired", CALLS, CursorExpired),
    ],
)
def test_an_answer_becomes_the_error_of_its_row(
    status: int, text: str, name: str, expected: type[GongError]
) -> None:
    error = answered(status, text, name=name)
    assert type(error) is expected
    assert text in str(error)
    assert "6i92pi42nibvos54vv4" in str(error)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, Rejected), (401, BadCredentials), (403, BadCredentials), (404, NotFound)],
)
def test_an_answer_in_nobodys_words_still_has_a_row(status: int, expected: type[GongError]) -> None:
    error = from_answer(status, [], "", operation(CALLS))
    assert type(error) is expected
    assert f"POST /v2/calls/extensive was answered {status}" in str(error)


def test_a_text_that_only_mentions_the_words_for_empty_stays_an_error() -> None:
    text = "Route gone. No calls found corresponding to the provided filters, ask support"
    assert type(answered(404, text)) is NotFound


def test_the_words_for_empty_under_another_status_are_an_error() -> None:
    text = "No calls found corresponding to the provided filters"
    assert type(answered(400, text)) is Rejected


def test_a_missing_scope_is_named() -> None:
    error = answered(401, "You don't have permission to use 'api:logs:read' in your app.")
    assert isinstance(error, MissingScope)
    assert error.scope == "api:logs:read"


def test_refused_credentials_name_the_settings_to_look_at() -> None:
    message = str(answered(401, "Unauthorized"))
    for name in ("ACCESS_KEY", "ACCESS_KEY_SECRET", "BASE_URL"):
        assert f"SOURCES__GONG__{name}" in message


def test_ids_that_gong_names_are_known_exactly() -> None:
    error = answered(
        404, "The following userIds were not found: 18446744073709551616, 7", name=STATS
    )
    assert isinstance(error, UnknownIds)
    assert error.ids == ("18446744073709551616", "7")
    flow = answered(404, "Flow not found: flowId=9007199254740993", name="getFlowSteps")
    assert isinstance(flow, UnknownIds)
    assert flow.ids == ("9007199254740993",)
    unnamed = answered(400, "Some calls not found")
    assert isinstance(unnamed, UnknownIds)
    assert unnamed.ids == ()


def test_all_of_gongs_texts_are_passed_on() -> None:
    message = str(answered(400, "parties: must not be null", "title: must not be blank"))
    assert "parties: must not be null" in message
    assert "title: must not be blank" in message


@pytest.mark.parametrize(
    ("kinds", "base"),
    [
        ((BadCredentials, WrongHost, Unreachable, ZoneChanged), StopRun),
        ((MissingScope, NotLicensed), SkipTable),
        ((Rejected, NotFound, GaveUp, EndlessPaging, SchemaDrift), FailTable),
        ((NothingFound, CursorExpired, UnknownIds), Signal),
        ((Postponed,), GongError),
    ],
)
def test_each_error_belongs_to_what_a_caller_can_do(
    kinds: tuple[type[GongError], ...], base: type[GongError]
) -> None:
    others = {StopRun, SkipTable, FailTable, Signal} - {base}
    for kind in kinds:
        assert issubclass(kind, base)
        assert not any(issubclass(kind, other) for other in others)
