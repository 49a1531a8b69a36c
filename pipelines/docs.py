"""Writes what is generated of the documentation: the README's list of raw tables, dbt's pages.

`python -m pipelines.docs` rewrites the list; given the path of a warehouse it also builds dbt's
pages, as one HTML file in `build/docs`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from pipelines.transform import PROJECT
from sources.gong.tables import TABLES

README = PROJECT.parent / "README.md"
_BEGIN, _END = "<!-- raw tables -->\n", "<!-- end -->"


def table_list() -> str:
    """Returns the README's list of raw tables."""
    return "| raw table (schema `gong_raw`) | one row per | key |\n|---|---|---|\n" + "".join(
        f"| `{table.name}` | {table.grain.removeprefix('one row per ')} "
        f"| {', '.join(f'`{name}`' for name in table.key)} |\n"
        for table in TABLES
    )


def with_table_list(readme: str) -> str:
    """Returns the README with its list of raw tables made anew."""
    head, begin, rest = readme.partition(_BEGIN)
    _, end, tail = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"README.md has lost the marks {_BEGIN.strip()} and {_END}")
    return head + begin + table_list() + end + tail


def build_pages(warehouse: Path) -> Path:
    """Builds dbt's documentation of the models as one HTML file and returns its path."""
    place = PROJECT.parent / "build" / "docs"
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--no-send-anonymous-usage-stats", "docs",
            "generate", "--static", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
            "--target-path", str(place / "dbt"), "--log-path", str(place / "dbt"),
        ],
        env={**os.environ, "GONG_ELT_DUCKDB_PATH": str(warehouse)},
        check=True,
    )  # fmt: skip
    page = place / "index.html"
    shutil.copy(place / "dbt" / "static_index.html", page)
    return page


def main() -> None:
    """Runs the module as a command."""
    README.write_text(with_table_list(README.read_text(encoding="utf-8")), encoding="utf-8")
    if len(sys.argv) > 1:
        sys.stdout.write(f"{build_pages(Path(sys.argv[1]))}\n")


if __name__ == "__main__":
    main()
