"""An environment full of settings that are not ours, as dlt and dbt can be given them.

The lists are read from the installed packages, so that an upgrade is covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

_VALUES = {
    # those that once did harm; any other field is given a value of its type
    "refresh": "drop_sources",
    "full_refresh": "true",
    "dev_mode": "true",
    "dataset_name": "foreign",
    "dataset_name_layout": "foreign_%s",
    "destination_type": "filesystem",
    "destination_name": "foreign",
    "pipelines_dir": "/nonexistent/pipelines",
    "import_schema_path": "/nonexistent/import",
    "export_schema_path": "/nonexistent/export",
    "log_level": "DEBUG",
    "sentry_dsn": "http://key@127.0.0.1:9/1",
    "dlthub_telemetry_endpoint": "http://127.0.0.1:9",
    "credentials": "duckdb:////nonexistent/foreign.duckdb",
    "naming": "direct",
    "loader_file_format": "jsonl",
}
_MODULES = (
    "dlt.pipeline", "dlt.common", "dlt.load", "dlt.extract", "dlt.normalize",
    "dlt.destinations.impl.duckdb",
)  # fmt: skip
_NOT_OF_A_RUN = ("Credentials", "Filesystem", "Incremental", "Context")

DLT_TOML = """
refresh = "drop_sources"
dev_mode = true
dataset_name = "foreign"

[runtime]
log_level = "DEBUG"
dlthub_telemetry = true

[load]
delete_completed_jobs = false
workers = 1

[normalize]
loader_file_format = "jsonl"

[schema]
naming = "direct"

[destination.duckdb]
credentials = "duckdb:////nonexistent/foreign.duckdb"

[pipelines.gong_elt]
refresh = "drop_sources"
full_refresh = true
"""
"""A `config.toml` of another project."""


def configurations_of_dlt() -> list[Any]:
    """Returns the classes by which dlt resolves the arguments of a pipeline into DuckDB."""
    import dlt.destinations.impl.duckdb.configuration
    import dlt.load.configuration
    import dlt.normalize.configuration  # noqa: F401
    from dlt.common.configuration.specs.base_configuration import BaseConfiguration

    return sorted(
        {
            kind
            for kind in _below(BaseConfiguration)
            if kind.__module__.startswith(_MODULES)
            and hasattr(kind, "__configspec__")
            and not any(word in kind.__name__ for word in _NOT_OF_A_RUN)
        },
        key=lambda kind: kind.__qualname__,
    )


def _below(kind: Any) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def resolved_by_dlt(kind: Any) -> dict[str, Any]:
    """Returns the values of the plain fields of a configuration as dlt resolves it now."""
    from dlt.common.configuration.resolve import resolve_configuration

    config = resolve_configuration(kind(), accept_partial=True)
    plain = (str, int, float, bool, type(None))
    return {
        name: value
        for name in config.get_resolvable_fields()
        if isinstance(value := getattr(config, name, None), plain)
    }


def environment_of_dlt() -> dict[str, str]:
    """Returns every variable by which dlt can be told an argument: by name, and by section."""
    names: dict[str, str] = {}
    for kind in configurations_of_dlt():
        for name, hint in kind.get_resolvable_fields().items():
            value = _VALUES.get(name, _value(str(hint)))
            for prefix in ("", kind.__section__, "pipelines__gong_elt", "destination__duckdb"):
                if prefix is not None:
                    names[f"{prefix}__{name}".strip("_").upper()] = value
    return {name: value for name, value in names.items() if not name.startswith("SOURCES__")}


def _value(hint: str) -> str:
    if "bool" in hint:
        return "true"
    if "int" in hint or "float" in hint:
        return "1"
    return "foreign"


def environment_of_dbt() -> dict[str, str]:
    """Returns every variable by which dbt takes an option, each set to do harm or to be noticed."""
    import dbt.cli.main
    import dbt.cli.params

    names = set()
    commands = [dbt.cli.main.cli, *dbt.cli.main.cli.commands.values()]  # type: ignore[attr-defined]
    for command in commands:
        for option in command.params:
            given = option.envvar or ()
            names.update([given] if isinstance(given, str) else given)
    return {name: _DBT_VALUES.get(name.replace("_ENGINE", ""), "true") for name in sorted(names)}


_DBT_VALUES = {
    "DBT_PROFILES_DIR": "/nonexistent",
    "DBT_PROJECT_DIR": "/nonexistent",
    "DBT_TARGET": "postgres",
    "DBT_PROFILE": "foreign",
    "DBT_TARGET_PATH": "/nonexistent/target",
    "DBT_LOG_PATH": "/nonexistent/logs",
    "DBT_RESOURCE_TYPES": "source",
    "DBT_EXCLUDE_RESOURCE_TYPES": "model",
    "DBT_WARN_ERROR_OPTIONS": "{}",
    "DBT_LOG_FORMAT": "json",
    "DBT_LOG_LEVEL": "debug",
    "DBT_STATE": "/nonexistent",
}


def environment_of_the_world() -> dict[str, str]:
    """Returns what else an environment may hold: proxies to nowhere, an odd locale, schedulers."""
    from dlt.common import known_env

    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {
        **{value: "foreign" for name, value in vars(known_env).items() if name.startswith("DLT_")},
        "DLT_USE_JSON": "simplejson",
        "DLT_DATA_DIR": "/nonexistent/dlt",
        "DLT_INTERVAL_START": "2026-01-01T00:00:00Z",
        "DLT_DISABLE_PLUGINS": "false",
        **dict.fromkeys((*proxies, *map(str.lower, proxies)), "http://127.0.0.1:9"),
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "TZ": "Pacific/Apia",
        "COLUMNS": "20",
        "FORCE_COLOR": "1",
        "TERM": "dumb",
        "AIRFLOW_CTX_TASK_ID": "foreign",
        "STREAMLIT_SERVER_PORT": "1",
        "COLAB_RELEASE_TAG": "foreign",
        "AWS_PROFILE": "foreign",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }


def foreign_environment() -> dict[str, str]:
    """Returns all of it together."""
    harmful = {**environment_of_dlt(), **environment_of_dbt(), **environment_of_the_world()}
    return {name: value for name, value in harmful.items() if name not in ("PATH", "HOME", "USER")}


def make_foreign_folder(folder: Path) -> None:
    """Makes a folder with another project's settings for dlt and dbt, and modules of its own."""
    (folder / ".dlt").mkdir(parents=True, exist_ok=True)
    for name in ("config.toml", "secrets.toml"):
        (folder / ".dlt" / name).write_text(DLT_TOML)
    (folder / ".dlt" / ".workspace").touch()
    for name in ("dbt_project.yml", "profiles.yml", ".env", ".user.yml"):
        (folder / name).write_text("name: foreign\nDBT_EMPTY=true\n")
    for name in ("dlt", "dbt", "duckdb", "pandas"):
        (folder / f"{name}.py").write_text("raise SystemExit('a foreign module was imported')\n")
