"""What can go wrong with a warehouse: two bases, by what the caller can do about it."""

from __future__ import annotations


class WarehouseError(Exception):
    """The warehouse, or its published copy, cannot be used now; the message says what to do."""


class BadInput(WarehouseError, ValueError):
    """A setting, a path or a query cannot be used; the message names it and what would do."""
