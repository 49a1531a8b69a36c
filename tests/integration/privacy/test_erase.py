"""`gong-elt erase`: one planted person goes everywhere and stays away; everybody else stays."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.lock import hold
from tests.conftest import ROOT, Emulator, Gong, clean_environment, gong_for
from tests.harness.landed import connect, snapshot
from tests.harness.nights import utc_text
from warehouse.publication.reading import published

NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
ALL_OF_IT = ("--from", "2026-10-28", "--to", "2026-11-21")
LATER = NOW + timedelta(hours=6)
COMPANY = (
    "--seed", "7", "--users", "8", "--calls", "50", "--days", "20", "--future-days", "0",
    "--workspaces", "1", "--now", utc_text(NOW), "--no-limit",
)  # fmt: skip
KEY = "a key for tests that is long enough, 0123456789"

EMAIL = "Hroswitha.Quorrandel@token-erase.example"
PHONE = "+44 20 7000 47-11"
SAME_PHONE = "0044 (20) 7000 4711"
NATIONAL_PHONE = "(020) 7000 4711"
NAME = "Hroswitha Quorrandel"
NAMESAKE = "someone.else@other-house.example"
SENTENCE = "The heliotrope ledger belongs to nobody but the cartographer."
CONTACT = "003TOKENxERASExCRMx"
TOKENS = (EMAIL, "7000 47-11", "7000 4711", SENTENCE, CONTACT)

Rows = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Planted:
    """Where the person is.

    Attributes:
        calls: in which the person took part.
        mention: a call in which others speak of the person.
        namesake: a call with somebody else of that name.
        said: sentences of transcripts that were said in the person's calls alone.
    """

    calls: frozenset[str]
    mention: str
    namesake: str
    said: tuple[str, ...]

    @property
    def tokens(self) -> tuple[str, ...]:
        return (*TOKENS, *self.said)


def plant(emulator: Emulator) -> Planted:
    """Puts a person into two calls, a third by phone alone, a fourth by mention, and into the CRM.

    A namesake, with another address and number, is in a fifth call.
    """
    transcripts = {
        transcript["callId"]: transcript["transcript"]
        for transcript in emulator.truth("transcripts")
    }
    parties = {
        call["metaData"]["id"]: call["parties"]
        for call in emulator.truth("calls")
        if call.get("parties") and transcripts.get(call["metaData"]["id"])
    }

    def join(call_id: str, sections: dict[str, Any], **party: Any) -> None:
        there = {"id": "77", "affiliation": "External", "methods": ["Attendee"], **party}
        sections = {"parties": [*parties[call_id], there], **sections}
        emulator.change("edit_call", id=call_id, sections=sections)

    contact = {
        "objectType": "Contact",
        "objectId": CONTACT,
        "fields": [{"name": "Email", "value": EMAIL}, {"name": "Name", "value": NAME}],
    }
    context = [{"system": "Salesforce", "objects": [contact]}]
    texts = {
        call: {sentence["text"] for monologue in transcript for sentence in monologue["sentences"]}
        for call, transcript in transcripts.items()
    }
    often = Counter(text for own in texts.values() for text in own)
    first, unique = next(
        (call, text)
        for call in sorted(parties)
        for text in sorted(texts[call])
        if often[text] == 1 and len(text) > 30 and "\n" not in text
    )
    second, by_phone, mention, namesake = sorted(parties.keys() - {first})[3:7]
    whole = {"emailAddress": EMAIL, "name": NAME, "phoneNumber": PHONE, "context": context}
    join(first, {"content.brief": SENTENCE}, **whole)
    join(second, {"content.keyPoints": [{"text": SENTENCE}]}, emailAddress=EMAIL.upper())
    join(by_phone, {}, phoneNumber=NATIONAL_PHONE, name=NAME)
    brief = f"Write to {EMAIL} or call {SAME_PHONE} or {NATIONAL_PHONE}, said {NAME}'s friend."
    emulator.change("edit_call", id=mention, sections={"content.brief": brief, "context": context})
    join(namesake, {}, emailAddress=NAMESAKE, name=NAME, phoneNumber="+49 30 1234 5678")
    emulator.change("put_crm_object", objectType="CONTACT", crmId=CONTACT, fields={"x": EMAIL})
    flow, user = emulator.truth("flows")[0]["id"], emulator.truth("users")[0]["id"]
    emulator.change("assign_flow", flowId=flow, crmProspectId=CONTACT)
    data = {"firstName": "H.", "lastName": "Q.", "emails": [{"email": EMAIL}]}
    task = {"contact": {"crmId": "x", "type": "LEAD", "data": data}}
    emulator.change("add_task", userId=user, fields=task)

    return Planted(frozenset((first, second, by_phone)), mention, namesake, (unique,))


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def in_bytes(folder: Path, tokens: Sequence[str]) -> dict[str, set[str]]:
    """Returns the files whose bytes hold a token, in any case of its letters, with the tokens."""
    matches = {
        str(file): {token for token in tokens if token.lower().encode() in content}
        for file in folder.rglob("*")
        if file.is_file()
        for content in [file.read_bytes().lower()]
    }
    return {file: tokens_in_it for file, tokens_in_it in matches.items() if tokens_in_it}


def in_rows(gong: Gong, tokens: Sequence[str]) -> dict[str, set[str]]:
    """Returns the tables, of the warehouse and published, that hold a token, with the tokens.

    Compressed values cannot be searched for in the bytes of a file.
    """
    matches: dict[str, set[str]] = {}
    columns = ", ".join(f"count(*) filter (contains(t, lower($t{i})))" for i in range(len(tokens)))
    values = {f"t{i}": token for i, token in enumerate(tokens)}
    with connect(gong.warehouse) as db:
        names = db.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not internal"
        ).fetchall()
        for (name,) in names:
            texts = f"select lower(t::varchar) as t from {name} as t"
            counts = db.execute(f"select {columns} from ({texts})", values).fetchone() or ()
            matches[name] = {token for token, count in zip(tokens, counts, strict=True) if count}
    parts = gong.home / "published" / "parts"
    with connect(gong.warehouse) as db:
        for part in parts.glob("*/*.parquet"):
            texts = f"select lower(t::varchar) as t from read_parquet('{part}') as t"
            counts = db.execute(f"select {columns} from ({texts})", values).fetchone() or ()
            matches[str(part)] = {
                token for token, count in zip(tokens, counts, strict=True) if count
            }
    return {name: tokens_in_it for name, tokens_in_it in matches.items() if tokens_in_it}


@dataclass
class ErasureStory:
    """The commands of the story in order, and the warehouse after each of them."""

    emulator: Emulator
    gong: Gong
    planted: Planted
    before: Path
    """The folder of a copy of the home, from before the person was shown."""
    rows: dict[str, Rows] = field(default_factory=dict)
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    asked: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)

    def run(self, step: str, *arguments: str, at: datetime = NOW) -> None:
        self.emulator.forget_requests()
        self.done[step] = self.gong(*arguments, env={"GONG_ELT_NOW": utc_text(at)})
        self.asked[step] = self.emulator.requests()
        self.rows[step] = snapshot(self.gong.warehouse, only_content=True)
        self.digests[step] = digest(self.gong.warehouse)

    @property
    def at_first(self) -> Gong:
        """The command with the home from before; nothing may change it."""
        return Gong(
            self.before / "home", {**self.gong.env, **clean_environment(self.before / "home")}
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with connect(self.gong.warehouse) as db:
            return db.execute(sql).fetchall()


def bare_copy(gong: Gong, home: Path) -> Gong:
    """The same command with a copy of its home, without what is published."""
    shutil.copytree(gong.home, home, ignore=shutil.ignore_patterns("published", "*.lock"))
    return Gong(home, {**gong.env, **clean_environment(home)})


@pytest.fixture(scope="module")
def story(
    emulators: Callable[..., Emulator], tmp_path_factory: pytest.TempPathFactory
) -> ErasureStory:
    """The person is shown, erased here and asked to be erased in Gong; nights go on."""
    emulator = emulators(*COMPANY)
    planted = plant(emulator)
    folder = tmp_path_factory.mktemp("erase")
    gong = gong_for(folder / "home", emulator, GONG_ELT_ERASURE_KEY=KEY, GONG_ELT_NOW=utc_text(NOW))
    story = ErasureStory(emulator, gong, planted, folder / "before")
    story.run("synced", "sync", "--no-transform")
    assert story.done["synced"].returncode == 0, story.done["synced"].stderr
    assert set().union(*in_rows(gong, planted.tokens).values()) == set(planted.tokens)
    assert in_bytes(gong.home, planted.tokens)
    # of a push that was killed
    (gong.home / ".push-cut").mkdir()
    (gong.home / ".push-cut" / "contacts.ldjson").write_text(json.dumps({"email": EMAIL}))
    bare_copy(gong, story.before / "home")
    who = ("erase", "--email", EMAIL.lower(), "--mentions")
    story.run("shown", *who)
    story.run("erased", *who, "--in-gong", "--yes", "--no-wait")
    assert in_bytes(gong.home, [*planted.tokens, KEY]) == {}
    assert in_rows(gong, planted.tokens) == {}
    story.run("again", *who, "--in-gong", "--yes", "--no-wait")
    story.run("next night", "sync", "--no-transform")
    story.run("history", "backfill", *ALL_OF_IT, "--no-transform")
    return story


def test_without_yes_everything_is_shown_and_nothing_changes(story: ErasureStory) -> None:
    done = story.done["shown"]
    assert done.returncode == 0, done.stderr
    assert story.digests["shown"] == story.digests["synced"]
    assert not any(request["method"] == "POST" for request in story.asked["shown"])
    _, _, listed = done.stdout.partition("rows that go:")
    shown = dict(line.split() for line in listed.partition("rows in")[0].strip().splitlines())
    assert int(shown["calls"]) == 3
    removed = json.loads(story.query("select removed from gong_ops.erasures")[0][0])
    assert {name: int(count.replace(",", "")) for name, count in shown.items()} == removed
    assert {"crm_objects", "flow_prospects", "tasks", "transcript_sentences"} <= removed.keys()


def test_what_goes_is_the_persons_and_nothing_else(story: ErasureStory) -> None:
    before, after = story.rows["synced"], story.rows["erased"]
    marks = [*story.planted.calls, *(token.lower() for token in (EMAIL, CONTACT))]
    reviews = {
        row[0]
        for row in story.query(
            "select distinct answered_scorecard_id from gong_raw.scorecard_answers"
        )
    }
    for table in before:
        for row in before[table].keys() - after[table].keys():
            is_answer = table == "scorecard_answers" and not any(
                review in row for review in reviews
            )
            is_contact = table == "call_crm_fields" and (
                f"{story.planted.mention}, 'object_index': 0" in row
            )
            is_the_persons = any(mark in row.lower() for mark in marks)
            assert is_the_persons or is_answer or is_contact, (table, row)
        new = after[table].keys() - before[table].keys()
        assert all(row.count("[erased]") for row in new), table
        assert all(
            after[table][row] == before[table][row] for row in after[table] if row not in new
        )
    changed = {table for table in before if after[table].keys() - before[table].keys()}
    assert changed == {"calls"}
    brief = story.query(
        f"select brief from gong_raw.calls where call_id = '{story.planted.mention}'"
    )
    assert brief == [("Write to [erased] or call [erased] or [erased], said [erased]'s friend.",)]


def test_a_namesake_stays(story: ErasureStory) -> None:
    for step in ("erased", "next night", "history"):
        assert sum(NAMESAKE in row for row in story.rows[step]["call_parties"]) == 1
    party = story.query(
        f"select name, email_address from gong_raw.call_parties "
        f"where call_id = '{story.planted.namesake}' and name = '{NAME}'"
    )
    assert party == [(NAME, NAMESAKE)]


def renumbered(rows: Rows) -> dict[str, Counter[str]]:
    """Returns rows without the places of CRM objects, which move up when an object is left out."""
    counted: dict[str, Counter[str]] = {}
    for table, own in rows.items():
        counted[table] = Counter()
        for row, count in own.items():
            counted[table][re.sub(r"'object_index': \d+", "", row)] += count
    return counted


@pytest.mark.parametrize("step", ["next night", "history"])
def test_what_is_read_afterwards_brings_nobody_back(story: ErasureStory, step: str) -> None:
    assert story.done[step].returncode == 0, story.done[step].stderr
    assert renumbered(story.rows[step]) == renumbered(story.rows["erased"])
    assert story.query("select count(*) from gong_raw.calls where _deleted_at is not null") == [
        (0,)
    ]
    assert story.query("select count(*) from gong_ops.alarms") == [(0,)]
    by_id = [request for request in story.asked[step] if "callIds" in str(request)]
    assert not any(call in str(request) for request in by_id for call in story.planted.calls)
    assert in_rows(story.gong, story.planted.tokens) == {}
    assert in_bytes(story.gong.home, story.planted.tokens) == {}


def test_an_erased_person_is_not_written_down(story: ErasureStory) -> None:
    kept = story.query(
        "select kind, in_gong, with_mentions, by_user, erased_at from gong_ops.erasures"
    )
    assert [row[:3] for row in kept] == [("email", "requested", True)]
    assert all(kept[0])
    kinds = dict(story.query("select kind, count(*) from gong_ops.tombstones group by all"))
    assert kinds == {
        "email": 1, "phone": 4, "national_phone": 1, "call": 3, "crm": 1, "name": 1,
    }  # fmt: skip
    for step, done in story.done.items():
        assert EMAIL.lower() not in done.stderr.lower(), step


def test_gong_is_asked_once(story: ErasureStory) -> None:
    posts = {
        step: [request for request in asked if "erase-data-for" in request["path"]]
        for step, asked in story.asked.items()
    }
    assert [len(posts[step]) for step in ("shown", "erased", "again")] == [0, 1, 0]
    assert story.done["erased"].returncode == 75
    assert story.done["again"].returncode == 75
    assert story.digests["again"] == story.digests["erased"]


@pytest.mark.parametrize("key", ["", "another key that is long enough too, 0123456"])
@pytest.mark.parametrize("arguments", [("sync",), ("backfill", "--from", "2026-11-01")])
def test_without_the_key_nothing_is_read(
    story: ErasureStory, key: str, arguments: tuple[str, ...]
) -> None:
    story.emulator.forget_requests()
    done = story.gong(*arguments, "--no-transform", env={"GONG_ELT_ERASURE_KEY": key})
    assert done.returncode == 2, done.stderr
    assert "GONG_ELT_ERASURE_KEY" in done.stderr
    assert story.emulator.requests() == []


def test_a_new_call_with_the_person_is_kept_out_too(story: ErasureStory, tmp_path: Path) -> None:
    home = tmp_path / "home"
    gong = bare_copy(story.gong, home)
    added: list[str] = []
    for own in ({"emailAddress": EMAIL}, {"phoneNumber": NATIONAL_PHONE}):
        new = story.emulator.change("add_call", started=utc_text(NOW - timedelta(hours=2)))["id"]
        party = {"id": "1", "affiliation": "External", "name": NAME, **own}
        story.emulator.change("edit_call", id=new, sections={"parties": [party]})
        story.emulator.change("add_transcript", callId=new)
        added.append(new)
    try:
        for _ in range(2):
            story.emulator.forget_requests()
            done = gong("sync", "--no-transform", "--only", "calls,transcripts,call_user_access")
            assert done.returncode == 0, done.stderr
            requests = str(story.emulator.requests())
            assert not any(call in requests for call in added)
        with connect(gong.warehouse) as db:
            marks = db.execute("select count(*) from gong_ops.tombstones where kind = 'call'")
            assert marks.fetchall() == [(5,)]
            known = db.execute(
                "select 1 from gong_raw.calls where call_id in (select unnest(?))", [added]
            )
            assert known.fetchall() == []
        assert in_bytes(home, TOKENS) == {}
    finally:
        for call in added:
            story.emulator.change("delete_call", id=call)


def test_who_is_erased_by_the_number_is_gone_and_stays_away_in_every_spelling(
    story: ErasureStory, tmp_path: Path
) -> None:
    gong = bare_copy(story.at_first, tmp_path / "home")
    numbers = ("7000 47-11", "7000 4711")
    assert in_rows(gong, numbers)
    for command in (
        ("erase", "--phone", PHONE, "--yes"),
        ("backfill", *ALL_OF_IT, "--no-transform"),
    ):
        done = gong(*command)
        assert done.returncode == 0, done.stderr
        assert in_rows(gong, numbers) == {}
        assert in_bytes(gong.home, numbers) == {}
        with connect(gong.warehouse) as db:
            left = db.execute("select call_id, brief from gong_raw.calls").fetchall()
        briefs = dict(left)
        assert not story.planted.calls & briefs.keys()
        brief = f"Write to [erased] or call [erased] or [erased], said {NAME}'s friend."
        assert briefs[story.planted.mention] == brief


def test_what_cannot_be_is_refused_before_anything(story: ErasureStory, tmp_path: Path) -> None:
    emulator, gong = story.emulator, story.gong
    company = gong_for(tmp_path / "none", emulator)
    both = ("--email", EMAIL, "--phone", PHONE)
    for arguments in ((), both, ("--email", "nobody"), ("--phone", "abc"), ("--email", EMAIL)):
        done = company("erase", *arguments, "--yes", env={"GONG_ELT_NOW": utc_text(NOW)})
        assert done.returncode == 2, arguments
    short = company("erase", "--email", EMAIL, env={"GONG_ELT_ERASURE_KEY": "short"})
    assert (short.returncode, "32" in short.stderr) == (2, True)
    assert not company.home.exists()
    with hold(gong.warehouse, "sync", wait=False, on_wait=print):
        assert gong("erase", "--email", EMAIL, "--yes", "--no-wait").returncode == 75
    before = digest(gong.warehouse)
    user = emulator.truth("users")[0]["emailAddress"]
    refused = gong("erase", "--email", user, "--in-gong", "--yes")
    assert refused.returncode == 1
    assert "must not be an address of the company" in refused.stderr
    assert digest(gong.warehouse) == before


def test_gong_erases_in_hours_and_is_believed_when_it_finds_nothing(
    emulators: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = emulators(*COMPANY)
    planted = plant(emulator)
    gong = gong_for(
        tmp_path / "home",
        emulator,
        GONG_ELT_ERASURE_KEY=KEY,
        GONG_ELT_NOW=utc_text(NOW),
        SOURCES__GONG__MAX_WAIT_SECONDS="60",
    )
    command = ("erase", "--phone", "+442070004711", "--in-gong", "--yes")
    done = gong(*command, "--no-wait")
    assert done.returncode == 75, done.stderr
    emulator.forget_requests()
    waiting = gong.start(*command)
    while not emulator.requests():
        assert waiting.poll() is None, waiting.communicate()
    emulator.set_clock(LATER)
    output, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, output
    assert {request["method"] for request in emulator.requests()} == {"GET"}
    with connect(gong.warehouse) as db:
        kept = db.execute("select in_gong, in_gong_confirmed_at from gong_ops.erasures").fetchall()
    assert kept[0][0] == "confirmed"
    assert kept[0][1] >= NOW
    (erasure,) = emulator.truth("erasures")
    assert set(erasure["callIds"]) < planted.calls
    assert gong("erase", "--phone", "+442070004711").stdout.count("Gong: nothing") == 1


@pytest.mark.slow
def test_what_is_published_is_erased_too(story: ErasureStory, tmp_path: Path) -> None:
    gong = bare_copy(story.at_first, tmp_path / "home")
    assert gong("transform").returncode == 0
    assert any("parts" in name for name in in_rows(gong, story.planted.tokens))
    opened = published(gong.home).df("select call_id from gong.fct_calls")
    done = gong("erase", "--phone", PHONE, "--mentions", "--yes")
    assert done.returncode == 0, done.stderr
    assert in_bytes(gong.home, [*story.planted.tokens, KEY]) == {}
    assert in_rows(gong, story.planted.tokens) == {}
    left = published(gong.home).df("select call_id from gong.fct_calls")
    assert set(left["call_id"]) == set(opened["call_id"]) - story.planted.calls
    place = gong.home / "published"
    parts = [part.relative_to(place).as_posix() for part in (place / "parts").glob("*/*.parquet")]
    used = {
        part["name"]
        for entry in json.loads((place / "parts.json").read_text())["tables"].values()
        for part in entry["parts"]
    }
    assert used <= set(parts)
    # the end of the run publishes its own tables once more
    assert {part.split("/")[1].partition(".")[0] for part in set(parts) - used} <= {"gong_ops"}


KILLS = {
    "the hashes are stored": ("pipelines.privacy.erase", "remove_rows", "before"),
    "the published copy is clean": ("pipelines.privacy.erase", "_delete_rows", "before"),
    "rows are deleted, in no transaction yet": ("warehouse.erasure.erasing", "erase", "after"),
    "the rows are gone": ("warehouse.erasure.rewriting", "rewrite", "before"),
    "the new file is whole": ("warehouse.erasure.rewriting", "_contents", "after"),
    "the file is new": ("warehouse.erasure.rewriting", "rewrite", "after"),
    "all folders are clean": ("pipelines.privacy.erase", "_build", "before"),
}
"""Where an erasure is killed: a function, and whether before or after its first call."""
BUILT = ("the published copy is clean", "all folders are clean")
"""Of these, the kills for which it matters that something is published."""

_KILLED = """
import importlib, os, signal, sys
module, name, when = sys.argv[1:4]
sys.argv = ["gong-elt", *sys.argv[4:]]
owner = importlib.import_module(module)
*around, last = name.split(".")
for part in around:
    owner = getattr(owner, part)
