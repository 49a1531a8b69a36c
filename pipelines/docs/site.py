"""The documents for a browser in `build/docs`, readable offline and linked from one index.

The Markdown of the repository is rendered as it stands; diagrams stay Mermaid text, which code
hosts draw. The tables and columns that analysts use are on dbt's own page, `models.html`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from pipelines.docs.files import PAGES, ROOT
from pipelines.publish.dbt import PROJECT
from pipelines.settings import environment_of_child

SITE = ROOT / "build" / "docs"
_INDEX = PAGES / "README.md"
_MODELS = "models.html"
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:75em;margin:1em auto;padding:0 1em}"
    "code,pre{font:13px ui-monospace,monospace;background:#f3f4f6}pre{padding:1em;overflow-x:auto}"
    "table{border-collapse:collapse;display:block;overflow-x:auto}"
    "th,td{border:1px solid #d1d5db;padding:.2em .6em;text-align:left;vertical-align:top}"
)


def build_site(site: Path = SITE) -> Path:
    """Renders the README, docs/ and the documents of the models; returns the path of the index."""
    shutil.rmtree(site / "docs", ignore_errors=True)
    sources = (ROOT / "README.md", *sorted(PAGES.rglob("*.md")), *sorted(PROJECT.glob("*.md")))
    pages = {source: site / source.relative_to(ROOT).with_suffix(".html") for source in sources}
    for source, page in pages.items():
        page.parent.mkdir(parents=True, exist_ok=True)
        text = _rendered(source.read_text(encoding="utf-8"), source, page, pages)
        page.write_text(text, encoding="utf-8")
    index = site / "index.html"
    text = _INDEX.read_text(encoding="utf-8")
    if (site / _MODELS).exists():
        text += f"\n- [The models]({_MODELS}): tables and columns that analysts use, made by dbt.\n"
    index.write_text(_rendered(text, _INDEX, index, pages), encoding="utf-8")
    return index


def dbt_page(warehouse: Path, site: Path = SITE) -> Path:
    """Builds dbt's documentation of the models as one HTML file and returns its path."""
    work = site / "dbt"
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--no-send-anonymous-usage-stats", "docs",
            "generate", "--static", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
            "--target-path", str(work), "--log-path", str(work),
        ],
        env=environment_of_child({"GONG_ELT_DUCKDB_PATH": str(warehouse)}),
        check=True,
    )  # fmt: skip
    return Path(shutil.copy(work / "static_index.html", site / _MODELS))


def _rendered(text: str, source: Path, page: Path, pages: Mapping[Path, Path]) -> str:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = parser.parse(text)
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", content.content.replace("`", "").lower().replace(" ", "-"))
    for token in tokens:
        for part in token.children or ():
            if part.type == "link_open":
                part.attrSet("href", _address(str(part.attrs["href"]), source, page, pages))
    body = parser.renderer.render(tokens, parser.options, {})
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{source.stem}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}</body></html>\n"
    )


def _address(link: str, source: Path, page: Path, pages: Mapping[Path, Path]) -> str:
    """Returns where a link leads from a page: to the page of a document, or to the file itself."""
    path, hash_, anchor = link.partition("#")
    target = (source.parent / path).resolve()
    if not path or "://" in link or not target.exists():
        return link
    if target / "README.md" in pages:
        target /= "README.md"
    return os.path.relpath(pages.get(target, target), page.parent) + hash_ + anchor
