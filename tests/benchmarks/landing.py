"""Saved pages to merged rows: this project beside DuckDB's own reading of the same JSON.

`python -m tests.benchmarks.landing ours|duckdb PAGES FILE` loads saved pages into 18 tables of a
new DuckDB file; `compare FILE FILE` tells what of two such files is not equal. `ours` is what a
sync does but for the network: client, paging, hashes, unknown fields, dlt, merge. `duckdb` is
`read_json` with explicit types and `unnest`, without any of that.
"""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

NOW = datetime(2026, 11, 20, tzinfo=UTC)

_OBJECTS = """struct(objectType varchar, objectId varchar, timing varchar,
    fields struct("name" varchar, "value" json)[])[]"""
_CONTEXT = f'struct("system" varchar, objects {_OBJECTS})[]'
_NAMED = 'struct("name" varchar, duration {})[]'
_CALL = f"""struct(
  metaData struct(id varchar, url varchar, title varchar, scheduled varchar, started varchar,
    duration bigint, primaryUserId varchar, direction varchar, "system" varchar, scope varchar,
    media varchar, "language" varchar, workspaceId varchar, sdrDisposition varchar,
    clientUniqueId varchar, customData varchar, purpose varchar, meetingUrl varchar,
    isPrivate boolean, calendarEventId varchar),
  context {_CONTEXT},
  parties struct(id varchar, emailAddress varchar, "name" varchar, title varchar, userId varchar,
    speakerId varchar, affiliation varchar, phoneNumber varchar, methods json,
    context {_CONTEXT})[],
  content struct(brief varchar, callOutcome struct(id varchar, category varchar, "name" varchar),
    keyPoints struct("text" varchar)[],
    outline struct("section" varchar, startTime double, duration double,
      items struct("text" varchar, startTime double)[])[],
    highlights struct(title varchar, items struct("text" varchar, startTimes json)[])[],
    structure {_NAMED.format("bigint")}, topics {_NAMED.format("bigint")},
    trackers struct(id varchar, "name" varchar, "count" bigint, "type" varchar,
      occurrences struct(startTime double, speakerId varchar)[],
      phrases struct("count" bigint, phrase varchar,
        occurrences struct(startTime double, speakerId varchar)[])[])[]),
  interaction struct(questions struct(companyCount bigint, nonCompanyCount bigint),
    interactionStats struct("name" varchar, "value" double)[],
    speakers struct(id varchar, userId varchar, talkTime double)[],
    video {_NAMED.format("double")}),
  collaboration struct(publicComments struct(id varchar, audioStartTime double,
    audioEndTime double, commenterUserId varchar, "comment" varchar, posted varchar,
    inReplyTo varchar, duringCall boolean)[]),
  media struct(audioUrl varchar, videoUrl varchar))"""
_TRANSCRIPT = """struct(callId varchar, transcript struct(speakerId varchar, topic varchar,
    sentences struct("start" bigint, "end" bigint, "text" varchar)[])[])"""


def _list(of: str, columns: str) -> str:
    """Returns the SQL of a table with a row per element of a list of the call."""
    return (
        f"select id as call_id, {columns} from (select c.metaData.id as id, unnest(c.{of}) as x, "
        f"generate_subscripts(c.{of}, 1) - 1 as i from calls_read)"
    )


def _items(of: str, columns: str) -> str:
    """Returns the SQL of a table with a row per item of the elements of a list of the call."""
    return (
        f"select id as call_id, {columns} from (select id, i, s, unnest(items) as x, "
        "generate_subscripts(items, 1) - 1 as j from (select id, i, s, "
        # an element without items is a row too
        "case when len(s.items) > 0 then s.items else [null] end as items "
        "from (select c.metaData.id as id, "
        f"unnest(c.{of}) as s, generate_subscripts(c.{of}, 1) - 1 as i from calls_read)))"
    )


_PHRASES = """(select id, t.id as tracker_id, unnest(t.phrases) as p,
    generate_subscripts(t.phrases, 1) - 1 as i from trackers_read)"""
