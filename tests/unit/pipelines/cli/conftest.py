"""The warehouse of the erasure tests, for commands that must leave it alone."""

from __future__ import annotations

from tests.harness.warehouses.erasure_home import company as company
