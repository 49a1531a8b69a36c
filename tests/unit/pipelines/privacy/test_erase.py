"""`gong-elt erase` as a whole, without a published copy: what is shown, what goes, what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.privacy.suppression_list import WrongKey
from tests.unit.pipelines.privacy.conftest import JANE, KEY, ErasureHome


def test_a_preview_shows_what_would_go_and_changes_nothing(
    company: ErasureHome, capsys: pytest.CaptureFixture[str]
) -> None:
    company.gong.answer({"calls": [1, 2]})
    before = (company.home / "w.duckdb").read_bytes()
    assert company.erase() == 0
    shown = capsys.readouterr().out
    assert f"What is held of {JANE}; nothing was changed." in shown
    assert "Warehouse: 1 calls with the person" in shown
    assert [line.split() for line in shown.splitlines() if "calls  " in line][:2] == [
        ["calls", "2"],
        ["calls", "1"],
    ]
    assert company.query("select count(*) from gong_raw.calls") == [(2,)]
    assert (company.home / "w.duckdb").stat().st_size >= len(before)


def test_an_erasure_deletes_rows_and_bytes_and_keeps_the_person_out(company: ErasureHome) -> None:
    (company.home / "logs").mkdir()
    assert company.erase(yes=True) == 0
    assert company.query("select call_id from gong_raw.calls") == [("2",)]
    assert company.query("select * from gong_raw.call_parties") == []
    assert b"4711" not in (company.home / "w.duckdb").read_bytes()
    assert dict(company.query("select kind, count(*) from gong_ops.tombstones group by all")) == {
        "email": 1,
        "phone": 1,
        "call": 1,
    }
    assert company.query(
        "select kind, in_gong, finished_at is not null, removed::varchar from gong_ops.erasures"
    ) == [("email", "not asked", True, '{"call_parties": 1, "calls": 1}')]
    assert company.query("select command, outcome, requests from gong_ops.runs") == [
        ("erase", "done", 0)
    ]
    assert "2 rows removed, 0 masked" in company.messages
    assert "calls" in company.messages
    assert not (company.home / "logs").exists()
    assert company.gong.requests == []


def test_mentions_are_masked_and_names_kept_out_only_if_asked_for(company: ErasureHome) -> None:
    assert company.erase(yes=True, mentions=True) == 0
    assert company.query("select brief from gong_raw.calls") == [("ask [erased]",)]
    assert company.query("select words from gong_ops.tombstones where kind = 'name'") == [(2,)]


def test_another_key_than_the_first_erases_nobody(company: ErasureHome) -> None:
    assert company.erase(yes=True) == 0
    with pytest.raises(WrongKey, match="not the one under which others were erased"):
        company.erase("john@x.example", yes=True, key=KEY + "other")
    with pytest.raises(WrongKey, match="is not set"):
        company.erase(yes=True, key=None)


def test_a_foreign_file_that_names_the_person_is_reported_and_stays(company: ErasureHome) -> None:
    note = company.home / "note.txt"
    note.write_text(f"call {JANE}")
    assert company.erase(yes=True) == 1
    assert f"{note} still names the person" in company.messages
    assert note.exists()


def test_logs_of_faults_that_name_the_person_are_deleted(
    company: ErasureHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    hers, other = tmp_path / "gong-elt-1.log", tmp_path / "gong-elt-2.log"
    hers.write_text(f"KeyError: {JANE}")
    other.write_text("KeyError: john@x.example")
    assert company.erase(yes=True) == 0
    assert (hers.exists(), other.exists()) == (False, True)


def test_an_erasure_that_was_cut_short_goes_on_under_its_own_row(
    company: ErasureHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.privacy.erase._delete_rows", killed)
        with pytest.raises(KeyboardInterrupt):
            company.erase(yes=True)
    assert company.query("select finished_at from gong_ops.erasures") == [(None,)]
    assert company.erase(yes=True) == 0
    assert company.query("select finished_at is not null from gong_ops.erasures") == [(True,)]
    assert company.query("select call_id from gong_raw.calls") == [("2",)]
