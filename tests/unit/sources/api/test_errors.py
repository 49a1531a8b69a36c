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

CALLS, STATS = "/v2/calls/extensive", "/v2/stats/interaction"


def answered(status: int, *errors: str, path: str = CALLS) -> GongError:
    return from_answer(status, errors, "6i92pi42nibvos54vv4", f"POST {path}", path)


@pytest.mark.parametrize(
    ("status", "text", "path", "expected"),
    [
        # an empty window
        (404, "No calls found corresponding to the provided filters", CALLS, NothingFound),
        (404, "No calls found corresponding to the provided filters.", CALLS, NothingFound),
        (
            404,
            "No answered scorecards found corresponding to the provided filters.",
            "/v2/stats/activity/scorecards",
            NothingFound,
        ),
        (
            404,
            "No answered scorecards found corresponding to the provided filters",
            "/v2/stats/activity/scorecards",
            NothingFound,
        ),
        (404, "No logs found for the specified period", "/v2/logs", NothingFound),
        (404, "User not found", STATS, NothingFound),
        (404, "No stats found", STATS, NothingFound),
        # other words of 404
        (404, "Call ID 8123456789012345673 was not found", CALLS, NotFound),
        (404, "Flow not found", "/v2/flows/steps", NotFound),
        (404, "The given meeting ID was not found.", "/v2/meetings/1", NotFound),
        (404, "User not found", "/v2/users/1", NotFound),
        (404, "No stats found", CALLS, NotFound),
        (404, "Not Found", CALLS, NotFound),
        # dead ids in a batch
        (404, "The following userIds were not found: 12345, 678", STATS, UnknownIds),
        (400, "Some calls not found", "/v2/calls/transcript", UnknownIds),
        (404, "Flow not found: flowId=123", "/v2/flows/steps", UnknownIds),
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
        (403, "Forbidden", "/v2/users", BadCredentials),
        # surfaces that cost extra
        (402, "Payment required", "/v2/entities/ask", NotLicensed),
        (403, "Forbidden", "/v2/flows", NotLicensed),
        (403, "Forbidden", "/v2/tasks", NotLicensed),
        (403, "Forbidden", "/v2/meetings", NotLicensed),
        (403, "Forbidden", "/v2/coaching", NotLicensed),
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
    status: int, text: str, path: str, expected: type[GongError]
) -> None:
    error = answered(status, text, path=path)
    assert type(error) is expected
    assert text in str(error)
    assert "6i92pi42nibvos54vv4" in str(error)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, Rejected), (401, BadCredentials), (403, BadCredentials), (404, NotFound)],
)
def test_an_answer_in_nobodys_words_still_has_a_row(status: int, expected: type[GongError]) -> None:
    error = from_answer(status, [], "", f"POST {CALLS}", CALLS)
    assert type(error) is expected
    assert f"POST {CALLS} was answered {status}" in str(error)


def test_a_text_that_only_mentions_the_words_for_empty_is_no_empty_window() -> None:
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
    told = str(answered(401, "Unauthorized"))
    for name in ("ACCESS_KEY", "ACCESS_KEY_SECRET", "BASE_URL"):
        assert f"SOURCES__GONG__{name}" in told


def test_ids_that_gong_names_are_known_exactly() -> None:
    error = answered(
        404, "The following userIds were not found: 18446744073709551616, 7", path=STATS
    )
    assert isinstance(error, UnknownIds)
    assert error.ids == ("18446744073709551616", "7")
    flow = answered(404, "Flow not found: flowId=9007199254740993", path="/v2/flows/steps")
    assert isinstance(flow, UnknownIds)
    assert flow.ids == ("9007199254740993",)
    unnamed = answered(400, "Some calls not found")
    assert isinstance(unnamed, UnknownIds)
    assert unnamed.ids == ()


def test_all_of_gongs_texts_are_passed_on() -> None:
    told = str(answered(400, "parties: must not be null", "title: must not be blank"))
    assert "parties: must not be null" in told
    assert "title: must not be blank" in told


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
