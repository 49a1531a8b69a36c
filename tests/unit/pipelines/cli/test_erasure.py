"""What `gong-elt erase` asks of its settings before it opens anything."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from tests.harness.warehouses.erasure_home import JANE, ErasureHome


@pytest.fixture(autouse=True)
def settings(company: ErasureHome, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a key for erasures nor credentials."""
    monkeypatch.setenv("GONG_ELT_HOME", str(company.home))
    monkeypatch.setenv("GONG_ELT_WAREHOUSE", f"duckdb:///{company.warehouse_target.path}")
    for name in ("GONG_ELT_ERASURE_KEY", "SOURCES__GONG__ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_only_an_erasure_needs_the_key() -> None:
    preview = CliRunner().invoke(app, ["erase", "--email", JANE])
    assert preview.exit_code == 0, preview.output
    assert "2026-11-20 09:30" in preview.stdout
    erasure = CliRunner().invoke(app, ["erase", "--email", JANE, "--yes"])
    assert erasure.exit_code == 2
    assert "GONG_ELT_ERASURE_KEY is not set" in erasure.stderr
