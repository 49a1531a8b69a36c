"""Pure: what a test of dbt that found rows means, and which query shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from warehouse.build_warnings import BuildWarning
from warehouse.target import PUBLISHED

_HOLDS = (
    "These rows break the rule: {rule}. Compare one with what Gong shows. If Gong shows the same, "
    "leave such rows out where the rule matters; if not, report it."
)
_OTHER = "The test {name} in transforms/models says what it expects."


def finding(
    node: Mapping[str, Any], rows: int, nodes: Mapping[str, Mapping[str, Any]]
) -> BuildWarning:
    """Returns what a test has found, as a warning.

    Args:
        node: the test in dbt's manifest.
        rows: how many rows it found.
        nodes: all nodes of the manifest, by id.
    """
    test = node.get("test_metadata") or {}
    arguments = test.get("kwargs", {})
    table = str(node.get("attached_node") or "").rpartition(".")[2]
    name = node["name"]
    if test.get("name") == "relationships":
        to = re.findall(r"ref\('(\w+)'\)", arguments["to"])[0]
        column, field = arguments["column_name"], arguments["field"]
        return BuildWarning(
            name, table, rows, _where_missing(to, nodes),
            f"select t.{column}, count(*) as rows_count from {PUBLISHED}.{table} as t "
            f"anti join {PUBLISHED}.{to} as parent on parent.{field} = t.{column} "
            f"where t.{column} is not null group by all order by rows_count desc, t.{column}",
        )  # fmt: skip
    if test.get("name") == "holds":
        rule = " ".join(str(arguments["rule"]).split())
        return BuildWarning(
            name, table, rows, _HOLDS.format(rule=rule),
            f"select * from {PUBLISHED}.{table} where not ({rule})",
        )  # fmt: skip
    return BuildWarning(name, table, rows, _OTHER.format(name=name), "")


def _where_missing(model: str, nodes: Mapping[str, Mapping[str, Any]]) -> str:
    """Returns what the model that lacks the rows says of it, in `config.meta.where_missing`."""
    for node in nodes.values():
        if node["name"] == model and node.get("config"):
            return str(node["config"].get("meta", {}).get("where_missing", ""))
    return ""
