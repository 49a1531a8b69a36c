"""What no test may find outside of the data: the key, tokens, a phone number.

The emulator's phone numbers have one form, so any of them is a planted one. The warehouse, its
published parts and what tests write themselves (settings, tokens) are where such values belong;
everything else a run leaves behind, or says, is an artefact that others may read.
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
"""What the emulator is told to serve."""
_LONG_ENOUGH = 8
"""Shorter ones stand in other words by chance."""
EMULATOR = (b"emulator-access-key-secret", b"emulator-client-secret")


def secrets_of(env: Mapping[str, str]) -> list[bytes]:
    """Returns the secrets of a command's environment, in every spelling that travels."""
    values = {name: env.get(f"SOURCES__GONG__{name}") or "" for name in _SECRETS}
    found = [value for value in values.values() if len(value) >= _LONG_ENOUGH]
    key = env.get("SOURCES__GONG__ACCESS_KEY")
    if key and values["ACCESS_KEY_SECRET"]:
        found.append(base64.b64encode(f"{key}:{values['ACCESS_KEY_SECRET']}".encode()).decode())
    return [value.encode() for value in found]


def told_in(text: bytes, secrets: Iterable[bytes]) -> list[str]:
    """Returns the kinds of what a text tells; never the value."""
    found = ["a secret" for secret in secrets if secret in text]
    return [*found, "a phone number"] if PHONE.search(text) else found


def artefacts(folder: Path) -> Iterator[Path]:
    """Yields the files that runs have left: logs, traces, state, working files, but no data."""
    for file in folder.rglob("*"):
        is_data = file.suffix in _DATA or file.name in _CAPTURES
        if file.is_file() and not file.is_symlink() and not is_data:
            yield file
    # what a command says of a fault of its own
    yield from Path(tempfile.gettempdir()).glob("gong-elt-*.log")
