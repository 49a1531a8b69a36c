"""Backfills of parts equal one backfill; many nights of changes equal one sync after them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conftest import Emulator
from tests.harness.landed import differing
from tests.harness.nights import Nights, Snapshot, live_rows, nights, utc_text

NOW = datetime(2026, 11, 10, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FROM, TO = NOW - 50 * DAY, NOW - 5 * DAY
"""The span has odd hours, and crosses the end of summer time and of a month."""
DAYS = (TO - FROM) // DAY
HISTORY = "calls,transcripts,logs,answered_scorecards,interaction_stats,activity_by_period"

OBSERVED = {"user_history", "crm_objects", "crm_object_fields", "coaching_metrics", "logs"}
"""Tables that also keep rows that Gong does not serve again."""


@dataclass(frozen=True)
class Piece:
    """One backfill: start and end in hours after FROM, order, and limit of requests."""

    first: int
    after: int
    newest_first: bool = False
    limit: int | None = None
    """Requests after which it is cut short the first time; each time three times as many."""


@st.composite
def histories(draw: st.DrawFn) -> list[Piece]:
    """Draws a partition of the span into backfills in any order; some are cut short or repeated.

    The borders are at any hour, also at midnight.
    """
    hours = DAYS * 24
    cuts = sorted(draw(st.sets(st.integers(1, hours - 1), min_size=1, max_size=2)))
    pieces = [
        Piece(first, after, draw(st.booleans()), draw(st.sampled_from([None, 4, 12])))
        for first, after in zip([0, *cuts], [*cuts, hours], strict=True)
    ]
    repeated = draw(st.sampled_from([None, *pieces]))
    return draw(st.permutations([*pieces, *([repeated] if repeated else [])]))


@dataclass
class BackfilledCompany:
    """A company that does not change, and the rows of one backfill of its history."""

    emulator: Emulator
    folder: Path
    whole: Snapshot

    def begin(self, name: str) -> Nights:
        return nights(self.emulator, self.folder / name / "home", NOW, only=HISTORY)


def backfill(story: Nights, piece: Piece) -> list[int]:
    """Runs a backfill until it is complete; returns the exit codes."""
    span = [utc_text(FROM + hours * HOUR) for hours in (piece.first, piece.after)]
    command = ["backfill", "--no-transform", *story.only, "--from", span[0], "--to", span[1]]
    command += ["--newest-first"] if piece.newest_first else []
    codes: list[int] = []
    limit = piece.limit
    while not codes or codes[-1] == 75:
        options = ["--max-requests", str(limit)] if limit else []
        codes.append(story.run(*command, *options, expected=None).returncode)
        limit = limit and limit * 3
        assert len(codes) < 8, codes
    return codes


@pytest.fixture(scope="module")
def company(
    emulators: Callable[..., Emulator],
    tmp_path_factory: pytest.TempPathFactory,
) -> BackfilledCompany:
    emulator = emulators(
        "--seed", "17", "--users", "5", "--calls", "60", "--days", "60", "--no-limit",
        "--now", utc_text(NOW),
    )  # fmt: skip
    company = BackfilledCompany(emulator, tmp_path_factory.mktemp("pieces"), {})
    whole = company.begin("whole")
    assert backfill(whole, Piece(0, DAYS * 24)) == [0]
    company.whole = live_rows(whole.gong.warehouse)
    assert len(company.whole["calls"]) > 30
    assert len(company.whole["transcript_sentences"]) > 100
    assert len(company.whole["interaction_stats"]) > 100
    return company


_number = count()


def check_pieces(company: BackfilledCompany, pieces: list[Piece]) -> None:
    story = company.begin(str(next(_number)))
    for piece in pieces:
        codes = backfill(story, piece)
        assert codes[-1] == 0, (piece, codes)
        assert set(codes) <= {0, 75}, (piece, codes)
    assert differing(company.whole, live_rows(story.gong.warehouse)) == {}


def test_unordered_cut_short_and_repeated_backfills_equal_one_backfill(
    company: BackfilledCompany,
) -> None:
    """Covers each kind of piece in `make test`, independent of random choices."""
    hours = DAYS * 24
    middle = Piece(301, 622, newest_first=True, limit=9)
    check_pieces(company, [middle, Piece(622, hours), middle, Piece(0, 301, limit=25)])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given(histories())
@settings(
    deadline=None,
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
def test_random_pieces_of_a_backfill_equal_one_backfill(
    company: BackfilledCompany, pieces: list[Piece]
) -> None:
    check_pieces(company, pieces)


def change_something(emulator: Emulator, dice: random.Random, now: datetime) -> None:
    """Changes the company: a late call, edits, a deletion, a review, a user, a folder."""
    calls = emulator.truth("calls")
    ids = [call["metaData"]["id"] for call in calls]
    began = now - dice.randint(1, 30) * HOUR
    emulator.change(
        "add_call",
        started=utc_text(began),
        visible_at=utc_text(max(now, began + dice.randint(0, 40) * HOUR)),
        content_at=utc_text(now + dice.randint(0, 48) * HOUR),
        transcript_at=utc_text(now + dice.randint(0, 72) * HOUR),
    )
    renamed, other, gone = dice.sample(ids, 3)
    emulator.change("edit_call", id=renamed, metaData={"title": f"Edited {now:%d} {dice.random()}"})
    emulator.change("edit_call", id=other, sections={"content.trackers": [], "parties": None})
    emulator.change("delete_call", id=gone)
    if dice.random() < 0.5:
        emulator.change("restore_call", id=gone)
    review = dice.choice(emulator.truth("answered_scorecards"))
    emulator.change(
        "edit_review",
        answeredScorecardId=review["answeredScorecardId"],
        drop_question=dice.choice(review["answers"])["questionId"],
    )
    user = dice.choice(emulator.truth("users"))
    emulator.change("edit_user", id=user["id"], fields={"phoneNumber": f"+1-555-{now:%d%H}"})
    inside = emulator.truth("library_folder_calls")
    if inside:
        entry = dice.choice(inside)
        emulator.change("remove_folder_call", folderId=entry["folderId"], callId=entry["id"])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 7))
def test_nights_of_changes_equal_one_sync_at_the_end(
    emulators: Callable[..., Emulator], tmp_path: Path, seed: int
) -> None:
    """The last night has the weekly lookback, which covers all changes."""
    dice = random.Random(seed)
    now, start = NOW, NOW - 20 * DAY
    emulator = emulators(
        "--seed", str(30 + seed), "--users", "6", "--calls", "70", "--days", "25", "--no-limit",
        "--future-days", "12", "--now", utc_text(now), "--without-engage",
    )  # fmt: skip
    many = nights(emulator, tmp_path / "many" / "home", now, start=start)
    many.sync()
    passed = sorted({dice.randint(1, 6), 8})
    for day in passed:
        emulator.set_clock(NOW + day * DAY - 6 * HOUR)
        change_something(emulator, dice, NOW + day * DAY - 6 * HOUR)
        many.sync(at=NOW + day * DAY)
    single = nights(emulator, tmp_path / "single" / "home", many.now, start=start)
    single.sync()
    left, right = (live_rows(story.gong.warehouse) for story in (many, single))
    for name in OBSERVED:
        kept, read_again = left.pop(name), right.pop(name)
        if name == "logs":
            # Gong serves the access log of two weeks only.
            assert read_again
            assert not read_again.keys() - kept.keys()
    assert len(right["calls"]) > 40
    assert differing(left, right) == {}
