"""Settings of a run: from the environment, then dlt's `secrets.toml` and `config.toml`.

The only module of `pipelines` that reads the environment. Names, places and order are dlt's, but
dlt is not imported: that takes seconds, and `status` and a missing setting answer at once.

Every value goes through `plain`, so that all settings take the same forms. A name that is near a
setting and is none is named by `unknown_settings`.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipelines.dates import check_instant
from sources.gong.api.auth import AUTH_URL
from sources.gong.api.rate_limit import Limits
from sources.gong.schema.zone_names import UnknownZone, zone_named
from warehouse.machine.memory import bytes_of
from warehouse.settings import BadSetting, absolute, plain

_PREFIX = "SOURCES__GONG__"
_KEY_LENGTH = 32
"""Addresses can be guessed, so the key under which they are hashed must not be."""

GONG_SETTINGS = (
    "BASE_URL", "ACCESS_KEY", "ACCESS_KEY_SECRET", "ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET",
    "REFRESH_TOKEN", "TOKEN_FILE", "AUTH_URL", "REQUESTS_PER_SECOND", "REQUESTS_PER_DAY",
    "MAX_WAIT_SECONDS", "MAX_ANSWER_MB", "START_DATE", "COMPANY_TIME_ZONE", "PRIVATE_CALLS",
)  # fmt: skip
"""The settings from the environment under `_PREFIX`, or from a file below `sources.gong`."""
OWN_SETTINGS = (
    "GONG_ELT_HOME", "GONG_ELT_WAREHOUSE", "GONG_ELT_NOW", "GONG_ELT_ERASURE_KEY",
    "GONG_ELT_PURGE_DELETED_AFTER_DAYS", "GONG_ELT_DBT_MEMORY", "GONG_ELT_DBT_THREADS",
)  # fmt: skip
"""The settings from the environment alone."""
_OF_DBT = (
    "GONG_ELT_DBT_TARGET", "GONG_ELT_DUCKDB_PATH", "GONG_ELT_COMPANY_TIME_ZONE",
    "GONG_ELT_POSTGRES_",
)  # fmt: skip
"""How variables begin that `transforms/profiles.yml` takes where dbt is run by hand."""

_OF_DLT = ("DLT_", "WORKSPACE__")
"""Prefixes of the variables that dlt reads past its settings, most of them when it is imported."""
_CHILD_KEEPS = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
    "GONG_ELT_DBT_MEMORY", "GONG_ELT_DBT_THREADS",
)  # fmt: skip
"""What a child process is given of the environment: where its programs and libraries are, and its
documented settings."""

_LIMITS = Limits()


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
    requests_per_second: int = _LIMITS.per_second
    requests_per_day: int = _LIMITS.per_day
    max_wait_seconds: float = _LIMITS.max_wait_seconds
    max_answer_mb: int = 100
    """Megabytes that an answer of Gong may have, unpacked; 0 for no limit."""
    start_date: str | None = None
    company_time_zone: str | None = None
    keep_private: bool = True
    purge_deleted_after_days: int | None = None
    """Days for which rows deleted at Gong are kept; None for ever."""
    erasure_key: str | None = field(default=None, repr=False)
    """Hashes the identifiers of erased people; not needed before a person is erased."""
    warehouse: str | None = field(default=None, repr=False)
    home: str | None = None
    dbt_memory: str | None = None
    """What DuckDB may take while the analytics tables are built; None for what fits the machine."""
    dbt_threads: int | None = None
    """Analytics tables that are built at a time; None for what fits the machine."""
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
    stored, unset = _stored(), Settings()

    def get(name: str) -> str | None:
        text = plain(_PREFIX + name, environ.get(_PREFIX + name))
        return text or plain(_PREFIX + name, stored.get(name.lower()))

    def whole(name: str) -> int:
        return _whole(name, get(name), default=int(getattr(unset, name.lower())))

    def own(name: str) -> str | None:
        return plain(name, environ.get(name))

    private = get("PRIVATE_CALLS") or "keep"
    if private not in ("keep", "drop"):
        raise BadSetting(f"{_PREFIX}PRIVATE_CALLS is {private!r}; it can be keep or drop")
    base_url = _url(
        "BASE_URL",
        get("BASE_URL") or unset.base_url,
        "https://api.gong.io, or the host of your own on Gong's API page",
    )
    return Settings(
        base_url=base_url.rstrip("/").removesuffix("/v2"),
        is_base_url_set=get("BASE_URL") is not None,
        access_key=get("ACCESS_KEY"),
        access_key_secret=get("ACCESS_KEY_SECRET"),
        access_token=get("ACCESS_TOKEN"),
        client_id=get("CLIENT_ID"),
        client_secret=get("CLIENT_SECRET"),
        refresh_token=get("REFRESH_TOKEN"),
        token_file=get("TOKEN_FILE"),
        auth_url=_url("AUTH_URL", get("AUTH_URL") or AUTH_URL, AUTH_URL),
        requests_per_second=whole("REQUESTS_PER_SECOND"),
        requests_per_day=whole("REQUESTS_PER_DAY"),
        max_wait_seconds=whole("MAX_WAIT_SECONDS"),
        max_answer_mb=whole("MAX_ANSWER_MB"),
        start_date=_date("START_DATE", get("START_DATE")),
        company_time_zone=_zone("COMPANY_TIME_ZONE", get("COMPANY_TIME_ZONE")),
        keep_private=private == "keep",
        purge_deleted_after_days=_days(
            "GONG_ELT_PURGE_DELETED_AFTER_DAYS", own("GONG_ELT_PURGE_DELETED_AFTER_DAYS")
        ),
        # exactly as it is: hashes of erased people were made with every sign of it
        erasure_key=_key("GONG_ELT_ERASURE_KEY", environ.get("GONG_ELT_ERASURE_KEY")),
        warehouse=own("GONG_ELT_WAREHOUSE"),
        home=own("GONG_ELT_HOME"),
        dbt_memory=_memory("GONG_ELT_DBT_MEMORY", own("GONG_ELT_DBT_MEMORY")),
        dbt_threads=_models("GONG_ELT_DBT_THREADS", own("GONG_ELT_DBT_THREADS")),
        xdg_state_home=own("XDG_STATE_HOME"),
        now=_instant("GONG_ELT_NOW", own("GONG_ELT_NOW")),
    )


def unknown_settings(environ: Mapping[str, str] = os.environ) -> list[str]:
    """Returns a warning for each name that looks like a setting of ours and is none.

    Raises:
        BadSetting: a file of settings cannot be read.
    """
    known = {*OWN_SETTINGS, *(_PREFIX + name for name in GONG_SETTINGS)}
    warnings = []
    for name in sorted(environ):
        if "GONG" not in name.upper() or name in known or name.startswith(_OF_DBT):
            continue
        near = get_close_matches(name.upper(), sorted(known), n=1, cutoff=0.85)
        if near or name.startswith((_PREFIX, "GONG_ELT_")):
            warnings.append(_does_nothing(name, near))
    for file, content in _files():
        warnings += [
            f"{file}: {key} does nothing there; set it in the environment"
            for key in content
            if key.upper() in OWN_SETTINGS
        ]
        for key, value in _section(file, content).items():
            if isinstance(value, dict) or key in map(str.lower, GONG_SETTINGS):
                continue
            near = get_close_matches(key.upper(), GONG_SETTINGS, n=1, cutoff=0.6)
            warnings.append(f"{file}: {_does_nothing(key, [match.lower() for match in near])}")
    return warnings


def _does_nothing(name: str, near: Sequence[str]) -> str:
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{name} is no setting of gong-elt and does nothing{hint}"


def _stored() -> dict[str, str]:
    """Returns the settings of all files as text; the nearer file wins, and secrets over config."""
    merged: dict[str, str] = {}
    for file, content in _files():
        for name, value in _section(file, content).items():
            if name.upper() not in GONG_SETTINGS:
                continue
            if not isinstance(value, (str, int, float, date)):
                raise BadSetting(f"{file}: {name} must be a text or a number")
            merged[name] = str(value)
    return merged


def _files() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yields the files of settings that there are, the nearest last."""
    for place in ("~", "."):
        try:
            folder = absolute("GONG_ELT_HOME", place) / ".dlt"
        except BadSetting:  # no home folder, or the current one is gone: then no file either
            continue
        for name in ("config.toml", "secrets.toml"):
            file = folder / name
            try:
                if file.is_file():
                    yield file, tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise BadSetting(f"{file} is not valid TOML: {error}") from None
            except OSError as error:
                raise BadSetting(
                    f"{file} cannot be read ({error.strerror}): change its rights, or go to "
                    "another folder"
                ) from None


