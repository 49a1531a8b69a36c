from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipelines.dates import check_instant, check_span, instant_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "zone", "meant"),
    [
        ("2026-01-31", "Europe/Berlin", "2026-01-30T23:00:00+00:00"),
        ("2026-07-31", "Europe/Berlin", "2026-07-30T22:00:00+00:00"),
        ("2026-07-31", "Pacific/Kiritimati", "2026-07-30T10:00:00+00:00"),
        ("2026-07-31", "Pacific/Pago_Pago", "2026-07-31T11:00:00+00:00"),
        ("2025-04-25", "Africa/Cairo", "2025-04-24T22:00:00+00:00"),
        ("2026-07-31T05:00:00Z", "Europe/Berlin", "2026-07-31T05:00:00+00:00"),
        ("2026-07-31T05:00:00+02:00", "Europe/Berlin", "2026-07-31T03:00:00+00:00"),
    ],
)
def test_a_date_is_midnight_in_the_companys_zone_and_a_time_is_itself(
    value: str, zone: str, meant: str
) -> None:
    assert instant_of(value, ZoneInfo(zone), "--from").isoformat() == meant


def test_a_date_without_a_known_zone_names_the_setting() -> None:
    with pytest.raises(ValueError, match="SOURCES__GONG__COMPANY_TIME_ZONE"):
        instant_of("2026-01-31", None, "--from")


def test_an_instant_needs_no_zone() -> None:
    assert instant_of("2026-01-31T00:00:00Z", None, "--from") == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("value", ["yesterday", "", "2026-13-01", "2026-02-30", "31.01.2026"])
def test_an_invalid_date_is_refused_with_its_name_and_a_valid_form(value: str) -> None:
    with pytest.raises(ValueError, match=r"--to .* is not a date: write 2026-01-31"):
        instant_of(value, BERLIN, "--to")


@pytest.mark.parametrize("value", ["2026-01-31T00:00:00", "2026-01-31 10:00", "2026-01-31T10"])
def test_a_time_without_an_offset_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no offset"):
        check_instant(value, "--from")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-02-01", "2026-02-01"),
        ("2026-02-02", "2026-02-01"),
        ("2026-02-01T00:00:00Z", "2026-02-01T01:00:00+01:00"),
    ],
)
def test_a_span_must_not_be_empty_or_reversed(start: str, end: str) -> None:
    with pytest.raises(ValueError, match="is not before --to"):
        check_span(start, end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-02-01", None),
        ("2026-02-01", "2026-02-02"),
        ("2026-02-01T00:00:00Z", "2026-02-01T00:00:01Z"),
        ("2026-02-01T00:00:00+02:00", "2026-02-01T00:00:00+01:00"),
    ],
)
def test_a_span_with_something_in_it_is_right(start: str, end: str | None) -> None:
    check_span(start, end)
