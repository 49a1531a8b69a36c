"""Fault rules: which requests get which fault, and how often."""

import random
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tests.emulator.errors import not_found
from tests.emulator.faults.kinds import KINDS, Kind
from tests.emulator.faults.reading import ANY, CONDITIONS, check_rules
from tests.emulator.faults.stages import RequestView, Stage
from tests.emulator.settings import Json


@dataclass
class Rule:
    """One fault, the requests it applies to, and how often it fires.

    `matched` counts the matching requests, `fired` the faulted ones.
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
    def definition(self) -> Kind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def stage(self) -> Stage:
        """The stage at which it fires."""
        return self.definition.stage(self.parameters)

    def may_fire(self, view: RequestView) -> bool:
        """Whether the rule may fire for a request; counts a match and draws the share."""
        if not self._matches(view):
            return False
        self.matched += 1
        if self.matched <= self.skip:
            return False
        is_drawn = self.share >= 1 or self._chance.random() < self.share
        return is_drawn and (self.times is None or self.fired < self.times)

    def _matches(self, view: RequestView) -> bool:
        if self.operation == ANY:
            if view.is_open:
                return False
        elif self.operation != view.operation:
            return False
        if self.page == "first" and view.cursor:
            return False
        if self.page == "next" and not view.cursor:
            return False
        if isinstance(self.page, int) and self.page != view.page:
            return False
        return _holds(view.query, self.query) and _holds(view.body, self.body)

    def document(self) -> Json:
        """The rule as the control surface lists it."""
        return {
            "id": self.id,
            **{name: getattr(self, name) for name in CONDITIONS},
            **self.parameters,
            "stage": self.stage.name.lower(),
            "matched": self.matched,
            "fired": self.fired,
        }


def _holds(whole_value: Any, part: Any) -> bool:
    """Whether a value contains a part; numbers equal their texts."""
    if isinstance(part, dict):
        is_object = isinstance(whole_value, dict)
        if not part:
            return True
        return is_object and all(
            _holds(whole_value.get(key), expected) for key, expected in part.items()
        )
    if isinstance(part, list) or part is None or isinstance(part, bool):
        return bool(whole_value == part)
    return whole_value is not None and str(whole_value) == str(part)


class Faults:
    """The rules of one emulator, in the order they were added."""

    def __init__(self) -> None:
        """Start without rules."""
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

    def documents(self) -> list[Json]:
        """All rules with their counts."""
        return [rule.document() for rule in self._rules.values()]

    def remove(self, given: str) -> None:
        """Remove one rule."""
        if not given.isdecimal() or self._rules.pop(int(given), None) is None:
            raise not_found(f"no fault {given}")

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def due(self, view: RequestView) -> list[Rule]:
        """The rules that may fire for a request."""
        return [rule for rule in self._rules.values() if rule.may_fire(view)]
