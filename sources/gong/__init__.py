"""Knows Gong's API; knows no destination, schedule or environment.

`gong` is the dlt source. It is imported on first use, because dlt takes seconds to import and most
commands only need the tables of operations and of landed data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sources.gong.source import gong as gong

__all__ = ["gong"]


def __getattr__(name: str) -> Any:
    if name == "gong":
        from sources.gong.source import gong

        return gong
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
