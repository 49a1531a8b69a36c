"""Marks of erasures outside the warehouse file, by which a file from before an erasure is noticed.

A backup that is put back brings erased people back, and takes the suppression list away that keeps
them out. So every finished erasure is marked beside the file, and in the state folder in case the
whole home is put back. A mark is the hash that `gong_ops.erasures` has too; it names nobody.

Every run that reads, builds, publishes or sends begins with `check_not_restored`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.exit_codes import UsageError
from pipelines.session import Session, write_private
from sources.gong.api.auth import default_state_folder
from warehouse.connection import Warehouse
from warehouse.ops import erasures, suppression_list
from warehouse.ops.settings import WAREHOUSE_ID, stored_setting

Marks = Mapping[str, str]
"""The day of each erasure, as ISO text, by kind and hash of the person (`email:0a…`)."""


class RestoredWarehouse(UsageError):
    """The warehouse file knows nothing of an erasure that was done in it."""


def check_not_restored(session: Session, warehouse: Warehouse) -> None:
    """Marks the erasures of the warehouse, which an earlier version has not done.

    Call it while holding the warehouse, before anything is read from Gong or published.

    Raises:
        RestoredWarehouse: an erasure is marked that the warehouse does not know.
    """
    missing = mark_erasures(session, warehouse)
    if not missing:
        return
    days = ", ".join(sorted(set(missing.values())))
    files = " and ".join(str(file) for file in _files(session, warehouse) if file.exists())
    raise RestoredWarehouse(
        f"{warehouse.path} knows nothing of {len(missing)} erasures that were done in it (on "
        f"{days}): it is a backup from before them, or a new file. The erased people are in it "
        "again, or would be read again. Nothing was read, built, published or sent. Run the same "
        "`gong-elt erase … --yes` again for each of them, with the same GONG_ELT_ERASURE_KEY; then "
        f"run this again. If they may be in this warehouse, delete {files}."
    )


def mark_erasures(session: Session, warehouse: Warehouse) -> Marks:
    """Marks the finished erasures; returns the marked ones that the warehouse does not know."""
    with warehouse.snapshot():
        stored, known = _stored(session, warehouse), _known(warehouse)
        key_check = _stored_key_check(warehouse) or _marked_key_check(stored)
    marked: dict[str, str] = {}
    for content in stored.values():
        marked |= content.get("erasures", {})
    finished = {mark: day for mark, (day, is_finished) in known.items() if is_finished}
    everything = {"key_check": key_check, "erasures": {**marked, **finished}}
    if marked or finished:
        for file, content in stored.items():
            if content != everything:
                _write(session, file, everything)
    return {mark: day for mark, day in marked.items() if mark not in known}


def marked_key_check(session: Session, warehouse: Warehouse) -> str | None:
    """Returns the hash by which the key of the marked erasures is recognised, if any is marked."""
    return _marked_key_check(_stored(session, warehouse))


def _files(session: Session, warehouse: Warehouse) -> list[Path]:
    path = warehouse.path
    files = [path.with_name(f"{path.name}.erasures.json")]
    if own_id := stored_setting(warehouse, WAREHOUSE_ID):
        folder = default_state_folder(session.settings.xdg_state_home)
        files.append(folder / "erasures" / f"{own_id}.json")
    return files


def _stored(session: Session, warehouse: Warehouse) -> dict[Path, dict[str, Any]]:
    contents: dict[Path, dict[str, Any]] = {}
    for file in _files(session, warehouse):
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # the other file, and the warehouse itself, have the marks of a damaged one
            content = {}
        contents[file] = content if isinstance(content, dict) else {}
    return contents


def _marked_key_check(stored: Mapping[Path, Mapping[str, Any]]) -> str | None:
    return next((c["key_check"] for c in stored.values() if c.get("key_check")), None)


def _stored_key_check(warehouse: Warehouse) -> str | None:
    with warehouse.reading() as db:
        listed = suppression_list.read(db)
    return listed.key_check if listed else None


def _known(warehouse: Warehouse) -> dict[str, tuple[str, bool]]:
    """Returns the erasures of the warehouse: the day, and whether one of them is finished."""
    with warehouse.reading() as db:
        return {f"{kind}:{mark}": rest for (kind, mark), rest in erasures.by_person(db).items()}


def _write(session: Session, file: Path, content: Mapping[str, object]) -> None:
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(file, json.dumps(content, indent=1))
    except OSError as error:
        session.console.warn(
            f"the mark of the erasures cannot be written to {file} ({error.strerror}): a backup "
            "that is put back will not be noticed there"
        )
