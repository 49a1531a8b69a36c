"""What dbt may take, and what becomes of a model that runs out of memory."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.publish import dbt_limits as module
from pipelines.publish.dbt import summary
from pipelines.publish.dbt_limits import DbtLimits, dbt_limits, explained, merged, starved
from pipelines.settings import BadSetting, Settings, load
from warehouse.machine.memory import MB

OUT = (
    "Runtime Error in model calls (models/calls.sql)\n  Out of Memory Error: could not allocate "
    "block of size 256.0 KiB (381.3 MiB/381.4 MiB used)\n  Possible solutions:\n  * SET threads"
)
MANIFEST = {
    "nodes": {
        "model.gong.calls": {"name": "calls"},
        "model.gong.weeks": {"name": "weeks"},
        "model.gong.users": {"name": "users"},
        "test.gong.unique": {"name": "unique", "depends_on": {"nodes": ["model.gong.users"]}},
    },
    "unit_tests": {},
}


def result(unique_id: str, status: str, message: str = "") -> dict[str, Any]:
    return {"unique_id": unique_id, "status": status, "message": message, "failures": None}


FIRST = {
    "results": [
        result("model.gong.users", "success"),
        result("model.gong.calls", "error", OUT),
        result("model.gong.weeks", "skipped"),
        result("test.gong.unique", "error", OUT),
    ]
}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "memory_for_duckdb", lambda: 3000 * MB)
    monkeypatch.setattr(module, "processors", lambda: 8)


@pytest.mark.usefixtures("machine")
def test_without_settings_memory_and_threads_fit_the_machine() -> None:
    assert dbt_limits(Settings()) == DbtLimits("3000MiB", models=2, threads=8)


@pytest.mark.usefixtures("machine")
def test_settings_go_before_the_machine_and_threads_follow_the_memory() -> None:
    assert dbt_limits(Settings(dbt_memory="400MB")) == DbtLimits("400MB", models=1, threads=2)
    limits = dbt_limits(Settings(dbt_memory="16GB", dbt_threads=6))
    assert limits == DbtLimits("16GB", models=6, threads=8)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GONG_ELT_DBT_MEMORY", "much"),
        ("GONG_ELT_DBT_MEMORY", "400"),
        ("GONG_ELT_DBT_MEMORY", "0MB"),
        ("GONG_ELT_DBT_THREADS", "0"),
        ("GONG_ELT_DBT_THREADS", "two"),
    ],
)
def test_a_setting_that_dbt_could_not_use_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        load({name: value})


def test_what_ran_out_of_memory_is_built_again_with_all_that_waited_for_it() -> None:
    assert starved(FIRST, MANIFEST) == ["calls+", "unique"]
    assert starved({"results": [result("model.gong.calls", "error", "syntax")]}, MANIFEST) == []


def test_alone_a_model_has_all_the_memory_and_one_thread() -> None:
    alone = DbtLimits("1GB", models=2, threads=8).alone
    assert alone.variables == {
        "GONG_ELT_DBT_MEMORY": "1GB",
        "GONG_ELT_DBT_THREADS": "1",
        "GONG_ELT_DBT_DUCKDB_THREADS": "1",
        "GONG_ELT_DBT_KEEPS_ORDER": "false",
    }


def test_what_was_built_alone_counts_in_place_of_what_failed() -> None:
    again = {
        "results": [
            result("model.gong.calls", "success"),
            result("model.gong.weeks", "success"),
            result("test.gong.unique", "pass"),
        ]
    }
    built = summary(merged(FIRST, again), MANIFEST)
    assert (built.failed, built.models, built.tests) == ({}, 3, 1)


def test_what_runs_out_alone_too_says_what_to_do() -> None:
    again = {
        "results": [
            result("model.gong.calls", "error", OUT),
            result("model.gong.weeks", "skipped"),
            result("test.gong.unique", "pass"),
        ]
    }
    built = summary(
        explained(merged(FIRST, again), DbtLimits("400MB", models=2, threads=2)), MANIFEST
    )
    assert built.failed.keys() == {"calls", "weeks"}
    assert built.failed["calls"].startswith(
        "it needs more than the 400MB of memory that it may take, also alone. Set "
        "GONG_ELT_DBT_MEMORY to more"
    )
    assert built.failed["calls"].endswith("(381.3 MiB/381.4 MiB used)")
