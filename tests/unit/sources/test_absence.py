from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.gong.absence import is_odd, question
from sources.gong.windows import Span

COUNTS = st.integers(0, 10_000)


@pytest.mark.parametrize(
    ("held", "gone", "seen", "odd"),
    [
        (0, 0, 0, False),
        (1, 1, 0, False),  # the last one of a short list was deleted
        (2, 2, 0, True),
        (100, 20, 80, False),
        (30, 20, 10, False),
        (100, 30, 70, False),
        (100, 31, 69, True),
        (21, 21, 1, True),
        (10_000, 3_000, 7_000, False),
        (10_000, 3_001, 6_999, True),
    ],
)
def test_much_missing_or_all_of_it_is_odd(held: int, gone: int, seen: int, odd: bool) -> None:
    assert is_odd(held, gone, seen) is odd


@given(COUNTS, COUNTS, COUNTS)
def test_nothing_missing_is_never_odd_and_more_missing_is_never_less_so(
    held: int, gone: int, seen: int
) -> None:
    assert not is_odd(held, 0, seen)
    if is_odd(held, gone, seen):
        assert is_odd(held, gone + 1, seen)
        assert gone > 1


def test_the_question_is_a_command_that_accepts() -> None:
    asked = question("users", 1234, 500, None)
    assert "500 of 1,234 rows" in asked
    assert asked.endswith("gong-elt sync --accept-deletes users")
    span = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 8, 6, 30, tzinfo=UTC))
    assert question("calls", 3, 3, span).endswith(
        "--accept-deletes calls:2026-01-01T00:00:00Z..2026-01-08T06:30:00Z"
    )
