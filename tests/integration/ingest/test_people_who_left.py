"""People who have left still own things: they land, and who is refused is not asked every night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Emulator
from tests.harness.nights import Nights, nights

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def company(emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory) -> Nights:
    emulator = emulators(
        "--seed", "7", "--users", "30", "--calls", "5", "--days", "2", "--workspaces", "1",
        "--no-limit", "--now", NOW.isoformat(),
    )  # fmt: skip
    home = tmp_path_factory.mktemp("left") / "home"
    return nights(emulator, home, NOW, start=NOW - timedelta(days=1))


def asked_for_tasks(company: Nights) -> set[str]:
    return {
        request["body"]["filter"]["userId"]
        for request in company.requests
        if request["path"] == "/v2/tasks"
    }


@pytest.mark.slow
def test_what_people_who_left_own_lands_and_who_is_refused_is_not_asked_again(
    company: Nights,
) -> None:
    emulator = company.emulator
    active = {user["id"] for user in emulator.truth("users") if user["active"]}
    left = sorted(user["id"] for user in emulator.truth("users") if not user["active"])
    refused, *served = left
    assert served, "the company has too few who left"
    for user in served:
        emulator.change("add_task", userId=user, fields={"title": "left behind"})
        emulator.change("add_flow", name=f"of {user}", ownerUserId=user, visibility="Personal")
    emulator.fault(
        "refused", status=404, text="User not found", operation="POST /v2/tasks",
        body={"filter": {"userId": refused}},
    )  # fmt: skip
    done = company.sync()
    assert "1 inactive users refused by Gong; asked again in 30 days" in done.stderr
    assert asked_for_tasks(company) == {*active, *left}
    held = company.column("select user_id from gong_raw.tasks where title = 'left behind'")
    assert held == set(served)
    flows = company.column("select name from gong_raw.flows where name like 'of %'")
    assert flows == {f"of {user}" for user in served}
    assert company.column("select parent from gong_raw._parent_refusals") == {refused}

    done = company.sync(at=NOW + timedelta(days=1))
    assert "refused by Gong" not in done.stderr
    assert asked_for_tasks(company) == active
