"""Compares loading saved pages into DuckDB with DuckDB's own reading of the same JSON.

`python -m tests.benchmarks [CALLS]` saves the emulator's pages of calls and transcripts. It times
this project (JSON → Arrow → dlt → merge, 18 tables) and DuckDB's `read_json` with `unnest` into the
four largest tables, three times each in turn. It prints seconds, their ratio, and peak memory.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import orjson

from pipelines.ingest.loader import set_up_process
from tests.conftest import Emulator, start_emulator

_CONTENT = (
    "structure", "topics", "trackers", "trackerOccurrences", "brief", "outline", "highlights",
    "callOutcome", "keyPoints",
)  # fmt: skip
_INTERACTION = ("speakers", "video", "personInteractionStats", "questions")
_SECTIONS = {
    "parties": True,
    "content": dict.fromkeys(_CONTENT, True),
    "interaction": dict.fromkeys(_INTERACTION, True),
    "collaboration": {"publicComments": True},
}


def save_pages(emulator: Emulator, folder: Path) -> dict[str, list[Path]]:
    """Saves all pages of calls and transcripts as received."""
    bodies: dict[str, dict[str, Any]] = {
        "extensive": {
            "filter": {},
            "contentSelector": {
                "context": "Extended",
                "contextTiming": ["Now", "TimeOfCall"],
                "exposedFields": _SECTIONS,
            },
        },
        "transcript": {"filter": {}},
    }
    saved: dict[str, list[Path]] = {}
    auth = (emulator.access_key, emulator.access_key_secret)
    for name, body in bodies.items():
        cursor: str | None = None
        pages: list[Path] = []
        while True:
            sent = {**body, **({"cursor": cursor} if cursor else {})}
            answer = httpx.post(
                f"{emulator.base_url}/v2/calls/{name}", json=sent, auth=auth, timeout=120
            )
            pages.append(folder / f"{name}-{len(pages):05}.json")
            pages[-1].write_bytes(answer.content)
            cursor = answer.json()["records"].get("cursor")
            if not cursor:
                break
        saved[name] = pages
    return saved


def ours(pages: dict[str, list[Path]], folder: Path) -> None:
    """Loads the pages as a sync does, without the requests."""
    import dlt

    from pipelines.dlt_context import isolate
    from sources.gong.extract.windows import Reason, Span, Window
    from sources.gong.load.package import LoadContext, PackageSpec, RunFacts
    from sources.gong.load.resources import resources
    from sources.gong.schema.columns import Entity

    now = datetime(2026, 11, 20, tzinfo=UTC)
    rows = {"calls": ("extensive", "calls"), "transcripts": ("transcript", "callTranscripts")}

    class Saved:
        """Replaces the reader: the pages come from files."""

        zone = None

        def entities(self, window: Window) -> Iterator[list[Entity]]:
            name, key = rows[window.stream]
            for page in pages[name]:
                yield orjson.loads(page.read_bytes())[key]

    windows = {name: [Window(name, Span(now, now), Reason.NEW)] for name in rows}
    reader: Any = Saved()
    spec, run = PackageSpec(windows), RunFacts("bench", "bench", now)

    @dlt.source(name="gong", section="gong")
    def saved() -> Any:
        return resources(spec, run, LoadContext(reader))

    isolate(folder / "dlt")
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.duckdb(str(folder / "ours.duckdb")),
        dataset_name="gong_raw",
        pipelines_dir=str(folder / "dlt"),
    )
    pipeline.run(saved())


def duckdb_alone(pages: dict[str, list[Path]], folder: Path) -> None:
    """Reads the same files with DuckDB and unnests sentences, parties and tracker occurrences."""
    with duckdb.connect(str(folder / "theirs.duckdb")) as db:
        # A page is one object, far larger than DuckDB's default limit.
        reader = "read_json({}, maximum_object_size = 1000000000)"
        calls = reader.format([str(page) for page in pages["extensive"]])
        transcripts = reader.format([str(page) for page in pages["transcript"]])
        db.execute(f"create table calls as select unnest(calls) as call from {calls}")
        db.execute(
            "create table parties as select call.metaData.id, unnest(call.parties) from calls"
        )
        db.execute(
            "create table trackers as select call.metaData.id, unnest(call.content.trackers) "
            "from calls"
        )
        db.execute(
            "create table sentences as select call_id, monologue.speakerId, "
            "unnest(monologue.sentences, recursive := true) from (select t.callId as call_id, "
            "unnest(t.transcript) as monologue from (select unnest(callTranscripts) as t "
            f"from {transcripts}))"
        )


def main() -> None:
    """Runs the benchmark."""
    set_up_process()
    count = sys.argv[1] if len(sys.argv) > 1 else "5000"
    work = Path(tempfile.mkdtemp(prefix="gong-elt-bench-"))
    emulator = start_emulator("--seed", "7", "--calls", count, "--days", "90", "--no-limit")
    try:
        pages = save_pages(emulator, work)
        size = sum(page.stat().st_size for saved in pages.values() for page in saved)
        print(f"{count} calls, {size / 1e6:.0f} MB of JSON, {os.cpu_count()} cores")
        import dlt  # noqa: F401  (Its import is not measured.)

        seconds: dict[str, list[float]] = {"ours": [], "duckdb": []}
        for number in range(3):
            for name, way in (("ours", ours), ("duckdb", duckdb_alone)):
                folder = work / f"{name}-{number}"
                folder.mkdir()
                begun = time.perf_counter()
                way(pages, folder)
                seconds[name].append(time.perf_counter() - begun)
                shutil.rmtree(folder)
        for name, runs in seconds.items():
            print(f"{name:<8} {', '.join(f'{run:.1f}' for run in runs)} s")
        middle = {name: statistics.median(runs) for name, runs in seconds.items()}
        print(f"ratio    {middle['ours'] / middle['duckdb']:.2f} (medians; lower is better)")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of both together {peak:,.0f} MB")
    finally:
        emulator.stop()
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