def _section(file: Path, content: dict[str, Any]) -> dict[str, Any]:
    for section in ("sources", "gong"):
        content = content.get(section, {})
        if not isinstance(content, dict):
            raise BadSetting(f"{file}: {section} must be a table, as in [sources.gong]")
    return content


def _url(name: str, value: str, example: str) -> str:
    try:
        is_url = bool(urlsplit(value).hostname)
    except ValueError:
        is_url = False
    if not is_url or not value.startswith(("https://", "http://")) or not _is_written(value):
        raise BadSetting(f"{_PREFIX}{name} is {value!r}; write it as {example}")
    return value


def _is_written(text: str) -> bool:
    """Whether a text has no blanks and only the letters and signs of a keyboard."""
    return text.isascii() and " " not in text


def _number(name: str, value: str, what: str, least: int) -> int:
    if not re.fullmatch("[0-9]{1,12}", value) or int(value) < least:
        raise BadSetting(f"{name} is {value!r}; it must be {what}, {least} or more")
    return int(value)


def _whole(name: str, value: str | None, default: int) -> int:
    return default if value is None else _number(_PREFIX + name, value, "a whole number", 0)


def _days(name: str, value: str | None) -> int | None:
    return None if value is None else _number(name, value, "a whole number of days", 1)


def _models(name: str, value: str | None) -> int | None:
    return None if value is None else _number(name, value, "a whole number of models", 1)


def _memory(name: str, value: str | None) -> str | None:
    if value:
        try:
            is_some = bytes_of(value) > 0
        except ValueError as error:
            raise BadSetting(f"{name}: {error}") from None
        if not is_some:
            raise BadSetting(f"{name} is {value!r}; it must be more than nothing")
    return value or None


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
            zone_named(value)
        except UnknownZone as unknown:
            raise BadSetting(f"{_PREFIX}{name}: {unknown}") from None
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
    if not 1970 < parsed.year < 9999:
        raise BadSetting(f"{name} is {value!r}, which is no present")
    return parsed.astimezone(UTC)
