"""Runs one test for many cases in a loop and reports all failing cases together.

For checks whose cases differ in nothing but their name: a parametrised test would cost thousands of
items. Every case runs, whether others fail or not.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest


def for_each(
    names: str, cases: Iterable[Any], label: Callable[..., str] = str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Decorates a test so that it runs for every case.

    Args:
        names: the parameters that a case sets, separated by commas; other parameters are fixtures.
        cases: one value per case, or one tuple per case where there are several names.
        label: makes the name of a case for the message from the values of the case.

    The decorated test fails once, with the label and the message of each failing case.
    """
    parameters = [name.strip() for name in names.split(",")]
    all_cases: Sequence[tuple[Any, ...]] = [
        case if len(parameters) > 1 else (case,) for case in cases
    ]

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(test)
        def loop(**fixtures: Any) -> None:
            assert all_cases, "no case"
            failures = []
            for case in all_cases:
                try:
                    test(**fixtures, **dict(zip(parameters, case, strict=True)))
                except (Exception, pytest.fail.Exception) as error:
                    failures.append(f"{label(*case)}: {type(error).__name__}: {error}")
            if failures:
                count = f"{len(failures)} of {len(all_cases)} cases failed"
                pytest.fail("\n".join([count, *failures]), pytrace=False)

        signature = inspect.signature(test)
        kept = [value for name, value in signature.parameters.items() if name not in parameters]
        loop.__signature__ = signature.replace(parameters=kept)  # type: ignore[attr-defined]
        return loop

    return decorate
