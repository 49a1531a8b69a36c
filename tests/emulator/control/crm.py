"""The generic CRM on the control surface: truth and changes."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.domains.crm.fields import FIELD_TYPES, OBJECT_TYPES, schema_field
from tests.emulator.domains.crm.integration import GenericCrm
from tests.emulator.domains.crm.seed import make_objects, make_schema
from tests.emulator.errors import bad_request, not_found
from tests.emulator.operations.crm.integrations import serve_integration
from tests.emulator.operations.crm.lookups import generic_crm
from tests.emulator.operations.crm.objects import serve_object
from tests.emulator.operations.crm.schema import serve_field
from tests.emulator.settings import Json


def integrations(app: Application) -> list[Json]:
    """The one integration, or none."""
    crm = generic_crm(app)
    return [serve_integration(app, crm.integration)] if crm.integration else []


def schema_fields(app: Application) -> list[Json]:
    """Every field of every object type."""
    crm = generic_crm(app)
    return [
        {**_place(crm, kind), **serve_field(app, field)}
        for kind in OBJECT_TYPES
        for field in crm.schema[kind].values()
    ]


def objects(app: Application) -> list[Json]:
    """Every object of the types that can be read."""
    crm = generic_crm(app)
    return [
        {**_place(crm, kind), "crmId": crm_id, "fields": serve_object(app, values)}
        for (kind, crm_id), values in crm.objects.items()
        if kind in OBJECT_TYPES
    ]


def _place(crm: GenericCrm, kind: str) -> Json:
    number = None if crm.integration is None else crm.integration["integrationId"]
    return {"integrationId": number, "objectType": kind}


def _connected(app: Application) -> GenericCrm:
    crm = generic_crm(app)
    if crm.integration is None:
        raise not_found("there is no generic CRM integration")
    return crm


def _kind(body: Json) -> str:
    if body["objectType"] not in OBJECT_TYPES:
        raise bad_request(f"objectType is one of {', '.join(OBJECT_TYPES)}")
    return str(body["objectType"])


def connect_crm(app: Application, body: Json) -> Json:
    """Register an integration at once; `with_data` fills it as a seeded one is."""
    crm = generic_crm(app)
    if crm.integration is not None:
        raise bad_request("there is a generic CRM integration already")
    owner = str(body.get("ownerEmail") or app.world.staff[0].email)
    number = crm.register(owner, str(body.get("name", "Generic CRM")))
    if body.get("with_data"):
        crm.schema, crm.objects = make_schema(), make_objects(app.world)
    return {"integrationId": number}


def edit_crm_integration(app: Application, body: Json) -> Json:
    """Overwrite the owner's address or the name."""
    crm = _connected(app)
    crm.integration = {**(crm.integration or {}), **body["fields"]}
    return {"integrationId": crm.integration["integrationId"]}


def disconnect_crm(app: Application, body: Json) -> Json:
    """Drop the integration at once, with its schema and objects."""
    _connected(app).disconnect()
    return {"ok": True}


def put_crm_field(app: Application, body: Json) -> Json:
    """Add a schema field, or replace the one with its name; values stay."""
    crm, kind = _connected(app), _kind(body)
    sent: Json = dict(body["field"])
    name, type_ = str(sent.pop("uniqueName")), str(sent.pop("type"))
    if type_ not in FIELD_TYPES:
        raise bad_request(f"type is one of {', '.join(FIELD_TYPES)}")
    crm.schema[kind][name] = schema_field(name, type_, **sent)
    return {"uniqueName": name}


def remove_crm_field(app: Application, body: Json) -> Json:
    """Drop a schema field and its values."""
    crm, kind, name = _connected(app), _kind(body), str(body["uniqueName"])
    if crm.schema[kind].pop(name, None) is None:
        raise not_found(f"no field {name}")
    for (type_, _), values in crm.objects.items():
        if type_ == kind:
            values.pop(name, None)
    return {"uniqueName": name}


def put_crm_object(app: Application, body: Json) -> Json:
    """Add an object, or merge `fields` into the one there is."""
    crm, key = _connected(app), (_kind(body), str(body["crmId"]))
    old = crm.objects.get(key) or {"objectId": key[1]}
    crm.objects[key] = {**old, **(body.get("fields") or {})}
    return {"crmId": key[1]}


def remove_crm_object(app: Application, body: Json) -> Json:
    """Make an object vanish from the CRM, whatever calls still say of it."""
    crm, key = _connected(app), (_kind(body), str(body["crmId"]))
    if crm.objects.pop(key, None) is None:
        raise not_found(f"no {key[0]} {key[1]}")
    return {"crmId": key[1]}


KINDS: dict[str, Kind] = {
    "crm_integrations": integrations,
    "crm_schema_fields": schema_fields,
    "crm_objects": objects,
}
CHANGES = by_name(
    connect_crm,
    edit_crm_integration,
    disconnect_crm,
    put_crm_field,
    remove_crm_field,
    put_crm_object,
    remove_crm_object,
)
