"""Users and workspaces that a request names."""

from tests.emulator.application import Application
from tests.emulator.errors import bad_request
from tests.emulator.inputs.fields import Fields
from tests.emulator.world.company.people import Person


def the_owner(app: Application, fields: Fields, key: str) -> Person:
    """The user a request names by address; 400 for an unknown address (our choice)."""
    fields.require(key)
    email = str(fields.text(key))
    person = app.world.directory.with_email(email)
    if person is None:
        raise bad_request(f"{fields.name(key)}: no Gong user has the address {email}")
    return person


def the_workspace(app: Application, fields: Fields, key: str = "workspaceId") -> str | None:
    """The workspace a request names; 400 for an unknown workspace (our choice)."""
    workspace = fields.text(key)
    if workspace is not None and not app.world.has_workspace(workspace):
        raise bad_request(f"{fields.name(key)}: there is no workspace {workspace}")
    return workspace
