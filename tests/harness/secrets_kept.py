"""Finds secrets and phone numbers outside the data: in logs, traces, state and output.

The emulator's phone numbers have one form, so every match is one of its numbers. Such values belong
in the warehouse, in its published parts, and in files that tests write (settings, tokens).
Everything else that a run leaves or prints is an artefact that others may read.
"""

from __future__ import annotations

import base64
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

PHONE = re.compile(rb"\+1[ -]555-\d{3}")
_SECRETS = ("ACCESS_KEY_SECRET", "ACCESS_TOKEN", "CLIENT_SECRET", "REFRESH_TOKEN")
_DATA = {".duckdb", ".parquet", ".wal", ".db", ".toml", ".csv", ".jsonl", ".xlsx"}
_CAPTURES = ("calls_extensive.json", "calls_transcript.json")
"""Input files of the emulator."""
_LONG_ENOUGH = 8
"""Shorter secrets occur in other words by chance."""
EMULATOR = (b"emulator-access-key-secret", b"emulator-client-secret")


def secrets_of(env: Mapping[str, str]) -> list[bytes]:
    """Returns the secrets of a command's environment, in every encoding that is sent."""
    values = {name: env.get(f"SOURCES__GONG__{name}") or "" for name in _SECRETS}
    secrets = [value for value in values.values() if len(value) >= _LONG_ENOUGH]
    key = env.get("SOURCES__GONG__ACCESS_KEY")
    if key and values["ACCESS_KEY_SECRET"]:
        secrets.append(base64.b64encode(f"{key}:{values['ACCESS_KEY_SECRET']}".encode()).decode())
    return [value.encode() for value in secrets]


def leaks_in(text: bytes, secrets: Iterable[bytes]) -> list[str]:
    """Returns the kinds of secret that a text contains, never their values."""
    kinds = ["a secret" for secret in secrets if secret in text]
    return [*kinds, "a phone number"] if PHONE.search(text) else kinds


def artefacts(folder: Path) -> Iterator[Path]:
    """Yields the files that runs have left (logs, traces, state, working files), except data."""
    for file in folder.rglob("*"):
        is_data = file.suffix in _DATA or file.name in _CAPTURES
        if file.is_file() and not file.is_symlink() and not is_data:
            yield file
    # Details of an unexpected error are written here.
    yield from Path(tempfile.gettempdir()).glob("gong-elt-*.log")
