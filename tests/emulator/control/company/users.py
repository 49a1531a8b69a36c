"""Users on the control surface."""

from dataclasses import replace

from tests.emulator.application import Application
from tests.emulator.control.lookups import the_user
from tests.emulator.control.registry import Kind, by_name
from tests.emulator.operations.company.users import serve_user
from tests.emulator.settings import Json
from tests.emulator.world.chance import gong_id, stream
from tests.emulator.world.company.people import make_person, user_document


def users(app: Application) -> list[Json]:
    """Every user; avatars are left out, as the API does unless asked."""
    return [serve_user(app, person) for person in app.world.directory.listed(avatars=False)]


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


KINDS: dict[str, Kind] = {"users": users}
CHANGES = by_name(edit_user, remove_user, add_user)
