"""The dlt resources of a package."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dlt  # noqa: F401  # starts a process when it is imported, which no unit test may

from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.load.load_log import ALL_TABLES
from sources.gong.load.package import LoadContext, PackageSpec, RunFacts
from sources.gong.load.resources import resources
from sources.gong.schema.tables import tables_of

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


def names(missing: frozenset[str] | None, *streams: str) -> list[str]:
    windows = {name: [Window(name, Span(NOW, NOW), Reason.WHOLE)] for name in streams}
    spec = PackageSpec(windows, missing_tables=missing)
    reader: Any = None
    return [
        resource.name
        for resource in resources(spec, RunFacts("run1", "sync", NOW), LoadContext(reader))
    ]


def test_each_stream_is_a_resource() -> None:
    assert names(frozenset(), "calls", "users") == ["calls", "users"]


def test_tables_of_streams_that_are_not_read_are_one_more() -> None:
    assert names(ALL_TABLES, "users") == ["users", "tables_without_rows"]
    assert names(frozenset(tables_of("users")), "users") == ["users"]
    assert names(None, "users") == ["users"]
