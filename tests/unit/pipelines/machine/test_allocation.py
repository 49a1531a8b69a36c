from __future__ import annotations

import ctypes
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
