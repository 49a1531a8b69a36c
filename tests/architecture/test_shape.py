"""The shape of the code: small folders, short functions, one name for one thing."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PRODUCT = ("sources", "pipelines", "warehouse")
LARGEST_FOLDER = 14
LONGEST_FUNCTION = 40
MOST_FIELDS = 8

_SIGNATURE = "a command of typer: its options, each with its help, are the signature"
LONG_FUNCTIONS = {
    "pipelines/cli/ingest.py:sync": _SIGNATURE,
    "pipelines/cli/ingest.py:backfill": _SIGNATURE,
    "pipelines/cli/operations.py:push": _SIGNATURE,
    "pipelines/gong_client.py:open_client": "opens and closes budget, client and credentials",
    "pipelines/ingest/loader.py:load": "half of it states what a load promises",
    "pipelines/ingest/runner.py:carry_out": "the way of a run, from the lock to the record",
    "pipelines/monitor/scope_probes.py:_written_probes": "a table: one probe per scope",
    "pipelines/settings.py:load": "a table: one line per setting",
    "sources/gong/api/auth.py:credentials": "each way to give credentials, in one order",
    "sources/gong/api/pagination.py:pages": "half of it states what is promised of a list",
    "sources/gong/api/request.py:prepare": "one branch per place of a parameter",
    "sources/gong/extract/concurrency.py:run_concurrently": "threads and consumer share state",
    "sources/gong/source.py:gong": "dlt reads the signature; most of it documents the arguments",
    "warehouse/publication/erased_rows.py:remove_rows": "its steps only hold in this order",
}
"""Functions over 40 lines, and why each reads better whole."""

_ROW = "a row of facts: as many fields as the table has columns"
WIDE_CLASSES = {
    "pipelines/push/push.py:PushOptions": "the options of the command, one to one",
    "pipelines/settings.py:Settings": "one field per setting",
    "sources/gong/api/operations/model.py:Operation": _ROW,
    "sources/gong/extract/tasks.py:StreamTasks": "all that tasks of one stream share",
    "sources/gong/extract/tasks.py:TaskResult": "one field per thing that a part of a window tells",
    "sources/gong/schema/table.py:Parents": _ROW,
    "sources/gong/schema/table.py:Table": _ROW,
    "warehouse/contracts/__init__.py:Contract": "the keys of the JSON file",
    "warehouse/contracts/__init__.py:ContractLoad": "the keys of the JSON file",
    "warehouse/ops/load_log.py:DoneWindow": _ROW,
    "warehouse/ops/runs.py:Run": _ROW,
}
"""Classes with more than 8 fields or constructor arguments, and why."""

VAGUE = {"told", "one", "found"}
EXPECTED_AND_FOUND = {
    "sources/gong/extract/answers.py", "warehouse/ops/schema_changes.py",
    "warehouse/ops/schema_drift.py",
}  # fmt: skip
"""Modules in which `found` is a column of `gong_ops.schema_changes`, beside `expected`."""


def modules() -> Iterator[Path]:
    for folder in PRODUCT:
        yield from sorted((ROOT / folder).rglob("*.py"))


def nodes(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[tuple[str, ast.AST]]:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kind):
                yield path.relative_to(ROOT).as_posix(), node


@pytest.mark.parametrize("top", [*PRODUCT, "tests"])
def test_no_folder_has_more_modules_than_a_reader_holds(top: str) -> None:
    folders = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / top).rglob("*.py")
        if path.name != "__init__.py"
    )

    assert {name: count for name, count in folders.items() if count > LARGEST_FOLDER} == {}


def test_a_function_over_forty_lines_has_a_reason() -> None:
    long = {
        f"{path}:{node.name}"
        for path, node in nodes((ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > LONGEST_FUNCTION
    }

    assert long == LONG_FUNCTIONS.keys()
    assert all(LONG_FUNCTIONS.values())


def test_a_class_with_more_than_eight_fields_has_a_reason() -> None:
    wide = set()
    for path, node in nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        is_enum = any("Enum" in ast.unparse(base) for base in node.bases)
        fields = sum(isinstance(item, ast.AnnAssign) for item in node.body)
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                arguments = item.args
                fields = max(fields, len(arguments.args) - 1 + len(arguments.kwonlyargs))
        if fields > MOST_FIELDS and not is_enum:
            wide.add(f"{path}:{node.name}")

    assert wide == WIDE_CLASSES.keys()
    assert all(WIDE_CLASSES.values())


def test_no_two_classes_have_one_name() -> None:
    places = defaultdict(list)
    for path, node in nodes(ast.ClassDef):
        assert isinstance(node, ast.ClassDef)
        if not node.name.startswith("_"):
            places[node.name].append(path)

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_names_say_what_they_hold() -> None:
    vague = {
        f"{path}:{node.lineno} {node.id}"
        for path, node in nodes(ast.Name)
        if isinstance(node, ast.Name)
        and isinstance(node.ctx, ast.Store)
        and node.id in VAGUE
        and not (node.id == "found" and path in EXPECTED_AND_FOUND)
    }

    assert vague == set()
