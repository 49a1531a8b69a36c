"""Rules by which requests are answered with a fault in place of what they asked for."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.errors import bad_request, not_found
from tests.emulator.fault_kinds import KINDS, Asked, Kind, Stage, number, whole
from tests.emulator.settings import Json

ANY = "*"
_MOST = 10**9
_CONDITIONS = ("kind", "operation", "query", "body", "page", "skip", "times", "share", "seed")


@dataclass
class Rule:
    """One fault, the requests it is meant for, and how often it strikes them.

    `matched` counts the requests it was meant for, `fired` those it struck.
    """

    id: int
    kind: str
    operation: str
    query: Json
    body: Json
    page: str | int | None
    skip: int
    times: int | None
    share: float
    seed: int
    parameters: Json
    matched: int = 0
    fired: int = 0
    _chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Draw from the rule's own seed, so that runs repeat."""
        self._chance = random.Random(self.seed)

    @property
    def what(self) -> Kind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def stage(self) -> Stage:
        """When it strikes."""
        return self.what.stage(self.parameters)

    def meets(self, asked: Asked) -> bool:
        """Whether a request is one of those it is meant for; counts it, and draws its lot."""
        if not self._matches(asked):
            return False
        self.matched += 1
        if self.matched <= self.skip:
            return False
        is_drawn = self.share >= 1 or self._chance.random() < self.share
        return is_drawn and (self.times is None or self.fired < self.times)

    def _matches(self, asked: Asked) -> bool:
        if self.operation == ANY:
            if asked.is_open:
                return False
        elif self.operation != asked.operation:
            return False
        if self.page == "first" and asked.cursor:
            return False
        if self.page == "next" and not asked.cursor:
            return False
        if isinstance(self.page, int) and self.page != asked.page:
            return False
        return _holds(asked.query, self.query) and _holds(asked.body, self.body)

    def told(self) -> Json:
        """The rule as the control surface lists it."""
        return {
            "id": self.id,
            **{name: getattr(self, name) for name in _CONDITIONS},
            **self.parameters,
            "stage": self.stage.name.lower(),
            "matched": self.matched,
            "fired": self.fired,
        }


def _holds(whole_value: Any, part: Any) -> bool:
    """Whether a value has at least what a part of it says; numbers equal their texts."""
    if isinstance(part, dict):
        is_object = isinstance(whole_value, dict)
        if not part:
            return True
        return is_object and all(_holds(whole_value.get(key), one) for key, one in part.items())
    if isinstance(part, list) or part is None or isinstance(part, bool):
        return bool(whole_value == part)
    return whole_value is not None and str(whole_value) == str(part)


class Faults:
    """The rules of one emulator, in the order they were added."""

    def __init__(self) -> None:
        """Nothing is wrong at first."""
        self._rules: dict[int, Rule] = {}
        self._last_id = 0

    def add(self, given: Any, operations: Collection[str]) -> list[int]:
        """Add rules, all or none; their ids. 400 with a text per mistake."""
        checked = check_rules(given, operations)
        ids = []
        for facts in checked:
            self._last_id += 1
            self._rules[self._last_id] = Rule(self._last_id, **facts)
            ids.append(self._last_id)
        return ids

    def told(self) -> list[Json]:
        """All rules with their counts."""
        return [rule.told() for rule in self._rules.values()]

    def remove(self, given: str) -> None:
        """Remove one rule."""
        if not given.isdecimal() or self._rules.pop(int(given), None) is None:
            raise not_found(f"no fault {given}")

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def due(self, asked: Asked) -> list[Rule]:
        """The rules that may strike a request."""
        return [rule for rule in self._rules.values() if rule.meets(asked)]


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
        found = list(_mistakes(row, operations))
        mistakes += [f"{where}{one}" for one in found]
        if not found:
            checked.append(_facts(row))
    if mistakes:
        raise bad_request(*mistakes)
    return checked


def _facts(row: Json) -> Json:
    """A rule that is in order, with its defaults."""
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
        "parameters": {name: row.get(name, one.default) for name, one in parameters.items()},
    }


def _mistakes(row: Any, operations: Collection[str]) -> Iterator[str]:
    """What is wrong with a rule."""
    if not isinstance(row, dict):
        yield "rule: must be an object"
        return
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        yield f"kind: {kind!r} is unknown; known are {', '.join(KINDS)}"
        return
    parameters = KINDS[kind].parameters
    for name in row:
        if name not in _CONDITIONS and name not in parameters:
            known = ", ".join((*_CONDITIONS, *parameters))
            yield f"{name}: {kind} has no such key; known are {known}"
    for name, one in parameters.items():
        if name in row:
            mistake = one.check(row[name])
            if mistake:
                yield f"{name}: {mistake}"
        elif one.required:
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
