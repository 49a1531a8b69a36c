"""How much of this machine DuckDB may take: memory and threads, also inside a container.

Opens no file of ours.
"""

from __future__ import annotations

import os
import re
import resource
from functools import cache
from pathlib import Path

MB = 1024 * 1024
LEAST_MEMORY = 400 * MB
"""What DuckDB gets on the smallest machine; with less it fails at ordinary volumes."""
OUT_OF_MEMORY = "Out of Memory Error"
"""How every message of DuckDB's begins that says so."""

SHARE_OF_ALL = 0.5
"""DuckDB's share of the memory. Python, dlt and dbt live beside it, and so do other programs."""
SHARE_OF_FREE = 0.75
"""DuckDB's share of what is free now."""
_MEMORY_PER_THREAD = 128 * MB
"""Below it the buffers of the threads alone fill the memory."""


def memory_for_duckdb(root: Path = Path("/")) -> int:
    """Returns the bytes that one DuckDB may take.

    It is half of what the machine has, or of what the container or the process is limited to; less
    where that much is not free; at least `LEAST_MEMORY`.

    Args:
        root: where `/proc` and `/sys` are.
    """
    share = min(SHARE_OF_ALL * _memory(root), SHARE_OF_FREE * _free(root))
    return max(LEAST_MEMORY, int(share))


def threads_for_duckdb(memory: int, processors: int) -> int:
    """Returns how many threads one DuckDB may use, from its bytes of memory."""
    return max(1, min(processors, memory // _MEMORY_PER_THREAD))


def duckdb_settings() -> dict[str, str]:
    """Returns the settings that keep a DuckDB within its share; beyond it, it uses the disk.

    Takes a tenth of a millisecond; more once in a process where memory is short for the processors.
    """
    memory = memory_for_duckdb()
    limits = {"memory_limit": f"{memory // MB}MiB"}
    most = os.cpu_count() or 1  # never fewer than DuckDB counts
    if threads_for_duckdb(memory, most) < most:
        limits["threads"] = str(threads_for_duckdb(memory, processors()))
    return limits


def bytes_of(memory: str) -> int:
    """Returns how many bytes an amount is that is written as DuckDB takes it, `2GB` or `1.5 GiB`.

    Raises:
        ValueError: it is not written so.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])(I?)B", memory.strip().upper())
    if match is None:
        raise ValueError(f"{memory!r} is no amount of memory; write it as in 800MB or 2GB")
    number, unit, is_binary = match.groups()
    return int(float(number) * (1024 if is_binary else 1000) ** ("KMGT".index(unit) + 1))


@cache
def processors() -> int:
    """Returns how many processors DuckDB counts, which knows the limits of containers."""
    import duckdb

    with duckdb.connect() as db:
        row = db.execute("select current_setting('threads')").fetchone()
    return int(row[0]) if row else 1


def _memory(root: Path) -> int:
    """Returns the bytes that the machine has, or that the limits below leave of them."""
    installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([installed, *_limits_of_groups(root), *_limits_of_process()])


def _limits_of_process() -> list[int]:
    """Returns the limits that `ulimit` has set."""
    kinds = (resource.RLIMIT_AS, resource.RLIMIT_DATA)
    limits = [resource.getrlimit(kind)[0] for kind in kinds]
    return [limit for limit in limits if limit != resource.RLIM_INFINITY]


def _limits_of_groups(root: Path) -> list[int]:
    """Returns the limits of Linux's control groups of this process, and of all groups around them.

    In a container the path of the group is often that of the host, which is not visible inside;
    its own group is the topmost one then.
    """
    limits: list[int] = []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if not controllers:
            tops, name = ["sys/fs/cgroup", "sys/fs/cgroup/unified"], "memory.max"
        elif "memory" in controllers.split(","):
            tops, name = ["sys/fs/cgroup/memory"], "memory.limit_in_bytes"
        else:
            continue
        parts = [part for part in group.split("/") if part]
        for depth in range(len(parts) + 1):
            for top in tops:
                limit = _text(root.joinpath(top, *parts[:depth], name)).strip()
                limits += [int(limit)] if limit.isdecimal() else []  # else it is "max"
    return limits


def _free(root: Path) -> float:
    """Returns the bytes that can be taken without swapping; infinite where Linux does not say."""
    for line in _text(root / "proc/meminfo").splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable":
            return int(amount.split()[0]) * 1024
    return float("inf")


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
