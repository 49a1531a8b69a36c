"""An HTTP server between the product and the emulator that rewrites answers.

It forwards requests unchanged. The answers of an operation pass through the operation's rewrite;
all other answers are forwarded unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from sources.gong.api.operations import OPERATIONS, EmptyAnswer, Operation, operation
from tests.conftest import Emulator
from tests.harness.scripted_server import Answer, ReceivedRequest, ScriptedServer, serving

Rewrite = Callable[[Operation, dict[str, Any]], Answer | None]
"""Changes an answer in place, or returns an answer that replaces it."""

_PATHS = [
    (row.method, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", row.path)), row)
    for row in sorted(OPERATIONS, key=lambda row: "{" in row.path)
]


def operation_of(request: ReceivedRequest) -> Operation:
    """Returns the operation of a request; paths without placeholders are matched first."""
    return next(
        row
        for method, path, row in _PATHS
        if method == request.method and path.fullmatch(request.path)
    )


@contextmanager
def altering(emulator: Emulator, rewrites: Mapping[str, Rewrite]) -> Iterator[ScriptedServer]:
    """Runs the server; `rewrites` has operation ids as keys."""
    with httpx.Client(base_url=emulator.base_url, timeout=60) as client:

        def script(request: ReceivedRequest, _number: int) -> Answer:
            has_body = request.body is not None
            answer = client.request(
                request.method,
                request.raw_path,
                content=json.dumps(request.body) if has_body else None,
                headers={
                    name: value
                    for name, value in request.headers.items()
                    if name in ("authorization", "content-type")
                },
            )
            row = operation_of(request)
            rewrite = rewrites.get(row.operation_id)
            content = answer.content
            if rewrite is not None and answer.status_code == 200:
                body = json.loads(content)
                instead = rewrite(row, body)
                if instead is not None:
                    return instead
                content = json.dumps(body).encode()
            return Answer(answer.status_code, content, {"Content-Type": "application/json"})

        with serving(script) as server:
            yield server


def emptied(row: Operation, body: dict[str, Any], *, null: bool = False) -> Answer | None:
    """Rewrites an answer to Gong's answer without rows: a 404, an empty list or map, or null."""
    if row.empty is EmptyAnswer.NOT_FOUND and not null:
        content = {"errors": ["No data found corresponding to the provided filters"]}
        return Answer(404, json.dumps(content).encode(), {"Content-Type": "application/json"})
    keys = [row.rows_key] if row.rows_key else [k for k in body if isinstance(body[k], dict)]
    for key in keys:
        body[key] = None if null else type(body[key])()
    if isinstance(body.get("records"), dict):
        body["records"] = {"totalRecords": 0}
    return None


def elements(answer: Any, level: str) -> Iterator[dict[str, Any]]:
    """Yields the objects at a level such as `calls[].parties[]`; `*` stands for all map values."""
    objects = [answer]
    for step in level.split("."):
        name, is_list = step.removesuffix("[]"), step.endswith("[]")
        inner: list[Any] = []
        for element in objects:
            if isinstance(element, dict):
                values = list(element.values()) if name == "*" else [element.get(name)]
                for value in values:
                    inner += (value or []) if is_list else [value]
        objects = inner
    yield from (element for element in objects if isinstance(element, dict))


def with_levels(value: Any, level: str, maps: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """Yields every object inside a value with its level, outermost first."""
    if isinstance(value, list):
        for element in value:
            yield from with_levels(element, f"{level}[]", maps)
    elif isinstance(value, dict):
        if level:
            yield level, value
        for key, inner in list(value.items()):
            name = "*" if level in maps else key
            yield from with_levels(inner, f"{level}.{name}".lstrip("."), maps)


__all__ = ["Rewrite", "altering", "elements", "emptied", "operation", "operation_of", "with_levels"]
