"""What the world holds and the API must deliver, listed without paging or HTTP."""

from datetime import date

from tests.emulator import control_crm, control_engage, control_flows
from tests.emulator import operations_access as access
from tests.emulator import operations_associations as associations
from tests.emulator import operations_briefs as briefs
from tests.emulator import operations_coaching as coaching
from tests.emulator import operations_engagement as engagement
from tests.emulator import operations_history as history
from tests.emulator import operations_library as library
from tests.emulator import operations_meetings as meetings
from tests.emulator import operations_privacy as privacy
from tests.emulator import operations_profiles as profiles
from tests.emulator import operations_uploads as uploads
from tests.emulator.logs import LOG_TYPES
from tests.emulator.operations_calls import extensive_call
from tests.emulator.operations_company import serve_log, serve_user, served_list
from tests.emulator.registries import Kind
from tests.emulator.requests import Application
from tests.emulator.settings import Json


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


def users(app: Application) -> list[Json]:
    """Every user; avatars are left out, as the API does unless asked."""
    return [serve_user(app, person) for person in app.world.directory.listed(avatars=False)]


def answered_scorecards(app: Application) -> list[Json]:
    """Every published review, manual or automatic."""
    edits = app.world.edits
    return [edits.review(review.id, review.document) for review in app.world.reviews()]


def logs(app: Application) -> list[Json]:
    """Every log entry still kept, with its type."""
    return [
        {**serve_log(app, entry), "logType": kind}
        for kind in LOG_TYPES
        for entry in app.world.log(kind)
    ]


def activity_events(app: Application) -> list[Json]:
    """Every activity of the days before today, each once per user, day and call."""
    return [
        {
            "user_id": event.user,
            "day": event.day.isoformat(),
            "activity": event.activity,
            "call_id": event.call.id,
        }
        for event in app.world.events(date(1970, 1, 1), app.world.today)
    ]


KINDS: dict[str, Kind] = {
    **control_crm.KINDS,
    **control_flows.KINDS,
    **control_engage.KINDS,
    "calls": calls,
    "transcripts": transcripts,
    "users": users,
    "workspaces": lambda app: served_list(app, "workspaces", app.world.workspaces),
    "trackers": lambda app: served_list(app, "trackers", app.world.catalog.keyword_trackers),
    "call_outcomes": lambda app: served_list(app, "call_outcomes", app.world.catalog.outcomes),
    "scorecards": lambda app: served_list(app, "scorecards", app.world.catalog.scorecards),
    "answered_scorecards": answered_scorecards,
    "logs": logs,
    "activity_events": activity_events,
    **access.KINDS,
    **associations.KINDS,
    **briefs.KINDS,
    **coaching.KINDS,
    **engagement.KINDS,
    **history.KINDS,
    **library.KINDS,
    **meetings.KINDS,
    **privacy.KINDS,
    **profiles.KINDS,
    **uploads.KINDS,
}
