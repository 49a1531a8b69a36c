"""The table of changes to the running world."""

from tests.emulator.control import crm, oauth, run
from tests.emulator.control.calls import access, associations, calls
from tests.emulator.control.company import (
    briefs,
    coaching,
    library,
    profiles,
    settings_history,
    users,
    workspaces,
)
from tests.emulator.control.engage import (
    flows,
    folders,
    instances,
    meeting_integrations,
    steps,
    tasks,
)
from tests.emulator.control.registry import Change
from tests.emulator.control.stats import reviews

CHANGES: dict[str, Change] = {
    **crm.CHANGES,
    **flows.CHANGES,
    **folders.CHANGES,
    **steps.CHANGES,
    **instances.CHANGES,
    **tasks.CHANGES,
    **meeting_integrations.CHANGES,
    **oauth.CHANGES,
    **calls.CHANGES,
    **reviews.CHANGES,
    **users.CHANGES,
    **run.CHANGES,
    **access.CHANGES,
    **associations.CHANGES,
    **briefs.CHANGES,
    **workspaces.CHANGES,
    **coaching.CHANGES,
    **settings_history.CHANGES,
    **library.CHANGES,
    **profiles.CHANGES,
}
