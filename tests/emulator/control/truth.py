"""The table of truth kinds: what the API must deliver, without paging."""

from tests.emulator.control import crm
from tests.emulator.control.calls import access, associations, calls, uploads
from tests.emulator.control.company import (
    briefs,
    coaching,
    definitions,
    library,
    logs,
    privacy,
    profiles,
    settings_history,
    users,
    workspaces,
)
from tests.emulator.control.engage import (
    events,
    flows,
    folders,
    instances,
    meeting_integrations,
    meetings,
    steps,
    tasks,
)
from tests.emulator.control.registry import Kind
from tests.emulator.control.stats import activity, reviews

KINDS: dict[str, Kind] = {
    **crm.KINDS,
    **flows.KINDS,
    **folders.KINDS,
    **steps.KINDS,
    **instances.KINDS,
    **tasks.KINDS,
    **meeting_integrations.KINDS,
    **calls.KINDS,
    **users.KINDS,
    **workspaces.KINDS,
    **definitions.KINDS,
    **reviews.KINDS,
    **logs.KINDS,
    **activity.KINDS,
    **access.KINDS,
    **associations.KINDS,
    **briefs.KINDS,
    **coaching.KINDS,
    **events.KINDS,
    **settings_history.KINDS,
    **library.KINDS,
    **meetings.KINDS,
    **privacy.KINDS,
    **profiles.KINDS,
    **uploads.KINDS,
}
