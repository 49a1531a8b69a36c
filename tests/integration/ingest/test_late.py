"""What appears, changes or goes away late is in the warehouse after the next sync that can know it.

One company, told over simulated nights. What happened is checked before and after the sync that can
know it; the sync before it could not.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Emulator
from tests.harness.nights import Nights, nights, utc_text

NOW = datetime(2026, 11, 10, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = NOW - 150 * DAY
COMPANY = (
    "--seed", "3", "--users", "4", "--calls", "110", "--days", "150", "--future-days", "40",
    "--no-limit", "--now", utc_text(NOW),
)  # fmt: skip
ONLY = "calls,transcripts,answered_scorecards"


def night(number: float) -> datetime:
    return NOW + number * DAY


@dataclass
class Story:
    """The company, what was done to it, and what the warehouse held after each night."""

    nights: Nights
    told: dict[str, str] = field(default_factory=dict)
    seen: dict[float, dict[str, Any]] = field(default_factory=dict)
    asked: dict[float, list[dict[str, Any]]] = field(default_factory=dict)

    def sync(self, number: float) -> None:
        self.nights.sync(at=night(number))
        self.asked[number] = self.nights.requests
        told = self.told
        self.seen[number] = {
            "appeared": told["appeared"] in self.nights.live(),
            "content": bool(self._of("calls", told["content"], "brief is not null")),
            "sections": any(
                self._of(table, told["content"], "true")
                for table in ("call_outline", "call_highlights", "call_key_points")
            ),
            "transcript": bool(self._of("transcript_sentences", told["transcript"], "true")),
            "review": bool(
                self.nights.rows(
                    "select 1 from gong_raw.scorecard_answers where answer_text = 'Edited late' "
                    f"and answered_scorecard_id = '{told['review']}'"
                )
            ),
            "edited": bool(self._of("calls", told["edited"], "title = 'Edited late'")),
            "old": bool(self._of("calls", told["old"], "title = 'Edited very late'")),
            "deleted": told["deleted"] in self.nights.marked(),
        }

    def _of(self, table: str, call_id: str, condition: str) -> list[tuple[Any, ...]]:
        return self.nights.rows(
            f"select 1 from gong_raw.{table} where call_id = '{call_id}' and {condition}"
        )


def _started(call: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(call["metaData"]["started"])


@pytest.fixture(scope="module")
def story(
    emulators: Callable[..., Emulator],
    tmp_path_factory: pytest.TempPathFactory,
) -> Story:
    emulator = emulators(*COMPANY)
    home = tmp_path_factory.mktemp("late") / "home"
    story = Story(nights(emulator, home, NOW, only=ONLY, start=START))
    change, told = emulator.change, story.told
    calls = sorted(emulator.truth("calls"), key=_started)

    def aged(days: float) -> str:
        """The call that is closest to so many days old at the first night."""
        found = min(calls, key=lambda call: abs(_started(call) - (NOW - days * DAY)))
        return str(found["metaData"]["id"])

    told["appeared"] = change(
        "add_call", started=utc_text(NOW - 2 * HOUR), visible_at=utc_text(NOW + 18 * HOUR)
    )["id"]
    told["content"] = change(
        "add_call", started=utc_text(NOW - 3 * HOUR), content_at=utc_text(NOW + 45 * HOUR)
    )["id"]
    told["transcript"] = change(
        "add_call", started=utc_text(NOW - 4 * HOUR), transcript_at=utc_text(night(5) - 5 * HOUR)
    )["id"]
    reviews = [
        review
        for review in emulator.truth("answered_scorecards")
        if any(answer["answerText"] for answer in review["answers"])
    ]
    review = min(
        reviews,
        key=lambda r: abs(datetime.fromisoformat(r["reviewTime"]) - (NOW - 20 * DAY)),
    )
    told["review"] = review["answeredScorecardId"]
    told["reviewed_at"] = review["reviewTime"]
    told["edited"], told["old"], told["deleted"] = aged(14), aged(96), aged(94.5)
    for number in (0, 1, 2):
        story.sync(number)
    emulator.set_clock(night(5) - HOUR)
    (question, *_) = [a for a in review["answers"] if a["answerText"]]
    change(
        "edit_review",
        answeredScorecardId=told["review"],
        answers=[{"questionId": question["questionId"], "answerText": "Edited late"}],
    )
    story.sync(5)
    emulator.set_clock(night(6) - HOUR)
    change("edit_call", id=told["edited"], metaData={"title": "Edited late"})
    change("edit_call", id=told["old"], metaData={"title": "Edited very late"})
    change("delete_call", id=told["deleted"])
    for number in (6, 7, 34):
        story.sync(number)
    return story


def test_the_story_is_as_late_as_it_says(story: Story) -> None:
    started = dict(story.nights.rows("select call_id, started_at from gong_raw.calls"))
    edit = night(6) - HOUR
    assert started[story.told["appeared"]] + 20 * HOUR == NOW + 18 * HOUR
    assert abs(started[story.told["edited"]] + 20 * DAY - edit) < 2 * DAY
    for name in ("old", "deleted"):
        assert started[story.told[name]] + 100 * DAY - edit < 2 * DAY
    age = night(5) - HOUR - datetime.fromisoformat(story.told["reviewed_at"])
    assert 22 * DAY < age < 29 * DAY


@pytest.mark.parametrize(
    ("what", "first", "before"),
    [
        ("appeared", 1, 0),
        ("content", 2, 1),
        ("sections", 2, 1),
        ("transcript", 5, 2),
        ("review", 5, 2),
        # the weekly lookback: seven days after the first sync
        ("edited", 7, 6),
        # the sweep: within thirty nights of the night before the change
        ("old", 34, 7),
        ("deleted", 34, 7),
    ],
)
def test_it_is_there_after_the_first_sync_that_can_know(
    story: Story, what: str, first: float, before: float
) -> None:
    held = [number for number, seen in story.seen.items() if seen[what]]
    assert held == [number for number in story.seen if number >= first]
    assert before in story.seen


def test_the_night_before_the_weekly_lookback_did_not_ask(story: Story) -> None:
    """So that the weekly lookback is what has found the edit, and needed nothing but itself."""

    def asked_about(number: float, started: datetime) -> bool:
        return any(
            datetime.fromisoformat(asked["fromDateTime"])
            <= started
            < datetime.fromisoformat(asked["toDateTime"])
            for one in story.asked[number]
            if one["path"] == "/v2/calls/extensive"
            for asked in [one["body"]["filter"]]
            if "fromDateTime" in asked
        )

    ((started,),) = story.nights.rows(
        f"select started_at from gong_raw.calls where call_id = '{story.told['edited']}'"
    )
    assert not asked_about(6, started)
    assert asked_about(7, started)


def test_the_sweep_costs_a_request_per_hundred_calls_or_week_and_what_has_changed(
    story: Story,
) -> None:
    """By metadata alone, after a month without a run, when all of history is due at once."""
    bare = [
        one["body"]["filter"]
        for one in story.asked[34]
        if one["path"] == "/v2/calls/extensive" and "contentSelector" not in one["body"]
    ]
    spans = [
        (datetime.fromisoformat(one["fromDateTime"]), datetime.fromisoformat(one["toDateTime"]))
        for one in bare
    ]
    length = sum((end - start for start, end in spans), timedelta())
    assert length > 100 * DAY
    assert len(bare) <= length / (7 * DAY) + 4
    by_id = [
        one["body"]["filter"]["callIds"]
        for one in story.asked[34]
        if one["path"] == "/v2/calls/extensive" and "callIds" in one["body"]["filter"]
    ]
    assert sorted(itertools.chain.from_iterable(by_id)) == sorted(
        [story.told["old"], story.told["deleted"]]
    )


@pytest.mark.slow
def test_the_sweep_finds_old_changes_within_thirty_nights_and_a_request_or_two_a_night(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> None:
    emulator = emulators(*COMPANY)
    home = tmp_path_factory.mktemp("swept") / "home"
    story = nights(emulator, home, NOW, only="calls,answered_scorecards", start=START)
    story.sync(at=NOW)
    calls = sorted(emulator.truth("calls"), key=_started)[:60]
    old = [call["metaData"]["id"] for call in calls[::6]]
    for call_id in old[:5]:
        emulator.change("edit_call", id=call_id, metaData={"title": "Edited very late"})
    for call_id in old[5:]:
        emulator.change("delete_call", id=call_id)
    costs = []
    for number in range(1, 31):
        story.sync(at=night(number))
        costs.append(
            sum(
                "contentSelector" not in one["body"]
                for one in story.asked
                if one["path"] == "/v2/calls/extensive"
            )
        )
    edited = story.column("select call_id from gong_raw.calls where title = 'Edited very late'")
    assert edited == set(old[:5])
    assert story.marked() == set(old[5:])
    assert max(costs) <= 3, "a night's share is six days"
    assert sum(costs) <= 60
