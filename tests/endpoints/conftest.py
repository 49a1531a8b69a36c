"""Syncs of the small company that several modules read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.register_assert_rewrite("tests.endpoints.world")

from sources.gong.schema.columns import Entity  # noqa: E402
from tests.conftest import Emulator  # noqa: E402
from tests.endpoints.altering import Rewrite, altering  # noqa: E402
from tests.endpoints.landed import Landed, SyncRewritten  # noqa: E402
from tests.endpoints.world import EMULATOR, command, entities, reader_of, synced  # noqa: E402


@pytest.fixture(scope="session")
def small_company(emulators: Callable[..., Emulator]) -> Emulator:
    """The small company. No test may change it or make faults in it."""
    return emulators(*EMULATOR)


@pytest.fixture(scope="session")
def sync_rewritten(
    small_company: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> SyncRewritten:
    def sync(name: str, rewrites: dict[str, Rewrite]) -> Landed:
        with altering(small_company, rewrites) as server:
            gong = command(small_company, server.url, tmp_path_factory.mktemp(name))
            done = synced(gong)
        return Landed(gong, done.stderr)

    return sync


@pytest.fixture(scope="session")
def plain(sync_rewritten: SyncRewritten) -> Landed:
    """A sync of answers as they are, with its rows read. No test may change its home."""
    landed = sync_rewritten("plain", {})
    landed.rows("calls")
    return landed


@pytest.fixture(scope="session")
def entities_by_stream(
    small_company: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Entity]]:
    """The entities that each stream reads, before they are loaded."""
    with reader_of(
        small_company, small_company.base_url, tmp_path_factory.mktemp("reader")
    ) as reader:
        return entities(reader)
