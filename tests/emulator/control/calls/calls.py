"""Calls and transcripts on the control surface."""

from dataclasses import replace

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_call, the_instant, the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.calls.calls import extensive_call
from tests.emulator.settings import Json
from tests.emulator.timing.instants import SECOND
from tests.emulator.world.chance import gong_id, stream


def calls(app: Application) -> list[Json]:
    """Every listed call with all sections, both CRM timings, media left out."""
    world = app.world
    listed = [call for call in world.calls.all() if world.is_listed(call)]
    listed.sort(key=world.calls.by_start.key)
    return [extensive_call(app, call) for call in listed]


def transcripts(app: Application) -> list[Json]:
    """Every transcript that exists."""
    world = app.world
    there = [call for call in world.calls.all() if world.has_transcript(call)]
    there.sort(key=world.calls.by_start.key)
    return [world.transcript(call) for call in there]


def delete_call(app: Application, body: Json) -> Json:
    """Make a call vanish everywhere without a trace, as deletions do (Gong's help)."""
    app.world.calls.deleted.add(the_call(app, str(body["id"])).id)
    return {"id": body["id"]}


def delete_calls(app: Application, body: Json) -> Json:
    """Delete the calls of `ids`, all or none; without ids, all that began in a window."""
    if "ids" in body:
        gone = [the_call(app, str(call_id)).id for call_id in body["ids"]]
    else:
        start, end = the_instant(body["fromDateTime"]), the_instant(body["toDateTime"])
        gone = [call.id for call in app.world.calls.all() if start <= call.started < end]
    app.world.calls.deleted.update(gone)
    return {"ids": gone}


def restore_calls(app: Application, body: Json) -> Json:
    """Undo deletions, all or none."""
    ids = [str(call_id) for call_id in body["ids"]]
    for call_id in ids:
        if not app.world.calls.knows(call_id):
            raise not_found(f"no call {call_id}")
    app.world.calls.deleted.difference_update(ids)
    return {"ids": ids}


def restore_call(app: Application, body: Json) -> Json:
    """Undo a deletion."""
    if not app.world.calls.knows(str(body["id"])):
        raise not_found(f"no call {body['id']}")
    app.world.calls.deleted.discard(str(body["id"]))
    return {"id": body["id"]}


def edit_call(app: Application, body: Json) -> Json:
    """Merge `metaData` and replace `sections`; fields that lists filter by change too."""
    call = the_call(app, str(body["id"]))
    metadata: Json = body.get("metaData") or {}
    facts: Json = {
        fact: metadata[key]
        for key, fact in (
            ("duration", "duration"),
            ("workspaceId", "workspace"),
            ("primaryUserId", "host"),
            ("isPrivate", "private"),
        )
        if key in metadata
    }
    for key in ("started", "scheduled"):
        if metadata.get(key) is not None:
            facts[key] = the_instant(metadata[key])
    if facts:
        app.world.put_call(replace(call, **facts))
    app.world.edits.edit_call(call.id, metadata, body.get("sections") or {})
    return {"id": call.id}


def add_call(app: Application, body: Json) -> Json:
    """Add a call that began at `started`, with the instants at which it and its parts appear.

    `visible_at` is when it is listed (or `appears_after_seconds` from now; else now),
    `content_at` when its AI content comes (default: with the call; null: never),
    `transcript_at` when its transcript comes (default: never).
    """
    world = app.world
    index = len(world.skeletons)
    if not index:
        raise bad_request("add_call needs a world with at least one call")
    if "visible_at" in body and "appears_after_seconds" in body:
        raise bad_request("visible_at and appears_after_seconds exclude each other")
    like = world.skeletons[index // 2]
    rng = stream(app.settings.seed, "added", index)
    visible = world.now + int(float(body.get("appears_after_seconds", 0)) * SECOND)
    call = replace(
        like,
        index=index,
        id=gong_id(rng, 19),
        started=the_instant(body["started"]),
        scheduled=the_instant(body["started"]),
        duration=int(body.get("duration", 600)),
        host=_the_host(app, body, like.host),
        workspace=str(body.get("workspaceId", like.workspace)),
        processed=the_instant(body["visible_at"]) if "visible_at" in body else visible,
        content_ready=_instant_or_never(body, "content_at", 0),
        transcript_ready=_instant_or_never(body, "transcript_at", None),
        case="added",
    )
    world.put_call(call, new=True)
    return {"id": call.id}


def _the_host(app: Application, body: Json, default: str) -> str:
    return the_user(app, str(body["primaryUserId"])).id if "primaryUserId" in body else default


def _instant_or_never(body: Json, key: str, default: int | None) -> int | None:
    if key not in body:
        return default
    return None if body[key] is None else the_instant(body[key])


def add_transcript(app: Application, body: Json) -> Json:
    """Make a call's transcript exist from now on, or from the instant `at`."""
    call = the_call(app, str(body["callId"]))
    ready = the_instant(body["at"]) if "at" in body else app.world.now
    app.world.put_call(replace(call, transcript_ready=ready))
    return {"callId": call.id}


KINDS: dict[str, Kind] = {"calls": calls, "transcripts": transcripts}
CHANGES = by_name(
    delete_call, restore_call, delete_calls, restore_calls, edit_call, add_call, add_transcript
)
