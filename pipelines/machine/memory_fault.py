"""Explains errors of memory: what DuckDB may take of the machine did not do."""

from __future__ import annotations

from pipelines.machine.causes import chain, words_of_libraries
from warehouse.machine.memory import (
    LEAST_MEMORY,
    MB,
    OUT_OF_MEMORY,
    SHARE_OF_ALL,
    SHARE_OF_FREE,
    memory_for_duckdb,
)


def memory_fault(error: BaseException) -> str | None:
    """Returns what a person has to know of a lack of memory; None where an error is none."""
    if not any(
        isinstance(cause, MemoryError) or OUT_OF_MEMORY in words_of_libraries(cause)
        for cause in chain(error)
    ):
        return None
    return (
        f"There was too little memory. DuckDB may take {memory_for_duckdb() // MB:,} MiB now: "
        f"{SHARE_OF_ALL:.0%} of what the machine, the container or `ulimit -v` leaves, or "
        f"{SHARE_OF_FREE:.0%} of what is free where that is less, but at least "
        f"{LEAST_MEMORY // MB} MiB. Give it more, or end other programs; then run the same "
        "command again. Nothing that has landed is lost."
    )
