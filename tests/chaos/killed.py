"""`gong-elt`, killed at a named point: `python -m tests.chaos.killed FILE POINT NTH -- sync …`.

Wraps a function of dlt's or of the product. When it is reached for the NTH time, writes a line of
JSON to FILE (the point, and what is known there) and sends SIGKILL to itself. A run that does not
get that far ends by itself and writes nothing.

`python -m tests.chaos.killed FILE count -- sync …` kills nobody, and in the end writes to FILE how
often each point was reached and how many requests each load package took.
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


def _job(job: Any) -> Facts | None:
    """What a load job says of its package; None where it was the last one that was left to do."""
    package = Path(job._file_path).parent.parent
    done = {file.name for file in (package / ".pending_transitions").glob("*")}
    left = [
        file.name
        for file in (*package.glob("new_jobs/*"), *package.glob("started_jobs/*"))
        if file.name not in done and file.name != Path(job._file_path).name
    ]
    return {"load_id": package.name, "left": len(left)} if left else None


def _merge_of_calls(job: Any) -> Facts | None:
    """What a load job says of its package where it merges calls: some are marked as deleted."""
    file = Path(job._file_path)
    return {"load_id": file.parent.parent.name} if file.name.startswith("calls.") else None


def _unnamed(source: str | Path) -> Facts | None:
    """What dlt calls a file that it writes; None where somebody else writes one."""
    name = Path(source).name
    return {"file": name} if re.fullmatch("[0-9a-f]{16}", name) else None


def _files(final: Path) -> str:
    return "parts" if final.suffix == ".parquet" else "catalogue"


@dataclass(frozen=True)
class Point:
    """Where a run can be killed.

    Attributes:
        module: of the function that is wrapped.
        name: the function, with its class.
        is_after: killed when a call has returned, not when it begins.
        facts: from the arguments to what is written; None where a call does not count.
        is_within: a load job is killed before the last one of its statements.
    """

    module: str
    name: str
    is_after: bool = False
    facts: Callable[..., Facts | None] = _always
    is_within: bool = False


POINTS = {
    # pages have been converted, and lie in memory or in a folder of dlt's that is in no package
    "extract": Point("sources.gong.load.resources", "_Landing._land_page", True),
    # rows are marked as gone, in memory
    "deletes": Point(
        "sources.gong.load.resources",
        "restamped",
        True,
        lambda rows, **marks: {"rows": rows.num_rows},
    ),
    # a small file of dlt's is written, and has not got its name
    "unnamed": Point("os", "replace", False, lambda source, target: _unnamed(source)),
    # the package is extracted as a whole, and the tables it has are not known to dlt's folder
    "unsaved": Point("dlt.extract.extract", "Extract.commit_packages", True),
    # they are
    "extracted": Point("dlt.pipeline.pipeline", "Pipeline.normalize"),
    # some of its files are in the new load package, others not
    "normalize": Point("dlt.normalize.items_normalizers.arrow", "ArrowItemsNormalizer.__call__"),
    # the load package is whole, and what it was made of is still there
    "handed over": Point(
        "dlt.common.storages.load_storage", "LoadStorage.commit_new_load_package", True
    ),
    # some staging tables are filled
    "copy": Point("dlt.destinations.impl.duckdb.duck", "DuckDbCopyJob.run", True, _job),
    # some tables are merged, each in a transaction of its own
    "merge": Point("dlt.destinations.job_client_impl", "SqlLoadJob.run", True, _job),
    # of one table the old rows are deleted, and the new ones are not there
    "within merge": Point(
        "dlt.destinations.job_client_impl", "SqlLoadJob.run", False, _merge_of_calls, is_within=True
    ),
    # all are, and the package is not closed
    "before closing": Point(
        "dlt.destinations.job_client_impl", "SqlJobClientBase.complete_load", False, _package
    ),
    # it is closed, and dlt's folder does not know
    "after closing": Point(
        "dlt.destinations.job_client_impl", "SqlJobClientBase.complete_load", True, _package
    ),
    # a part is written under another name
    "parts": Point(
        "warehouse.publication.catalogue",
        "finish",
        False,
        lambda unfinished, final: {"part": final.name} if _files(final) == "parts" else None,
    ),
    # before the catalogue is swapped, and before the list of its parts is
    "catalogue": Point(
        "warehouse.publication.catalogue",
        "finish",
        False,
        lambda unfinished, final: {"file": final.name} if _files(final) == "catalogue" else None,
    ),
    # both are; what nobody needs any more is still there
    "published": Point("warehouse.publication.publish", "_remove_unused", False),
}
DBT, DBT_ALONE = "dbt", "dbt alone"
"""The run is killed when dbt begins the nth model; or dbt is, which is a process of its own."""


class Killer:
    """Counts how often points are reached; kills this process at one of them, if so told."""

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

    def reach_within(self, point: str, job: Any, facts: Facts) -> None:
        with self._lock:
            if not self._is_due(point):
                return
        client = job._job_client.sql_client
        execute = client.execute_many

        def all_but_last(statements: Sequence[str]) -> None:
            execute(statements[:-1])
            self.kill(os.getpid(), facts)

        client.execute_many = all_but_last

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
                if point.is_within:
                    self.reach_within(name, values[0], facts)
                else:
                    self.reach(name, facts)
            result = wrapped(*values, **options)
            if point.is_after and (facts := point.facts(*values, **options)) is not None:
                self.reach(name, facts)
            return result

        setattr(owner, function, reached)

    def watch_dbt(self, is_alone: bool) -> None:
        """Kills when dbt's log says for the nth time that a model is begun."""
        from pipelines.publish import dbt as transform

        wrapped = transform.subprocess.Popen

        class Watched(wrapped):  # type: ignore[misc, valid-type]
            def __init__(child, command: Sequence[str], **options: Any) -> None:  # noqa: N805
                super().__init__(command, **options)
                if "--log-path" not in command:
                    return  # something else than dbt
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
    """Counts requests by load package, and writes all counts when the process ends."""
    import atexit

    import httpx
    from dlt.pipeline.pipeline import Pipeline

    send, extract = httpx.Client.send, Pipeline.extract
    sent, packages = Counter[str](), list[int]()

    def counted_send(*values: Any, **options: Any) -> Any:
        sent["all"] += 1
        return send(*values, **options)

    def counted_extract(*values: Any, **options: Any) -> Any:
        before = sent["all"]
        try:
            return extract(*values, **options)
        finally:
            packages.append(sent["all"] - before)

    httpx.Client.send, Pipeline.extract = counted_send, counted_extract  # type: ignore[method-assign]

    def write() -> None:
        counts = {"reached": killer.reached, "packages": packages, "requests": sent["all"]}
        file.write_text(json.dumps(counts))

    atexit.register(write)


def main(arguments: Sequence[str]) -> None:
    place = list(arguments).index("--")
    told, command = arguments[:place], arguments[place + 1 :]
    file, is_counting = Path(told[0]), told[1] == "count"
    killer = Killer(file, None if is_counting else told[1], 0 if is_counting else int(told[2]))
    # what a run sets before it imports dlt is to be set here as well
    from pipelines.ingest.loader import set_up_process

    set_up_process()
    if is_counting:
        _count(killer, file)
    for name, point in POINTS.items():
        if is_counting or name == told[1]:
            killer.wrap(name, point)
    if told[1] in (DBT, DBT_ALONE):
        killer.watch_dbt(is_alone=told[1] == DBT_ALONE)
    from pipelines.cli import main as gong_elt

    sys.argv = ["gong-elt", *command]
    gong_elt()


if __name__ == "__main__":
    main(sys.argv[1:])
