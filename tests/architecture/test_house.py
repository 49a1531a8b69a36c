"""Architecture rules that `lint-imports` cannot state, such as the single module that sends."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PRODUCT = ("sources", "pipelines", "warehouse")


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Returns the top-level names that a module imports, anywhere in it."""
    imports = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imports |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports.add(node.module.partition(".")[0])
    return imports


def sleeps(path: Path) -> bool:
    """Whether a module calls something named `sleep`."""
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "sleep"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def names(paths: Iterator[Path]) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in paths}


def test_one_module_sends() -> None:
    senders = (
        path
        for path in modules(*PRODUCT)
        if imported(path) & {"httpx", "requests", "urllib3", "aiohttp"}
    )

    assert names(senders) == {
        "sources/gong/api/client.py",
        "sources/gong/api/network.py",  # opens the clients, which send nothing there
        "sources/gong/api/answers/received.py",  # takes answers in
    }


def test_few_modules_wait_for_time_to_pass() -> None:
    assert names(path for path in modules(*PRODUCT) if sleeps(path)) == {
        "sources/gong/api/retries.py",  # before a retry
        "sources/gong/api/client.py",  # before a token is requested again
        "sources/gong/api/rate_limit/budget.py",  # for the budget
        "pipelines/lock.py",  # for another run
        "pipelines/polling.py",  # for what Gong does later
    }


def test_only_settings_read_the_environment() -> None:
    readers = names(
        path
        for path in modules(*PRODUCT)
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    )

    assert readers == {"pipelines/settings.py", "warehouse/settings.py"}


def test_the_emulator_needs_nothing_but_python() -> None:
    allowed = set(sys.stdlib_module_names) | {"tests"}
    for path in modules("tests/emulator"):
        if ROOT / "tests/emulator/tests" not in path.parents:
            assert imported(path) <= allowed, path


@pytest.mark.parametrize("name", ["utils.py", "helpers.py", "common.py"])
def test_no_module_is_named_utils_helpers_or_common(name: str) -> None:
    assert not [path for path in modules(*PRODUCT, "tests") if path.name == name]


def test_every_module_imports_without_a_setting(tmp_path: Path) -> None:
    dotted = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in modules(*PRODUCT)
        if path.name not in ("__init__.py", "__main__.py")
    ]
    done = subprocess.run(
        [sys.executable, "-c", "import " + ", ".join(dotted)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("sync", "--only", "call"), ("sync",), ("status",), ("status", "--calendar")],
)
def test_help_and_usage_errors_import_no_heavy_library(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code = (
        "import sys, atexit\n"
        "heavy = ('dlt', 'dbt', 'pandas', 'pyarrow', 'duckdb', 'httpx')\n"
        "atexit.register(lambda: print(*[n for n in heavy if n in sys.modules], file=sys.stdout))\n"
        f"sys.argv = ['gong-elt', *{arguments!r}]\n"
        "from pipelines.cli import main; main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.splitlines()[-1] == ""


def test_the_lock_pins_with_hashes_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]

    assert "://" not in text
    assert len(pins) > 80
    assert all("==" in pin for pin in pins)
    assert text.count("--hash=sha256:") >= len(pins)
