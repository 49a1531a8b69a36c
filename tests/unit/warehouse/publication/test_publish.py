from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from tests.unit.warehouse.publication.conftest import PublicationHome
from warehouse.publication.catalogue import CATALOGUE, folder
from warehouse.publication.publish import Changes, Publication, publish, publish_ops
from warehouse.target import Target


def test_marts_and_ops_tables_are_published_and_nothing_else(place: PublicationHome) -> None:
    done = place.publish()
    assert done.rows == {
        "gong.agg_empty": 0,
        "gong.dim_users": 5,
        "gong.fct_calls": 3,
        "gong_ops.runs": 1,
    }
    assert done.stale == ()
    assert place.rows("select call_number, ratio from gong.fct_calls order by 1") == [
        (0, 0.0),
        (1, 0.5),
        (2, 1.0),
    ]
    assert place.rows("select count(*) from fct_calls, gong_ops.runs, gong.agg_empty") == [(0,)]
    for hidden in ("gong.int_hidden", "gong_ops.settings"):
        with pytest.raises(duckdb.CatalogException):
            place.rows(f"select * from {hidden}")


def test_an_unchanged_table_is_not_written_again(place: PublicationHome) -> None:
    first = place.publish()
    before = place.parts()
    again = place.publish()
    assert first.written == len(before) == 6
    assert (again.written, again.kept) == (0, 6)
    assert place.parts() == before


def test_of_a_table_by_month_only_the_changed_month_is_written(place: PublicationHome) -> None:
    place.publish()
    before = place.parts()
    place.write("update gong_build.fct_calls set ratio = 7 where call_number = 1")
    done = place.publish()
    assert (done.written, done.kept) == (1, 5)
    (new,) = place.parts().keys() - before.keys()
    assert "fct_calls/2026-02-" in new
    assert place.rows("select ratio from fct_calls order by call_number") == [
        (0.0,),
        (7.0,),
        (1.0,),
    ]


def test_another_order_of_rows_does_not_count_as_a_change(place: PublicationHome) -> None:
    place.publish()
    place.write(
        "create or replace table gong_build.dim_users as from gong_build.dim_users order by 1 desc"
    )
    assert place.publish().written == 0


@pytest.mark.parametrize(
    "sql",
    [
        "insert into gong_build.dim_users values ('u0')",
        "delete from gong_build.dim_users where user_id = 'u0'",
        "update gong_build.dim_users set user_id = null where user_id = 'u0'",
        "alter table gong_build.dim_users rename user_id to id",
        "alter table gong_build.dim_users add column a integer",
    ],
)
def test_every_other_change_is_written(place: PublicationHome, sql: str) -> None:
    place.publish()
    place.write(sql)
    assert place.publish().written == 1
    with duckdb.connect(str(place.target.path)) as db:
        expected = db.execute("from gong_build.dim_users order by all").fetchall()
    assert place.rows("from dim_users order by all") == expected


def test_rows_without_a_month_are_published_too(place: PublicationHome) -> None:
    place.write("insert into gong_build.fct_calls values (9, null, 0)")
    assert place.publish().rows["gong.fct_calls"] == 4
    assert place.rows("select count(*) from fct_calls") == [(4,)]


def test_a_failed_table_keeps_its_last_rows_and_the_others_go_on(place: PublicationHome) -> None:
    place.publish()
    place.write("delete from gong_build.dim_users; delete from gong_build.fct_calls")
    done = place.publish("fct_calls")
    assert done.stale == ("gong.fct_calls",)
    assert place.rows(
        "select (select count(*) from fct_calls), (select count(*) from dim_users)"
    ) == [(3, 0)]
    place.write("drop table gong_build.fct_calls")
    assert place.publish("fct_calls").stale == ("gong.fct_calls",)
    assert place.rows("select count(*) from fct_calls") == [(3,)]


def test_a_table_that_failed_before_its_first_publication_is_not_there(
    place: PublicationHome,
) -> None:
    done = place.publish("fct_calls")
    assert "gong.fct_calls" not in done.rows
    assert done.stale == ()
    with pytest.raises(duckdb.CatalogException):
        place.rows("select * from fct_calls")


def test_a_table_that_is_built_no_more_goes(place: PublicationHome) -> None:
    place.publish()
    place.write("drop table gong_build.dim_users")
    assert "gong.dim_users" not in place.publish().rows


