"""The dlt resources of a load package: one per stream, side by side."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import dlt

from sources.gong.extract.parents import ParentRecords
from sources.gong.load.load_log import (
    LOG_TABLES,
    empty_table,
    log_hints,
    table_hints,
)
from sources.gong.load.package import LoadContext, PackageSpec, RunFacts
from sources.gong.load.stream_loader import StreamLoader, item
from sources.gong.schema.tables import tables_of


def resources(spec: PackageSpec, run: RunFacts, context: LoadContext) -> list[Any]:
    """Returns the dlt resources of a load package; they run side by side.

    A stream may wait for the rows of another. While it waits it yields None, which dlt drops: a
    resource that yields nothing would keep its worker, and the last worker that waits for a stream
    without one waits for ever.
    """
    logging.getLogger("dlt").addFilter(_drop_json_type_warning)
    parents = ParentRecords(spec.windows.keys(), context.existing)
    together = []
    for name in spec.windows:
        loader = StreamLoader(name, spec, run, context, parents)
        resource = dlt.resource(loader.items(), name=name, parallelized=True)
        together.append(_with_hints(resource, tables_of(name)))
    filled = {landed for name in spec.windows for landed in tables_of(name)}
    elsewhere = sorted((spec.missing_tables or frozenset()) - filled)
    if elsewhere:
        resource = dlt.resource(_without_rows(elsewhere), name="tables_without_rows")
        together.append(_with_hints(resource, [n for n in elsewhere if n not in LOG_TABLES]))
    return together


def _with_hints(resource: Any, names: Sequence[str]) -> Any:
    """Returns a resource with the hints of the named tables and of the load log.

    Given once and ahead: hints that come with the data make dlt work out every table again.
    """
    for hint in (*map(table_hints, names), *log_hints()):
        resource.merge_hints(hint, create_table_variant=True)
    return resource


def _without_rows(names: Sequence[str]) -> Iterator[Any]:
    """Yields tables of streams that are not read, so that the warehouse has all its tables."""
    for name in names:
        yield item(name, empty_table(name))


def _drop_json_type_warning(record: logging.LogRecord) -> bool:
    """Drops one warning of dlt: JSON columns arrive as Arrow text, on purpose. A logging filter."""
    return "when merging arrow schema with dlt schema" not in record.getMessage()