TABLES = {
    "calls": """select c.metaData.id as call_id, c.metaData.url as url, c.metaData.title as title,
        c.metaData.scheduled::timestamptz as scheduled_at,
        c.metaData.started::timestamptz as started_at, c.metaData.duration as duration_seconds,
        c.metaData.primaryUserId as primary_user_id, c.metaData.direction as direction,
        c.metaData.system as system, c.metaData.scope as scope, c.metaData.media as media,
        c.metaData.language as language, c.metaData.workspaceId as workspace_id,
        c.metaData.sdrDisposition as sdr_disposition,
        c.metaData.clientUniqueId as client_unique_id, c.metaData.customData as custom_data,
        c.metaData.purpose as purpose, c.metaData.meetingUrl as meeting_url,
        c.metaData.isPrivate as is_private, c.metaData.calendarEventId as calendar_event_id,
        c.content.brief as brief, c.content.callOutcome.id as call_outcome_id,
        c.content.callOutcome.category as call_outcome_category,
        c.content.callOutcome.name as call_outcome_name,
        c.interaction.questions.companyCount as company_questions_count,
        c.interaction.questions.nonCompanyCount as non_company_questions_count,
        c.media.audioUrl is not null as has_audio, c.media.videoUrl is not null as has_video
        from calls_read""",
    "call_parties": _list(
        "parties",
        """i as party_index, x.id as party_id, x.emailAddress as email_address, x.name as name,
        x.title as title, x.userId as user_id, x.speakerId as speaker_id,
        x.affiliation as affiliation, x.phoneNumber as phone_number, x.methods as methods""",
    ),
    "call_crm_objects": """select id as call_id, place as object_index, party as party_index,
        system, o.objectType as object_type, o.objectId as object_id, o.timing as timing
        from objects_read""",
    "call_crm_fields": """select id as call_id, place as object_index, f.name as name,
        f.value->>'$' as value from (select id, place, unnest(o.fields) as f from objects_read)""",
    "call_trackers": """select id as call_id, t.id as tracker_id, t.name as name, t.count as count,
        t.type as type from trackers_read""",
    "call_tracker_phrases": f"""select id as call_id, tracker_id, i as phrase_index,
        p.phrase as phrase, p.count as count from {_PHRASES}""",
    # without the phrase that each belongs to, which is found by comparing two lists
    "call_tracker_occurrences": """select id as call_id, tracker_id, i as occurrence_index,
        o.startTime as start_seconds, o.speakerId as speaker_id
        from (select id, t.id as tracker_id, unnest(t.occurrences) as o,
            generate_subscripts(t.occurrences, 1) - 1 as i from trackers_read)""",
    "call_topics": _list(
        "content.topics", "i as topic_index, x.name as name, x.duration as duration_seconds"
    ),
    "call_structure": _list(
        "content.structure", "i as structure_index, x.name as name, x.duration as duration_seconds"
    ),
    "call_outline": _items(
        "content.outline",
        """i as section_index, j as item_index, s.section as section,
        s.startTime as section_start_seconds, s.duration as section_duration_seconds,
        x.text as text, x.startTime as start_seconds""",
    ),
    "call_highlights": _items(
        "content.highlights",
        """i as highlight_index, j as item_index, s.title as title, x.text as text,
        x.startTimes as start_times_seconds""",
    ),
    "call_key_points": _list("content.keyPoints", "i as key_point_index, x.text as text"),
    "call_interaction_stats": _list(
        "interaction.interactionStats", "x.name as name, x.value as value"
    ),
    "call_speakers": _list(
        "interaction.speakers",
        "x.id as speaker_id, x.userId as user_id, x.talkTime as talk_time_seconds",
    ),
    "call_video": _list(
        "interaction.video", "i as video_index, x.name as name, x.duration as duration_seconds"
    ),
    "call_comments": _list(
        "collaboration.publicComments",
        """x.id as comment_id, x.audioStartTime as audio_start_seconds,
        x.audioEndTime as audio_end_seconds, x.commenterUserId as commenter_user_id,
        x.comment as comment, x.posted::timestamptz as posted_at, x.inReplyTo as in_reply_to,
        x.duringCall as is_during_call""",
    ),
    "transcripts": "select t.callId as call_id from transcripts_read",
    "transcript_sentences": """select id as call_id, m as monologue_index, s as sentence_index,
        x.speakerId as speaker_id, x.topic as topic, y.start as start_ms, y.end as end_ms,
        y.text as text from (select id, m, x, unnest(x.sentences) as y,
            generate_subscripts(x.sentences, 1) - 1 as s from (select t.callId as id,
            unnest(t.transcript) as x, generate_subscripts(t.transcript, 1) - 1 as m
            from transcripts_read))""",
}
"""The tables of a call and its transcript, by the names of the project; SQL over what was read."""

_OBJECTS_READ = """create temp table objects_read as
    select id, party, system, o, row_number() over (
        partition by id order by party is not null, party, k, j) - 1 as place from (
    select id, null::bigint as party, k, x.system as system, unnest(x.objects) as o,
        generate_subscripts(x.objects, 1) as j from (select c.metaData.id as id,
        unnest(c.context) as x, generate_subscripts(c.context, 1) as k from calls_read)
    union all
    select id, party, k, x.system, unnest(x.objects), generate_subscripts(x.objects, 1) from (
        select id, party, unnest(p.context) as x, generate_subscripts(p.context, 1) as k from (
        select c.metaData.id as id, unnest(c.parties) as p,
            generate_subscripts(c.parties, 1) - 1 as party from calls_read)))"""


