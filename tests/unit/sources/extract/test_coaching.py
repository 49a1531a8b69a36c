"""Coaching, where Gong refuses ids that it has sent itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sources.gong.api.auth import credentials
from sources.gong.api.client import Client
from sources.gong.api.errors import FailTable, NotFound, Rejected, SchemaDrift
from sources.gong.api.rate_limit import Budget, Limits
from sources.gong.extract.existing_rows import ExistingRows
from sources.gong.extract.reader import Reader
from sources.gong.extract.window_reads import Coaching
from sources.gong.extract.windows import Reason, Span, Window
from sources.gong.schema.arrow import to_arrow
from sources.gong.schema.columns import ODD
from sources.gong.schema.odd_entities import FEW, requested_id
from tests.harness.scripted_answers import ScriptedAnswers
from tests.harness.scripted_server import Answer, ReceivedRequest, Script, json_answer, refused

STREAM = "coaching_metrics"
MONTH = Span(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC))
PERIOD = "coaching_metrics/MONTH/2026-11-01"
WORKSPACES, MANAGERS = ("1", "2"), ("7", "8")
BAD = refused(400, "Bad request")

Pair = tuple[str, str]


def pair_of(asked: ReceivedRequest) -> Pair:
    return asked.query["workspace-id"], asked.query["manager-id"]


def coaching_of(asked: ReceivedRequest) -> Answer:
    """One report of the manager, who listened to one call in the workspace."""
    workspace_id, manager_id = pair_of(asked)
    report = {
        "report": {"id": f"{manager_id}0", "title": "Rep", "nick": "R"},
        "metrics": {"callsListenedTo": [f"{workspace_id}{manager_id}"], "callsAttended": []},
    }
    manager = {"id": manager_id, "firstName": "M"}
    answer = {"coachingData": [{"manager": manager, "directReportsMetrics": [report]}]}
    return json_answer(200, answer)


def refusing(*pairs: Pair, answer: Answer = BAD) -> Script:
    return lambda asked, _number: answer if pair_of(asked) in pairs else coaching_of(asked)


class Landed(ExistingRows):
    """Rows of the period that earlier runs have landed."""

    def __init__(self, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        self._rows = rows

    def period_rows(self, _table: str, period_id: str) -> Sequence[Mapping[str, Any]]:
        assert period_id == PERIOD
        return self._rows


def read(
    script: Script,
    existing: ExistingRows | None = None,
    managers: Sequence[str] = MANAGERS,
    inactive: Sequence[str] = (),
    workspace_ids: Sequence[str] = WORKSPACES,
) -> tuple[Coaching, list[Pair]]:
    """Returns the coaching of a month, and what was requested."""
    users = [
        {"user_id": manager, "manager_id": None, "is_active": manager not in inactive}
        for manager in managers
    ]
    users += [{"user_id": f"{m}0", "manager_id": m, "is_active": True} for m in managers]
    workspaces = [{"workspace_id": id_} for id_ in workspace_ids]
    answers, budget = ScriptedAnswers(script), Budget(":memory:", Limits(0, 0))
    key = credentials("k", "s", None)
    try:
        with Client(answers.url, key, budget, transport=answers) as client:
            window = Window(STREAM, MONTH, Reason.NEW, "MONTH")
            reader = Reader(client, ZoneInfo("UTC"))
            coaching = reader.coaching(window, workspaces, users, existing or Landed())
    finally:
        budget.close()
    return coaching, [pair_of(asked) for asked in answers.requests]


def rows_of(coaching: Coaching) -> list[dict[str, Any]]:
    """Returns the rows that the period lands as."""
    (period,) = (entity for entity in coaching.entities if ODD not in entity)
    tables = to_arrow("stats_periods", (STREAM,), [period], ["h"], MONTH.end, "load")
    rows: list[dict[str, Any]] = tables[STREAM].to_pylist()
    return [row for row in rows if not row["_tombstone"]]


def landed_pairs(coaching: Coaching) -> set[Pair]:
    return {(row["workspace_id"], row["manager_id"]) for row in rows_of(coaching)}


def refused_of(coaching: Coaching) -> list[str]:
    return [requested_id(entity) for entity in coaching.entities if ODD in entity]


ALL = {(workspace, manager) for workspace in WORKSPACES for manager in MANAGERS}


@pytest.mark.parametrize(
    ("pairs", "odd"),
    [
        ([("1", "7"), ("1", "8")], ["1"]),
        ([("1", "7"), ("2", "7")], ["7"]),
        ([("1", "7"), ("1", "8"), ("2", "8")], ["1", "8"]),
        ([("2", "7")], ["2/7"]),
    ],
)
@pytest.mark.parametrize(
    "answer",
    [BAD, refused(404, "Not found"), refused(404, "The following userIds were not found: 7")],
)
def test_an_id_that_gong_refuses_is_set_aside_and_the_others_are_read(
    pairs: list[Pair], odd: list[str], answer: Answer
) -> None:
    coaching, asked = read(refusing(*pairs, answer=answer))
    assert refused_of(coaching) == odd
    assert landed_pairs(coaching) == ALL - set(pairs)
    assert coaching.taken_ids == {id_ for pair in ALL - set(pairs) for id_ in pair}
    assert sorted(asked) == sorted(ALL), "each is requested once"


@pytest.mark.parametrize(
    ("answer", "error"), [(BAD, Rejected), (refused(404, "Not found"), NotFound)]
)
def test_where_gong_refuses_every_id_the_stream_fails(
    answer: Answer, error: type[FailTable]
) -> None:
    with pytest.raises(error):
        read(refusing(*ALL, answer=answer))


def test_a_general_refusal_does_not_cost_a_request_per_manager() -> None:
    asked: list[Pair] = []

    def script(request: ReceivedRequest, _number: int) -> Answer:
        asked.append(pair_of(request))
        return BAD

    with pytest.raises(Rejected):
        read(script, managers=[str(number) for number in range(100, 200)])
    assert len(asked) == FEW + 1


def test_many_managers_who_left_and_are_refused_withhold_nobody_else() -> None:
    """Those who are active are requested first, so that it is known that Gong answers at all."""
    left = [str(number) for number in range(100, 130)]
    pairs = [(workspace, manager) for workspace in WORKSPACES for manager in left]
    coaching, asked = read(refusing(*pairs), managers=[*left, *MANAGERS], inactive=left)
    assert landed_pairs(coaching) == ALL
    assert refused_of(coaching) == left
    assert asked[0] == ("1", "7")


@pytest.mark.parametrize("left", [["7"], ["5", "6", "7"]])
def test_a_refused_manager_of_many_workspaces_withholds_nobody_else(left: list[str]) -> None:
    workspace_ids = [str(number) for number in range(1, FEW + 5)]
    pairs = [(workspace, manager) for workspace in workspace_ids for manager in left]
    coaching, _ = read(refusing(*pairs), managers=[*left, "8"], workspace_ids=workspace_ids)
    assert landed_pairs(coaching) == {(workspace, "8") for workspace in workspace_ids}
    assert refused_of(coaching) == left


def test_an_answer_without_coaching_data_ends_the_stream_at_once() -> None:
    asked: list[Pair] = []

    def script(request: ReceivedRequest, _number: int) -> Answer:
        asked.append(pair_of(request))
        return json_answer(200, {})

    with pytest.raises(SchemaDrift, match="coachingData"):
        read(script)
    assert len(asked) == 1


def test_another_refusal_than_of_an_id_fails_the_stream() -> None:
    with pytest.raises(FailTable):
        read(refusing(("1", "7"), answer=refused(409, "Conflict")))


def test_what_has_landed_of_an_id_that_gong_refuses_stays_and_the_others_change() -> None:
    before = rows_of(read(refusing())[0])
    assert [json.loads(row["extra"]) for row in before] == [{"reportNick": "R"}] * 4
    changed = [{**row, "call_id": "old"} for row in before]
    coaching, _ = read(refusing(("1", "7"), ("2", "7")), Landed(changed))
    after = rows_of(coaching)
    assert [row for row in after if row["manager_id"] == "8"] == [
        row for row in before if row["manager_id"] == "8"
    ], "they are as Gong answers now"
    kept = [row for row in after if row["manager_id"] == "7"]
    assert kept == [row for row in changed if row["manager_id"] == "7"], "they are as they landed"
    again, _ = read(refusing(("1", "7"), ("2", "7")), Landed(after))
    assert again.entities == coaching.entities, "an unchanged period does not land again"


def test_nothing_is_looked_up_where_gong_answers() -> None:
    class Unasked(ExistingRows):
        def period_rows(self, _table: str, _period_id: str) -> Sequence[Mapping[str, Any]]:
            raise AssertionError

    assert landed_pairs(read(refusing(), Unasked())[0]) == ALL
