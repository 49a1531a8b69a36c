"""Prints the summary of the kill tests: seeds, kills per point, requests, compared tables."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

NAME = "chaos"
"""Name of the test property that holds the counts of a history."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    tried, hit, survived, lost = (Counter[str]() for _ in range(4))
    sums: Counter[str] = Counter()
    seeds = []
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in getattr(report, "user_properties", ()):
                if name != NAME or report.when != "call":
                    continue
                facts = json.loads(value)
                tried.update(facts["tried"])
                points = [point for point, _ in facts["kills"]]
                hit.update(points)
                lost.update(point for point, has_lost in facts["kills"] if has_lost)
                if outcome == "passed":
                    survived.update(points)
                sums.update({key: facts[key] for key in ("requests", "whole", "bound", "compared")})
                seeds.append(f"{report.nodeid.rpartition('::')[2]} seed {facts['seed']}: {outcome}")
    if not seeds:
        return
    line = terminalreporter.write_line
    terminalreporter.section("kills")
    for seed in sorted(seeds):
        line(seed)
    line("")
    line(f"{'point':<18}{'runs':>8}{'killed':>8}{'survived':>10}{'folder lost':>13}")
    for point in sorted(tried):
        line(f"{point:<18}{tried[point]:>8}{hit[point]:>8}{survived[point]:>10}{lost[point]:>13}")
    line(f"{'all':<18}{tried.total():>8}{hit.total():>8}{survived.total():>10}{lost.total():>13}")
    repeated = sums["requests"] - sums["whole"]
    line("")
    line(
        f"requests: {sums['whole']:,} without kills, {sums['requests']:,} with; "
        f"{repeated:,} repeated ({repeated / max(1, sums['requests']):.0%}), "
        f"at most {sums['bound']:,} allowed"
    )
    line(f"tables compared by rows and checksum: {sums['compared']:,}")
