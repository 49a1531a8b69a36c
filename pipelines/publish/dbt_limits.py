"""How much memory and how many threads dbt's models get, and what to do with those that run out.

A model that runs out of memory is built again, alone and with one thread: most need the memory only
because others are built beside them. Pure, but for the look at the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipelines.settings import Settings
from warehouse.machine.memory import (
    MB,
    OUT_OF_MEMORY,
    bytes_of,
    memory_for_duckdb,
    processors,
    threads_for_duckdb,
)

_MEMORY_PER_MODEL = 1024 * MB
_MOST_MODELS = 4
"""DuckDB uses all processors for one model; more at a time only hide dbt's own work."""


@dataclass(frozen=True, slots=True)
class DbtLimits:
    """What dbt may take.

    Attributes:
        memory: DuckDB's memory, as DuckDB writes it.
        models: how many models are built at a time.
        threads: DuckDB's threads.
        keeps_order: whether tables keep the order in which their rows come; it costs memory.
    """

    memory: str
    models: int
    threads: int
    keeps_order: bool = True

    @property
    def variables(self) -> dict[str, str]:
        """The variables of the dbt project that say so."""
        return {
            "GONG_ELT_DBT_MEMORY": self.memory,
            "GONG_ELT_DBT_THREADS": str(self.models),
            "GONG_ELT_DBT_DUCKDB_THREADS": str(self.threads),
            "GONG_ELT_DBT_KEEPS_ORDER": str(self.keeps_order).lower(),
        }

    @property
    def alone(self) -> DbtLimits:
        """The limits under which a model needs least: the same memory, for it alone."""
        return replace(self, models=1, threads=1, keeps_order=False)


def dbt_limits(settings: Settings) -> DbtLimits:
    """Returns the limits of the settings; where they say nothing, what fits the machine now."""
    memory = settings.dbt_memory or f"{memory_for_duckdb() // MB}MiB"
    in_bytes = bytes_of(memory)
    models = max(1, min(_MOST_MODELS, processors(), in_bytes // _MEMORY_PER_MODEL))
    return DbtLimits(
        memory, settings.dbt_threads or models, threads_for_duckdb(in_bytes, processors())
    )


def starved(results: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    """Returns what ran out of memory, as dbt selects it: a model with all after it, or a test."""
    selected = []
    for result in results["results"]:
        if _ran_out(result):
            node = manifest["nodes"].get(result["unique_id"], {})
            is_model = result["unique_id"].startswith("model.")
            selected.append(node["name"] + "+" * is_model)
    return selected


def merged(first: Mapping[str, Any], again: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the results of a build of which a part was built again; the later ones count."""
    later = {result["unique_id"] for result in again["results"]}
    kept = [result for result in first["results"] if result["unique_id"] not in later]
    return {"results": [*kept, *again["results"]]}


def explained(results: Mapping[str, Any], limits: DbtLimits) -> dict[str, Any]:
    """Returns results in which a lack of memory says what to do about it."""
    advice = (
        f"it needs more than the {limits.memory} of memory that it may take, also alone. Set "
        "GONG_ELT_DBT_MEMORY to more (2GB, say), or run on a machine that has more. "
    )
    return {
        "results": [
            {**result, "message": advice + _first_line(result)} if _ran_out(result) else result
            for result in results["results"]
        ]
    }


def _ran_out(result: Mapping[str, Any]) -> bool:
    return result["status"] == "error" and OUT_OF_MEMORY in str(result.get("message"))


def _first_line(result: Mapping[str, Any]) -> str:
    message = str(result["message"])
    return message[message.index(OUT_OF_MEMORY) :].splitlines()[0]
