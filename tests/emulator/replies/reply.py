"""One HTTP response and how it is delivered."""

import json
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from tests.emulator.replies.deliveries import Delivery, Whole, Wire
from tests.emulator.settings import Json

JSON_TYPE = "application/json;charset=UTF-8"
HTML_TYPE = "text/html; charset=UTF-8"
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """One answer and how it is delivered."""

    status: int
    payload: bytes = b""
    headers: Headers = ()
    content_type: str = JSON_TYPE
    trace: str = ""
    date: str | None = None
    """The `Date` header; None is the machine's time."""
    delivery: Delivery = field(default_factory=Whole)

    @classmethod
    def of_json(cls, status: int, body: Json, headers: Headers = ()) -> "Reply":
        """An answer of the API or of the control surface."""
        payload = json.dumps(body, ensure_ascii=False).encode()
        return cls(status, payload, headers, trace=str(body.get("requestId", "")))

    @classmethod
    def of_gateway(cls, status: int, body: Json, headers: Headers, trace: str) -> "Reply":
        """A refusal of the gateway: keys on lines of their own, a blank before each colon."""
        lines = ",\n".join(f"  {json.dumps(key)} : {_inline(value)}" for key, value in body.items())
        return cls(status, f"{{\n{lines}\n}}".encode(), headers, trace=trace)

    @property
    def seen_status(self) -> int | None:
        """The status the client receives, if any."""
        return self.status if self.delivery.answers else None

    def send(self, wire: Wire, *, head_only: bool) -> None:
        """Deliver it, with the headers seen live."""
        reason = HTTPStatus(self.status).phrase
        lines = [
            f"HTTP/1.1 {self.status} {reason}",
            f"Date: {formatdate(usegmt=True) if self.date is None else self.date}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.payload)}",
            "X-Gong-Service-Version: PublicApiServer:emulator",
            f"X-Traceid: {self.trace}",
            "Cf-Cache-Status: DYNAMIC",
            f"Cf-Ray: {self.trace[:16]}-EMU",
            "Server: cloudflare",
            "Strict-Transport-Security: max-age=31536000; includeSubDomains",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.delivery.deliver(wire, head, b"" if head_only else self.payload)


def _inline(value: Any) -> str:
    """A list as the gateway prints it, with blanks inside its brackets."""
    if isinstance(value, list):
        return f"[ {', '.join(map(_inline, value))} ]"
    return json.dumps(value, ensure_ascii=False)
