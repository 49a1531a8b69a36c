"""A run takes nothing of dlt's from the environment or from foreign folders.

What dlt can be told is read from the installed dlt, so that an upgrade is covered.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt  # starts a process when it is imported, which no unit test may
import pytest
from dlt.common import known_env
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.pipeline.configuration import PipelineConfiguration

from pipelines.dlt_context import SETTINGS, isolate
from pipelines.settings import hide_from_dlt
from tests.harness.foreign_settings import (
    DLT_TOML,
    configurations_of_dlt,
    environment_of_dlt,
    resolved_by_dlt,
)


@pytest.fixture(autouse=True)
def _context_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(os, "environ", os.environ.copy())
    container = Container()
    before = container[PluggableRunContext]
    yield
    container[PluggableRunContext] = before


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder and an environment in which dlt is told everything it can be told."""
    (tmp_path / ".dlt").mkdir()
    for name in ("config.toml", "secrets.toml"):
        (tmp_path / ".dlt" / name).write_text(DLT_TOML)
    monkeypatch.chdir(tmp_path)
    os.environ.update(environment_of_dlt())
    return tmp_path


def test_the_foreign_settings_do_steer_dlt_where_a_run_does_not_protect_itself(
    foreign: Path,
) -> None:
    Container()[PluggableRunContext] = PluggableRunContext()
    assert resolved_by_dlt(PipelineConfiguration)["refresh"] == "drop_sources"


def test_every_argument_that_dlt_resolves_has_its_default_in_a_run(foreign: Path) -> None:
    isolate(foreign / "own")
    configurations = configurations_of_dlt()
    assert len(configurations) > 15
    under_foreign_settings = [resolved_by_dlt(kind) for kind in configurations]

    for name in environment_of_dlt():
        del os.environ[name]
    isolate(foreign / "own")
    assert under_foreign_settings == [resolved_by_dlt(kind) for kind in configurations]


def test_a_pipeline_of_a_run_has_the_dataset_and_folder_it_was_given(foreign: Path) -> None:
    isolate(foreign / "own")
    pipeline: Any = dlt.pipeline(
        "gong_elt",
        destination=dlt.destinations.duckdb(str(foreign / "w.duckdb")),
        dataset_name="gong_raw",
        pipelines_dir=str(foreign / "own"),
    )
    assert (pipeline.dataset_name, pipeline.dev_mode, pipeline.refresh) == ("gong_raw", False, None)
    assert Path(pipeline.working_dir) == foreign / "own" / "gong_elt"
    client = pipeline.destination_client
    with client() as opened:
        assert opened.config.credentials.database == str(foreign / "w.duckdb")


def test_the_context_of_a_run_is_one_folder_and_our_settings(foreign: Path) -> None:
    isolate(foreign / "own")
    context: Any = Container()[PluggableRunContext].context
    folders = {context.run_dir, context.local_dir, context.data_dir, context.global_dir}
    assert folders == {str(foreign / "own")}
    assert context.settings_dir.startswith(str(foreign / "own"))
    assert context.runtime_config.log_level == SETTINGS["runtime"]["log_level"]
    assert context.runtime_config.dlthub_telemetry is False


def test_what_dlt_reads_past_its_settings_is_hidden_from_it(foreign: Path) -> None:
    names = [value for name, value in vars(known_env).items() if name.startswith("DLT_")]
    assert len(names) > 10
    os.environ.update(dict.fromkeys(names, "foreign"), WORKSPACE__PROFILE="foreign")
    hide_from_dlt()
    assert not {*names, "WORKSPACE__PROFILE"} & os.environ.keys() - {"DLT_DISABLE_PLUGINS"}
    assert os.environ["DLT_DISABLE_PLUGINS"] == "true"
