"""Facts about a landed table are declared in its row; general code asks the row, names no table."""

from __future__ import annotations

import ast
from collections import Counter

from sources.gong.schema.tables import TABLES
from tests.conftest import ROOT

BOUND = 81
"""How many strings outside `schema/tables` may equal the name of a landed table. Some must: keys of
Gong's answers (`users`), SQL about one table. It can only go down."""

NAMES = {table.name for table in TABLES}
ROWS = ROOT / "sources" / "gong" / "schema" / "tables"


def literals() -> Counter[str]:
    """Returns how many literal table names each module outside the rows has."""
    counts: Counter[str] = Counter()
    for folder in ("sources", "pipelines", "warehouse"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.is_relative_to(ROWS):
                counts[path.relative_to(ROOT).as_posix()] = sum(
                    isinstance(node, ast.Constant) and node.value in NAMES
                    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                )
    return +counts


def test_general_code_names_few_tables() -> None:
    counts = literals()
    total = counts.total()
    where = "\n".join(f"{count:>4} {module}" for module, count in counts.most_common())

    assert total <= BOUND, f"{total} literal table names; put the fact into the row:\n{where}"
    assert total == BOUND, f"only {total} literal table names are left: lower BOUND to {total}"


def test_files_get_their_names_in_few_places() -> None:
    # the token file syncs by itself, because `sources` does not know `warehouse`
    renaming = {
        path.relative_to(ROOT).as_posix()
        for folder in ("sources", "pipelines", "warehouse")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and (
            ast.unparse(node.func) in ("os.replace", "os.rename", "shutil.move")
            or (ast.unparse(node.func).endswith(".rename") and len(node.args) == 1)
        )
    }
    assert renaming == {
        "warehouse/files.py",
        "sources/gong/api/token_file.py",
        "pipelines/dlt_workdir.py",  # moves a folder away, to remove it
    }
