from __future__ import annotations

from typing import Any

from pipelines.publish.findings import finding

USERS = {"name": "dim_users", "config": {"meta": {"where_missing": "Use a left join."}}}


def test_a_missing_row_is_shown_by_what_refers_to_it() -> None:
    node: dict[str, Any] = {
        "name": "finds_fct_tasks_user_id",
        "attached_node": "model.gong_elt.fct_tasks",
        "test_metadata": {
            "name": "relationships",
            "kwargs": {"to": "ref('dim_users')", "field": "user_id", "column_name": "owner_id"},
        },
    }
    warning = finding(node, 26, {"model.gong_elt.dim_users": USERS})
    assert (warning.table_name, warning.rows_found) == ("fct_tasks", 26)
    assert warning.what_to_do == "Use a left join."
    assert "anti join gong.dim_users as parent on parent.user_id = t.owner_id" in warning.rows_query


def test_a_broken_rule_is_told_with_the_rows_that_break_it() -> None:
    node: dict[str, Any] = {
        "name": "holds_fct_calls__parties_are_known",
        "attached_node": "model.gong_elt.fct_calls",
        "test_metadata": {"name": "holds", "kwargs": {"rule": "parties_count\n  > 0"}},
    }
    warning = finding(node, 2, {})
    assert warning.rows_query == "select * from gong.fct_calls where not (parties_count > 0)"
    assert "parties_count > 0" in warning.what_to_do
