"""Pages as they come over the wire land as a whole, and as they land value by value."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from tests.benchmarks.pages import save
from tests.unit.sources.schema.both_ways import KEY, both_ways, check_all, in_arrow, read


def test_pages_of_transcripts_and_calls_land_alike_both_ways() -> None:
    # not among the artefacts of tests, which hold no phone numbers
    with TemporaryDirectory() as folder:
        save(Path(folder), 120, 20)
        transcripts, extensive = (
            [page.read_bytes() for page in sorted(Path(folder).glob(f"{name}-*.json"))]
            for name in ("transcript", "extensive")
        )
    for content in transcripts:
        both_ways(content)
        assert any(in_arrow(read(content)))
    assert len(read(transcripts[0])[KEY]) > 50
    calls = [call for content in extensive for call in orjson.loads(content)["calls"]]
    # one of these calls has an element without rows, which only the root row tells of
    made = {name for name, is_flat in check_all("calls", calls).items() if not is_flat}
    assert made <= {"calls"}
