"""The README's table of operations, and the marks around it."""

from __future__ import annotations

import pytest

from tests.emulator import coverage
from tests.emulator.operations.routes import ROUTES


def test_the_readme_tells_every_operation() -> None:
    """`python -m tests.emulator.coverage` rewrites it."""
    text = coverage.README.read_text("utf-8")

    assert coverage.with_table(text) == text
    for route in ROUTES:
        assert f"`{route.method} {route.path}`" in coverage.table()


def test_only_what_stands_between_the_marks_is_rewritten() -> None:
    written = coverage.with_table("before <!-- coverage --> old <!-- end --> after")

    assert written.startswith("before <!-- coverage -->\n\n| operation (")
    assert written.endswith("\n\n<!-- end --> after")
    assert " old " not in written


@pytest.mark.parametrize("text", ["", "<!-- coverage --> a", "a <!-- end -->"])
def test_without_its_marks_nothing_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="marks"):
        coverage.with_table(text)
