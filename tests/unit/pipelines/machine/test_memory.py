"""How much of the machine DuckDB takes: half of it, also of a container, and not what is in use."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipelines.machine.memory import (
    LEAST_MEMORY,
    MB,
    bytes_of,
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
