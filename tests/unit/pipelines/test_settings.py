from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.settings import (
    GONG_SETTINGS,
    OWN_SETTINGS,
    BadSetting,
    Settings,
    load,
    unknown_settings,
)
from sources.gong.api.auth import default_state_folder
from sources.gong.api.errors import UnusableInput
from tests.conftest import ROOT
from warehouse.home import find_home
from warehouse.settings import home_setting


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
            "SOURCES__GONG__MAX_ANSWER_MB": "50",
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
        max_answer_mb=50,
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
        ("SOURCES__GONG__MAX_ANSWER_MB", "1GB"),
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


@pytest.mark.parametrize("name", [f"SOURCES__GONG__{name}" for name in GONG_SETTINGS])
@pytest.mark.parametrize("value", ["'quoted'", '"quoted"', "two\nlines", "a\tb", "\udcff"])
def test_no_setting_takes_quotes_or_a_line_break(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name) as bad:
        load({name: value})
    assert value not in str(bad.value)


@pytest.mark.parametrize(
    "name", ["GONG_ELT_HOME", "GONG_ELT_WAREHOUSE", "GONG_ELT_NOW", "XDG_STATE_HOME"]
)
def test_no_setting_of_places_takes_quotes_or_a_line_break(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ("'/quoted'", "/two\nlines"):
        with pytest.raises(BadSetting, match=name):
            load({name: value})
    monkeypatch.setenv("GONG_ELT_HOME", "'/quoted'")
    with pytest.raises(BadSetting, match="GONG_ELT_HOME"):
        home_setting()


def test_blanks_around_a_value_are_no_part_of_it(folders: Path) -> None:
    toml(folders, "config.toml", '[sources.gong]\nrequests_per_day = " 5 "\n')
    settings = load({"SOURCES__GONG__ACCESS_KEY": " a\n", "SOURCES__GONG__ACCESS_TOKEN": "  "})
    assert (settings.access_key, settings.access_token) == ("a", None)
    assert settings.requests_per_day == 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOURCES__GONG__BASE_URL", "https://"),
        ("SOURCES__GONG__BASE_URL", "https://api.gong.io, please"),
        ("SOURCES__GONG__BASE_URL", "https://[api.gong.io"),
        ("SOURCES__GONG__BASE_URL", "https://api.göng.io"),
        ("SOURCES__GONG__REQUESTS_PER_DAY", "９"),
        ("SOURCES__GONG__REQUESTS_PER_DAY", "9" * 5000),
        ("GONG_ELT_PURGE_DELETED_AFTER_DAYS", "0"),
        ("GONG_ELT_NOW", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_value_that_would_only_fail_later_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        load({name: value})


@pytest.mark.parametrize("value", ["[1, 2]", "{a = 1}"])
def test_a_value_of_a_file_that_is_no_text_is_refused(folders: Path, value: str) -> None:
    toml(folders, "config.toml", f"[sources.gong]\naccess_key = {value}\n")
    with pytest.raises(BadSetting, match="access_key must be a text or a number"):
        load({})


def test_a_date_of_a_file_may_be_a_date_of_toml(folders: Path) -> None:
    toml(folders, "config.toml", "[sources.gong]\nstart_date = 2026-01-01\n")
    assert load({}).start_date == "2026-01-01"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("SOURCES__GONG__STRAT_DATE", "SOURCES__GONG__START_DATE"),
        ("SOURCES_GONG__ACCESS_KEY", "SOURCES__GONG__ACCESS_KEY"),
        ("sources__gong__access_key", "SOURCES__GONG__ACCESS_KEY"),
        ("GONG_ELT_WAREHOSE", "GONG_ELT_WAREHOUSE"),
        ("GONG_ETL_HOME", "GONG_ELT_HOME"),
    ],
)
def test_a_mistyped_name_is_said_with_the_one_that_is_near(name: str, near: str) -> None:
    (warning,) = unknown_settings({name: "x"})
    assert warning == f"{name} is no setting of gong-elt and does nothing; did you mean {near}?"


def test_a_name_that_is_near_none_is_said_where_it_is_surely_meant_for_us() -> None:
    assert len(unknown_settings({"GONG_ELT_COLOUR": "x", "SOURCES__GONG__SCHEMA": "x"})) == 2
    others = ("GONG_BATH", "KONG_URL", "MY_GONG_KEY", "GONG_ELT_POSTGRES_HOST")
    assert unknown_settings(dict.fromkeys(others, "x")) == []


def test_a_mistyped_name_in_a_file_is_said(folders: Path) -> None:
    toml(
        folders,
        "config.toml",
        'gong_elt_home = "/h"\nrefresh = "drop_sources"\n[sources.gong]\nstrat_date = "x"\n'
        'start_date = "2026-01-01"\n[sources.gong.calls]\nselected = true\n',
    )
    home, start = unknown_settings({})
    assert "config.toml: gong_elt_home does nothing there; set it in the environment" in home
    assert (
        "strat_date is no setting of gong-elt and does nothing; did you mean start_date?" in start
    )


def test_all_settings_of_the_readme_are_known_and_none_else_is() -> None:
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`((?:SOURCES__GONG__|GONG_ELT_)[A-Z_]+)`", table))
    of_dbt = {name for name in OWN_SETTINGS if "_DBT_" in name}
    models = (ROOT / "transforms" / "README.md").read_text()
    assert all(f"`{name}`" in models for name in of_dbt)
    known = {*(f"SOURCES__GONG__{name}" for name in GONG_SETTINGS), *OWN_SETTINGS}
    assert documented | of_dbt == known
    assert unknown_settings(dict.fromkeys(known, "x")) == []


def test_a_user_without_a_home_folder_needs_no_settings_file(
    monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    def no_home(_path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)
    assert load({}) == Settings()
    with pytest.raises(BadSetting, match="GONG_ELT_HOME"):
        find_home()
    with pytest.raises(UnusableInput, match="XDG_STATE_HOME"):
        default_state_folder()


def test_a_file_that_may_not_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    def refuse(_path: Path, **_options: str) -> str:
        raise PermissionError(13, "Permission denied")

    toml(folders, "secrets.toml", "")
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(BadSetting, match=r"secrets\.toml cannot be read \(Permission denied\)"):
        load({})
