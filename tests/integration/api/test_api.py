"""`gong-elt api`, as a process, against a server that remembers what it was asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sources.gong.api.operations import OPERATIONS, operation
from tests.conftest import Emulator, Gong, gong_for
from tests.harness.scripted_server import Answer, ScriptedServer, json_answer, refused, serving

SPAN = ("fromDateTime=2026-01-01T00:00:00Z", "toDateTime=2026-02-01T00:00:00Z")
NOW = "2026-11-20T12:00:00Z"
MEETING = (
    "startTime=2026-01-01T00:00:00Z",
    "endTime=2026-01-01T01:00:00Z",
    'invitees=[{"email": "a@example.com"}]',
    "organizerEmail=b@example.com",
)


WRONG_KEY = Answer(
    401,
    b'{\n  "requestId" : "4abc",\n  "errors" : [ "Validate credentials failed. Please check your '
    b'credentials and try again." ]\n}',
    {
        "Content-Type": "application/json;charset=UTF-8",
        "WWW-Authenticate": 'Basic realm="Gong.io API"',
        "X-Traceid": "4xyz",
    },
)
"""As Gong's gateway answers since September 2026."""


@pytest.fixture
def nobody(home: Path) -> Gong:
    """The command without any setting."""
    return gong_for(home, None)


def asking(home: Path, server: ScriptedServer, **settings: str) -> Gong:
    return gong_for(
        home,
        None,
        **{
            "SOURCES__GONG__BASE_URL": server.url,
            "SOURCES__GONG__ACCESS_KEY": "the-key",
            "SOURCES__GONG__ACCESS_KEY_SECRET": "hidden",
            **settings,
        },
    )


