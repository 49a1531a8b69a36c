"""The warehouse of the erasure tests, for commands that must leave it alone."""

from __future__ import annotations

from tests.unit.pipelines.privacy.conftest import company as company
