from __future__ import annotations

import ctypes
from collections.abc import Iterator

import pyarrow as pa
import pytest

from pipelines.machine.allocation import give_back, share_one_allocator


@pytest.fixture(autouse=True)
def _same_pool_afterwards() -> Iterator[None]:
    before = pa.default_memory_pool()
    yield
    pa.set_memory_pool(before)  # the arenas stay as they are


def test_arrow_allocates_as_everything_else_does() -> None:
    share_one_allocator()
    give_back()
    assert pa.default_memory_pool().backend_name == "system"
    assert pa.array(["a", "b"]).to_pylist() == ["a", "b"]


def test_a_c_library_without_arenas_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    share_one_allocator()
    give_back()
    assert pa.default_memory_pool().backend_name == "system"
