"""The table of writes fits the operations of the API."""

from __future__ import annotations

from typing import Any

import pytest

from sources.gong.api.operations import writes
from sources.gong.write.model import Idempotency
from sources.gong.write.operations import WRITES


def test_every_write_has_a_row_and_no_read_has() -> None:
    assert sorted(write.operation_id for write in WRITES) == sorted(
        row.operation_id for row in writes()
    )


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.operation.short)
def test_a_row_of_the_table_fits_its_operation(write: Any) -> None:
    grouping, generated = write.grouping, write.generated
    fields = write.elements.fields if write.elements else ()
    names = {parameter.name for parameter in (*write.operation.parameters, *fields)}
    names |= {"objectId"} if write.is_json_lines else set()
    named = {*write.key, generated.key, generated.request_id, grouping.parameter}
    assert named - {None} <= names
    assert (grouping.max_items > 1) == (grouping.parameter is not None)
    assert (write.idempotency is Idempotency.CHECKABLE) == (write.answers.check is not None)
    assert write.operation.is_write
    assert write.undoes is None or write.undoes in {other.operation_id for other in WRITES}
