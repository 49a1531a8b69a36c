"""Runs `gong-elt` and kills it at a point: `python -m tests.chaos.killed FILE POINT NTH -- sync …`.

Wraps a function of dlt or of the product. At its NTH call, writes a line of JSON to FILE (the point
and its facts) and sends SIGKILL to itself. A run that ends before the NTH call writes nothing.

`python -m tests.chaos.killed FILE count -- sync …` kills nothing. At its end it writes to FILE the
number of calls of each point and the number of requests of each load package.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]


def _always(*_: Any) -> Facts:
    return {}


def _package(loader: Any, load_id: str) -> Facts:
    return {"load_id": load_id}


def _landing(*_: Any) -> Facts:
    """Returns the package that is landing."""
    from dlt.common.storages.load_package import load_package_state

    return {"load_id": load_package_state()["load_id"]}


def _landing_calls(client: Any, merge: Any) -> Facts | None:
    """Returns the package whose calls are merged, some of which are marked as deleted."""
    return _landing() if merge.table.endswith('"calls"') else None


def _unnamed(source: str | Path) -> Facts | None:
    """Returns the temporary name of a file that dlt writes; None for files of others."""
    name = Path(source).name
    return {"file": name} if re.fullmatch("[0-9a-f]{16}", name) else None


def _files(final: Path) -> str:
    if final.suffix == ".parquet":
        return "parts"
    return "origin" if final.name == "warehouse.json" else "catalogue"


@dataclass(frozen=True)
class Point:
    """A call at which a run can be killed.

    Attributes:
        module: module of the wrapped function.
        name: the function, with its class.
        is_after: kill when the call has returned, not when it begins.
        facts: makes the facts to write from the arguments; None skips the call.
    """

    module: str
    name: str
    is_after: bool = False
    facts: Callable[..., Facts | None] = _always


_DESTINATION = "warehouse.landing.destination"

POINTS = {
    # Pages are converted and in memory, or in a dlt folder outside of packages.
    "extract": Point("sources.gong.load.stream_loader", "StreamLoader._load_page", True),
    # A page of the next package is in memory, as it was received.
    "ahead": Point("sources.gong.api.stored_answers", "StoredAnswers.put", True),
    # Rows are marked as deleted, in memory.
    "deletes": Point(
        "sources.gong.load.deletion_marking",
        "restamped",
        True,
        lambda rows, **marks: {"rows": rows.num_rows},
    ),
    # dlt has written a small file under a temporary name.
    "unnamed": Point("os", "replace", False, lambda source, target: _unnamed(source)),
    # The package is extracted, but dlt's folder does not list its tables yet.
    "unsaved": Point("dlt.extract.extract", "Extract.commit_packages", True),
    # dlt's folder lists them.
    "extracted": Point("dlt.pipeline.pipeline", "Pipeline.normalize"),
    # Some files are in the new load package, others are not.
    "normalize": Point("dlt.normalize.items_normalizers.arrow", "ArrowItemsNormalizer.__call__"),
    # The load package is complete, and the extracted package still exists.
    "handed over": Point(
        "dlt.common.storages.load_storage", "LoadStorage.commit_new_load_package", True
    ),
    # Some tables are merged, in the transaction of the package.
    "merge": Point(_DESTINATION, "PackageClient.merge", True, _landing),
    # The old rows of one table are deleted, and the new rows are not inserted.
    "within merge": Point(_DESTINATION, "PackageClient.delete_replaced", True, _landing_calls),
    # All tables are merged, and the row that closes the package is not written.
    "before closing": Point(
        "dlt.destinations.job_client_impl", "SqlJobClientBase.complete_load", False, _package
    ),
    # That row is written, and the transaction is not committed.
    "before commit": Point(
        "dlt.destinations.job_client_impl", "SqlJobClientBase.complete_load", True, _package
    ),
    # The package is closed in the warehouse, but not in dlt's folder.
    "after closing": Point(_DESTINATION, "PackageClient.complete_load", True, _package),
    # A part is written under a temporary name.
    "parts": Point(
        "warehouse.publication.catalogue",
        "finish",
        False,
        lambda unfinished, final: {"part": final.name} if _files(final) == "parts" else None,
    ),
    # Before it is stored of which warehouse the copy is.
    "origin": Point(
        "warehouse.publication.origin",
        "finish",
        False,
        lambda unfinished, final: {"file": final.name} if _files(final) == "origin" else None,
    ),
    # Before the catalogue is swapped (1) and before the list of its parts is swapped (2).
    "catalogue": Point(
        "warehouse.publication.catalogue",
        "finish",
        False,
        lambda unfinished, final: {"file": final.name} if _files(final) == "catalogue" else None,
    ),
    # Both are swapped, and unused parts still exist.
    "published": Point("warehouse.publication.publish", "_remove_unused", False),
}
DBT, DBT_ALONE = "dbt", "dbt alone"
"""Kill the run, or only dbt's process, when dbt begins the nth model."""


