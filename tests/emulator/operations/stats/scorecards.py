"""Answered scorecards."""

from tests.emulator.application import Application
from tests.emulator.errors import NO_ANSWERED_SCORECARDS, not_found
from tests.emulator.operations.routing import Route
from tests.emulator.paging.pages import keyed
from tests.emulator.requests import Request
from tests.emulator.settings import Json
from tests.emulator.timing.windows import day_within


def answered_scorecards(app: Application, request: Request) -> Json:
    """POST /v2/stats/activity/scorecards: reviews by review day and call day; MANUAL unless asked.

    Days are company days and the end is exclusive (seen live).
    """
    body, zone = request.body_fields, app.world.zone
    filters = body.inner("filter", required=True)
    calls = filters.days("callFromDate", "callToDate")
    reviewed = filters.days("reviewFromDate", "reviewToDate")
    method = filters.choice("reviewMethod", ("AUTOMATIC", "MANUAL", "BOTH")) or "MANUAL"
    users, cards = filters.ids("reviewedUserIds"), filters.ids("scorecardIds")
    rows = [
        review
        for review in app.world.reviews()
        if method in ("BOTH", review.document["reviewMethod"])
        and (users is None or review.document["reviewedUserId"] in users)
        and (cards is None or review.document["scorecardId"] in cards)
        and day_within(zone.day(review.at), reviewed)
        and day_within(zone.day(review.call.started), calls)
    ]
    binding = {"operation": "scorecards", "filter": filters.values}
    sequence = app.sequence(body.text("cursor"), binding)
    empty = not_found(NO_ANSWERED_SCORECARDS)
    page = keyed(sequence, rows, lambda review: review.sort_key, empty)
    edits = app.world.edits
    served = [edits.review(review.id, review.document) for review in page.rows]
    return {"records": page.records, "answeredScorecards": served}


_PATH = "/v2/stats/activity/scorecards"
ROUTES = (Route("POST", _PATH, "api:stats:scorecards", answered_scorecards, paged=True),)
