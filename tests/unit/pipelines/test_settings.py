from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.settings import BadSetting, Settings, environment_of_child, load
from tests.harness.foreign_settings import environment_of_dbt


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a working folder without settings."""
    work = tmp_path / "work"
    for folder in (tmp_path / ".dlt", work / ".dlt"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(work)
    return work


def toml(folder: Path, name: str, text: str) -> None:
    (folder / ".dlt" / name).write_text(text)


def test_without_settings_the_defaults_hold() -> None:
    settings = load({})
    assert settings == Settings()
    assert (settings.requests_per_second, settings.requests_per_day) == (3, 10_000)
    assert settings.base_url == "https://api.gong.io"
    assert settings.keep_private


def test_settings_come_from_the_environment() -> None:
    settings = load(
        {
            "SOURCES__GONG__BASE_URL": "https://us-12345.api.gong.io/",
            "SOURCES__GONG__ACCESS_KEY": "a",
            "SOURCES__GONG__ACCESS_KEY_SECRET": "b",
            "SOURCES__GONG__REQUESTS_PER_SECOND": "0",
            "SOURCES__GONG__REQUESTS_PER_DAY": "500",
            "SOURCES__GONG__MAX_WAIT_SECONDS": "7",
            "SOURCES__GONG__START_DATE": "2026-01-01",
            "SOURCES__GONG__COMPANY_TIME_ZONE": "Europe/Berlin",
            "SOURCES__GONG__PRIVATE_CALLS": "drop",
            "GONG_ELT_WAREHOUSE": "duckdb:////w.duckdb",
            "GONG_ELT_HOME": "/h",
            "GONG_ELT_NOW": "2026-11-22T07:00:00+01:00",
        }
    )
    assert settings == Settings(
        base_url="https://us-12345.api.gong.io",
        is_base_url_set=True,
        access_key="a",
        access_key_secret="b",
        requests_per_second=0,
        requests_per_day=500,
        max_wait_seconds=7,
        start_date="2026-01-01",
        company_time_zone="Europe/Berlin",
        keep_private=False,
        warehouse="duckdb:////w.duckdb",
        home="/h",
        now=datetime(2026, 11, 22, 6, tzinfo=UTC),
    )


def test_an_oauth_app_is_set_like_the_rest(folders: Path) -> None:
    toml(folders, "secrets.toml", '[sources.gong]\nclient_secret = "s"\nrefresh_token = "r"\n')
    settings = load(
        {
            "SOURCES__GONG__CLIENT_ID": "c",
            "SOURCES__GONG__TOKEN_FILE": "/t/tokens.json",
            "SOURCES__GONG__AUTH_URL": "http://127.0.0.1:8700/oauth2/generate-customer-token",
        }
    )
    assert (settings.client_id, settings.client_secret, settings.refresh_token) == ("c", "s", "r")
    assert settings.token_file == "/t/tokens.json"
    assert settings.auth_url == "http://127.0.0.1:8700/oauth2/generate-customer-token"
    assert not settings.is_base_url_set


def test_the_nearer_file_wins_over_the_farther_and_secrets_over_config(
    folders: Path, tmp_path: Path
) -> None:
    toml(tmp_path, "config.toml", '[sources.gong]\naccess_key = "far"\nstart_date = "2026-01-01"\n')
    toml(tmp_path, "secrets.toml", "[sources.gong]\nrequests_per_day = 5\n")
    toml(folders, "config.toml", '[sources.gong]\naccess_key = "near"\nbase_url = "http://c"\n')
    toml(folders, "secrets.toml", '[sources.gong]\naccess_key = "secret"\n')
    settings = load({})
    assert settings.access_key == "secret"
    assert (settings.start_date, settings.requests_per_day, settings.base_url) == (
        "2026-01-01",
        5,
        "http://c",
    )


def test_the_environment_wins_over_files(folders: Path) -> None:
    toml(folders, "secrets.toml", '[sources.gong]\naccess_key = "file"\nrequests_per_day = 5\n')
    settings = load({"SOURCES__GONG__ACCESS_KEY": "env"})
    assert (settings.access_key, settings.requests_per_day) == ("env", 5)


def test_an_empty_value_counts_as_not_set(folders: Path) -> None:
    toml(folders, "config.toml", '[sources.gong]\ncompany_time_zone = ""\n')
    empty = {"SOURCES__GONG__ACCESS_KEY": "", "GONG_ELT_NOW": "", "GONG_ELT_HOME": ""}
    assert load(empty) == Settings()


@pytest.mark.parametrize("url", ["https://x.gong.io/v2", "https://x.gong.io/", "https://x.gong.io"])
def test_a_base_url_may_end_like_the_one_people_copy(url: str) -> None:
    assert load({"SOURCES__GONG__BASE_URL": url}).base_url == "https://x.gong.io"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCES__GONG__BASE_URL", "api.gong.io"),
        ("SOURCES__GONG__BASE_URL", "ftp://api.gong.io"),
        ("SOURCES__GONG__AUTH_URL", "app.gong.io/oauth2"),
        ("SOURCES__GONG__REQUESTS_PER_SECOND", "three"),
        ("SOURCES__GONG__REQUESTS_PER_SECOND", "-1"),
        ("SOURCES__GONG__REQUESTS_PER_SECOND", "2.5"),
        ("SOURCES__GONG__REQUESTS_PER_DAY", "10,000"),
        ("SOURCES__GONG__MAX_WAIT_SECONDS", "5m"),
        ("SOURCES__GONG__PRIVATE_CALLS", "hide"),
        ("SOURCES__GONG__COMPANY_TIME_ZONE", "Berlin"),
        ("SOURCES__GONG__COMPANY_TIME_ZONE", "../Berlin"),
        ("SOURCES__GONG__START_DATE", "soon"),
        ("SOURCES__GONG__START_DATE", "2026-01-01T00:00:00"),
        ("GONG_ELT_NOW", "today"),
        ("GONG_ELT_NOW", "2026-11-22T06:00:00"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as bad:
        load({name: value})
    assert name in str(bad.value)
    assert value in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    "text", ["[sources.gong", "a = ", "sources = 5", '[sources]\ngong = "x"', "[[sources]]"]
)
def test_a_file_that_cannot_be_read_is_refused_with_its_name(folders: Path, text: str) -> None:
    toml(folders, "config.toml", text)
    with pytest.raises(BadSetting, match=r"\.dlt/config\.toml"):
        load({})


def test_a_binary_file_is_refused_with_its_name(folders: Path) -> None:
    (folders / ".dlt" / "secrets.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadSetting, match=r"secrets\.toml"):
        load({})


def test_a_file_that_says_nothing_of_gong_changes_nothing(folders: Path) -> None:
    toml(folders, "config.toml", "[sources.other]\nbase_url = 5\n[runtime]\nlog_level = 'INFO'\n")
    assert load({}) == Settings()


def test_secrets_are_not_shown() -> None:
    settings = load(
        {
            "SOURCES__GONG__ACCESS_KEY": "hidden-1",
            "SOURCES__GONG__ACCESS_KEY_SECRET": "hidden-2",
            "SOURCES__GONG__ACCESS_TOKEN": "hidden-3",
            "SOURCES__GONG__CLIENT_SECRET": "hidden-5",
            "SOURCES__GONG__REFRESH_TOKEN": "hidden-6",
            "GONG_ELT_WAREHOUSE": "postgresql://user:hidden-4@host/db",
        }
    )
    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings)


def test_a_child_process_gets_no_option_of_dbt_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    foreign = environment_of_dbt()
    assert len(foreign) > 80
    assert {"DBT_EMPTY", "DBT_FULL_REFRESH", "DBT_ENGINE_EMPTY"} <= foreign.keys()
    for name, value in {**foreign, "GONG_ELT_DBT_TARGET": "postgres", "FOREIGN": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "/bin")
    monkeypatch.setenv("GONG_ELT_DBT_THREADS", "3")
    child = environment_of_child({"GONG_ELT_NOW": "now"})
    assert not foreign.keys() & child.keys()
    assert not {"FOREIGN", "GONG_ELT_DBT_TARGET"} & child.keys()
    assert (child["PATH"], child["GONG_ELT_DBT_THREADS"], child["GONG_ELT_NOW"]) == (
        "/bin",
        "3",
        "now",
    )
