"""What an erasure asks of Gong, and what it does with the answer."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.harness.scripted_transport import refused
from tests.harness.warehouses.erasure_home import JANE, NOW, ErasureHome

HELD = {"calls": [1, 2], "emails": [], "meetings": [3]}
NOTHING = refused(404, "No data found corresponding to the provided filters.")


def status_in_gong(company: ErasureHome) -> str:
    ((status,),) = company.query("select in_gong from gong_ops.erasures")
    return str(status)


def test_gong_is_asked_to_erase_and_the_look_up_decides(company: ErasureHome) -> None:
    company.gong.answer(HELD)
    assert company.erase(yes=True, in_gong=True) == 75
    assert [path.partition(" ")[0] for path in company.gong.paths] == ["GET", "POST", "GET"]
    assert (status_in_gong(company), "Gong has taken the request" in company.messages) == (
        "requested", True,
    )  # fmt: skip
    company.gong.requests.clear()
    company.gong.answer(HELD, {})
    assert company.erase(yes=True, in_gong=True) == 0
    assert [path.partition(" ")[0] for path in company.gong.paths] == ["GET", "GET"]
    assert status_in_gong(company) == "confirmed"


def test_where_gong_holds_nothing_it_is_not_asked_to_erase(company: ErasureHome) -> None:
    company.gong.answer({})
    assert company.erase(yes=True, in_gong=True) == 0
    assert (len(company.gong.requests), status_in_gong(company)) == (1, "confirmed")
    assert "Gong's look-up finds nothing of the person" in company.messages


def test_a_refusal_of_gong_takes_everything_back(company: ErasureHome) -> None:
    company.gong.answer(HELD, refused(400, f"{JANE} must not be an address of the company"))
    assert company.erase(yes=True, in_gong=True) == 1
    assert "Gong does not erase this" in company.messages
    assert JANE not in company.messages
    assert company.query("select count(*) from gong_raw.calls") == [(2,)]
    assert company.query("select * from gong_ops.tombstones") == []
    assert company.query("select * from gong_ops.erasures") == []


def test_where_the_look_up_is_refused_nothing_is_begun(company: ErasureHome) -> None:
    company.gong.answer(refused(401, "invalid access key"))
    assert company.erase(yes=True, in_gong=True) == 2
    assert company.query("select count(*) from gong_raw.calls") == [(2,)]


def test_a_preview_goes_on_without_gong(
    company: ErasureHome, capsys: pytest.CaptureFixture[str]
) -> None:
    company.gong.answer(refused(401, "invalid access key"))
    assert company.erase() == 0
    assert "Gong: not asked." in capsys.readouterr().out
    assert "could not look up what Gong holds" in company.messages


def test_a_request_that_is_cut_off_is_sent_again_by_the_next_run(company: ErasureHome) -> None:
    company.gong.answer(HELD, httpx.ReadError("cut off"), HELD)
    assert company.erase(yes=True, in_gong=True) == 75
    assert status_in_gong(company) == "asking"
    company.gong.requests.clear()
    company.gong.answer(HELD)
    assert company.erase(yes=True, in_gong=True) == 75
    assert status_in_gong(company) == "requested"
    assert [path.partition(" ")[0] for path in company.gong.paths] == ["GET", "POST", "GET"]


def test_after_three_days_an_erasure_in_gong_is_overdue(company: ErasureHome) -> None:
    company.gong.answer(HELD)
    assert company.erase(yes=True, in_gong=True) == 75
    assert company.erase(yes=True, in_gong=True, now=NOW + timedelta(hours=73)) == 1
    assert status_in_gong(company) == "overdue"
    assert "help@gong.io" in company.messages
