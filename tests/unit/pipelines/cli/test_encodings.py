"""A locale that is not UTF-8 changes no row; a terminal that lacks a sign still shows the rest."""

from __future__ import annotations

import io
import os
import sys

import pytest

from pipelines import cli
from pipelines.cli.parsing import typed
from pipelines.exit_codes import UsageError

ROW = "Übersicht 🚀👩🏽‍💻"


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-8"])
def test_files_and_programs_get_rows_in_utf_8(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ROW.encode()), encoding=encoding))
    cli._set_encodings()
    print(sys.stdin.read(), end="", flush=True)
    assert out.getvalue().decode() == ROW


def test_a_terminal_shows_what_its_locale_has(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Terminal(out, encoding="latin-1"))
    cli._set_encodings()
    print(ROW, end="", flush=True)
    assert out.getvalue().decode("latin-1").startswith("Übersicht ?")


@pytest.mark.parametrize("locale", ["ascii", "latin-1", "utf-8"])
def test_sql_of_the_command_line_is_what_was_typed(
    locale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsencode", lambda text: text.encode(locale, "surrogateescape"))
    assert typed(ROW.encode().decode(locale, "surrogateescape")) == ROW
    if locale == "latin-1":
        assert typed("é".encode(locale).decode(locale)) == "é"


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match="not UTF-8 text"):
        typed(b"select '\xff'".decode("utf-8", "surrogateescape"))
