"""Changes to the running world: late calls, edits, silent deletions, unannounced keys."""

import copy
from dataclasses import replace

from tests.emulator import control_crm, control_engage, control_flows
from tests.emulator import operations_access as access
from tests.emulator import operations_associations as associations
from tests.emulator import operations_briefs as briefs
from tests.emulator import operations_coaching as coaching
from tests.emulator import operations_history as history
from tests.emulator import operations_library as library
from tests.emulator import operations_oauth as oauth
from tests.emulator import operations_profiles as profiles
from tests.emulator.chance import gong_id, stream
from tests.emulator.errors import bad_request, not_found
from tests.emulator.instants import SECOND
from tests.emulator.lookups import the_call, the_instant, the_user
from tests.emulator.people import make_person, user_document
from tests.emulator.registries import Change, by_name
from tests.emulator.requests import Application
from tests.emulator.reviews import Review
from tests.emulator.settings import Json
from tests.emulator.truth import KINDS


def delete_call(app: Application, body: Json) -> Json:
    """Make a call vanish everywhere without a trace, as deletions do (Gong's help)."""
    app.world.calls.deleted.add(the_call(app, str(body["id"])).id)
    return {"id": body["id"]}


def delete_calls(app: Application, body: Json) -> Json:
    """Delete the calls of `ids`, all or none; without ids, all that began in a window."""
    if "ids" in body:
        gone = [the_call(app, str(one)).id for one in body["ids"]]
    else:
        start, end = the_instant(body["fromDateTime"]), the_instant(body["toDateTime"])
        gone = [one.id for one in app.world.calls.all() if start <= one.started < end]
    app.world.calls.deleted.update(gone)
    return {"ids": gone}


def restore_calls(app: Application, body: Json) -> Json:
    """Undo deletions, all or none."""
    ids = [str(one) for one in body["ids"]]
    for one in ids:
        if not app.world.calls.knows(one):
            raise not_found(f"no call {one}")
    app.world.calls.deleted.difference_update(ids)
    return {"ids": ids}


def restore_call(app: Application, body: Json) -> Json:
    """Undo a deletion."""
    if not app.world.calls.knows(str(body["id"])):
        raise not_found(f"no call {body['id']}")
    app.world.calls.deleted.discard(str(body["id"]))
    return {"id": body["id"]}


def edit_call(app: Application, body: Json) -> Json:
    """Merge `metaData` and replace `sections`; what lists filter by moves along."""
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
    `content_at` when its AI content comes (with the call, unless told; null is never),
    `transcript_at` when its transcript does (never, unless told).
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


def edit_review(app: Application, body: Json) -> Json:
    """Change answers (by questionId) or drop a question of one review."""
    review = _review(app, str(body["answeredScorecardId"]))
    document = copy.deepcopy(app.world.edits.review(review.id, review.document))
    if "drop_question" in body:
        gone = str(body["drop_question"])
        document["answers"] = [one for one in document["answers"] if one["questionId"] != gone]
    for change in body.get("answers") or []:
        for answer in document["answers"]:
            if answer["questionId"] == change["questionId"]:
                answer.update(change)
        document["editorUserId"] = app.world.directory.seniority[0].id
    document.update(body.get("fields") or {})
    app.world.edits.edit_review(review.id, document)
    return {"answeredScorecardId": review.id}


def _review(app: Application, review_id: str) -> Review:
    for review in app.world.aftermath.reviews:
        if review.id == review_id:
            return review
    raise not_found(f"no review {review_id}")


def edit_user(app: Application, body: Json) -> Json:
    """Overwrite fields of a user."""
    person = the_user(app, str(body["id"]))
    document = {**person.document, **(body.get("fields") or {})}
    app.world.directory.put(replace(person, document=document))
    return {"id": person.id}


def remove_user(app: Application, body: Json) -> Json:
    """Make a user unknown."""
    app.world.directory.remove(the_user(app, str(body["id"])).id)
    return {"id": body["id"]}


def add_user(app: Application, body: Json) -> Json:
    """Add a user created now; `fields` overwrite what is drawn."""
    world = app.world
    number = len(world.directory.seniority)
    rng = stream(app.settings.seed, "added user", number)
    drawn = user_document(rng, gong_id(rng), number, True, None)
    created = world.now - world.now % 1000
    person = make_person(world.zone, {**drawn, **(body.get("fields") or {})}, created, avatar=False)
    world.directory.seniority.append(person)
    world.directory.put(person)
    return {"id": person.id}


def add_unknown_field(app: Application, body: Json) -> Json:
    """Give every served entity of a kind a key nobody announced (Gong reserves the right)."""
    if body["kind"] not in KINDS:
        raise bad_request(f"unknown kind {body['kind']!r}")
    app.world.edits.add_unknown(body["kind"], str(body["name"]), body["value"])
    return {"kind": body["kind"]}


def set_limits(app: Application, body: Json) -> Json:
    """Set both limits; null or absent is no limit."""
    app.limits.change(body.get("requests_per_second"), body.get("requests_per_day"))
    return {"ok": True}


CHANGES: dict[str, Change] = {
    **control_crm.CHANGES,
    **control_flows.CHANGES,
    **control_engage.CHANGES,
    **oauth.CHANGES,
    **by_name(
        delete_call,
        restore_call,
        delete_calls,
        restore_calls,
        edit_call,
        add_call,
        add_transcript,
        edit_review,
        edit_user,
        remove_user,
        add_user,
        add_unknown_field,
        set_limits,
    ),
    **access.CHANGES,
    **associations.CHANGES,
    **briefs.CHANGES,
    **coaching.CHANGES,
    **history.CHANGES,
    **library.CHANGES,
    **profiles.CHANGES,
}
