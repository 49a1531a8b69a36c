"""Late additions, changes and deletions land at the first sync whose windows cover them.

One company over simulated nights. Each change is checked at the first sync that can read it and at
the sync before.
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
class LateStory:
    """The company, the changed entities, and their state in the warehouse after each night."""

    nights: Nights
    subjects: dict[str, str] = field(default_factory=dict)
    seen: dict[float, dict[str, Any]] = field(default_factory=dict)
    requests: dict[float, list[dict[str, Any]]] = field(default_factory=dict)

    def sync(self, number: float) -> None:
        self.nights.sync(at=night(number))
        self.requests[number] = self.nights.requests
        subjects = self.subjects
        self.seen[number] = {
            "appeared": subjects["appeared"] in self.nights.live(),
            "content": bool(self._of("calls", subjects["content"], "brief is not null")),
            "sections": any(
                self._of(table, subjects["content"], "true")
                for table in ("call_outline", "call_highlights", "call_key_points")
            ),
            "transcript": bool(self._of("transcript_sentences", subjects["transcript"], "true")),
            "review": bool(
                self.nights.rows(
                    "select 1 from gong_raw.scorecard_answers where answer_text = 'Edited late' "
                    f"and answered_scorecard_id = '{subjects['review']}'"
                )
            ),
            "edited": bool(self._of("calls", subjects["edited"], "title = 'Edited late'")),
            "old": bool(self._of("calls", subjects["old"], "title = 'Edited very late'")),
            "deleted": subjects["deleted"] in self.nights.marked(),
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
) -> LateStory:
    emulator = emulators(*COMPANY)
    home = tmp_path_factory.mktemp("late") / "home"
    story = LateStory(nights(emulator, home, NOW, only=ONLY, start=START))
    change, subjects = emulator.change, story.subjects
    calls = sorted(emulator.truth("calls"), key=_started)

    def aged(days: float) -> str:
        """Returns the call whose age at the first night is closest to `days`."""
        closest = min(calls, key=lambda call: abs(_started(call) - (NOW - days * DAY)))
        return str(closest["metaData"]["id"])

    subjects["appeared"] = change(
        "add_call", started=utc_text(NOW - 2 * HOUR), visible_at=utc_text(NOW + 18 * HOUR)
    )["id"]
    subjects["content"] = change(
        "add_call", started=utc_text(NOW - 3 * HOUR), content_at=utc_text(NOW + 45 * HOUR)
    )["id"]
    subjects["transcript"] = change(
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
    subjects["review"] = review["answeredScorecardId"]
    subjects["reviewed_at"] = review["reviewTime"]
    subjects["edited"], subjects["old"], subjects["deleted"] = aged(14), aged(96), aged(94.5)
    for number in (0, 1, 2):
        story.sync(number)
    emulator.set_clock(night(5) - HOUR)
    (question, *_) = [a for a in review["answers"] if a["answerText"]]
    change(
        "edit_review",
        answeredScorecardId=subjects["review"],
        answers=[{"questionId": question["questionId"], "answerText": "Edited late"}],
    )
    story.sync(5)
    emulator.set_clock(night(6) - HOUR)
    change("edit_call", id=subjects["edited"], metaData={"title": "Edited late"})
    change("edit_call", id=subjects["old"], metaData={"title": "Edited very late"})
    change("delete_call", id=subjects["deleted"])
    for number in (6, 7, 34):
        story.sync(number)
    return story


def test_the_changed_calls_and_reviews_have_the_intended_age(story: LateStory) -> None:
    started = dict(story.nights.rows("select call_id, started_at from gong_raw.calls"))
    edit = night(6) - HOUR
    assert started[story.subjects["appeared"]] + 20 * HOUR == NOW + 18 * HOUR
    assert abs(started[story.subjects["edited"]] + 20 * DAY - edit) < 2 * DAY
    for name in ("old", "deleted"):
        assert started[story.subjects[name]] + 100 * DAY - edit < 2 * DAY
    age = night(5) - HOUR - datetime.fromisoformat(story.subjects["reviewed_at"])
    assert 22 * DAY < age < 29 * DAY


@pytest.mark.parametrize(
    ("what", "first", "before"),
    [
        ("appeared", 1, 0),
        ("content", 2, 1),
        ("sections", 2, 1),
        ("transcript", 5, 2),
        ("review", 5, 2),
        # The weekly lookback: seven days after the first sync.
        ("edited", 7, 6),
        # The sweep: within thirty nights after the change.
        ("old", 34, 7),
        ("deleted", 34, 7),
    ],
)
def test_a_late_change_lands_at_the_first_sync_that_reads_it(
    story: LateStory, what: str, first: float, before: float
) -> None:
    held = [number for number, seen in story.seen.items() if seen[what]]
    assert held == [number for number in story.seen if number >= first]
    assert before in story.seen


def test_the_edited_call_is_read_by_the_weekly_lookback_and_not_the_night_before(
    story: LateStory,
) -> None:
    def is_read(number: float, started: datetime) -> bool:
        return any(
            datetime.fromisoformat(span["fromDateTime"])
            <= started
            < datetime.fromisoformat(span["toDateTime"])
            for request in story.requests[number]
            if request["path"] == "/v2/calls/extensive"
            for span in [request["body"]["filter"]]
            if "fromDateTime" in span
        )

    ((started,),) = story.nights.rows(
        f"select started_at from gong_raw.calls where call_id = '{story.subjects['edited']}'"
    )
    assert not is_read(6, started)
    assert is_read(7, started)


def test_the_sweep_costs_a_request_per_hundred_calls_or_week_and_one_for_changed_calls(
    story: LateStory,
) -> None:
    """A month without a run, so that the sweep of all history is due at once."""
    bare = [
        request["body"]["filter"]
        for request in story.requests[34]
        if request["path"] == "/v2/calls/extensive" and "contentSelector" not in request["body"]
    ]
    spans = [
        (
            datetime.fromisoformat(filter_["fromDateTime"]),
            datetime.fromisoformat(filter_["toDateTime"]),
        )
        for filter_ in bare
    ]
    length = sum((end - start for start, end in spans), timedelta())
    assert length > 100 * DAY
    assert len(bare) <= length / (7 * DAY) + 4
    by_id = [
        request["body"]["filter"]["callIds"]
        for request in story.requests[34]
        if request["path"] == "/v2/calls/extensive" and "callIds" in request["body"]["filter"]
    ]
    assert sorted(itertools.chain.from_iterable(by_id)) == sorted(
        [story.subjects["old"], story.subjects["deleted"]]
    )


@pytest.mark.slow
def test_the_sweep_finds_old_changes_within_thirty_nights_with_two_requests_a_night(
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
                "contentSelector" not in request["body"]
                for request in story.requests
                if request["path"] == "/v2/calls/extensive"
            )
        )
    edited = story.column("select call_id from gong_raw.calls where title = 'Edited very late'")
    assert edited == set(old[:5])
    assert story.marked() == set(old[5:])
    assert max(costs) <= 3, "a night's share of the sweep exceeds six days"
    assert sum(costs) <= 60
