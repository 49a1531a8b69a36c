from __future__ import annotations

import shlex

import pytest

from pipelines.api.help import example_line, explain, listing
from sources.gong.api.operations import OPERATIONS, Operation, Paging, operation

every_row = pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: row.kebab)


def test_every_operation_belongs_to_one_group() -> None:
    assert sum(line.startswith("  ") for line in listing()) == len(OPERATIONS)


@every_row
def test_the_example_of_every_operation_can_be_called(row: Operation) -> None:
    program, command, name, *words = shlex.split(example_line(row))
    assert (program, command) == ("gong-elt", "api")
    assert operation(name) is row
    assert ("--all" in words) == (row.paging is not Paging.NONE)
    assert ("--yes" in words) == row.is_write


def test_an_operation_tells_its_parameters_choices_and_scope(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explain(["list-tasks", "filter.userId=1"])
    text = capsys.readouterr().out
    for part in ("POST /v2/tasks", "api:tasks:read", "filter.types *", "list: FLOW, MANUAL"):
        assert part in text


def test_only_an_operation_with_pages_offers_to_follow_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    explain(["listUsers"])
    assert "[--all]" in capsys.readouterr().out
    explain(["list-tasks"])
    assert "--all" not in capsys.readouterr().out
