"""The home of the erasure tests."""

from __future__ import annotations

from tests.harness.warehouses.erasure_home import company as company