class Killer:
    """Counts the calls of points and kills this process at one of them."""

    def __init__(self, file: Path, point: str | None, nth: int) -> None:
        self._file, self._point, self._nth = file, point, nth
        self._lock = threading.Lock()
        self.reached: Counter[str] = Counter()

    def reach(self, point: str, facts: Facts) -> None:
        with self._lock:
            if self._is_due(point):
                self.kill(os.getpid(), facts)

    def _is_due(self, point: str) -> bool:
        self.reached[point] += 1
        return point == self._point and self.reached[point] == self._nth

    def kill(self, pid: int, facts: Facts) -> None:
        with open(self._file, "a", encoding="utf-8") as file:
            file.write(json.dumps({"point": self._point, "nth": self._nth, **facts}) + "\n")
        os.kill(pid, signal.SIGKILL)

    def wrap(self, name: str, point: Point) -> None:
        *owners, function = point.name.split(".")
        owner = functools.reduce(getattr, owners, importlib.import_module(point.module))
        wrapped = getattr(owner, function)

        @functools.wraps(wrapped)
        def reached(*values: Any, **options: Any) -> Any:
            if not point.is_after and (facts := point.facts(*values, **options)) is not None:
                self.reach(name, facts)
            result = wrapped(*values, **options)
            if point.is_after and (facts := point.facts(*values, **options)) is not None:
                self.reach(name, facts)
            return result

        setattr(owner, function, reached)

    def watch_dbt(self, is_alone: bool) -> None:
        """Kills the run or dbt when dbt's log reports the beginning of the nth model."""
        from pipelines.publish import dbt as transform

        wrapped = transform.subprocess.Popen

        class Watched(wrapped):  # type: ignore[misc, valid-type]
            def __init__(child, command: Sequence[str], **options: Any) -> None:  # noqa: N805
                super().__init__(command, **options)
                if "--log-path" not in command:
                    return  # not dbt
                log = Path(command[command.index("--log-path") + 1]) / "dbt.log"
                begun = log.stat().st_size if log.exists() else 0
                victim = child.pid if is_alone else os.getpid()
                threading.Thread(
                    target=self._watch, args=(log, begun, victim, child.pid), daemon=True
                ).start()

        transform.subprocess.Popen = Watched

    def _watch(self, log: Path, begun: int, victim: int, dbt: int) -> None:
        while True:
            time.sleep(0.005)
            if not log.exists():
                continue
            with open(log, "rb") as file:
                file.seek(begun)
                if file.read().count(b"START sql table model") >= self._nth:
                    self.kill(victim, {"dbt": dbt})
                    return


def _count(killer: Killer, file: Path) -> None:
    """Counts requests by load package and writes all counts when the process ends.

    A package counts those that were fetched ahead, for it and for the next: a kill loses them too.
    """
    import atexit

    import httpx
    from dlt.pipeline.pipeline import Pipeline

    from sources.gong.api.client import Client

    send, extract, call_ahead = httpx.Client.send, Pipeline.extract, Client.call_ahead
    sent, packages, ahead_before = Counter[str](), list[int](), [0]
    thread = threading.local()

    def counted_send(*values: Any, **options: Any) -> Any:
        sent["ahead" if getattr(thread, "is_ahead", False) else "own"] += 1
        return send(*values, **options)

    def counted_ahead(*values: Any, **options: Any) -> Any:
        thread.is_ahead = True
        return call_ahead(*values, **options)

    def counted_extract(*values: Any, **options: Any) -> Any:
        if packages:
            packages[-1] += sent["ahead"] - ahead_before[-1]
        own = sent["own"]
        try:
            return extract(*values, **options)
        finally:
            packages.append(sent["own"] - own + sent["ahead"] - ahead_before[0])
            ahead_before[:] = [ahead_before[-1], sent["ahead"]]

    httpx.Client.send, Pipeline.extract = counted_send, counted_extract  # type: ignore[method-assign]
    Client.call_ahead = counted_ahead  # type: ignore[method-assign]

    def write() -> None:
        counts = {"reached": killer.reached, "packages": packages, "requests": sent.total()}
        file.write_text(json.dumps(counts))

    atexit.register(write)


def main(arguments: Sequence[str]) -> None:
    place = list(arguments).index("--")
    settings, command = arguments[:place], arguments[place + 1 :]
    file, is_counting = Path(settings[0]), settings[1] == "count"
    killer = Killer(
        file, None if is_counting else settings[1], 0 if is_counting else int(settings[2])
    )
    # A run sets the same before it imports dlt.
    from pipelines.ingest.loader import set_up_process

    set_up_process()
    if is_counting:
        _count(killer, file)
    for name, point in POINTS.items():
        if is_counting or name == settings[1]:
            killer.wrap(name, point)
    if settings[1] in (DBT, DBT_ALONE):
        killer.watch_dbt(is_alone=settings[1] == DBT_ALONE)
    from pipelines.cli import main as gong_elt

    sys.argv = ["gong-elt", *command]
    gong_elt()


if __name__ == "__main__":
    main(sys.argv[1:])
