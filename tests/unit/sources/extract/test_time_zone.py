"""The company's time zone, as Gong's stats name it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import SkipTable, ZoneChanged
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.time_zone import (
    check_zone,
    learn_zone,
    require_zone,
    unknown_zone_text,
)
from sources.gong.extract.windows import midnight
from sources.gong.schema.zone_names import zone_named
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, Script, json_answer, refused

BERLIN = ZoneInfo("Europe/Berlin")


def learnt(script: Script | list[Answer]) -> tuple[ZoneInfo | None, list[ReceivedRequest]]:
    answers, budget = ScriptedAnswers(script), Budget(":memory:", Limits(0, 0))
    key = credentials("k", "s", None)
    with Client(answers.url, key, budget, transport=answers) as client:
        zone = learn_zone(client, datetime(2026, 11, 22, 6, tzinfo=UTC))
    budget.close()
    return zone, answers.requests


def test_the_zone_is_learnt_from_a_stats_answer() -> None:
    answer = json_answer(200, {"timeZone": "America/New_York"})
    zone, asked = learnt([answer])
    assert zone == ZoneInfo("America/New_York")
    assert len(asked) == 1


def test_the_days_asked_for_to_learn_the_zone_have_ended_everywhere() -> None:
    _, asked = learnt([json_answer(200, {"timeZone": "UTC"})])
    last = date.fromisoformat(asked[0].body["filter"]["toDate"])
    first_zone = midnight(last, ZoneInfo("Etc/GMT+12"))
    assert first_zone <= datetime(2026, 11, 22, 6, tzinfo=UTC)


def test_a_zone_that_no_answer_tells_is_unknown() -> None:
    nothing = refused(404, "No stats found")
    scope = refused(401, "You don't have permission to use 'api:stats:interaction' in your app.")
    for answer in (nothing, scope, json_answer(200, {"timeZone": None})):
        zone, asked = learnt([answer])
        assert zone is None
        assert len(asked) == 2


def test_a_told_name_of_no_zone_is_passed_on_and_the_zone_stays_unknown() -> None:
    told: list[str] = []
    answers, budget = (
        ScriptedAnswers([json_answer(200, {"timeZone": "Head office"})] * 2),
        Budget(":memory:", Limits(0, 0)),
    )
    with Client(answers.url, credentials("k", "s", None), budget, transport=answers) as client:
        assert learn_zone(client, datetime(2026, 11, 22, 6, tzinfo=UTC), told.append) is None
    budget.close()
    assert told == ["Head office", "Head office"]


def test_a_zone_that_is_not_known_skips_the_stream_with_the_settings_name() -> None:
    with pytest.raises(
        SkipTable, match=r"logs is read by company day.*SOURCES__GONG__COMPANY_TIME_ZONE"
    ):
        require_zone(None, "logs")


@pytest.mark.parametrize(
    ("told", "zone"),
    [
        (None, "Europe/Berlin"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Eastern", "America/New_York"),
        ("GMT-05:00", "Etc/GMT+5"),
    ],
)
def test_an_answer_in_the_zone_of_the_run_is_taken_whatever_its_name(
    told: str | None, zone: str
) -> None:
    check_zone({"timeZone": told}, ZoneInfo(zone), pytest.fail)


@pytest.mark.parametrize("told", ["America/New_York", "Europe/London", "GMT+01:00"])
def test_an_answer_in_another_zone_stops_the_run(told: str) -> None:
    """The message names the setting that ends it; each told name is one the setting takes."""
    setting = re.escape(f"SOURCES__GONG__COMPANY_TIME_ZONE={told}")
    with pytest.raises(ZoneChanged, match=setting):
        check_zone({"timeZone": told}, ZoneInfo("Europe/Berlin"), pytest.fail)
    check_zone({"timeZone": told}, zone_named(told), pytest.fail)


def test_a_told_name_of_no_zone_leaves_the_zone_of_the_run_in_force() -> None:
    told: list[str] = []
    check_zone({"timeZone": "Head office"}, ZoneInfo("Europe/Berlin"), told.append)
    assert told == ["Head office"]
    assert "Days are cut in Europe/Berlin" in unknown_zone_text("Head office", BERLIN)
    assert "SOURCES__GONG__COMPANY_TIME_ZONE" in unknown_zone_text("Head office", None)
