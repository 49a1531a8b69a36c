"""Destinations, and no API: where data lands, the ops tables, the published copy.

`published` is imported on first use, so that commands start without DuckDB and pandas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warehouse.publication.reading import published as published

__all__ = ["published"]


def __getattr__(name: str) -> Any:
    if name == "published":
        from warehouse.publication.reading import published

        return published
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
