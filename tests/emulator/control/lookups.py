"""Looks up calls, users and instants that a change names; 400 or 404 in plain text."""

from typing import Any

from tests.emulator.application import Application
from tests.emulator.errors import bad_request, not_found
from tests.emulator.timing.instants import parse_instant
from tests.emulator.world.calls.skeletons import Call
from tests.emulator.world.company.people import Person


def the_call(app: Application, call_id: str) -> Call:
    """A call that is not deleted, listed yet or not."""
    call = app.world.calls.get(call_id)
    if call is None:
        raise not_found(f"no call {call_id}")
    return call


def the_user(app: Application, user_id: str) -> Person:
    """A user that was not removed."""
    person = app.world.directory.find(user_id)
    if person is None:
        raise not_found(f"no user {user_id}")
    return person


def the_instant(value: Any) -> int:
    """A date-time with an offset or Z, in microseconds."""
    instant = parse_instant(str(value))
    if instant is None:
        raise bad_request(f"{value!r} is not an ISO-8601 date-time with an offset or Z")
    return instant
