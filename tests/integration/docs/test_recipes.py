"""The recipe of CONTRIBUTING for a list endpoint works as written, in at most three files."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ROOT
from tests.harness.scripted_server import Answer, ReceivedRequest, json_answer, serving

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
STEP = re.compile(
    r"```python\n# (?P<file>\S+), at the end of (?P<name>\w+)\n(?P<code>.*?)```", re.DOTALL
)
MOST_FILES = 3


def steps() -> list[re.Match[str]]:
    section = TEXT.partition("\n## Add a list endpoint\n")[2].partition("\n## ")[0]
    return list(STEP.finditer(section))


def inserted(source: str, name: str, code: str) -> str:
    """Returns a module with lines inserted before the closing bracket of a table in it."""
    (table,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target) == name
    )
    lines = source.splitlines(keepends=True)
    end = (table.end_lineno or 0) - 1
    return "".join([*lines[:end], code, *lines[end:]])


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the product in which the recipe was followed."""
    tree = tmp_path / "tree"
    for folder in ("sources", "pipelines", "warehouse", "transforms"):
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(ROOT / folder, tree / folder, ignore=ignored)
    for step in steps():
        file = tree / step["file"]
        file.write_text(inserted(file.read_text(), step["name"], step["code"]))
    done = run(tree, "-c", "from pipelines.docs.files import write; write()")
    assert done.returncode == 0, done.stderr
    return tree


def run(tree: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs Python with the modules of a copy."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree.parent,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(tree),
            "PYTHONSAFEPATH": "1",
            "HOME": str(tree.parent),
            **settings,
        },
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_recipe_touches_at_most_three_files() -> None:
    assert 2 <= len({step["file"] for step in steps()}) <= MOST_FILES


def test_an_endpoint_added_by_the_recipe_lands(copy: Path, tmp_path: Path) -> None:
    badges = [
        {"id": "8123456789012345673", "name": "Coach", "created": "2026-11-01T10:00:00Z"},
        {"id": "2", "name": "Listener", "created": "2026-11-02T10:00:00Z", "colour": "red"},
    ]

    def answer(request: ReceivedRequest, _number: int) -> Answer:
        return json_answer(
            200, {"requestId": "r", "badges": badges if request.path == "/v2/badges" else []}
        )

    with serving(answer) as server:
        done = run(
            copy,
            *("-m", "pipelines.cli", "sync", "--only", "badges"),
            GONG_ELT_HOME=str(tmp_path / "home"),
            SOURCES__GONG__BASE_URL=server.url,
            SOURCES__GONG__ACCESS_KEY="key",
            SOURCES__GONG__ACCESS_KEY_SECRET="secret",
            SOURCES__GONG__COMPANY_TIME_ZONE="UTC",
            SOURCES__GONG__REQUESTS_PER_SECOND="0",
        )
        paths = [request.path for request in server.requests]

    assert done.returncode == 0, done.stderr
    assert paths.count("/v2/badges") == 1
    with duckdb.connect(str(tmp_path / "home" / "warehouse.duckdb"), read_only=True) as db:
        rows = db.execute(
            "select badge_id, name, extra::varchar from gong_raw.badges order by all"
        ).fetchall()
        staged = "select badge_id from gong_staging.stg_gong__badges where not is_deleted"
        names = db.execute(f"{staged} order by all").fetchall()
    assert rows == [
        ("2", "Listener", '{"colour":"red"}'),
        ("8123456789012345673", "Coach", None),
    ]
    assert names == [("2",), ("8123456789012345673",)]
