"""The pages for a browser in `build/docs`: offline, linked from one index.

They are the committed Markdown, rendered; where a code host draws Mermaid, they have the picture.
Nothing in them comes from elsewhere but what dbt puts on its own page.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from pipelines.docs.diagrams import all_diagrams
from pipelines.docs.files import PAGES, ROOT
from pipelines.docs.svg import svg
from pipelines.publish.dbt import PROJECT

SITE = ROOT / "build" / "docs"
_DBT = "models.html"

_DOCUMENTS = {
    ROOT / "README.md": "readme.html",
    PROJECT / "README.md": "transforms.html",
    PROJECT / "METRICS.md": "metrics.html",
    PAGES / "schema.md": "schema.html",
}
"""Single documents, and what they are called in the site; the pages of the tables keep theirs."""

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; font: 15px/1.55 system-ui, sans-serif; color: #1f2937; background: #fff; }
nav { padding: .7em 1.5em; background: #f3f4f6; border-bottom: 1px solid #d1d5db; }
nav a { margin-right: 1.4em; }
main { padding: .5em 1.5em 4em; max-width: 92em; }
p, li { max-width: 52em; }
a { color: #1d4ed8; text-decoration: none; }
a:hover { text-decoration: underline; }
code { font: 13px ui-monospace, monospace; background: #f3f4f6; padding: .05em .25em; }
pre { background: #f3f4f6; padding: .8em 1em; overflow-x: auto; }
pre code { padding: 0; }
table { border-collapse: collapse; margin: .8em 0 1.4em; }
th, td { border: 1px solid #e5e7eb; padding: .25em .6em; text-align: left; vertical-align: top; }
th { background: #f9fafb; }
th:empty { display: none; }
.scroll { overflow-x: auto; }
.picture { overflow-x: auto; border: 1px solid #e5e7eb; margin: .8em 0 1.6em; }
.diagram { display: block; font: 11px ui-monospace, monospace; }
.diagram text { fill: #374151; }
.diagram .name { fill: #fff; font-weight: 600; }
.diagram .mark { fill: #9ca3af; text-anchor: end; }
.diagram .join { fill: none; stroke-width: 1.3; opacity: .55; }
.diagram .join:hover { stroke-width: 3.5; opacity: 1; }
.diagram .guest { opacity: .7; }
.diagram a:hover { text-decoration: none; }
.diagram a:hover rect { stroke-width: 2.5; }
"""


def build_site() -> Path:
    """Writes the pages and returns the path of the index."""
    SITE.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(SITE / "tables", ignore_errors=True)
    (SITE / "tables").mkdir()
    pages = {source: SITE / name for source, name in _DOCUMENTS.items()}
    for source in (PAGES / "tables").glob("*.md"):
        name = "index" if source.stem == "README" else source.stem
        pages[source] = SITE / "tables" / f"{name}.html"
    for source, page in pages.items():
        page.write_text(_rendered(source, page, pages), encoding="utf-8")
    index = SITE / "index.html"
    index.write_text(_index(), encoding="utf-8")
    return index


def dbt_page(warehouse: Path) -> Path:
    """Builds dbt's documentation of the models as one HTML file and returns its path."""
    work = SITE / "dbt"
    work.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--no-send-anonymous-usage-stats", "docs",
            "generate", "--static", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
            "--target-path", str(work), "--log-path", str(work),
        ],
        env={**os.environ, "GONG_ELT_DUCKDB_PATH": str(warehouse)},
        check=True,
    )  # fmt: skip
    page = SITE / _DBT
    shutil.copy(work / "static_index.html", page)
    return page


def _rendered(source: Path, page: Path, pages: dict[Path, Path]) -> str:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    text = source.read_text(encoding="utf-8")
    title = next((line[2:] for line in text.splitlines() if line.startswith("# ")), page.stem)
    body = parser.render(text)
    if source == PAGES / "schema.md":
        body = _with_pictures(body)
    body = re.sub(r'href="([^":]+)"', lambda found: _address(found[1], source, page, pages), body)
    body = re.sub(
        r"<(h[23])>(.*?)</h[23]>",
        lambda found: f'<{found[1]} id="{_anchor(found[2])}">{found[2]}</{found[1]}>',
        body,
    )
    body = body.replace("<table>", '<div class="scroll"><table>').replace(
        "</table>", "</table></div>"
    )
    return _page(title.replace("`", ""), body, "../" if page.parent != SITE else "")


def _with_pictures(body: str) -> str:
    pictures = iter(all_diagrams())
    return re.sub(
        r'<pre><code class="language-mermaid">.*?</code></pre>',
        lambda _: f'<div class="picture">{svg(next(pictures), "tables/{}.html")}</div>',
        body,
        flags=re.DOTALL,
    )


def _address(link: str, source: Path, page: Path, pages: dict[Path, Path]) -> str:
    """Returns the attribute of a link: to the page of a document, or to the file itself."""
    path, _, anchor = link.partition("#")
    if not path:
        return f'href="{link}"'
    target = (source.parent / path).resolve()
    if target.is_dir():
        target = target / "README.md" if (target / "README.md") in pages else target
    aim = pages.get(target, page.parent / link if link.endswith(".html") else target)
    address = os.path.relpath(aim, page.parent) + (f"#{anchor}" if anchor else "")
    return f'href="{escape(address)}"'


def _anchor(title: str) -> str:
    return re.sub(r"<.*?>", "", title).lower().replace(" ", "-")


def _index() -> str:
    models = (
        '<li><a href="models.html">The models</a>: tables and columns that analysts use, with '
        "their tests and lineage (made by dbt)</li>"
        if (SITE / _DBT).exists()
        else "<li>The models: run <code>make docs</code>, which has a warehouse to build them "
        "from</li>"
    )
    return _page(
        "gong-elt",
        "<h1>gong-elt</h1><ul>"
        '<li><a href="readme.html">README</a>: what it does, the published tables, commands, '
        "settings</li>"
        '<li><a href="schema.html">The schema</a>: how the raw tables join, in pictures</li>'
        '<li><a href="tables/index.html">The raw tables</a>: a page for each, with all columns</li>'
        f"{models}"
        '<li><a href="transforms.html">How the models are made</a></li>'
        '<li><a href="metrics.html">Metrics</a>: what each opinionated number means</li></ul>',
        "",
    )


def _page(title: str, body: str, up: str) -> str:
    models = f'<a href="{up}{_DBT}">models</a>' if (SITE / _DBT).exists() else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body><nav>"
        f'<a href="{up}index.html">gong-elt</a><a href="{up}schema.html">schema</a>'
        f'<a href="{up}tables/index.html">raw tables</a>{models}'
        f'<a href="{up}metrics.html">metrics</a></nav>\n<main>\n{body}\n</main></body></html>\n'
    )
