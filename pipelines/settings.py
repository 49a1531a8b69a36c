"""Settings of a run: from the environment, then dlt's `secrets.toml` and `config.toml`.

The only module of `pipelines` that reads the environment. Names, places and order are dlt's, but
dlt is not imported: that takes seconds, and `status` and a missing setting answer at once.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.dates import check_instant
from pipelines.exit_codes import UsageError
from sources.gong.api.auth import AUTH_URL

_PREFIX = "SOURCES__GONG__"
_KEY_LENGTH = 32
"""Addresses can be guessed, so the key under which they are hashed must not be."""

_OF_DLT = ("DLT_", "WORKSPACE__")
"""Prefixes of the variables that dlt reads past its settings, most of them when it is imported."""
_CHILD_KEEPS = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
    "GONG_ELT_DBT_MEMORY", "GONG_ELT_DBT_THREADS",
)  # fmt: skip
"""What a child process is given of the environment: where its programs and libraries are, and its
documented settings."""


class BadSetting(UsageError):
    """A setting cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings in force. Secrets are left out of `repr`."""

    base_url: str = "https://api.gong.io"
    is_base_url_set: bool = False
    """If not, the host that comes with an OAuth token goes before the default."""
    access_key: str | None = field(default=None, repr=False)
    access_key_secret: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    token_file: str | None = None
    auth_url: str = AUTH_URL
    requests_per_second: int = 3
    requests_per_day: int = 10_000
    max_wait_seconds: float = 300.0
    start_date: str | None = None
    company_time_zone: str | None = None
    keep_private: bool = True
    purge_deleted_after_days: int | None = None
    """Days for which rows deleted at Gong are kept; None for ever."""
    erasure_key: str | None = field(default=None, repr=False)
    """Hashes the identifiers of erased people; not needed before a person is erased."""
    warehouse: str | None = field(default=None, repr=False)
    home: str | None = None
    xdg_state_home: str | None = None
    """Folder of the state folder, in which ledgers and OAuth tokens are; None for the default."""
    now: datetime | None = None


def hide_from_dlt() -> None:
    """Removes from the environment what dlt reads past its settings; keeps its plugins out.

    Call it before dlt is imported.
    """
    for name in [name for name in os.environ if name.startswith(_OF_DLT)]:
        del os.environ[name]
    os.environ["DLT_DISABLE_PLUGINS"] = "true"


def override_environment(values: Mapping[str, str]) -> None:
    """Sets settings for the rest of this process and for its child processes."""
    os.environ.update(values)


def environment_of_child(values: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment of a child process: little of this one's, and some variables.

    dbt takes every option from `DBT_…` too, so that `DBT_EMPTY` would publish empty tables.
    """
    kept = {name: os.environ[name] for name in _CHILD_KEEPS if name in os.environ}
    if "PYTHONPATH" in kept:  # the child may run in another folder
        folders = kept["PYTHONPATH"].split(os.pathsep)
        kept["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, filter(None, folders)))
    return {**kept, "PYTHONUTF8": "1", "DO_NOT_TRACK": "1", **values}


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Returns the settings in force.

    Raises:
        BadSetting: a value is not of its kind.
    """
    stored = _stored()

    def get(name: str) -> str | None:
        value = environ.get(_PREFIX + name.upper(), stored.get(name))
        return None if value in (None, "") else str(value)

    private = get("private_calls") or "keep"
    if private not in ("keep", "drop"):
        raise BadSetting(f"{_PREFIX}PRIVATE_CALLS is {private!r}; it can be keep or drop")
    base_url = _url(
        "BASE_URL",
        get("base_url") or "https://api.gong.io",
        "https://api.gong.io, or the host of your own on Gong's API page",
    )
    return Settings(
        base_url=base_url.rstrip("/").removesuffix("/v2"),
        is_base_url_set=get("base_url") is not None,
        access_key=get("access_key"),
        access_key_secret=get("access_key_secret"),
        access_token=get("access_token"),
        client_id=get("client_id"),
        client_secret=get("client_secret"),
        refresh_token=get("refresh_token"),
        token_file=get("token_file"),
        auth_url=_url("AUTH_URL", get("auth_url") or AUTH_URL, AUTH_URL),
        requests_per_second=_whole("REQUESTS_PER_SECOND", get("requests_per_second"), 3),
        requests_per_day=_whole("REQUESTS_PER_DAY", get("requests_per_day"), 10_000),
        max_wait_seconds=_whole("MAX_WAIT_SECONDS", get("max_wait_seconds"), 300),
        start_date=_date("START_DATE", get("start_date")),
        company_time_zone=_zone("COMPANY_TIME_ZONE", get("company_time_zone")),
        keep_private=private == "keep",
        purge_deleted_after_days=_days(
            "GONG_ELT_PURGE_DELETED_AFTER_DAYS", environ.get("GONG_ELT_PURGE_DELETED_AFTER_DAYS")
        ),
        erasure_key=_key("GONG_ELT_ERASURE_KEY", environ.get("GONG_ELT_ERASURE_KEY")),
        warehouse=environ.get("GONG_ELT_WAREHOUSE") or None,
        home=environ.get("GONG_ELT_HOME") or None,
        xdg_state_home=environ.get("XDG_STATE_HOME") or None,
        now=_instant("GONG_ELT_NOW", environ.get("GONG_ELT_NOW")),
    )


def _stored() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for folder in (Path.home() / ".dlt", Path.cwd() / ".dlt"):
        for name in ("config.toml", "secrets.toml"):
            file = folder / name
            if not file.is_file():
                continue
            try:
                content = tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise BadSetting(f"{file} is not valid TOML: {error}") from None
            for section in ("sources", "gong"):
                content = content.get(section, {})
                if not isinstance(content, dict):
                    raise BadSetting(f"{file}: {section} must be a table, as in [sources.gong]")
            merged |= content
    return merged


def _url(name: str, value: str, example: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise BadSetting(f"{_PREFIX}{name} is {value!r}; write it as {example}")
    return value


def _whole(name: str, value: str | None, default: int) -> int:
    if value is None:
        return default
    if not value.isdecimal():
        raise BadSetting(f"{_PREFIX}{name} is {value!r}; it must be a whole number, 0 or more")
    return int(value)


def _days(name: str, value: str | None) -> int | None:
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise BadSetting(f"{name} is {value!r}; it must be a whole number of days, 1 or more")
    return int(value)


def _key(name: str, value: str | None) -> str | None:
    if value and len(value) < _KEY_LENGTH:
        raise BadSetting(
            f"{name} has {len(value)} characters; it must be random and have {_KEY_LENGTH} or more "
            "(for example `openssl rand -hex 32`)"
        )
    return value or None


def _date(name: str, value: str | None) -> str | None:
    if value is not None:
        try:
            check_instant(value, _PREFIX + name)
        except ValueError as error:
            raise BadSetting(str(error)) from None
    return value


def _zone(name: str, value: str | None) -> str | None:
    if value is not None:
        try:
            ZoneInfo(value)
        except (LookupError, ValueError, OSError):
            raise BadSetting(
                f"{_PREFIX}{name} is {value!r}, not a time zone; write it as in Europe/Berlin"
            ) from None
    return value


def _instant(name: str, value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise BadSetting(f"{name} is {value!r}, not a time; write 2026-11-22T06:00:00Z") from None
    if parsed.tzinfo is None:
        raise BadSetting(f"{name} is {value!r}, without an offset; write 2026-11-22T06:00:00Z")
    return parsed.astimezone(UTC)