def lines(done: subprocess.CompletedProcess[str], code: int = 0) -> list[Any]:
    """The JSON lines of standard output."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def page(key: str, rows: list[Any], cursor: str | None = None, total: int = 0) -> Answer:
    records = {"totalRecords": total or len(rows), "currentPageSize": len(rows)}
    return json_answer(
        200, {key: rows, "records": records | ({"cursor": cursor} if cursor else {})}
    )


def test_alone_it_lists_every_operation_once(nobody: Gong) -> None:
    done = nobody("api")
    assert done.returncode == 0
    assert done.stderr == ""
    listed = [line.split() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len(listed) == len(OPERATIONS)
    assert {operation(words[0]).slug for words in listed} == {row.slug for row in OPERATIONS}
    for name, does, method, path, *summary in listed:
        row = operation(name)
        assert (does == "write", method, path) == (row.is_write, row.method, row.path)
        assert " ".join(summary) == row.summary
    assert not nobody.home.exists()


def test_an_operation_explains_itself_without_a_setting(nobody: Gong) -> None:
    for order in (("list-tasks", "--help"), ("--help", "list-tasks")):
        done = nobody("api", *order)
        assert done.returncode == 0
        assert done.stderr == ""
        for part in (
            "The Engage tasks of one user",
            "POST /v2/tasks",
            "api:tasks:read",
            "https://gong.app.gong.io/settings/api/documentation#post-/v2/tasks",
            "filter.types *",
            "list: FLOW, MANUAL",
            "Example: gong-elt api list-tasks filter.userId=",
        ):
            assert part in done.stdout
    assert "--all" not in done.stdout
    assert not nobody.home.exists()


def test_help_and_list_import_nothing_that_is_heavy(nobody: Gong) -> None:
    code = (
        "import sys, atexit\n"
        "heavy = ('dlt', 'dbt', 'pandas', 'pyarrow', 'duckdb', 'httpx', 'orjson')\n"
        "atexit.register(lambda: print([n for n in heavy if n in sys.modules]))\n"
        "from pipelines.cli import main; main()\n"
    )
    for words in ((), ("list-tasks", "--help"), ("list-taks",), ("listTasks", "filter.userId=1")):
        done = subprocess.run(
            [sys.executable, "-c", code, "api", *words],
            env=nobody.env,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.stdout.splitlines()[-1] == "[]", words


@pytest.mark.parametrize(
    "words",
    [
        ("listCalls",),
        ("LISTCALLS",),
        ("retrieve-call-data-by-date-range-v2-calls",),
        ("GONG_RETRIEVE_CALL_DATA_BY_DATE_RANGE_V2_CALLS",),
        ("GET /v2/calls",),
        ("GET", "/v2/calls"),
    ],
)
def test_an_operation_is_known_by_all_its_names(home: Path, words: tuple[str, ...]) -> None:
    with serving([page("calls", [{"id": "1"}])]) as server:
        assert lines(asking(home, server)("api", *words, *SPAN)) == [{"id": "1"}]
        assert server.requests[0].path == "/v2/calls"


def test_an_unknown_operation_gets_near_ones(nobody: Gong) -> None:
    done = nobody("api", "list-task")
    assert lines(done, 2) == []
    assert "list-tasks" in done.stderr


def test_rows_come_one_per_line_with_their_ids_exact(home: Path) -> None:
    big = 123456789012345678901234567890
    rows = [{"id": big, "n": [big], "f": 0.1, "t": "ü\u2028\x85\U0001f600 ✓"}, {"id": None}]
    with serving([page("users", rows)]) as server:
        done = asking(home, server)("api", "listUsers")
        assert lines(done) == rows
        assert len(done.stdout.split("\n")) == 3
        assert str(big) in done.stdout
        assert "ü" in done.stdout
        assert done.stderr == ""


def test_half_a_character_is_printed_escaped(home: Path) -> None:
    answer = Answer(200, b'{"users": ["a\\ud800b"]}', {"Content-Type": "application/json"})
    with serving([answer]) as server:
        assert asking(home, server)("api", "listUsers").stdout == '"a\\ud800b"\n'


def test_an_answer_without_rows_is_one_line(home: Path) -> None:
    with serving([json_answer(200, {"requestId": "r", "call": {"id": "1"}})]) as server:
        assert lines(asking(home, server)("api", "getCall", "call_id=1")) == [
            {"requestId": "r", "call": {"id": "1"}}
        ]


def test_the_first_page_comes_alone_and_says_that_there_are_more(home: Path) -> None:
    with serving([page("users", [1, 2], "c1", 5)]) as server:
        done = asking(home, server)("api", "listUsers")
        assert lines(done) == [1, 2]
        assert done.stderr == (
            "2 rows of 5; --all brings the rest; the same parameters and this one go on from here: "
            "cursor=c1\n"
        )
        assert len(server.requests) == 1


def test_a_read_goes_on_from_the_cursor_that_an_earlier_one_printed(home: Path) -> None:
    """Where a read of all pages breaks off, what is printed and what comes by the cursor is all."""
    spent = refused(429, "Too many", Retry_After="3600")
    with serving([page("users", [1, 2], "c1", 5), page("users", [3], "c2", 5), spent]) as server:
        broken = asking(home, server)("api", "listUsers", "--all", "includeAvatars=true")
    assert lines(broken, 75) == [1, 2, 3]
    cursor = broken.stderr.partition("go on from here: ")[2].split()[0]
    assert cursor == "cursor=c2"
    with serving([page("users", [4], "c3", 5), page("users", [5], None, 5)]) as server:
        rest = asking(home, server)("api", "listUsers", "--all", "includeAvatars=true", cursor)
        assert lines(rest) == [4, 5]
        assert [asked.query["cursor"] for asked in server.requests] == ["c2", "c3"]
        assert all(asked.query["includeAvatars"] == "true" for asked in server.requests)


def test_all_follows_the_pages(home: Path) -> None:
    script = [page("users", [1, 2], "c1"), page("users", [3], "c2"), page("users", [4])]
    with serving(script) as server:
        done = asking(home, server)("api", "listUsers", "--all", "includeAvatars=true")
        assert lines(done) == [1, 2, 3, 4]
        assert done.stderr == ""
        assert [asked.query.get("cursor") for asked in server.requests] == [None, "c1", "c2"]
        assert all(asked.query["includeAvatars"] == "true" for asked in server.requests)


@pytest.mark.parametrize("flags", [(), ("--all",)])
@pytest.mark.parametrize(
    "answer",
    [
        refused(404, "No calls found corresponding to the provided filters"),
        page("calls", []),
        json_answer(200, {"calls": None}),
    ],
    ids=["404", "an empty list", "null"],
)
def test_an_empty_result_prints_nothing_and_exits_with_0(
    home: Path, flags: tuple[str, ...], answer: Answer
) -> None:
    with serving([answer]) as server:
        done = asking(home, server)("api", "listCalls", *SPAN, *flags)
        assert lines(done) == []
        assert done.stderr.startswith("nothing found")


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (refused(400, "filter: bad"), 1, "filter: bad"),
        (refused(404, "Flow not found"), 1, "Flow not found"),
        (refused(400, "cursor has expired"), 1, "cursor has expired"),
        (refused(400, "Some calls not found"), 1, "Some calls not found"),
        (refused(401, "You don't have permission to use 'api:x' in your app."), 1, "api:x"),
        (refused(401, "Unauthorized"), 2, "SOURCES__GONG__ACCESS_KEY"),
        (WRONG_KEY, 2, "SOURCES__GONG__ACCESS_KEY_SECRET"),
        (Answer(302, b"", {"Location": "https://x.example/"}), 2, "SOURCES__GONG__BASE_URL"),
        (refused(429, "Too many", Retry_After="3600"), 75, "3600 s"),
    ],
)
def test_a_refused_call_is_reported_with_its_exit_code(
    home: Path, answer: Answer, code: int, said: str
) -> None:
    with serving([answer]) as server:
        done = asking(home, server)("api", "listUsers")
        assert lines(done, code) == []
        assert said in done.stderr
        assert "hidden" not in done.stderr
        assert len(server.requests) == 1


def test_a_refused_request_points_to_what_the_operation_takes(home: Path) -> None:
    with serving([refused(400, "Bad request")]) as server:
        done = asking(home, server)("api", "listUsers")
        assert "gong-elt api list-all-users-v2-users --help" in done.stderr


def test_a_host_that_is_not_there_is_a_failure(nobody: Gong) -> None:
    env = {
        "SOURCES__GONG__BASE_URL": "http://127.0.0.1:9",
        "SOURCES__GONG__ACCESS_KEY": "k",
        "SOURCES__GONG__ACCESS_KEY_SECRET": "s",
    }
    done = nobody("api", "listUsers", env=env)
    assert lines(done, 1) == []
    assert "http://127.0.0.1:9" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("listUsers", "x=1"), "there is no parameter 'x'"),
        (("listUsers", "includeAvatars"), "'includeAvatars' is not name=value"),
        (("listUsers", "=1"), "is not name=value"),
        (("listUsers", "cursor=1", "cursor=2"), "cursor is given twice"),
        (("listLogs",), "logType is missing"),
        (("getCall", "id=@nowhere.txt"), "nowhere.txt cannot be read"),
        (("addCallRecording", "id=1", "mediaFile=nowhere.mp3", "--yes"), "no file nowhere.mp3"),
        (("addCallRecording", "id=1", "media_file=@nowhere.mp3", "--yes"), "no file nowhere.mp3"),
        (("listUsers",), "SOURCES__GONG__ACCESS_KEY"),
        (("listUsers", "--fast"), "--fast"),
    ],
)
def test_unusable_input_is_reported_and_nothing_is_sent(
    nobody: Gong, words: tuple[str, ...], said: str
) -> None:
    done = nobody("api", *words)
    assert lines(done, 2) == []
    assert said in done.stderr
    assert not nobody.home.exists()


def test_all_problems_are_reported_at_once(nobody: Gong) -> None:
    done = nobody("api", "list-tasks", "filter__types=FLOW,MANUL", "filter.user=5")
    assert done.returncode == 2
    for said in ("did you mean MANUAL?", "'filter.user'", "filter.status is missing"):
        assert said in done.stderr


def test_values_come_from_files_and_from_standard_input(home: Path, tmp_path: Path) -> None:
    (tmp_path / "filter.json").write_text('{"callIds": ["1", "2"]}\n')
    (tmp_path / "ids.txt").write_text("3\n4\n")
    with serving([page("calls", [1])]) as server:
        gong = asking(home, server)
        gong("api", "listCallsExtensive", f"filter=@{tmp_path / 'filter.json'}")
        gong("api", "listCallsExtensive", f"filter.callIds=@{tmp_path / 'ids.txt'}")
        gong("api", "listCallsExtensive", "filter.workspaceId=@@home")
        subprocess.run(
            [sys.executable, "-m", "pipelines.cli", "api", "listCallsExtensive", "filter=@-"],
            env=gong.env,
            cwd=tmp_path,
            input='{"workspaceId": "9"}',
            text=True,
            capture_output=True,
            timeout=60,
        )
        assert [asked.body["filter"] for asked in server.requests] == [
            {"callIds": ["1", "2"]},
            {"callIds": ["3", "4"]},
            {"workspaceId": "@home"},
            {"workspaceId": "9"},
        ]


@pytest.mark.parametrize("lead", ["", "@"])
def test_a_file_to_upload_is_given_by_its_path(home: Path, tmp_path: Path, lead: str) -> None:
    (tmp_path / "c.mp3").write_bytes(b"\x00\xffsound")
    with serving([json_answer(201, {"callId": "1"})]) as server:
        gong = asking(home, server)
        words = ("addCallRecording", "call_id=1", f"mediaFile={lead}{tmp_path / 'c.mp3'}")
        assert lines(gong("api", *words, "--yes")) == [{"callId": "1"}]
        assert b"\x00\xffsound" in server.requests[0].body


def test_a_write_is_not_sent_without_yes(home: Path) -> None:
    with serving([json_answer(201, {"meetingId": "1"})]) as server:
        gong = asking(home, server)
        done = gong("api", "addMeeting", *MEETING)
        assert lines(done, 2) == []
        assert "--yes" in done.stderr
        assert "a@example.com" in done.stderr
        assert f"{server.url}/v2/meetings" in done.stderr
        assert server.requests == []
        assert lines(gong("api", "addMeeting", *MEETING, "--yes")) == [{"meetingId": "1"}]
        assert server.requests[0].body["invitees"] == [{"email": "a@example.com"}]


def test_a_write_that_may_have_been_done_is_not_sent_again(home: Path) -> None:
    with serving([refused(500, "Internal server error occurred")]) as server:
        done = asking(home, server)("api", "addMeeting", *MEETING, "--yes")
        assert lines(done, 1) == []
        assert "may or may not have done it" in done.stderr
        assert len(server.requests) == 1


def test_an_answered_write_is_done_also_without_a_word(home: Path) -> None:
    with serving([Answer(204, b"")]) as server:
        done = asking(home, server)("api", "deleteMeeting", "meeting_id=5", "--yes")
        assert lines(done) == [{}]
        assert server.requests[0].method == "DELETE"


def test_a_dry_run_shows_the_request_and_needs_no_credentials(nobody: Gong, tmp_path: Path) -> None:
    assert lines(nobody("api", "listCalls", *SPAN, "--dry-run")) == [
        {
            "method": "GET",
            "url": "https://api.gong.io/v2/calls?fromDateTime=2026-01-01T00%3A00%3A00Z"
            "&toDateTime=2026-02-01T00%3A00%3A00Z",
        }
    ]
    (shown,) = lines(nobody("api", "addMeeting", *MEETING, "--dry-run"))
    assert shown["body"]["organizerEmail"] == "b@example.com"
    assert lines(nobody("api", "listCallsExtensive", "--dry-run"))[0]["body"] == {"filter": {}}
    (tmp_path / "c.mp3").write_bytes(b"12345")
    words = ("addCallRecording", "id=1", f"mediaFile={tmp_path / 'c.mp3'}", "--dry-run")
    (shown,) = lines(nobody("api", *words))
    assert shown["files"] == {"mediaFile": {"path": str(tmp_path / "c.mp3"), "bytes": 5}}
    assert not nobody.home.exists()


def test_it_pays_from_the_same_budget_as_everything_else(home: Path) -> None:
    with serving([page("users", [1])]) as server:
        gong = asking(home, server, SOURCES__GONG__REQUESTS_PER_DAY="2")
        for _ in range(2):
            assert gong("api", "listUsers").returncode == 0
        done = gong("api", "listUsers")
        assert lines(done, 75) == []
        assert "2 of 2 in the last 24 hours" in done.stderr
        assert len(server.requests) == 2
        assert json.loads(gong("status", "--json").stdout)["requests_today"] == 2


def test_an_oauth_app_asks_the_customers_host(home: Path, tmp_path: Path) -> None:
    with serving([page("users", [1])]) as customers:
        token = {"access_token": "hidden-a", "api_base_url_for_customer": customers.url}
        with serving([json_answer(200, {**token, "refresh_token": "hidden-b"})]) as auth:
            gong = gong_for(
                home,
                None,
                SOURCES__GONG__CLIENT_ID="the-client",
                SOURCES__GONG__CLIENT_SECRET="hidden",
                SOURCES__GONG__REFRESH_TOKEN="hidden-r",
                SOURCES__GONG__AUTH_URL=auth.url + "/oauth2/generate-customer-token",
            )
            assert lines(gong("api", "listUsers")) == [1]
            assert lines(gong("api", "listUsers")) == [1]
            assert len(auth.requests) == 1
            assert customers.requests[1].headers["authorization"] == "Bearer hidden-a"
        kept = list((tmp_path / "state" / "gong-elt").glob("tokens-*.json"))
        assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
        assert json.loads(gong("status", "--json").stdout)["requests_today"] == 2


def test_a_refresh_token_that_is_used_up_is_a_matter_of_settings(home: Path) -> None:
    with serving([json_answer(400, {"error": "invalid_grant"})]) as auth:
        gong = gong_for(
            home,
            None,
            SOURCES__GONG__CLIENT_ID="the-client",
            SOURCES__GONG__CLIENT_SECRET="hidden",
            SOURCES__GONG__REFRESH_TOKEN="hidden-r",
            SOURCES__GONG__AUTH_URL=auth.url,
        )
        done = gong("api", "listUsers")
        assert lines(done, 2) == []
        assert "SOURCES__GONG__REFRESH_TOKEN" in done.stderr
        assert "hidden" not in done.stderr


def test_the_emulator_gives_what_it_holds(
    emulators: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = emulators("--seed", "3", "--users", "130", "--calls", "20", "--no-limit")
    gong = gong_for(tmp_path / "home", emulator)
    users = lines(gong("api", "listUsers", "--all"))
    assert sorted(user["id"] for user in users) == sorted(
        user["id"] for user in emulator.truth("users")
    )
    assert len(users) > 100
    rows = lines(gong("api", "GET", "/v2/users/{id}", f"user_id={users[0]['id']}"))
    assert rows[0]["user"]["id"] == users[0]["id"]


def test_an_oauth_app_goes_on_through_the_end_of_its_tokens(
    emulators: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = emulators("--seed", "3", "--token-seconds", "600", "--now", NOW, "--no-limit")
    auth_url = emulator.base_url + "/oauth2/generate-customer-token"
    gong = gong_for(
        tmp_path / "home",
        None,
        SOURCES__GONG__CLIENT_ID=emulator.client_id,
        SOURCES__GONG__CLIENT_SECRET=emulator.client_secret,
        SOURCES__GONG__REFRESH_TOKEN=emulator.refresh_token,
        SOURCES__GONG__AUTH_URL=auth_url,
    )
    for _ in range(3):
        assert lines(gong("api", "listUsers"))
        clock = {"advance_seconds": 700}
        httpx.put(f"{emulator.base_url}/_emulator/clock", json=clock).raise_for_status()
    tokens = httpx.get(f"{emulator.base_url}/_emulator/tokens").json()
    assert (tokens["issued"], tokens["refreshed"], tokens["refused"]) == (3, 3, 0)
    paths = [(asked["path"], asked["status"]) for asked in emulator.requests()]
    assert [status for path, status in paths if path == "/v2/users"] == [200, 401, 200, 401, 200]
