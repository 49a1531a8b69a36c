"""Answered scorecards on the control surface."""

import copy

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.errors import not_found
from tests.emulator.settings import Json
from tests.emulator.world.activity.reviews import Review


def answered_scorecards(app: Application) -> list[Json]:
    """Every published review, manual or automatic."""
    edits = app.world.edits
    return [edits.review(review.id, review.document) for review in app.world.reviews()]


def edit_review(app: Application, body: Json) -> Json:
    """Change answers (by questionId) or drop a question of one review."""
    review = _review(app, str(body["answeredScorecardId"]))
    document = copy.deepcopy(app.world.edits.review(review.id, review.document))
    if "drop_question" in body:
        gone = str(body["drop_question"])
        document["answers"] = [kept for kept in document["answers"] if kept["questionId"] != gone]
    for change in body.get("answers") or []:
        for answer in document["answers"]:
            if answer["questionId"] == change["questionId"]:
                answer.update(change)
        document["editorUserId"] = app.world.directory.seniority[0].id
    document.update(body.get("fields") or {})
    app.world.edits.edit_review(review.id, document)
    return {"answeredScorecardId": review.id}


def _review(app: Application, review_id: str) -> Review:
    for review in app.world.derived.reviews:
        if review.id == review_id:
            return review
    raise not_found(f"no review {review_id}")


KINDS: dict[str, Kind] = {"answered_scorecards": answered_scorecards}
CHANGES = by_name(edit_review)
