"""The search for secrets finds every spelling in every artefact."""

from __future__ import annotations

from pathlib import Path

from tests.harness.secrets_kept import artefacts, leaks_in, secrets_of

ENV = {
    "SOURCES__GONG__ACCESS_KEY": "THE-KEY",
    "SOURCES__GONG__ACCESS_KEY_SECRET": "hidden-away",
    "SOURCES__GONG__ACCESS_TOKEN": "a-bearer-token",
}


def test_a_secret_is_found_in_every_spelling_and_a_phone_number_in_both_of_its_forms() -> None:
    secrets = secrets_of(ENV)
    assert leaks_in(b"... hidden-away ...", secrets) == ["a secret"]
    assert leaks_in(b"Authorization: Basic VEhFLUtFWTpoaWRkZW4tYXdheQ==", secrets) == ["a secret"]
    assert leaks_in(b"Bearer a-bearer-token", secrets) == ["a secret"]
    assert leaks_in(b'{"phoneNumber": "+1 555-012-3456"}', ()) == ["a phone number"]
    assert leaks_in(b"+1-555-0123", ()) == ["a phone number"]
    assert leaks_in(b"THE-KEY lacks a scope; +1-800-0123", secrets) == []


def test_state_and_logs_are_artefacts_and_the_warehouse_is_not(tmp_path: Path) -> None:
    for name in ("status.json", "dlt/state.json", "run.log", "warehouse.duckdb", "a/p.parquet"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
    names = {file.relative_to(tmp_path).as_posix() for file in artefacts(tmp_path)
             if file.is_relative_to(tmp_path)}  # fmt: skip
    assert names == {"status.json", "dlt/state.json", "run.log"}
