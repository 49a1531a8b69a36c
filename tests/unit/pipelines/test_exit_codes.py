from __future__ import annotations

import pytest

from pipelines.exit_codes import (
    DONE,
    FAILED,
    POSTPONED,
    USAGE,
    CommandError,
    Later,
    UsageError,
    exit_code_of,
    outcome_of,
)
from pipelines.ingest.loader import Stuck
from pipelines.lock import Busy
from pipelines.monitor.status import Unreadable
from pipelines.publish.build import NotBuilt
from pipelines.settings import BadSetting
from sources.gong.api.auth import IncompleteCredentials
from sources.gong.api.errors import (
    BadCredentials,
    BrokenLedger,
    GaveUp,
    Postponed,
    Unreachable,
    UnusableFile,
    WrongHost,
)
from sources.gong.schema.zone_names import UnknownZone
from warehouse.connection import Locked
from warehouse.home import BadHome
from warehouse.target import BadWarehouse


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), USAGE),
        (BadSetting("x"), USAGE),
        (Later("x"), POSTPONED),
        (Busy("x"), POSTPONED),
        (CommandError("x"), FAILED),
        (Stuck("x"), FAILED),
        (Unreadable("x"), FAILED),
        (NotBuilt("x"), FAILED),
        (IncompleteCredentials("x"), USAGE),
        (UnknownZone("x"), USAGE),
        (UnusableFile("x"), USAGE),
        (BadCredentials("x"), USAGE),
        (WrongHost("x"), USAGE),
        (Unreachable("x"), FAILED),
        (GaveUp("x"), FAILED),
        (Postponed("x", 5.0), POSTPONED),
        (BrokenLedger("x"), FAILED),
        (BadHome("x"), USAGE),
        (BadWarehouse("x"), USAGE),
        (Locked("x"), FAILED),
        (ValueError("x"), None),
        (KeyError("x"), None),
    ],
)
def test_each_foreseen_error_has_its_exit_code(error: Exception, code: int | None) -> None:
    assert exit_code_of(error) == code


def test_outcomes_are_named_by_exit_code() -> None:
    assert [outcome_of(code) for code in (DONE, POSTPONED, FAILED, USAGE)] == [
        "done",
        "postponed",
        "failed",
        "failed",
    ]
