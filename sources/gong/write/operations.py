"""Table three: what pushing rows needs to know of each write, beside its row in `operations.py`.

Responsible for how rows become requests (one each, or many in one where Gong takes lists), for the
key by which a row is known again, and for what may be done when nobody knows whether Gong has done
a thing. Sends nothing but the questions of `settled` and `progress`.

A *unit* is the smallest thing with a fate of its own: a row, or an element of a row's list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sources.gong.api.operations import (
    Operation,
    Parameter,
    ParameterLocation,
    ParameterType,
    operation,
)
from sources.gong.api.parameters import InvalidParameters, parameter_named, validate

if TYPE_CHECKING:
    from sources.gong.api.client import Client
    from sources.gong.api.errors import GongError

Answer = Mapping[str, Any]
Inputs = Mapping[str, Any]

LARGEST_CRM_FILE = 200_000_000
"""Bytes of a file of CRM objects (OpenAPI, 2026-07)."""
LARGEST_MEDIA = 1_500_000_000
"""Bytes of a call's media (OpenAPI, 2026-07)."""


class Repeat(StrEnum):
    """What sending a request again comes to, where nobody knows whether it was done."""

    REFUSED = "Gong knows its key, and refuses it the second time"
    HARMLESS = "done twice is done once"
    ASKED = "Gong can be asked whether it was done"
    UNKNOWN = "it may be done twice, and Gong cannot be asked"


class Fate(StrEnum):
    """How far something that Gong does later has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing to be done at Gong.

    Attributes:
        row: the number of its row, from 1.
        key: by which it is known again; a hash, as what it is made of may be anybody's.
        digest: of all that would be sent; another one under the same key is another content.
        rest: typed inputs that it shares with all that go in the same request.
        element: its own element of the operation's list; None where it is a request of its own.
        attempt: for the how-manieth time it is to be done; the same after a kill.
        was_open: whether an earlier attempt was cut off, and may have been done.
    """

    row: int
    key: str
    digest: str
    rest: Inputs = field(repr=False)
    element: Any = field(default=None, repr=False)
    attempt: int = 1
    was_open: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """What Gong says of something that it does later.

    Attributes:
        fate: whether it is done. What has failed as a whole has no errors; where it has some, only
            the others' fate is not known.
        errors: by place in the request, from 0.
        message: why it has failed, or why the others' fate is not known.
    """

    fate: Fate
    errors: Mapping[int, str] = field(default_factory=dict)
    message: str = ""


Asks = Callable[["Client", Unit], bool | None]
Follows = Callable[["Client", Inputs, str], Progress]
Fails = Callable[[Answer, Sequence[Any]], Mapping[int, str]]


