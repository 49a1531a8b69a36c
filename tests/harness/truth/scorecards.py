"""Expected rows of scorecards and reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tests.harness.truth.world import Row, World, instant


def scorecards(world: World) -> Iterator[Row]:
    for card in world["scorecards"]:
        yield {
            "scorecard_id": card["scorecardId"],
            "scorecard_name": card["scorecardName"],
            "workspace_id": card["workspaceId"],
            "is_enabled": card["enabled"],
            "updater_user_id": card["updaterUserId"],
            "created_at": instant(card["created"]),
            "updated_at": instant(card["updated"]),
            "review_method": card["reviewMethod"],
            "extra": None,
        }


def scorecard_questions(world: World) -> Iterator[Row]:
    for card in world["scorecards"]:
        for question in card["questions"]:
            # Gong sends the ends of a range as strings of digits.
            low, high = question["minRange"], question["maxRange"]
            yield {
                "scorecard_id": card["scorecardId"],
                "question_id": question["questionId"],
                "question_revision_id": question["questionRevisionId"],
                "question_text": question["questionText"],
                "is_overall": question["isOverall"],
                "question_type": question["questionType"],
                "answer_guide": question["answerGuide"],
                "min_range": None if low is None else int(low),
                "max_range": None if high is None else int(high),
                "answer_options": question["answerOptions"],
                "updater_user_id": question["updaterUserId"],
                "created_at": instant(question["created"]),
                "updated_at": instant(question["updated"]),
                "extra": None,
            }


def _reviews(world: World) -> Iterator[Row]:
    """Yields the reviews up to now; they are requested by whole company days."""
    for review in world["answered_scorecards"]:
        reviewed_at = datetime.fromisoformat(review["reviewTime"])
        day = reviewed_at.astimezone(world.zone).date()
        if world.first_day <= day and reviewed_at <= world.now:
            yield review


def answered_scorecards(world: World) -> Iterator[Row]:
    for review in _reviews(world):
        yield {
            "answered_scorecard_id": review["answeredScorecardId"],
            "scorecard_id": review["scorecardId"],
            "scorecard_name": review["scorecardName"],
            "call_id": review["callId"],
            "call_started_at": instant(review["callStartTime"]),
            "reviewed_user_id": review["reviewedUserId"],
            "reviewer_user_id": review["reviewerUserId"],
            "review_method": review["reviewMethod"],
            "editor_user_id": review["editorUserId"],
            "reviewed_at": instant(review["reviewTime"]),
            "visibility_type": review["visibilityType"],
            "extra": None,
        }


def scorecard_answers(world: World) -> Iterator[Row]:
    for review in _reviews(world):
        for answer in review["answers"]:
            yield {
                "answered_scorecard_id": review["answeredScorecardId"],
                "question_id": answer["questionId"],
                "question_revision_id": answer["questionRevisionId"],
                "is_overall": answer["isOverall"],
                "score": answer["score"],
                "answer_text": answer["answerText"],
                "is_not_applicable": answer["notApplicable"],
                "selected_options": answer["selectedOptions"],
                "extra": None,
            }
