"""A looped test runs every case and names each that fails."""

from __future__ import annotations

import inspect

import pytest

from tests.harness.loops import for_each


def test_every_case_runs_and_all_failures_are_reported_together() -> None:
    ran = []

    @for_each("name, number", [("a", 1), ("b", 2), ("c", 3)], "{}-{}".format)
    def check(base: int, name: str, number: int) -> None:
        ran.append(name)
        assert number + base == 12, "wrong sum"

    assert [*inspect.signature(check).parameters] == ["base"]
    with pytest.raises(pytest.fail.Exception) as failure:
        check(base=10)
    assert ran == ["a", "b", "c"]
    lines = str(failure.value).splitlines()
    assert lines[0] == "2 of 3 cases failed"
    assert [line for line in lines if "wrong sum" in line] == [
        "a-1: AssertionError: wrong sum",
        "c-3: AssertionError: wrong sum",
    ]


def test_a_loop_without_failures_passes_and_one_without_cases_fails() -> None:
    def check(number: int) -> None:
        assert number

    for_each("number", [1, 2])(check)()
    with pytest.raises(AssertionError, match="no case"):
        for_each("number", [])(check)()
