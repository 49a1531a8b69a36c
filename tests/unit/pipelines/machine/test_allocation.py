from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator
from threading import Event
from threading import enumerate as enumerate_threads

import pyarrow as pa
import pytest

from pipelines.machine import allocation
from pipelines.machine.allocation import giving_back, share_one_allocator


@pytest.fixture(autouse=True)
def _same_pool_afterwards() -> Iterator[None]:
    before = pa.default_memory_pool()
    yield
    pa.set_memory_pool(before)  # the arenas stay as they are


def test_arrow_allocates_as_everything_else_does() -> None:
    share_one_allocator()
    with giving_back():
        pass
    assert pa.default_memory_pool().backend_name == "system"
    assert pa.array(["a", "b"]).to_pylist() == ["a", "b"]


def test_a_c_library_without_arenas_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    share_one_allocator()
    with giving_back():
        pass
    assert pa.default_memory_pool().backend_name == "system"


def test_freed_memory_is_given_back_again_and_again_until_the_block_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[tuple[str, int]] = []
    thrice = Event()

    def call(name: str, value: int) -> None:
        calls.append((name, value))
        if len(calls) == 3:
            thrice.set()

    monkeypatch.setattr(allocation, "_SECONDS", 0.0)
    monkeypatch.setattr(allocation, "_call", call)
    with giving_back():
        thrice.wait()
    ended = len(calls)
    assert set(calls) == {("malloc_trim", 0)}
    assert ended >= 4
    assert "giving-back" not in [thread.name for thread in enumerate_threads()]


def test_memory_that_grows_fast_is_given_back_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, thrice, calls = itertools.count(0, 100_000_000), Event(), itertools.count(1)
    monkeypatch.setattr(allocation, "_SECONDS", 600.0)
    monkeypatch.setattr(allocation, "_LOOKS", 600_000)
    monkeypatch.setattr(allocation, "_resident", lambda: next(sizes))
    monkeypatch.setattr(allocation, "_call", lambda *_: next(calls) == 3 and thrice.set())
    with giving_back():
        assert thrice.wait(10)


def test_the_memory_of_this_process_is_known() -> None:
    assert allocation._resident() > 1_000_000
