"""Library folders and their calls, briefs, and the workspaces they lie in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.emulator.tests.conftest import Emulator, Json, Start

NO_FOLDERS = (404, ["No folders found for the specified period"])


def content(emulator: Emulator, folder: str) -> Json:
    answer = emulator.get("library/folder-content", folderId=folder)
    assert answer.status_code == 200, answer.text
    served: Json = answer.json()
    return served


def test_folders_and_their_calls_are_those_of_the_truth(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "900", "--workspaces", "3")
    truth, calls = emulator.truth("library_folders"), emulator.truth("library_folder_calls")
    read: list[Json] = []
    for space in emulator.truth("workspaces"):
        answer = emulator.get("library/folders", workspaceId=space["id"]).json()
        assert set(answer) == {"requestId", "folders"}
        read += [{**row, "workspaceId": space["id"]} for row in answer["folders"]]
    assert read == truth
    assert len({row["workspaceId"] for row in truth}) == 3
    for folder in truth:
        served = content(emulator, folder["id"])
        assert served["name"] == folder["name"]
        assert [{"folderId": folder["id"], **row} for row in served["calls"]] == [
            row for row in calls if row["folderId"] == folder["id"]
        ]
    assert max(len(content(emulator, row["id"])["calls"]) for row in truth) > 100


def test_folders_lie_three_deep_and_are_awkward_on_purpose(world: Emulator) -> None:
    folders = {folder["id"]: folder for folder in world.truth("library_folders")}

    def depth(folder: Json) -> int:
        parent = folder["parentFolderId"]
        return 0 if parent is None else 1 + depth(folders[parent])

    assert max(map(depth, folders.values())) == 3
    assert any(folder["createdBy"] is None for folder in folders.values())
    assert {"", "שיחות מצוינות"} <= {folder["name"] for folder in folders.values()}
    assert any(len(folder) == 20 for folder in folders)
    calls = world.truth("library_folder_calls")
    assert {entry["folderId"] for entry in calls} < set(folders)
    notes = [entry.get("note", "absent") for entry in calls]
    assert {None, "absent", ""} <= set(notes)
    assert max(len(note or "") for note in notes) == 5000
    assert any("snippet" not in entry for entry in calls)
    pairs = [(entry["folderId"], entry["id"]) for entry in calls]
    assert len(set(pairs)) < len(pairs)


def test_folders_of_several_workspaces_need_one_named(world: Emulator, start: Start) -> None:
    assert world.errors(world.get("library/folders")) == (400, ["workspaceId parameter is missing"])
    assert world.errors(world.get("library/folders", workspaceId="12")) == NO_FOLDERS
    assert world.errors(world.get("library/folders", workspaceId="x"))[0] == 400
    assert world.errors(world.get("library/folder-content", folderId="12")) == NO_FOLDERS
    assert world.errors(world.get("library/folder-content"))[0] == 400
    alone = start("--no-limit", "--calls", "0", "--workspaces", "1")
    assert len(alone.get("library/folders").json()["folders"]) == 10


def test_folders_change(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60", "--workspaces", "1")
    call = emulator.truth("calls")[0]["metaData"]["id"]
    folder = emulator.change("add_folder", fields={"name": "Neu"})["id"]
    assert content(emulator, folder)["calls"] == []
    snippet = {"fromSec": 1, "toSec": 2}
    emulator.change("add_folder_call", folderId=folder, callId=call, note="a", snippet=snippet)
    emulator.change("add_folder_call", folderId=folder, callId=call)
    whole, cut = sorted(content(emulator, folder)["calls"], key=lambda entry: "snippet" in entry)
    assert (whole["id"], whole.get("note"), cut["note"]) == (call, None, "a")
    assert "highlights" in cut["url"]
    emulator.change("remove_folder_call", folderId=folder, callId=call, snippet=snippet)
    emulator.change("edit_folder_call", folderId=folder, callId=call, fields={"note": "b"})
    assert [entry["note"] for entry in content(emulator, folder)["calls"]] == ["b"]
    emulator.change("edit_call", id=call, metaData={"title": "New title"})
    assert content(emulator, folder)["calls"][0]["title"] == "New title"
    emulator.change("delete_call", id=call)
    assert content(emulator, folder)["calls"] == []
    emulator.change("edit_folder", id=folder, fields={"name": ""})
    assert content(emulator, folder)["name"] == ""


def test_a_removed_folder_takes_those_below_it_along(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60", "--workspaces", "1")
    folders = emulator.truth("library_folders")
    second = folders[1]["id"]
    emulator.change("remove_folder", id=second)
    left = {folder["id"] for folder in emulator.truth("library_folders")}
    assert len(left) == len(folders) - 3
    assert emulator.errors(emulator.get("library/folder-content", folderId=second)) == NO_FOLDERS


def test_briefs_are_listed_of_one_workspace_or_of_all(world: Emulator) -> None:
    truth = world.truth("briefs")
    assert world.get("settings/briefs").json()["briefs"] == truth
    space = world.truth("workspaces")[1]["id"]
    served = world.get("settings/briefs", workspaceId=space).json()["briefs"]
    assert served == [brief for brief in truth if brief["workspaceId"] == space]
    assert {brief["status"] for brief in truth} == {"Published", "Not published"}
    assert any(brief["creatorUserId"] is None for brief in truth)
    unknown = world.get("settings/briefs", workspaceId="12")
    assert world.errors(unknown) == (404, ["Workspace not found"])


def test_briefs_change(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "0")
    brief = emulator.change("add_brief", fields={"briefName": "Neu"})["id"]
    emulator.change("edit_brief", id=brief, fields={"status": "Published"})
    served = {row["briefId"]: row for row in emulator.get("settings/briefs").json()["briefs"]}
    assert (served[brief]["briefName"], served[brief]["status"]) == ("Neu", "Published")
    emulator.change("remove_brief", id=brief)
    assert brief not in emulator.get("settings/briefs").text


def test_a_workspace_comes_changes_and_goes_with_what_lies_in_it(start: Start) -> None:
    emulator = start("--no-limit", "--calls", "60")
    space = emulator.change("add_workspace", fields={"name": "Neu"})["id"]
    assert emulator.errors(emulator.get("library/folders", workspaceId=space)) == NO_FOLDERS
    folder = emulator.change("add_folder", workspaceId=space)["id"]
    emulator.change("edit_workspace", id=space, fields={"name": "Alt", "description": None})
    assert {"id": space, "name": "Alt", "description": None} in emulator.truth("workspaces")
    emulator.change("remove_workspace", id=space)
    assert space not in emulator.get("workspaces").text
    assert folder not in {row["id"] for row in emulator.truth("library_folders")}
    assert emulator.get("library/folder-content", folderId=folder).status_code == 404
    assert emulator.get("all-permission-profiles", workspaceId=space).status_code == 400