def test_the_catalogue_is_another_file_after_each_publication(place: PublicationHome) -> None:
    catalogue = place.publish().catalogue
    with open(catalogue, "rb") as held:
        before = held.read()
        place.publish()
        assert os.fstat(held.fileno()).st_ino != catalogue.stat().st_ino
        held.seek(0)
        assert held.read() == before
    assert {file.name for file in folder(place.home).iterdir()} == {
        CATALOGUE,
        "parts",
        "parts.json",
        "warehouse.json",
    }


def test_old_parts_go_after_a_day(place: PublicationHome) -> None:
    place.publish()
    old = set(place.parts())
    place.write("delete from gong_build.dim_users")
    place.publish()
    assert old < set(place.parts())
    (unused,) = (name for name in old if "dim_users" in name)
    past = time.time() - 25 * 3600
    for name in place.parts():
        os.utime(folder(place.home) / name, (past, past))
    place.publish()
    assert old - set(place.parts()) == {unused}


def test_the_day_of_grace_begins_when_a_part_goes_out_of_use(place: PublicationHome) -> None:
    place.publish()
    past = time.time() - 90 * 24 * 3600
    for name in place.parts():
        os.utime(folder(place.home) / name, (past, past))
    old = set(place.parts())
    place.write("delete from gong_build.dim_users")
    place.publish()
    assert old < set(place.parts())


def test_rows_that_a_killed_query_left_beside_the_copy_go_after_the_day_of_grace(
    place: PublicationHome,
) -> None:
    place.publish()
    spills = [folder(place.home) / f"gong.duckdb.{name}tmp" for name in ("", "0123456789ab.")]
    for spill in spills:
        spill.mkdir()
        (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"rows")
    place.publish()  # a reader may be using them
    assert all(spill.exists() for spill in spills)
    past = time.time() - 25 * 3600
    for spill in spills:
        for path in (*spill.iterdir(), spill):
            os.utime(path, (past, past))
    place.publish()
    assert not any(spill.exists() for spill in spills)


def test_only_the_owner_sees_the_published_copy(place: PublicationHome) -> None:
    place.publish()
    top = folder(place.home)
    assert stat.S_IMODE(top.stat().st_mode) == 0o700
    for file in top.rglob("*"):
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_the_ops_tables_alone_are_published_when_they_have_changed(place: PublicationHome) -> None:
    publish_ops(place.target, place.home)
    assert not (folder(place.home) / CATALOGUE).exists(), "nothing was published yet"
    place.publish()
    catalogue = (folder(place.home) / CATALOGUE).stat().st_mtime_ns
    publish_ops(place.target, place.home)
    assert (folder(place.home) / CATALOGUE).stat().st_mtime_ns == catalogue
    place.write("insert into gong_ops.runs values ('r2'); delete from gong_build.fct_calls")
    publish_ops(place.target, place.home)
    assert place.rows("select count(*) from gong_ops.runs") == [(2,)]
    assert place.rows("select count(*) from gong.fct_calls") == [(3,)], "published with a build"


def test_the_ops_tables_of_one_warehouse_are_not_put_into_the_copy_of_another(
    place: PublicationHome, tmp_path: Path
) -> None:
    place.publish()
    other = Target(tmp_path / "other.duckdb")
    shutil.copy(place.target.path, other.path)
    with duckdb.connect(str(other.path)) as db:
        db.execute("insert into gong_ops.runs values ('other')")
    publish_ops(other, place.home)
    assert place.rows("select run_id from gong_ops.runs") == [("r1",)]


def test_a_published_view_of_the_ops_tables_keeps_its_comments(place: PublicationHome) -> None:
    place.write(
        "create view gong_ops.windows as select run_id from gong_ops.runs; "
        "comment on view gong_ops.windows is 'One row per window.'; "
        "comment on column gong_ops.windows.run_id is 'The run.'"
    )
    place.publish()
    assert place.rows(
        "select comment from duckdb_views() where view_name = 'windows' union all "
        "select comment from duckdb_columns() where table_name = 'windows'"
    ) == [("One row per window.",), ("The run.",)]


