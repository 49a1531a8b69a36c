"""Which committed files are generated, and what they must say."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping
from pathlib import Path

from pipelines.docs.export import all_contracts, contract_files
from pipelines.docs.pages import operations_page, schema_page, table_index, table_page
from pipelines.docs.staging import missing_models
from pipelines.publish.dbt import PROJECT
from sources.gong.schema.tables import TABLES
from warehouse.contracts import FOLDER, sentence

ROOT = PROJECT.parent
PAGES = ROOT / "docs"
_SOURCES = PROJECT / "models" / "staging" / "_sources.yml"
_WIDTH = 100


def _sources() -> str:
    """Returns dbt's list of sources."""
    text = (
        "sources:\n  - name: gong\n"
        "    description: Gong's data as landed by the pipeline, exact, with deleted rows marked.\n"
        "    schema: gong_raw\n    tables:\n"
    )
    for table in TABLES:
        grain = sentence(table.grain)
        line = f"        description: {grain}"
        if len(line) > _WIDTH or ": " in grain:
            wrapped = textwrap.fill(grain, _WIDTH - 10)
            line = "        description: >-\n" + textwrap.indent(wrapped, " " * 10)
        text += f"      - name: {table.name}\n{line}\n"
    return text


def generated() -> dict[Path, str]:
    """Returns what every generated file must say, by path."""
    contracts = {contract.table: contract for contract in all_contracts()}
    pages = {f"{name}.md": table_page(contract) for name, contract in contracts.items()}
    return {
        **contract_files(),
        **{PAGES / "tables" / name: page for name, page in pages.items()},
        PAGES / "tables" / "README.md": table_index(contracts),
        PAGES / "schema.md": schema_page(),
        PAGES / "operations.md": operations_page(contracts),
        _SOURCES: _sources(),
        **missing_models(list(contracts.values())),
    }


def leftovers(wanted: Collection[Path]) -> list[Path]:
    """Returns the files of tables that do not land any more: those that are not wanted."""
    there = (*FOLDER.glob("*.json"), *(PAGES / "tables").glob("*.md"))
    return sorted(path for path in there if path not in wanted)


def outdated() -> list[Path]:
    """Returns the generated files that are missing, say something else, or are left over."""
    return _outdated(generated())


def _outdated(texts: Mapping[Path, str]) -> list[Path]:
    return [
        path
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ] + leftovers(texts.keys())


def write() -> list[Path]:
    """Writes the generated files that are not as they must be, and returns them."""
    texts = generated()
    changed = _outdated(texts)
    for path in changed:
        if path in texts:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path], encoding="utf-8")
        else:
            path.unlink()
    return changed
