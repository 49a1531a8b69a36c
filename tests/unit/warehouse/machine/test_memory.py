"""How much of the machine DuckDB takes: half of it, also of a container, and not what is in use."""

from __future__ import annotations

import resource
from pathlib import Path

import duckdb
import pytest

from warehouse.machine import memory as module
from warehouse.machine.memory import (
    LEAST_MEMORY,
    MB,
    bytes_of,
    duckdb_settings,
    memory_for_duckdb,
    threads_for_duckdb,
)

GB = 1024 * MB


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine without control groups and with much free memory."""
    write(tmp_path, "proc/meminfo", f"MemTotal: 1 kB\nMemAvailable:  {10**12} kB\n")
    return tmp_path


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 * GB // 4096}
    monkeypatch.setattr("os.sysconf", sizes.__getitem__)
    monkeypatch.setattr("resource.getrlimit", lambda _kind: (resource.RLIM_INFINITY,) * 2)


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)


def test_half_of_the_machine_is_taken(root: Path) -> None:
    assert memory_for_duckdb(root) == 8 * GB


def test_a_machine_that_is_no_linux_is_used_by_half_too(tmp_path: Path) -> None:
    assert memory_for_duckdb(tmp_path) == 8 * GB


@pytest.mark.parametrize("place", ["sys/fs/cgroup", "sys/fs/cgroup/unified"])
def test_the_limit_of_a_container_counts_as_the_machine(root: Path, place: str) -> None:
    write(root, "proc/self/cgroup", "0::/\n")
    write(root, f"{place}/memory.max", f"{2 * GB}\n")
    assert memory_for_duckdb(root) == GB


def test_the_lowest_limit_of_nested_groups_counts(root: Path) -> None:
    write(root, "proc/self/cgroup", "0::/system.slice/sync.service\n")
    write(root, "sys/fs/cgroup/system.slice/memory.max", f"{4 * GB}\n")
    write(root, "sys/fs/cgroup/system.slice/sync.service/memory.max", "max\n")
    assert memory_for_duckdb(root) == 2 * GB


def test_the_first_version_of_control_groups_counts_too(root: Path) -> None:
    write(root, "proc/self/cgroup", "5:devices:/x\n4:cpu,memory:/docker/ab12\n0::/\n")
    write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", f"{6 * GB}\n")
    assert memory_for_duckdb(root) == 3 * GB
    # no limit, in its words
    write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n")
    assert memory_for_duckdb(root) == 8 * GB


@pytest.mark.parametrize("limited", [resource.RLIMIT_AS, resource.RLIMIT_DATA])
def test_the_limit_of_a_process_counts_as_the_machine(
    root: Path, monkeypatch: pytest.MonkeyPatch, limited: int
) -> None:
    limit = {limited: 3 * GB}
    monkeypatch.setattr(
        "resource.getrlimit", lambda kind: (limit.get(kind, resource.RLIM_INFINITY), -1)
    )
    assert memory_for_duckdb(root) == 1.5 * GB


def test_what_other_programs_use_is_left_to_them(root: Path) -> None:
    write(root, "proc/meminfo", f"MemAvailable: {4 * GB // 1024} kB\n")
    assert memory_for_duckdb(root) == 3 * GB


def test_the_smallest_machine_gives_what_the_models_need_at_least(root: Path) -> None:
    write(root, "proc/meminfo", "MemAvailable: 1 kB\n")
    assert memory_for_duckdb(root) == LEAST_MEMORY


@pytest.mark.parametrize(
    ("memory", "processors", "threads"),
    [(LEAST_MEMORY, 64, 3), (LEAST_MEMORY, 2, 2), (8 * GB, 4, 4), (8 * GB, 96, 64), (1, 8, 1)],
)
def test_many_processors_do_not_use_up_a_small_memory(
    memory: int, processors: int, threads: int
) -> None:
    assert threads_for_duckdb(memory, processors) == threads


@pytest.mark.parametrize(
    ("text", "count"),
    [("400MB", 400_000_000), ("2gb", 2_000_000_000), ("1.5 GiB", 1_610_612_736), ("8KiB", 8192)],
)
def test_an_amount_is_read_as_duckdb_reads_it(text: str, count: int) -> None:
    assert bytes_of(text) == count
    with duckdb.connect() as db:
        assert db.execute("select parse_formatted_bytes(?)", [text]).fetchone() == (count,)


@pytest.mark.parametrize("text", ["", "400", "80%", "much", "-1GB", "GB"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="800MB or 2GB"):
        bytes_of(text)


def test_threads_are_left_to_duckdb_where_memory_is_no_reason_for_fewer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "memory_for_duckdb", lambda: 3 * GB)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert duckdb_settings() == {"memory_limit": "3072MiB"}


@pytest.mark.parametrize(("counted", "threads"), [(64, "3"), (2, "2")])
def test_threads_are_few_where_memory_is_short(
    monkeypatch: pytest.MonkeyPatch, counted: int, threads: str
) -> None:
    monkeypatch.setattr(module, "memory_for_duckdb", lambda: LEAST_MEMORY)
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    monkeypatch.setattr(module, "processors", lambda: counted)  # fewer in a container
    assert duckdb_settings() == {"memory_limit": "400MiB", "threads": threads}
