"""Types of the table of operations: a row, its parameters, its quirks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

_CATALOGUE = "GONG_"


class Paging(StrEnum):
    """Where the cursor of the previous page goes. Every other parameter is repeated unchanged."""

    NONE = "none"
    QUERY_CURSOR = "query cursor"
    BODY_CURSOR = "body cursor"


class EmptyAnswer(StrEnum):
    """What Gong answers when the request was right and nothing matches it."""

    NOT_FOUND = "404 whose text says that no such rows were found"
    EMPTY_LIST = "200 with an empty list"
    NEVER = "does not apply"


NOT_FOUND, EMPTY_LIST, NEVER = EmptyAnswer


class ParameterLocation(StrEnum):
    """The part of the request that carries a value."""

    PATH = "path"
    QUERY = "query"
    BODY = "body"
    WHOLE_BODY = "whole body"
    """The value is itself the JSON body, under no key."""
    PART = "part"
    """A file part of a multipart form."""


class ParameterType(StrEnum):
    """What a value is, as far as the request is concerned."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    """ISO-8601 date and time with `Z` or an offset."""
    DATE = "date"
    """`YYYY-MM-DD`, a day in the company's time zone. Gong takes a date-time too."""
    LIST = "list"
    OBJECT = "object"
    ANY = "any"
    FILE = "file"


TEXT, INTEGER, NUMBER, BOOLEAN, INSTANT, DATE, LIST, OBJECT, ANY, FILE = ParameterType

Range = tuple[int | None, int | None]
"""The least and the greatest; None where there is none."""

Rule = Callable[[Mapping[str, Any]], Iterator[str]]
"""Yields what is wrong with the values of one object as a whole, by name of the value."""


@dataclass(frozen=True, slots=True)
class Elements:
    """What the objects in a list hold.

    Attributes:
        fields: their values; in a list inside them, `limits.elements` again.
        rules: what Gong says of several values of one object together.
    """

    fields: tuple[Parameter, ...]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterLimits:
    """What Gong's document says of a value beside its type and its choices.

    Attributes:
        length: characters of a text.
        bounds: of a number.
        count: items of a list, in one request.
        is_set: whether an item may be in a list only once.
        pattern: regular expression that a whole text matches.
        form: the same in words, after "must".
        elements: the objects in a list; None where its items are texts.
    """

    length: Range | None = None
    bounds: Range | None = None
    count: Range | None = None
    is_set: bool = False
    pattern: str = ""
    form: str = ""
    elements: Elements | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that an operation takes. Objects are walked through; of lists, `limits` tells."""

    name: str
    """Gong's own spelling; in a body the dotted way to it, `filter.fromDateTime`."""

    location: ParameterLocation
    """Where Gong reads it, also when the OpenAPI document declares it elsewhere."""

    type: ParameterType = ParameterType.TEXT
    """The declared type. The document declares most times as plain strings: take INSTANT or DATE
    from the format that its text demands. Ids keep the declared type, INTEGER or TEXT."""

    is_required: bool = False
    """True when every request must carry it: it and all objects around it are required."""

    is_required_in_object: bool = False
    """True when only requests that send the optional object around it must carry it."""

    choices: tuple[str, ...] = ()
    """The values allowed, for a LIST those of its items; empty when any will do."""

    aliases: tuple[str, ...] = ()
    """Names under which the catalogue or people know it that are not Gong's own with other dashes,
    dots or capitals: `call_id` where Gong says `id`. Never sent."""

    limits: ParameterLimits = ParameterLimits()


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where an operation departs from the rules of `errors.py` and `pagination.py`."""

    is_licensed: bool = False
    """Part of a product that costs extra: a 402 or 403 means that the company has not bought it."""

    errors_mean_unlicensed: bool = False
    """A 5xx at every attempt means that the company has not bought the product."""

    empty_404: str = ""
    """Regular expression of further texts of a 404 that mean "nothing found"."""

    unknown_ids: str = ""
    """Regular expression of a 404 that names unknown ids; its group is an id."""

    total_counts_unserved: bool = False
    """`totalRecords` also counts rows that are not served (yet)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table."""

    slug: str
    """The catalogue's name for it, `GONG_…`; for an operation that the catalogue does not list a
    name of ours without that beginning. Unique."""

    operation_id: str
    """Gong's operationId; the two slugs of the transcript operation share one."""

    method: str
    """Upper case."""

    path: str
    """From `/v2` on, with Gong's placeholders in braces."""

    summary: str
    """One line in our words: what a user gets or changes, not how."""

    scopes: tuple[str, ...]
    """What a bearer token needs, the indispensable one first; empty when Gong states none."""

    parameters: tuple[Parameter, ...]
    """Every parameter, the cursor included. Tuples that several rows take in full are shared."""

    paging: Paging
    """NONE when the whole answer comes at once, however long it is."""

    empty: EmptyAnswer
    """NOT_FOUND for filtered lists, EMPTY_LIST for other lists, NEVER where an answer is one
    object, as its 404 then means a wrong id. Where nobody has seen it live: what is documented."""

    rows_key: str | None
    """Key of the list in a successful answer. None when the answer is one object, a map, or
    several lists of equal standing."""

    is_write: bool
    """True when it changes something at Gong. A POST that only looks something up is a read."""

    row_id: str | None = None
    """Dotted way to the id of a row of a list that pages; None where rows have none."""

    quirks: Quirks = Quirks()

    rules: tuple[Rule, ...] = ()
    """What Gong says of several parameters together, by `Parameter.name`."""

    @property
    def kebab(self) -> str:
        """The slug as typed on a command line."""
        return self.slug.removeprefix(_CATALOGUE).lower().replace("_", "-")

    @property
    def short(self) -> str:
        """The kebab name without the path that the catalogue puts behind some: `add-new-call`."""
        return self.kebab.partition("-v2-")[0]

    @property
    def request(self) -> str:
        """Method and path: `GET /v2/calls`."""
        return f"{self.method} {self.path}"

    @property
    def is_in_catalogue(self) -> bool:
        """Whether it is one of the catalogue's 58; the others Gong has added since."""
        return self.slug.startswith(_CATALOGUE)

    @property
    def link(self) -> str:
        """The operation's place in Gong's own documentation (a Gong login is needed)."""
        return (
            f"https://gong.app.gong.io/settings/api/documentation#{self.method.lower()}-{self.path}"
        )

    @property
    def needs_filter(self) -> bool:
        """Whether the body must hold a `filter`, be it an empty one.

        Without it Gong answers 400; an empty one, where nothing inside is required, reads
        everything.
        """
        return any(
            parameter.location is ParameterLocation.BODY and parameter.name.startswith("filter.")
            for parameter in self.parameters
        )