def duckdb_alone(pages: Path, file: Path) -> None:
    """Reads saved pages with DuckDB's reader of JSON into tables of a new file."""
    with duckdb.connect(str(file)) as db:
        db.execute("set timezone = 'UTC'")
        for name, prefix, key, kind in (
            ("calls_read", "extensive", "calls", _CALL),
            ("transcripts_read", "transcript", "callTranscripts", _TRANSCRIPT),
        ):
            flat = " ".join(kind.split())
            column = "c" if name == "calls_read" else "t"
            # a page is one object, far larger than DuckDB expects
            db.execute(
                f"create temp table {name} as select unnest({key}) as {column} from read_json("
                f"'{pages}/{prefix}-*.json', columns = {{{key}: '{flat}[]'}}, "
                "maximum_object_size = 1000000000)"
            )
        db.execute(_OBJECTS_READ)
        db.execute(
            "create temp table trackers_read as select c.metaData.id as id, "
            "unnest(c.content.trackers) as t from calls_read"
        )
        db.execute("create schema gong_raw")
        for name, sql in TABLES.items():
            db.execute(f"create table gong_raw.{name} as {sql}")
        db.execute("checkpoint")


def ours(pages: Path, file: Path) -> None:
    """Lands saved pages as a sync does."""
    from pipelines.console import Console
    from pipelines.ingest.loader import Loader
    from pipelines.ingest.options import IngestOptions
    from pipelines.ingest.run_plan import LoadPackage
    from pipelines.monitor.run_counts import RunCounts
    from pipelines.session import Session
    from pipelines.settings import Settings
    from sources.gong.api.auth import credentials
    from sources.gong.api.client import Client
    from sources.gong.api.rate_limit import Budget, Limits
    from sources.gong.extract.reader import Reader
    from sources.gong.extract.windows import Reason, Span, Window
    from tests.benchmarks.served_pages import SavedPages
    from warehouse.connection import Warehouse
    from warehouse.prepare import prepare
    from warehouse.target import Target

    settings = Settings(
        base_url="https://gong.example", access_key="key", access_key_secret="secret", now=NOW
    )
    console = Console(stream=io.StringIO())
    session = Session(settings, file.parent, Target(file), console, NOW, 0.0)
    warehouse, counts = Warehouse(session.target), RunCounts(console)
    prepare(warehouse)
    budget = Budget(":memory:", Limits(0, 0))
    key = credentials("key", "secret", None)
    span = Span(NOW - timedelta(days=90), NOW)
    windows = {name: [Window(name, span, Reason.NEW)] for name in ("calls", "transcripts")}
    with Client(settings.base_url, key, budget, transport=SavedPages(pages)) as client:
        loader = Loader(session, warehouse, Reader(client), IngestOptions())
        loader.clear()
        loader.load(LoadPackage(windows), "benchmark", "sync", counts)
    errors = {name: stream.error for name, stream in counts.streams.items() if stream.error}
    if errors:
        raise SystemExit(f"nothing was measured: {errors}")


def differences(ours_file: Path, theirs_file: Path) -> dict[str, tuple[int, int]]:
    """Returns per table how many rows it has, and how many of both sides have no equal."""
    found: dict[str, tuple[int, int]] = {}
    with duckdb.connect() as db:
        db.execute(f"attach '{ours_file}' as ours (read_only)")
        db.execute(f"attach '{theirs_file}' as theirs (read_only)")
        for name in TABLES:
            described = db.execute(f"describe theirs.gong_raw.{name}").fetchall()
            columns = ", ".join(
                f'"{column}"::json::varchar' if kind == "JSON" else f'"{column}"'
                for column, kind, *_ in described
            )
            rows = f"select {columns} from {{}}.gong_raw.{name}"
            sides = rows.format("ours"), rows.format("theirs")
            unequal = sum(
                _count(db, f"({one} except all {other})")
                for one, other in (sides, (sides[1], sides[0]))
            )
            found[name] = (_count(db, f"ours.gong_raw.{name}"), unequal)
    return found


def _count(db: duckdb.DuckDBPyConnection, of: str) -> int:
    row = db.execute(f"select count(*) from {of}").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    what, first, second = sys.argv[1:]
    if what == "compare":
        print(json.dumps(differences(Path(first), Path(second))))
    else:
        (ours if what == "ours" else duckdb_alone)(Path(first), Path(second))