@pytest.mark.parametrize(
    "damage",
    [lambda _: b"", lambda old: old[: len(old) // 2], lambda old: os.urandom(len(old)), None],
    ids=["empty", "cut in half", "random", "missing"],
)
def test_a_part_that_is_not_as_it_was_written_is_written_again(
    place: PublicationHome, damage: Callable[[bytes], bytes] | None
) -> None:
    place.publish()
    parts = [folder(place.home) / name for name in place.parts()]
    for part in parts:
        if damage:
            part.write_bytes(damage(part.read_bytes()))
        else:
            part.unlink()
    done = place.publish()
    assert (done.written, done.healed, done.kept) == (6, 6, 0)
    assert place.rows("select sum(call_number), count(*) from fct_calls") == [(3, 3)]
    assert place.rows("select count(*) from dim_users, gong_ops.runs") == [(5,)]
    assert place.publish().written == 0


def test_bytes_that_change_while_time_and_size_stay_are_found_by_a_thorough_publish(
    place: PublicationHome,
) -> None:
    place.publish()
    (name,) = (name for name in place.parts() if "dim_users" in name)
    part = folder(place.home) / name
    facts, content = part.stat(), part.read_bytes()
    part.write_bytes(content[:6] + bytes(4) + content[10:])
    os.utime(part, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert place.publish().written == 0
    assert publish(place.target, place.home, thoroughly=True).healed == 1
    assert part.read_bytes() == content


def test_a_failed_table_whose_last_rows_are_damaged_leaves_and_the_others_go_on(
    place: PublicationHome,
) -> None:
    place.publish()
    (name,) = (name for name in place.parts() if "dim_users" in name)
    (folder(place.home) / name).write_bytes(b"")
    done = place.publish("dim_users", "fct_calls")
    assert (done.stale, done.lost) == (("gong.fct_calls",), ("gong.dim_users",))
    assert place.rows("select count(*) from fct_calls") == [(3,)]
    with pytest.raises(duckdb.CatalogException):
        place.rows("from dim_users")
    assert place.publish().lost == ()
    assert place.rows("select count(*) from dim_users") == [(5,)]


def test_parts_that_are_on_no_record_are_kept_if_they_hold_what_they_should(
    place: PublicationHome,
) -> None:
    place.publish()
    (folder(place.home) / "parts.json").unlink()
    (name,) = (name for name in place.parts() if "dim_users" in name)
    (folder(place.home) / name).write_bytes(b"")
    done = place.publish()
    assert (done.written, done.kept) == (1, 5)
    assert place.rows("select count(*) from dim_users") == [(5,)]


def republish(place: PublicationHome, since: str, **months: list[str] | None) -> Publication:
    return publish(place.target, place.home, changes=Changes(since, months))


def test_of_a_build_of_changed_calls_the_changed_months_are_published(
    place: PublicationHome,
) -> None:
    first = place.publish()
    place.write("update gong_build.fct_calls set ratio = 7")
    done = republish(place, first.edition, fct_calls=["2026-02", "none"])
    assert (done.written, done.kept) == (1, 5)
    assert place.rows("select ratio from fct_calls order by call_number") == [
        (0.0,),
        (7.0,),
        (1.0,),
    ]
    done = republish(place, done.edition, fct_calls=None)
    assert (done.written, done.kept) == (2, 4)
    assert place.rows("select distinct ratio from fct_calls") == [(7.0,)]


def test_months_come_and_go_with_their_rows(place: PublicationHome) -> None:
    first = place.publish()
    place.write(
        "delete from gong_build.fct_calls where call_number = 1; "
        "insert into gong_build.fct_calls values (8, '9999-12-31', 0), (9, null, 0)"
    )
    done = republish(place, first.edition, fct_calls=["2026-02", "9999-12", "none"])
    assert done.rows["gong.fct_calls"] == 4
    assert place.rows("select call_number from fct_calls order by 1") == [(0,), (2,), (8,), (9,)]
    assert place.publish().written == 0


def test_a_table_that_was_empty_gets_its_months(place: PublicationHome) -> None:
    place.write("create or replace table gong_build.fct_calls as from gong_build.fct_calls limit 0")
    first = place.publish()
    place.write("insert into gong_build.fct_calls values (1, '2026-02-01', 0)")
    republish(place, first.edition, fct_calls=["2026-02", "none"])
    assert place.rows("select call_number from fct_calls") == [(1,)]


def test_where_another_edition_is_published_everything_may_have_changed(
    place: PublicationHome,
) -> None:
    place.publish()
    place.write("update gong_build.fct_calls set ratio = 7")
    assert republish(place, "another").written == 3
    assert place.rows("select distinct ratio from fct_calls") == [(7.0,)]


def test_a_damaged_part_of_an_unchanged_month_is_written_again(place: PublicationHome) -> None:
    first = place.publish()
    for name in place.parts():
        if "2026-01" in name or "dim_users" in name:
            (folder(place.home) / name).write_bytes(b"")
    done = republish(place, first.edition, fct_calls=["2026-02"])
    assert (done.written, done.healed) == (2, 2)
    assert place.rows("select count(*) from fct_calls, dim_users") == [(15,)]
    assert done.edition == first.edition
