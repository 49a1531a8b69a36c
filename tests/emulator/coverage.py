"""Writes the table of covered operations into the README, from the routes.

python -m tests.emulator.coverage
"""

import sys
from pathlib import Path

from tests.emulator.operations.routes import ROUTES

README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- coverage -->", "<!-- end -->"


def table() -> str:
    """One row per operation, by path."""
    order = {method: place for place, method in enumerate(("GET", "POST", "PUT", "PATCH"))}
    rows = sorted(ROUTES, key=lambda route: (route.path, order.get(route.method, len(order))))
    lines = [f"| operation ({len(rows)}) | scope | paged |", "|---|---|---|"]
    for route in rows:
        scope = f"`{route.scope}`" if route.scope else "none"
        lines.append(
            f"| `{route.method} {route.path}` | {scope} | {'yes' if route.paged else ''} |"
        )
    return "\n".join(lines)


def with_table(text: str) -> str:
    """A text with the present table between the two marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the marks {BEGIN} and {END} are missing")
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def main() -> int:
    """Rewrite the README."""
    README.write_text(with_table(README.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
