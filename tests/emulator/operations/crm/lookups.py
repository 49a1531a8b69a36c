"""The generic CRM, and the integration that a request names."""

from tests.emulator.application import Application
from tests.emulator.domains.crm.integration import GenericCrm
from tests.emulator.errors import bad_request
from tests.emulator.inputs.fields import Fields


def generic_crm(app: Application) -> GenericCrm:
    """The CRM with the due requests completed."""
    crm = app.world.state(GenericCrm)
    crm.settle()
    return crm


def integration_id(fields: Fields) -> int:
    """The integration id of a query."""
    fields.require("integrationId")
    return int(str(fields.long("integrationId")))


def the_integration(crm: GenericCrm, fields: Fields) -> int:
    """The id of the integration that a query names; 400 for any other (our choice)."""
    number = integration_id(fields)
    if crm.integration is None or crm.integration["integrationId"] != number:
        raise bad_request(f"integrationId: there is no integration {number}")
    return number
