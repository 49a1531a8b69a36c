"""The company's time zone: as it is named, and as Gong's stats name it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import SkipTable, ZoneChanged
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.time_zone import check_zone, learn_zone, require_zone, zone_named
from sources.gong.extract.windows import midnight
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, Script, json_answer, refused


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


@pytest.mark.parametrize("name", ["", "Berlin", "CET+1", "../etc/passwd", "Europe/", "UTC+2"])
def test_an_unknown_zone_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ValueError, match="Europe/Berlin"):
        zone_named(name)


def test_a_zone_is_known_by_its_name() -> None:
    assert zone_named("Asia/Kathmandu").utcoffset(datetime(2026, 1, 1, tzinfo=UTC)) == timedelta(
        hours=5, minutes=45
    )


def test_a_zone_that_is_not_known_skips_the_stream_with_the_settings_name() -> None:
    with pytest.raises(
        SkipTable, match=r"logs is read by company day.*SOURCES__GONG__COMPANY_TIME_ZONE"
    ):
        require_zone(None, "logs")


def test_an_answer_in_another_zone_stops_the_run() -> None:
    check_zone({"timeZone": None}, ZoneInfo("Europe/Berlin"))
    check_zone({"timeZone": "Europe/Berlin"}, ZoneInfo("Europe/Berlin"))
    with pytest.raises(ZoneChanged, match="America/New_York"):
        check_zone({"timeZone": "America/New_York"}, ZoneInfo("Europe/Berlin"))