real = getattr(owner, last)
def killed(*arguments, **named):
    if when == "after":
        real(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(owner, last, killed)
from pipelines.cli import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("place", KILLS)
def test_a_kill_leaves_the_old_state_or_what_the_same_command_ends(
    story: ErasureStory, tmp_path: Path, place: str
) -> None:
    gong = bare_copy(story.at_first, tmp_path / "home")
    if place in BUILT:
        assert gong("transform").returncode == 0
    command = ("erase", "--email", EMAIL, "--mentions", "--yes")
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, *KILLS[place], *command],
        cwd=ROOT, env=gong.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    # reads again all that the unfinished erasure may have left in the warehouse
    night = gong("backfill", *ALL_OF_IT, "--no-transform")
    assert night.returncode == 0, night.stderr
    assert "cut short" in night.stderr
    with connect(gong.warehouse) as db:
        marked = "select count(*) from gong_raw.calls where _deleted_at is not null"
        assert db.execute(marked).fetchall() == [(0,)]
    done = gong(*command)
    assert done.returncode == 0, done.stderr
    assert in_bytes(gong.home, story.planted.tokens) == {}
    assert in_rows(gong, story.planted.tokens) == {}
    rows = snapshot(gong.warehouse, only_content=True)
    assert renumbered(rows) == renumbered(story.rows["erased"])
    left = [file.name for file in gong.home.iterdir() if file.name.startswith(".")]
    assert left == []
    assert "cut short" not in gong("sync", "--no-transform").stderr
