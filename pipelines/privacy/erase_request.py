"""Who is erased, and how: the options of `gong-elt erase`, and the identifier they give.

Opens nothing; wrong usage is known before anything is touched.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.exit_codes import UsageError
from sources.gong.api.input_checks import spoilt_id
from sources.gong.load.suppression.identifiers import IdentifierKind, normal_email
from sources.gong.load.suppression.person import Person
from sources.gong.load.suppression.phones import (
    PhoneSpellings,
    has_country_code,
    normal_phone,
    phone_spellings,
)


@dataclass(frozen=True, slots=True)
class EraseOptions:
    """The parsed command line.

    Attributes:
        email: the e-mail address, or None.
        phone: the phone number, or None.
        in_gong: whether to erase in Gong too.
        with_mentions: whether to mask mentions of the name.
        yes: whether to erase; otherwise only a preview is shown.
        wait: whether to wait for another run, and for Gong.
        max_requests: how many requests may be spent; None for no limit.
        reserve: how many of the day's requests to leave for others.
    """

    email: str | None = None
    phone: str | None = None
    in_gong: bool = False
    with_mentions: bool = False
    yes: bool = False
    wait: bool = True
    max_requests: int | None = None
    reserve: int = 0


@dataclass(frozen=True, slots=True)
class Identifier:
    """The e-mail address or phone number of the person, as typed and normalised."""

    kind: IdentifierKind
    typed: str
    value: str

    @property
    def email(self) -> str | None:
        """The normalised address; None for a phone number."""
        return self.value if self.kind is IdentifierKind.EMAIL else None

    @property
    def phone(self) -> str | None:
        """The normalised number; None for an address."""
        return self.value if self.kind is IdentifierKind.PHONE else None

    @property
    def is_national(self) -> bool:
        """Whether it is a phone number without a country code, whose country is not known."""
        return self.kind is IdentifierKind.PHONE and not has_country_code(self.typed)

    def spell(self, phone: str) -> PhoneSpellings:
        """Returns the spellings of a number of the person, normalised, as they are looked for."""
        if self.is_national:
            return PhoneSpellings(frozenset([phone]), frozenset())
        return phone_spellings(phone)

    def hidden_in(self, text: str) -> str:
        """Returns a text without the identifier."""
        phones = self.spell(self.phone) if self.phone else ()
        matcher = Person(frozenset([self.email] if self.email else []), *phones)
        return matcher.masked(text.replace(self.typed, "[the person]"))


def identify(email: str | None, phone: str | None) -> Identifier:
    """Returns the identifier; raises UsageError unless exactly one usable one is given."""
    if (email is None) == (phone is None):
        raise UsageError("erase takes either --email or --phone; nothing was erased")
    if email is not None:
        value = normal_email(email)
        local, at, domain = value.partition("@")
        if not (local and at and "." in domain) or "@" in domain or " " in value:
            raise UsageError("--email is no e-mail address: write someone@example.com")
        return Identifier(IdentifierKind.EMAIL, email.strip(), value)
    value = normal_phone(phone or "")
    if spoilt := spoilt_id("phoneNumber", (phone or "").strip()):
        raise UsageError(f"--phone {spoilt}; nothing was erased")
    if not value:
        raise UsageError("--phone is no number: write it with its country code, +44 20 7946 0000")
    return Identifier(IdentifierKind.PHONE, (phone or "").strip(), value)
