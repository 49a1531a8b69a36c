from __future__ import annotations

import io
from pathlib import Path

import pytest

from pipelines.api.inputs import checked_values, split_words
from pipelines.exit_codes import UsageError
from sources.gong.api.operations import operation


@pytest.mark.parametrize(
    "words",
    [
        ("listCalls",),
        ("LISTCALLS",),
        ("retrieve-call-data-by-date-range-v2-calls",),
        ("GONG_RETRIEVE_CALL_DATA_BY_DATE_RANGE_V2_CALLS",),
        ("GET /v2/calls",),
        ("get", "/v2/calls"),
    ],
)
def test_an_operation_is_known_by_all_its_names(words: tuple[str, ...]) -> None:
    row, texts = split_words([*words, "workspaceId=1", "cursor=a=b"])
    assert row is operation("listCalls")
    assert texts == {"workspaceId": "1", "cursor": "a=b"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("list-task",), "list-tasks"),
        (("listUsers", "includeAvatars"), "'includeAvatars' is not name=value"),
        (("listUsers", "=1"), "is not name=value"),
        (("listUsers", "cursor=1", "cursor=2"), "cursor is given twice"),
    ],
)
def test_words_that_cannot_be_used_are_named(words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        split_words(words)


@pytest.mark.parametrize(
    ("name", "texts", "message"),
    [
        ("listUsers", {"x": "1"}, "there is no parameter 'x'"),
        ("listLogs", {}, "logType is missing"),
        ("getCall", {"id": "@nowhere.txt"}, "nowhere.txt cannot be read"),
        ("addCallRecording", {"id": "1", "mediaFile": "@nowhere.mp3"}, "no file nowhere.mp3"),
        ("addCallRecording", {"id": "1", "mediaFile": "https://x/y.mp3"}, "is an address"),
    ],
)
def test_values_that_cannot_be_used_are_named(
    name: str, texts: dict[str, str], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        checked_values(operation(name), texts)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(UsageError) as error:
        checked_values(operation("list-tasks"), {"filter__types": "FLOW,MANUL", "filter.user": "5"})
    for part in ("did you mean MANUAL?", "'filter.user'", "filter.status is missing"):
        assert part in str(error.value)


def test_values_come_from_files_and_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ids.txt").write_text("3\n4\n")
    row = operation("listCallsExtensive")
    assert checked_values(row, {"filter.callIds": f"@{tmp_path / 'ids.txt'}"}) == {
        "filter.callIds": ["3", "4"]
    }
    monkeypatch.setattr("sys.stdin", io.StringIO('{"workspaceId": "9"}'))
    assert checked_values(row, {"filter": "@-"})
    assert checked_values(row, {"filter.workspaceId": "@@home"}) == {"filter.workspaceId": "@home"}


def test_a_value_file_without_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not UTF-8"):
        checked_values(operation("getCall"), {"id": f"@{tmp_path / 'ids.txt'}"})
