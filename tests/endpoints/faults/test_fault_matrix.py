"""Every kind of fault in every read; each cell has its stated outcome.

`kinds.py` states the outcome of each kind. The cells are generated, and each is compared with its
statement: the class of the error, its words, the exact number of requests, the rows. Each read is a
test that lists all its cells that differ. `make test` runs a sample in which every kind strikes
several reads and every read has several kinds; `make test-all` runs all cells.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sources.gong.api.errors import FailTable, SkipTable
from sources.gong.api.operations import OPERATIONS
from sources.gong.schema.tables import STREAMS, stream, table
from tests.conftest import ROOT, Emulator
from tests.emulator.faults.kinds import KINDS as EMULATED
from tests.endpoints.faults.company import MatrixCompany
from tests.endpoints.faults.exceptions import EXCEPTIONS
from tests.endpoints.faults.kinds import ELSEWHERE, KINDS, LISTS
from tests.endpoints.faults.outcomes import FaultKind, Outcome, SoundRead
from tests.endpoints.faults.reads import EMULATOR, READS, Read, ReadResult

THOROUGH = ("users", "tasks")
"""Reads with every kind in `make test` too: a list of pages, and requests per parent."""
EXPENSIVE = ("transcripts", "transcripts by window")
"""Reads whose answers take the emulator long; sampled only for lists that change."""
SAMPLE, SAMPLE_WITHOUT_TABLE = 8, 3
"""`make test` runs one in this many of the other cells."""
KINDS_WITHOUT_TABLE = (
    "429 with a short wait", "429 for hours", "500", "503", "reset", "reset after the work",
    "truncated", "HTML page, 200", "invalid JSON", "JSON list", "wrong credentials",
    "missing scope", "redirect 302 to another host", "slow body", "expired cursor", "row moved",
)  # fmt: skip
"""Kinds for the reads without a table."""


@dataclass(frozen=True)
class Cell:
    """A kind of fault in a read; it strikes one request, or this and all later ones."""

    kind_name: str
    read: Read
    is_once: bool

    @property
    def kind(self) -> FaultKind:
        return KINDS[self.kind_name]

    @property
    def stated(self) -> Outcome:
        excepted = EXCEPTIONS.get((self.kind_name, self.read.name, self.is_once))
        outcome = excepted[0] if excepted else self.kind.once if self.is_once else self.kind.forever
        assert outcome is not None
        return outcome

    @property
    def is_sampled(self) -> bool:
        if self.kind.is_silence:
            return self.read.name == "workspaces"
        if (self.kind_name, self.read.name, self.is_once) in EXCEPTIONS:
            return True
        if self.read.name in EXPENSIVE:
            return self.kind_name in LISTS and self.is_once
        # The factor moves the sample along from kind to kind, so that it covers both directions.
        number = 5 * [*KINDS].index(self.kind_name) + [*READS].index(self.read.name)
        share = SAMPLE if self.read.stream else SAMPLE_WITHOUT_TABLE
        return self.read.name in THOROUGH or (number + self.is_once) % share == 0

    def before(self, requests: int) -> int:
        """Returns the number of requests before the first that is struck."""
        return 1 if self.kind.needs_pages else requests // 2

    def rule(self, requests: int) -> dict[str, Any]:
        where: dict[str, Any] = {"skip": self.before(requests)}
        if self.kind.needs_pages:
            where = {"page": self.kind.page} if self.kind.page else {}
        times = {"times": 1} if self.is_once else {}
        return {**self.kind.rule, "operation": self.read.rule, **where, **times}

    def __str__(self) -> str:
        return f"{self.kind_name}-{self.read.name}-{'once' if self.is_once else 'from then on'}"


def _cells() -> Iterator[Cell]:
    for read in READS.values():
        for name, kind in KINDS.items():
            if (kind.needs_pages and not read.has_pages) or (
                not read.stream and name not in KINDS_WITHOUT_TABLE
            ):
                continue
            for is_once in (True, False):
                if is_once and kind.once is None:
                    continue
                # Endless silence takes seconds per cell and is the same in all reads.
                if is_once or not kind.is_silence or read.name in THOROUGH:
                    yield Cell(name, read, is_once)


CELLS = tuple(_cells())


@pytest.fixture(scope="module")
def company(emulators: Callable[..., Emulator]) -> Iterator[MatrixCompany]:
    company = MatrixCompany(emulators(*EMULATOR))
    yield company
    company.close()


@pytest.mark.parametrize("name", READS)
def test_a_read_ends_as_stated_under_the_sampled_faults(company: MatrixCompany, name: str) -> None:
    check_cells(company, [cell for cell in CELLS if cell.read.name == name and cell.is_sampled])


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", READS)
def test_a_read_ends_as_stated_under_every_fault(company: MatrixCompany, name: str) -> None:
    check_cells(company, [cell for cell in CELLS if cell.read.name == name and not cell.is_sampled])


def check_cells(company: MatrixCompany, cells: list[Cell]) -> None:
    """Checks all cells and reports all failures together."""
    failures = []
    for cell in cells:
        try:
            check_cell(company, cell)
        except AssertionError as failure:
            failures.append(f"{cell}: {failure}")
    assert not failures, "\n".join(failures)


def check_cell(company: MatrixCompany, cell: Cell) -> None:
    stated = cell.stated
    sound, requests = company.sound(cell.read.name)
    calm = SoundRead(requests, cell.before(requests), cell.read.lists)
    company.client(is_quick=cell.kind.is_silence)
    company.strike(cell.rule(requests))
    ran = company.run(cell.read.name, is_quick=cell.kind.is_silence)
    asked, fired = company.requests(), company.fired()
    company.forget()

    assert type(ran.error) is (stated.error or type(None)), ran.error
    assert len(asked) == stated.requests(calm)
    assert fired == 1 if cell.is_once else fired >= 1
    assert ran.is_done == (stated.error is None), "a window is done if and only if all was read"
    check_rows(sound, ran, stated)
    if ran.error is not None:
        check_message(company, cell, str(ran.error))


def check_rows(sound: ReadResult, ran: ReadResult, stated: Outcome) -> None:
    """Checks that all rows are there if the outcome says so, and that no row is wrong."""
    expected, actual = sound.landed(), ran.landed()
    if stated.error is None and not stated.is_lacking and not stated.is_repeating:
        assert actual.keys() == expected.keys()
        assert actual == expected
        return
    if stated.is_repeating:
        assert len(actual) > len(expected) or stated.is_lacking
    else:
        assert actual.keys() <= expected.keys()
    if stated.is_lacking or stated.is_repeating:
        assert actual != expected, "the fault made no difference"
    else:
        assert actual.items() <= expected.items()


def check_message(company: MatrixCompany, cell: Cell, said: str) -> None:
    """Checks that the message names request and window, and has no secret and no address."""
    for words in cell.stated.says:
        assert words in said
    error = cell.stated.error
    assert error is not None
    if cell.read.stream and issubclass(error, (FailTable, SkipTable)):
        assert cell.read.operation.path in said or cell.read.stream in said
        assert "While reading" in said
    secret = company.emulator.access_key_secret
    basic = base64.b64encode(f"{company.emulator.access_key}:{secret}".encode()).decode()
    for hidden in (company.emulator.access_key, secret, basic, "token=hidden", "@"):
        assert hidden not in said


def test_every_kind_of_the_emulator_has_a_stated_outcome_or_a_test_that_states_it() -> None:
    stated = {kind.name for kind in KINDS.values()}

    assert stated | ELSEWHERE.keys() == EMULATED.keys()
    assert not stated & ELSEWHERE.keys()
    for kind, file in ELSEWHERE.items():
        assert f'"{kind}"' in (ROOT / file).read_text(encoding="utf-8"), f"{file}: no {kind}"


def test_every_read_has_a_cell_for_every_kind() -> None:
    kinds_of = {
        name: {cell.kind_name for cell in CELLS if cell.read.name == name} for name in READS
    }
    unpaged = {name for name, kind in KINDS.items() if not kind.needs_pages}
    for name, read in READS.items():
        if not read.stream:
            assert len(kinds_of[name]) >= 14
        else:
            assert kinds_of[name] == (KINDS.keys() if read.has_pages else unpaged), name
    assert {read.stream for read in READS.values()} >= set(STREAMS)
    operations = {read.operation.operation_id for read in READS.values()}
    assert operations == {row.operation_id for row in OPERATIONS if not row.is_write}
    assert {table(name).operation for name in map(stream, STREAMS)} <= operations


def test_the_sample_has_every_kind_and_every_read() -> None:
    sample = [cell for cell in CELLS if cell.is_sampled]

    assert len({str(cell) for cell in CELLS}) == len(CELLS) > 2800
    assert {cell.kind_name for cell in sample} == KINDS.keys()
    # Answers with transcripts are the slowest.
    assert {cell.read.name for cell in sample} == READS.keys() - {"transcripts"}
    for name in KINDS.keys() - {kind for kind in KINDS if KINDS[kind].is_silence}:
        assert len({cell.read.name for cell in sample if cell.kind_name == name}) >= 2, name
    for name in READS.keys() - {*EXPENSIVE}:
        assert len({cell.kind_name for cell in sample if cell.read.name == name}) >= 3, name


def test_every_exception_has_a_cell_and_a_reason() -> None:
    cells = {(cell.kind_name, cell.read.name, cell.is_once) for cell in CELLS}
    assert EXCEPTIONS.keys() <= cells
    for outcome, reason in EXCEPTIONS.values():
        assert reason
        assert outcome
