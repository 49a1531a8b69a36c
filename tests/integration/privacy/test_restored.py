"""Every command that could bring a person back stops at a warehouse from before the erasure."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.conftest import Company

COMMANDS = (
    ("sync",),
    ("backfill", "--from", "2026-11-01"),
    ("transform",),
    ("publish",),
    ("push", "updateReminder", "--from", "rows.csv"),
)


def test_no_command_goes_on_with_a_warehouse_from_before_an_erasure(
    company: Company, home: Path, tmp_path: Path
) -> None:
    gong = company.copy(home)
    gong.env["XDG_STATE_HOME"] = str(tmp_path / "state")
    (tmp_path / "rows.csv").write_text("taskId,userId,status\n1,2,DONE\n")
    mark = home / "warehouse.duckdb.erasures.json"
    mark.write_text(json.dumps({"key_check": None, "erasures": {"email:00": "2026-11-01"}}))
    company.emulator.forget_requests()
    for command in COMMANDS:
        stopped = gong(*(str(tmp_path / c) if c == "rows.csv" else c for c in command))
        assert stopped.returncode == 2, command
        assert "knows nothing of 1 erasures" in stopped.stderr, command
    assert company.emulator.requests() == []
