"""Download addresses of a call's media, and what lies there."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from tests.emulator.settings import Json
from tests.emulator.timing.instants import HOUR, micros, moment

PREFIX = "/_media/"
CONTENT_TYPES = {"mp3": "audio/mpeg", "mp4": "video/mp4"}
# Eight hours, as Gong's OpenAPI says.
LIFE = 8 * HOUR
_STAMP = "%Y%m%dT%H%M%SZ"
_KEY = secrets.token_bytes(32)


def signed_media(metadata: Json, now: int, host: str) -> Json | None:
    """Download addresses of a call, signed on every read (seen live); None without media.

    Gong has a host of its own for them, with addresses in the form of S3's.
    """
    if not metadata.get("duration"):
        return None
    stamp = moment(now).strftime(_STAMP)

    def address(suffix: str) -> str:
        path = f"{PREFIX}calls/{metadata['id']}.{suffix}"
        nonce = secrets.token_hex(16)
        return (
            f"http://{host}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={stamp}"
            f"&X-Amz-Expires=28799&X-Amz-Signature={nonce}{_signature(path, stamp, nonce)}"
        )

    media = {"audioUrl": address("mp3")}
    if metadata.get("media") == "Video":
        media["videoUrl"] = address("mp4")
    return media


def media_at(path: str, query: Json, now: int) -> tuple[str, bytes] | None:
    """The type and bytes at a signed address; None for a wrong or expired signature."""
    stamp, signature = str(query.get("X-Amz-Date")), str(query.get("X-Amz-Signature"))
    if not hmac.compare_digest(signature[32:], _signature(path, stamp, signature[:32])):
        return None
    if now >= micros(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)) + LIFE:
        return None
    # Not playable; the same at each download, another one for each call.
    content = hashlib.shake_256(path.encode()).digest(20_000)
    return CONTENT_TYPES[path.rpartition(".")[2]], b"ID3" + content


def _signature(path: str, stamp: str, nonce: str) -> str:
    text = f"{path}\n{stamp}\n{nonce}".encode()
    return hmac.new(_KEY, text, hashlib.sha256).hexdigest()[:32]
