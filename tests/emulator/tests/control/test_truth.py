"""What holds for every kind of truth alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.emulator.control.truth import KINDS

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Start


def everything(emulator: Emulator) -> dict[str, str]:
    return {kind: json.dumps(emulator.truth(kind)) for kind in KINDS}


def test_equal_command_lines_give_equal_worlds_in_every_domain(start: Start) -> None:
    options = ("--no-limit", "--calls", "90", "--workspaces", "3")
    first = everything(start(*options))
    late = start(*options)
    late.advance(3600)
    late.change("add_workspace")
    assert json.dumps(late.truth("library_folders")) == first["library_folders"]
    again = start(*options)
    # Read in another order: what is drawn late is drawn alike.
    assert {kind: json.dumps(again.truth(kind)) for kind in reversed(KINDS)} == first
    other = everything(start(*options, "--seed", "8"))
    seeded = ("settings_history", "coaching", "library_folders", "permission_profiles", "briefs")
    assert all(other[kind] != first[kind] for kind in seeded)


def test_the_smallest_world_has_all_kinds(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0", "--users", "1", "--workspaces", "1")
    assert len(emulator.truth("permission_profiles")) == 5
    assert all(value for value in everything(emulator).values())


def test_a_key_nobody_announced_is_served_by_every_domain(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60", "--workspaces", "1")
    for kind in ("settings_history", "library_folders", "permission_profiles", "briefs"):
        emulator.change("add_unknown_field", kind=kind, name="surprise", value=[1])
        assert all(row["surprise"] == [1] for row in emulator.truth(kind))
    user = emulator.truth("users")[0]["id"]
    rows = emulator.get(f"users/{user}/settings-history").json()["userSettingsHistory"]
    assert all(row["surprise"] == [1] for row in rows)


def test_captured_calls_fill_the_library(start: Start, tmp_path: Path) -> None:
    seeded = start("--no-limit", "--calls", "60")
    (tmp_path / "calls_extensive.json").write_text(
        json.dumps({"calls": [{**call, "media": None} for call in seeded.truth("calls")]})
    )
    transcripts = {"callTranscripts": seeded.truth("transcripts")}
    (tmp_path / "calls_transcript.json").write_text(json.dumps(transcripts))
    emulator = start("--no-limit", "--calls", "60", "--captures", str(tmp_path))
    calls = {call["metaData"]["id"] for call in emulator.truth("calls")}
    assert {entry["id"] for entry in emulator.truth("library_folder_calls")} <= calls
    assert {
        association["callId"] for association in emulator.truth("manual_crm_associations")
    } <= calls