def _none_fails(_answer: Answer, _elements: Sequence[Any]) -> Mapping[int, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Write:
    """One row of the table.

    Attributes:
        operation_id: of its row in `operations.py`.
        repeat: what may be done when nobody knows whether a request was done.
        key: the inputs by which Gong, or we, know again what a unit is about; where they are
            empty or not given, all that is sent.
        made_up: the one of them that is made of the rest where a row does not give it.
        named: the input that names the request; made of what the request holds, and of the
            attempt, where a row does not give it.
        elements: the list input whose elements are units; a file of lines for CRM objects.
        element: the inputs of an element that is an object, as a row may hold them flat.
        most: how many elements go in a request.
        is_destructive: whether it takes something away at Gong.
        asks: whether a unit is done: True, False, or None where that cannot be told yet.
        follows: how far something has come that Gong does later.
        fails: which elements Gong has not done, though it took the request, and why.
        answer: the key of the answer that is kept: the id Gong gave, by which it is followed.
        is_all_or_nothing: whether one wrong element keeps Gong from doing the others.
        undoes: the operation whose doing this one takes back, under the same key.
        is_whole: whether the elements are only right together, and all go again if one does.
        is_silent_when_gone: whether Gong says nothing of what was taken away before.
    """

    operation_id: str
    repeat: Repeat
    key: tuple[str, ...] = ()
    made_up: str | None = None
    named: str | None = None
    elements: str | None = None
    element: tuple[Parameter, ...] = ()
    most: int = 1
    is_destructive: bool = False
    asks: Asks | None = None
    follows: Follows | None = None
    fails: Fails = _none_fails
    answer: str | None = None
    is_all_or_nothing: bool = False
    is_whole: bool = False
    is_silent_when_gone: bool = False
    undoes: str | None = None

    @property
    def keeps_first(self) -> bool:
        """Whether Gong keeps the first content under a key; else another one goes again."""
        return self.repeat is Repeat.REFUSED and not self.is_file_of_lines

    @property
    def can_go_again(self) -> bool:
        """Whether to send it once more does no harm, whatever has become of it."""
        return self.repeat in (Repeat.REFUSED, Repeat.HARMLESS)

    @property
    def largest_file(self) -> int:
        """Bytes of a file that Gong takes."""
        return LARGEST_CRM_FILE if self.is_file_of_lines else LARGEST_MEDIA

    @property
    def operation(self) -> Operation:
        """Its row in `operations.py`."""
        return operation(self.operation_id)

    @property
    def is_file_of_lines(self) -> bool:
        """Whether the elements are lines of a file that is uploaded."""
        return self.operation_id == "uploadCrmData"


def units(write: Write, number: int, row: Mapping[str, Any]) -> Iterator[Unit]:
    """Yields what a row asks for.

    Args:
        write: of which operation.
        number: of the row, from 1.
        row: values by column, as `parameters.validate` takes them.

    Raises:
        InvalidParameters: with all that is wrong in the row.
    """
    row = {name: value for name, value in row.items() if value is not None}
    whole = write.operation
    is_flat = bool(write.element) or write.is_file_of_lines
    if write.elements is None or not is_flat or _has(whole, row, write.elements):
        inputs = _validated(write, row)
        if write.elements is None or write.is_file_of_lines:
            yield _unit(write, number, inputs)
            return
        listed = inputs.pop(write.elements)
        if not listed:
            raise InvalidParameters(whole, [f"{write.elements} is an empty list"])
        for element in listed:
            for one in _apart(write, _element(write, element)):
                yield _unit(write, number, inputs, one)
        return
    if write.is_file_of_lines:
        yield _line(write, number, row)
        return
    inputs = validate(_flat(write), row)
    own = {one.name for one in write.element}
    element = {name: value for name, value in inputs.items() if name in own}
    rest = {name: value for name, value in inputs.items() if name not in own}
    for one in _apart(write, _checked(write, element)):
        yield _unit(write, number, rest, one)


def composed(write: Write, group: Sequence[Unit], folder: Path) -> dict[str, Any]:
    """Returns the inputs of the request that does a group of units.

    Args:
        write: of which operation.
        group: units whose rest is the same.
        folder: where a file that is uploaded may be written.
    """
    inputs = dict(group[0].rest)
    # made of what it holds, so that a run that goes on after a kill makes the same one, and of the
    # attempt, as what has failed, or was overwritten since, may have to go again
    name = "gong-elt-" + _digest([[unit.digest, unit.attempt] for unit in group])
    if write.named:
        inputs.setdefault(write.named, name)
    if group[0].element is None:
        return inputs
    if write.is_file_of_lines:
        file = folder / f"{name}.ldjson"
        with file.open("wb") as lines:
            for unit in group:
                lines.write(_json(unit.element) + b"\n")
        return {**inputs, "dataFile": file}
    elements = [unit.element for unit in group]
    return {**inputs, str(write.elements): _by_call(elements) if _is_access(write) else elements}


def grouped(write: Write, found: Iterator[Unit]) -> Iterator[list[Unit]]:
    """Yields units that may go in one request: as many as Gong takes, with the same rest.

    They need not follow each other: a file of rows may change its type of object in every line.
    """
    groups: dict[str, list[Unit]] = {}
    sizes: dict[str, int] = {}
    for unit in found:
        if unit.element is None:
            yield [unit]
            continue
        rest = _digest(unit.rest)
        line = len(_json(unit.element)) + 1 if write.is_file_of_lines else 0
        group = groups.setdefault(rest, [])
        if group and (len(group) >= write.most or sizes[rest] + line > LARGEST_CRM_FILE):
            yield group
            group = groups[rest] = []
        group.append(unit)
        sizes[rest] = line + (sizes[rest] if len(group) > 1 else 0)
    yield from groups.values()


def _has(row: Operation, values: Mapping[str, Any], name: str) -> bool:
    return any(
        (one := parameter_named(row, column)) is not None and one.name == name for column in values
    )


def _validated(write: Write, row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the typed inputs of a row, with the key that is made up, and without a name."""
    given = dict(row)
    if write.made_up and not _has(write.operation, given, write.made_up):
        given[write.made_up] = "gong-elt-" + _digest(given)
    if write.named and not _has(write.operation, given, write.named):
        inputs = validate(write.operation, {**given, write.named: "made up later"})
        del inputs[write.named]
        return inputs
    return validate(write.operation, given)


def _unit(write: Write, number: int, inputs: Inputs, element: Any = None) -> Unit:
    sent = {name: value for name, value in inputs.items() if not isinstance(value, Path)}
    try:
        json.dumps([sent, element], allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        told = "half a character" if isinstance(error, UnicodeError) else str(error)
        raise InvalidParameters(
            write.operation, [f"a value inside it cannot be sent as JSON: {told}"]
        ) from None
    held = {
        # of media it is not worth reading a gigabyte: name and size will do
        name: _content(write, name, value)
        if isinstance(value, Path) and write.is_file_of_lines
        else value
        for name, value in inputs.items()
    }
    digest = _digest([held, element])
    named = {**inputs, **(element if isinstance(element, Mapping) else {write.elements: element})}
    is_named = bool(write.key) and all(named.get(name) is not None for name in write.key)
    key = [str(named[name]) for name in write.key] if is_named else digest
    return Unit(number, _digest(key), digest, inputs, element)


def _is_access(write: Write) -> bool:
    return write.elements == "callAccessList"


def _apart(write: Write, element: Any) -> Iterator[Any]:
    """Yields an element in parts that are done or undone each for itself."""
    if not _is_access(write):
        yield element
        return
    for user in element["userIds"]:
        yield {**element, "userIds": [str(user)]}


def _by_call(elements: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    users: dict[str, list[str]] = {}
    for one in elements:
        users.setdefault(str(one["callId"]), []).extend(one["userIds"])
    return [{"callId": call, "userIds": ids} for call, ids in users.items()]


def _element(write: Write, element: Any) -> Any:
    if not write.element:
        return str(element)
    if not isinstance(element, Mapping):
        raise InvalidParameters(write.operation, [f"{write.elements}: an element is not an object"])
    return _checked(write, validate(_of_element(write), element))


def _checked(write: Write, element: dict[str, Any]) -> dict[str, Any]:
    if write.operation_id == "submitFlowProspectsBulkAssignment" and not element.get("crmId"):
        # OpenAPI, FlowAssignmentProspect: required if the crmId is not provided
        lacking = [name for name in ("firstName", "lastName") if not element.get(name)]
        if lacking:
            raise InvalidParameters(
                write.operation,
                [f"{name} is missing: it is needed without a crmId" for name in lacking],
            )
    return element


def _of_element(write: Write) -> Operation:
    return replace(write.operation, parameters=write.element)


def _flat(write: Write) -> Operation:
    """The operation, as a row describes it that holds one element."""
    others = (one for one in write.operation.parameters if one.name != write.elements)
    return replace(write.operation, parameters=(*others, *write.element))


_POSTED = re.compile(r"has already been posted for the call (\d+)")


def known_already(write: Write, error: GongError) -> str | None:
    """Returns what Gong calls a unit whose key it refuses as known; None for another refusal.

    The text is empty where Gong does not tell.
    """
    if write.repeat is not Repeat.REFUSED:
        return None
    text = " ".join(error.texts)
    if write.operation_id == "addCall":
        # 400 in fact, where 409 is documented for other conflicts (seen live)
        posted = _POSTED.search(text)
        return posted[1] if posted else None
    return "" if error.status == 409 else None


def is_gone(write: Write, error: GongError) -> bool:
    """Whether a refusal says that what was to be taken away is not there any more."""
    return write.operation_id == "deleteMeeting" and error.status == 404


_LINE_INPUTS = ("integrationId", "objectType")


def _line(write: Write, number: int, row: Mapping[str, Any]) -> Unit:
    """A CRM object: what is not an input of the upload is a field of it."""
    whole = write.operation
    inputs = tuple(one for one in whole.parameters if one.name in _LINE_INPUTS)
    around = replace(whole, parameters=inputs)
    named = {name: parameter_named(around, name) for name in row}
    given = {name: value for name, value in row.items() if named[name] is not None}
    fields = {name: _plain(value) for name, value in row.items() if named[name] is None}
    problems: list[str] = []
    rest: dict[str, Any] = {}
    try:
        rest = validate(around, given)
    except InvalidParameters as wrong:
        problems += wrong.problems
    # OpenAPI, text of the operation: mandatory in every line
    mandatory = (
        ("objectId", "name") if rest.get("objectType") == "STAGE" else ("objectId", "modifiedDate")
    )
    problems += [
        f"{name} is missing: every CRM object needs it"
        for name in mandatory
        if not fields.get(name)
    ]
    if problems:
        raise InvalidParameters(whole, problems)
    return _unit(write, number, rest, fields)


def _plain(value: Any) -> Any:
    """A value as JSON has it; times without fractions of a second, which Gong does not take."""
    if hasattr(value, "isoformat"):
        value = value.replace(microsecond=0) if hasattr(value, "microsecond") else value
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (str, int, float, bool, list, dict)) or value is None:
        return value
    return str(value)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _content(write: Write, name: str, file: Path) -> str:
    """A hash of what a file holds."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, hashlib.blake2b).hexdigest()
    except OSError as error:
        told = f"there is no file {file}" if not file.exists() else f"{file}: {error.strerror}"
        raise InvalidParameters(write.operation, [f"{name}: {told}"]) from None


def _digest(value: Any) -> str:
    def told(one: Any) -> Any:
        if isinstance(one, Path):
            return [one.name, one.stat().st_size if one.is_file() else None]
        return str(one)

    text = json.dumps(value, sort_keys=True, default=told, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _prospect_is_in_flow(client: Client, unit: Unit) -> bool | None:
    prospect = unit.element["crmId"] if isinstance(unit.element, Mapping) else unit.element
    answer = client.call(operation("getProspectsAssignedFlows"), {"crmProspectsIds": [prospect]})
    found = answer.get("prospectsAssigned") or []
    return any(str(one.get("flowId")) == str(unit.rest["flowId"]) for one in found)


def _bulk_prospect_is_in_flow(client: Client, unit: Unit) -> bool | None:
    # somebody who is to be created has no id to ask by; who is not there may come yet, as Gong
    # does it later
    return (_prospect_is_in_flow(client, unit) if unit.element.get("crmId") else None) or None


def _integration_is_there(client: Client, unit: Unit) -> bool | None:
    answer = client.call(operation("listGenericCrmIntegration"), {})
    found = answer.get("integrations") or []
    return any(one.get("name") == unit.rest["name"] for one in found)


def _profile_is_there(client: Client, unit: Unit) -> bool | None:
    workspace = unit.rest["workspaceId"]
    answer = client.call(operation("listPermissionProfile"), {"workspaceId": workspace})
    found = answer.get("profiles") or []
    return any(one.get("name") == unit.rest.get("name") for one in found)


def _media_is_there(client: Client, unit: Unit) -> bool | None:
    from sources.gong.api.errors import NotFound, NothingFound, Rejected

    try:
        client.call(operation("getCall"), {"id": unit.rest["id"]})
    except (NotFound, NothingFound, Rejected):
        # Gong lists a call some minutes after its media came
        return None
    return True


def _upload(client: Client, inputs: Inputs, request: str) -> Progress:
    asked = {"integrationId": inputs["integrationId"], "clientRequestId": request}
    return upload_progress(client.call(operation("getRequestStatus"), asked))


def upload_progress(answer: Answer) -> Progress:
    """Returns how far Gong is with a file of CRM objects, or a deletion, from what it says."""
    status = str(answer.get("status"))
    told: dict[int, str] = {}
    for one in answer.get("errors") or []:
        line, text = int(one.get("line") or 0), str(one.get("description"))
        told[line] = f"{told[line]}; {text}" if line in told else text
    general = told.pop(0, None)
    errors = {line - 1: text for line, text in told.items()}
    if status == "DONE":
        return Progress(Fate.DONE, errors)
    if status != "FAILED":
        return Progress(Fate.WAITING)
    if general or not errors:
        # line 0 is the file as a whole
        return Progress(Fate.FAILED, {}, general or "Gong does not say why")
    # documented: at most 20 lines are named
    unnamed = int(answer.get("totalErrorCount") or 0) - len(errors)
    if unnamed <= 0:
        return Progress(Fate.DONE, errors)
    return Progress(
        Fate.FAILED,
        errors,
        f"this may be one of {unnamed} further rows that Gong refuses and does not name; it goes "
        "again with the next push",
    )


def _bulk(client: Client, _inputs: Inputs, assignment: str) -> Progress:
    now = client.call(operation("getFlowProspectsBulkAssignment"), {"id": assignment})
    if now.get("status") not in ("COMPLETED", "FAILED"):
        return Progress(Fate.WAITING)
    errors = {
        place: str(one.get("errorMessage") or one.get("errorCode") or one.get("status"))
        for place, one in enumerate(now.get("results") or [])
        if one.get("status") != "ASSIGNED"
    }
    is_lost = now.get("status") == "FAILED" and not errors
    return Progress(Fate.FAILED if is_lost else Fate.DONE, errors, "the assignment failed")


def _not_assigned(answer: Answer, elements: Sequence[Any]) -> Mapping[int, str]:
    told = {
        str(one.get("crmProspectId")): f"{one.get('errorCode')}: {one.get('errorMessage')}"
        for one in answer.get("prospectsNotAssigned") or []
    }
    return {place: told[one] for place, one in enumerate(elements) if one in told}


def _not_unassigned(answer: Answer, elements: Sequence[Any]) -> Mapping[int, str]:
    done = {str(one) for one in answer.get("unassignedFlowInstanceIds") or []}
    text = "Gong did not say that it was taken out of the flow"
    return {place: text for place, one in enumerate(elements) if one not in done}


def _erased(name: str, field: str) -> Follows:
    def follow(client: Client, inputs: Inputs, _request: str) -> Progress:
        from sources.gong.api.errors import NothingFound

        try:
            found = client.call(operation(name), {field: inputs[field]})
        except NothingFound:
            return Progress(Fate.DONE)
        lists = ("emails", "calls", "meetings", "customerData", "customerEngagement")
        return Progress(Fate.WAITING if any(found.get(one) for one in lists) else Fate.DONE)

    return follow


def _body(
    name: str, kind: ParameterType = ParameterType.TEXT, *, is_required: bool = False
) -> Parameter:
    return Parameter(name, ParameterLocation.BODY, kind, is_required)


_ACCESS = (
    _body("callId", is_required=True),
    Parameter(
        "userIds", ParameterLocation.BODY, ParameterType.LIST, is_required=True, aliases=("userId",)
    ),
)
_PROSPECT = tuple(
    _body(name)
    for name in (
        "firstName", "lastName", "email", "jobTitle", "linkedInUrl", "crmId", "accountCrmId",
        "companyName",
    )
)  # fmt: skip
_FIELD = (
    *(_body(name, is_required=True) for name in ("uniqueName", "label", "type")),
    _body("lastModified", ParameterType.INSTANT),
    _body("isDeleted", ParameterType.BOOLEAN),
    _body("referenceTo"),
    _body("orderedValueList", ParameterType.LIST),
)

_EVENT = ("reportingSystem", "eventId")

WRITES: tuple[Write, ...] = (
    Write("addCall", Repeat.REFUSED, ("clientUniqueId",), answer="callId"),
    Write("addCallRecording", Repeat.ASKED, ("id",), asks=_media_is_there, answer="callId"),
    Write("createPermissionProfile", Repeat.ASKED, asks=_profile_is_there, answer="id"),
    Write("updatePermissionProfile", Repeat.HARMLESS, ("profileId",)),
    Write(
        "addUsersAccessToCalls", Repeat.HARMLESS, ("callId", "userIds"),
        undoes="deleteUsersAccessToCalls",
        elements="callAccessList", element=_ACCESS, most=100, is_all_or_nothing=True,
    ),
    Write(
        "deleteUsersAccessToCalls", Repeat.HARMLESS, ("callId", "userIds"),
        undoes="addUsersAccessToCalls", is_destructive=True,
        elements="callAccessList", element=_ACCESS, most=100, is_all_or_nothing=True,
    ),
    Write(
        "purgeEmailAddress", Repeat.HARMLESS, is_destructive=True,
        follows=_erased("findAllReferencesToEmailAddress", "emailAddress"),
    ),
    Write(
        "purgePhoneNumber", Repeat.HARMLESS, is_destructive=True,
        follows=_erased("findAllReferencesToPhoneNumber", "phoneNumber"),
    ),
    Write(
        "registerGenericCrmIntegration", Repeat.ASKED, asks=_integration_is_there,
        answer="integrationId",
    ),
    Write(
        "deleteGenericCrmIntegration", Repeat.REFUSED, ("integrationId",),
        named="clientRequestId", is_destructive=True, follows=_upload, answer="clientRequestId",
    ),
    Write(
        "uploadCrmData", Repeat.REFUSED, ("integrationId", "objectType", "objectId"),
        named="clientRequestId", elements="dataFile",
        most=50_000, follows=_upload, answer="clientRequestId",
    ),
    Write(
        "assignProspects", Repeat.ASKED, ("crmProspectsIds", "flowId"),
        undoes="unassignProspectFlows", elements="crmProspectsIds", most=100,
        asks=_prospect_is_in_flow, fails=_not_assigned,
    ),
    Write(
        "unassignProspectFlows", Repeat.HARMLESS, ("crmProspectId", "flowId"),
        undoes="assignProspects", is_destructive=True,
    ),
    Write("addMeeting", Repeat.UNKNOWN, answer="meetingId"),
    Write("updateMeeting", Repeat.HARMLESS, ("meetingId",)),
    Write("deleteMeeting", Repeat.HARMLESS, ("meetingId",), is_destructive=True),
    Write("addDigitalInteraction", Repeat.REFUSED, ("eventId",), made_up="eventId"),
    *(
        Write(name, Repeat.REFUSED, _EVENT, made_up="eventId")
        for name in ("contentViewed", "contentShared", "customAction")
    ),
    Write(
        "uploadCrmSchemaField", Repeat.HARMLESS, ("integrationId", "objectType", "uniqueName"),
        elements="fields", element=_FIELD, most=500,
        is_whole=True,
    ),
    Write(
        "unassignFlows", Repeat.HARMLESS, is_destructive=True,
        elements="flowInstanceIds", most=200, fails=_not_unassigned, is_all_or_nothing=True,
        is_silent_when_gone=True,
    ),
    Write(
        "submitFlowProspectsBulkAssignment", Repeat.ASKED, elements="prospects",
        element=_PROSPECT, most=50, asks=_bulk_prospect_is_in_flow, follows=_bulk, answer="id",
        is_all_or_nothing=True,
    ),
    Write("updateReminder", Repeat.HARMLESS, ("taskId",)),
)  # fmt: skip

_BY_OPERATION = {write.operation_id: write for write in WRITES}


def write_of(row: Operation) -> Write:
    """Returns the row of an operation that is a write.

    Raises:
        KeyError: it is a read.
    """
    return _BY_OPERATION[row.operation_id]
