"""Reads rules for faults and reports every mistake in them."""

from collections.abc import Collection, Iterator
from typing import Any

from tests.emulator.errors import bad_request
from tests.emulator.faults.kinds import KINDS
from tests.emulator.faults.parameters import number, whole
from tests.emulator.settings import Json

ANY = "*"
_MOST = 10**9
CONDITIONS = ("kind", "operation", "query", "body", "page", "skip", "times", "share", "seed")


def as_list(given: Any) -> list[Any]:
    """One rule, a list of rules, or an object with a list of `rules`: as a list."""
    if isinstance(given, dict) and "rules" in given:
        extra = [f"{name}: unknown beside rules" for name in given if name != "rules"]
        if extra or not isinstance(given["rules"], list):
            raise bad_request(*(extra or ["rules: must be a list"]))
        given = given["rules"]
    return given if isinstance(given, list) else [given]


def check_rules(given: Any, operations: Collection[str]) -> list[Json]:
    """The facts of rules, defaults filled in; 400 with one text per mistake."""
    rows = as_list(given)
    is_one = isinstance(given, dict) and "rules" not in given
    if not rows:
        raise bad_request("rules: must not be empty")
    checked, mistakes = [], []
    for place, row in enumerate(rows):
        where = "" if is_one else f"rules[{place}]."
        problems = list(_mistakes(row, operations))
        mistakes += [f"{where}{mistake}" for mistake in problems]
        if not problems:
            checked.append(_facts(row))
    if mistakes:
        raise bad_request(*mistakes)
    return checked


def _facts(row: Json) -> Json:
    """A valid rule with its defaults."""
    parameters = KINDS[row["kind"]].parameters
    return {
        "kind": row["kind"],
        "operation": row.get("operation", ANY),
        "query": row.get("query") or {},
        "body": row.get("body") or {},
        "page": row.get("page"),
        "skip": row.get("skip", 0),
        "times": row.get("times"),
        "share": row.get("share", 1),
        "seed": row.get("seed", 0),
        "parameters": {
            name: row.get(name, parameter.default) for name, parameter in parameters.items()
        },
    }


def _mistakes(row: Any, operations: Collection[str]) -> Iterator[str]:
    """The mistakes of a rule."""
    if not isinstance(row, dict):
        yield "rule: must be an object"
        return
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        yield f"kind: {kind!r} is unknown; known are {', '.join(KINDS)}"
        return
    parameters = KINDS[kind].parameters
    for name in row:
        if name not in CONDITIONS and name not in parameters:
            known = ", ".join((*CONDITIONS, *parameters))
            yield f"{name}: {kind} has no such key; known are {known}"
    for name, parameter in parameters.items():
        if name in row:
            mistake = parameter.check(row[name])
            if mistake:
                yield f"{name}: {mistake}"
        elif parameter.required:
            yield f"{name}: {kind} needs it"
    operation = row.get("operation", ANY)
    if operation != ANY and operation not in operations:
        yield f"operation: {operation!r} is unknown; it is a method and a path template, or *"
    for name in ("query", "body"):
        if not isinstance(row.get(name, {}), dict):
            yield f"{name}: must be an object"
    page = row.get("page")
    if page not in (None, "first", "next") and whole(0, _MOST)(page):
        yield "page: must be first, next or a whole number from 0"
    for name, check, default in (
        ("skip", whole(0, _MOST), 0),
        ("times", whole(1, _MOST), 1),
        ("share", number(0, 1), 1),
        ("seed", whole(0, 2**63), 0),
    ):
        mistake = check(row.get(name, default))
        if mistake and not (name == "times" and row["times"] is None):
            yield f"{name}: {mistake}"
