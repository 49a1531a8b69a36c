from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from sources.gong.schema.zone_names import is_same_zone, zone_named


def offset_of(name: str) -> timedelta | None:
    return datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone_named(name)).utcoffset()


@pytest.mark.parametrize(
    "name",
    ["", "Berlin", "CET+1", "../etc/passwd", "Europe/", "GMT+25:00", "GMT+05:17", "UTC+", "+5:3"],
)
def test_an_unknown_zone_is_refused_with_examples(name: str) -> None:
    with pytest.raises(ValueError, match=r"Europe/Berlin .* GMT-05:00"):
        zone_named(name)


def test_a_zone_is_known_by_its_name() -> None:
    assert offset_of("Asia/Kathmandu") == timedelta(hours=5, minutes=45)


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("GMT-05:00", -300),
        ("GMT-5", -300),
        ("UTC+3", 180),
        ("UTC+03:00", 180),
        ("+0530", 330),
        ("GMT+05:45", 345),
        ("GMT-09:30", -570),
        ("UTC-12", -720),
        ("+14:00", 840),
        ("GMT+00:00", 0),
    ],
)
def test_a_fixed_offset_is_a_zone_that_the_warehouse_knows_too(name: str, minutes: int) -> None:
    assert offset_of(name) == timedelta(minutes=minutes)
    sql = "select (timestamptz '2026-01-01 00:00:00Z' at time zone ?) - timestamp '2026-01-01'"
    assert duckdb.execute(sql, [zone_named(name).key]).fetchone() == (timedelta(minutes=minutes),)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Eastern", "America/New_York"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Calcutta", "GMT+05:30"),
        ("UTC", "Etc/UCT"),
    ],
)
def test_names_of_the_same_clock_are_the_same_zone(name: str, other: str) -> None:
    assert is_same_zone(name, other)
    assert is_same_zone(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Europe/Berlin", "Europe/London"),
        ("America/New_York", "GMT-05:00"),
        ("America/Phoenix", "America/Denver"),
        ("Africa/Cairo", "Europe/Athens"),
        ("America/Sao_Paulo", "America/Argentina/Buenos_Aires"),
    ],
)
def test_clocks_that_differ_at_times_are_different_zones(name: str, other: str) -> None:
    assert not is_same_zone(name, other)
