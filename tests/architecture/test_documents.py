"""Checks documents for size, terms, numbers, quoted messages, and named files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from pipelines import exit_codes
from tests.conftest import ROOT

RUNBOOK = (ROOT / "orchestration" / "runbook.md").read_text(encoding="utf-8")
MOST_TERMS = 25


@cache
def sources() -> Sequence[str]:
    """Returns the source of every module of the product."""
    folders = ("sources", "pipelines", "warehouse")
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [path.read_text(encoding="utf-8") for path in paths]


@cache
def texts() -> Sequence[str]:
    """Returns every text of the product; blanks replace the values of f-strings."""
    return [text for source in sources() for text in texts_of(source)]


def texts_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (getattr(part, "value", "") for part in node.values)
            yield "".join(part if isinstance(part, str) else " " for part in parts)


def quoted() -> list[str]:
    """Returns every message that the runbook's table quotes; a row may quote several."""
    cells = re.findall(r"^\| [\d–]+ \| (.+?) \|", RUNBOOK, re.MULTILINE)
    messages = [message for cell in cells for message in re.findall(r'"(.+?)"', cell)]
    return [message for message in messages if not message.startswith("row N")]


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 200


def test_the_glossary_is_short_and_has_no_term_twice() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    section = text.partition("| term | meaning |\n|---|---|\n")[2].partition("\n\n")[0]
    terms = [line.split(" | ")[0].strip("| ") for line in section.splitlines()]

    assert 10 < len(set(terms)) == len(terms) <= MOST_TERMS


@pytest.mark.parametrize("message", quoted())
def test_a_message_of_the_runbook_is_a_message_of_the_product(message: str) -> None:
    assert any(message in text for text in texts()), "no text of the product has these words"
    assert any(message in source for source in sources()), "grep finds it on no line of the source"


def test_the_readme_lists_every_exit_code() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("| exit code | means |\n|---|---|\n")[2].partition("\n\n")[0]
    codes = [value for value in vars(exit_codes).values() if isinstance(value, int)]

    assert [int(line.split(" | ")[0].strip("| ")) for line in table.splitlines()] == codes


def test_decisions_are_numbered_without_a_gap_and_have_a_status() -> None:
    text = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]

    assert [int(section.partition(".")[0]) for section in sections] == [
        *range(1, len(sections) + 1)
    ]
    for section in sections:
        assert re.search(r"^Status: (accepted|superseded)\b", section, re.MULTILINE), section[:60]


def test_every_decision_is_in_the_index_once_under_its_own_anchor() -> None:
    text = (ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## ((\d+)\. .*)$", text, re.MULTILINE)
    anchors = {
        int(number): re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading, number in headings
    }
    index = re.findall(r"(–)?\[(\d+)\]\(#([^)]+)\)", text.partition("\n## ")[0])
    listed: list[int] = []
    for dash, number, anchor in index:
        assert anchors[int(number)] == anchor, number
        listed += range(listed[-1] + 1 if dash else int(number), int(number) + 1)

    assert sorted(listed) == sorted(anchors)


@pytest.mark.parametrize(
    "document", ["README.md", "CONTRIBUTING.md", "DECISIONS.md", "SECURITY.md", "docs/README.md"]
)
def test_a_file_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    folders = "sources|pipelines|warehouse|transforms|orchestration|tests|docs"
    named = set(re.findall(rf"`((?:{folders})/[\w/.-]+)`", text))
    linked = re.findall(r"\]\(([\w/.-]+)(?:#[\w-]*)?\)", text)
    missing = {path for path in named if not (ROOT / path).exists()}
    missing |= {link for link in linked if not (ROOT / document).parent.joinpath(link).exists()}

    assert missing == set()
