"""Pure: takes lists and maps of objects out of Gong's answers, or says what is there instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sources.gong.api.errors import SchemaDrift
from sources.gong.schema.coercion import kind
from sources.gong.schema.columns import Entity


def listed(answer: Mapping[str, Any], key: str, stream: str) -> list[Entity]:
    """Returns the list of objects under a key of an answer; null counts as empty.

    Raises:
        SchemaDrift: it is missing, no list, or holds something else.
    """
    if key not in answer:
        raise _no_list(stream, key, "nothing")
    return objects(answer[key], key, stream)


def objects(rows: Any, key: str, stream: str) -> list[Entity]:
    """Returns a list of objects, found under `key`, as it is; null counts as empty.

    Raises:
        SchemaDrift: it is no list, or holds something else.
    """
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise _no_list(stream, key, kind(rows))
    if not all(isinstance(row, dict) for row in rows):
        raise _no_list(stream, key, "a list of others")
    return rows


def mapped(answer: Mapping[str, Any], key: str, stream: str) -> Mapping[str, Any]:
    """Returns the map under a key of an answer; null counts as empty.

    Raises:
        SchemaDrift: it is missing, or no map.
    """
    value = answer.get(key)
    if value is None and key in answer:
        return {}
    if not isinstance(value, dict):
        found = kind(value) if key in answer else "nothing"
        raise SchemaDrift(
            f"{stream}: `{key}` of Gong's answer is {found}; a map is expected",
            table=stream,
            field=key,
            expected="an object",
            found=found,
        )
    return value


def _no_list(stream: str, key: str, found: str) -> SchemaDrift:
    return SchemaDrift(
        f"{stream}: `{key}` of Gong's answer is not a list of objects",
        table=stream,
        field=key,
        expected="a list of objects",
        found=found,
    )
