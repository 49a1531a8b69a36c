"""`gong-elt erase` as a whole, without a published copy: what is shown, what goes, what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.privacy.suppression_list import WrongKey
from tests.harness.warehouses.erasure_home import JANE, KEY, ErasureHome


def test_a_preview_shows_what_would_go_and_changes_nothing(
    company: ErasureHome, capsys: pytest.CaptureFixture[str]
) -> None:
    company.gong.answer({"calls": [1, 2]})
    before = (company.home / "w.duckdb").read_bytes()
    assert company.erase() == 0
    shown = capsys.readouterr().out
    assert f"What is held of {JANE}; nothing was changed." in shown
    assert "Warehouse: 1 calls with the person" in shown
    assert "known by 1 e-mail, 1 phone and" in shown
    assert [line.split() for line in shown.splitlines() if "calls  " in line][:2] == [
        ["calls", "2"],
        ["calls", "1"],
    ]
    assert company.query("select count(*) from gong_raw.calls") == [(2,)]
    assert (company.home / "w.duckdb").stat().st_size >= len(before)


def test_a_preview_names_the_calls_that_would_go_by_id_and_start_alone(
    company: ErasureHome, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with company.warehouse.writing() as db:
        db.execute(
            "insert into gong_raw.call_parties select 'later ' || n, 0, 'jane@x.example', null, "
            "null, now() from range(10, 34) as t(n);"
            "insert into gong_raw.calls select 'later ' || n, "
            "timestamptz '2026-11-21 00:00:00+01' + n * interval 1 hour, 'A title', 'l', now() "
            "from range(10, 33) as t(n)"
        )
    company.gong.answer({})
    assert company.erase() == 0
    shown = capsys.readouterr().out.splitlines()
    first = shown.index("  calls that go, with their start in UTC, latest first:") + 1
    calls = [tuple(line.split("  ")[2:3] + line.split()[-2:]) for line in shown[first : first + 25]]
    assert calls[0] == ("later 32", "2026-11-22", "07:00")
    assert calls[23] == ("1", "2026-11-20", "09:30")
    assert shown[first + 24].split() == ["later", "33", "-"], "its call has not landed"
    assert shown[first + 25].startswith("  rows that go")
    assert not [line for line in shown if "title" in line.lower()]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert company.erase() == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[first + 20] == "    and 5 more; the same command with > FILE names all"


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (None, "the preview needs no key; the erasure does: GONG_ELT_ERASURE_KEY is not set"),
        (KEY + "other", "GONG_ELT_ERASURE_KEY is not the one under which others were erased"),
        (KEY, None),
    ],
)
def test_a_preview_needs_no_key_and_tells_which_the_erasure_lacks(
    company: ErasureHome, key: str | None, told: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert company.erase("john@x.example", yes=True) == 0
    company.gong.answer({})
    assert company.erase(key=key) == 0
    assert "calls with the person" in capsys.readouterr().out
    assert (told in company.messages) if told else ("key" not in company.messages)


def test_an_erasure_deletes_rows_and_bytes_and_keeps_the_person_out(company: ErasureHome) -> None:
    (company.home / "logs").mkdir()
    assert company.erase(yes=True) == 0
    assert company.query("select call_id from gong_raw.calls") == [("2",)]
    assert company.query("select * from gong_raw.call_parties") == []
    assert b"4711" not in (company.home / "w.duckdb").read_bytes()
    assert dict(company.query("select kind, count(*) from gong_ops.tombstones group by all")) == {
        "email": 1,
        "phone": 4,
        "national_phone": 1,
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
    assert company.erase(yes=True, with_mentions=True) == 0
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


def test_a_number_without_a_country_code_is_looked_for_as_it_is_typed_and_that_is_said(
    company: ErasureHome, capsys: pytest.CaptureFixture[str]
) -> None:
    company.gong.answer({})
    assert company.erase(None, phone="020 7000 4711") == 0
    assert "looked for as it is typed only" in company.messages
    assert "Warehouse: 0 calls with the person" in capsys.readouterr().out
    with company.warehouse.writing() as db:
        db.execute("update gong_raw.call_parties set phone_number = '(020) 7000 4711'")
    company.gong.answer({})
    assert company.erase(None, phone="020 7000 4711") == 0
    assert "Warehouse: 1 calls with the person" in capsys.readouterr().out
    company.gong.answer({})
    assert company.erase(None, phone="+44 20 7000 4711") == 0
    assert "typed only" not in company.messages
    assert "Warehouse: 1 calls with the person" in capsys.readouterr().out
