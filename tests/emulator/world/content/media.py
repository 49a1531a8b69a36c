"""Download addresses of a call's media."""

import secrets

from tests.emulator.settings import Json
from tests.emulator.timing.instants import moment


def signed_media(metadata: Json, now: int) -> Json | None:
    """Download addresses of a call, signed on every read (seen live); None without media."""
    if not metadata.get("duration"):
        return None
    stamp = moment(now).strftime("%Y%m%dT%H%M%SZ")

    def address(suffix: str) -> str:
        signature = secrets.token_hex(32)
        return (
            f"https://media.gong.example/calls/{metadata['id']}.{suffix}"
            f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={stamp}"
            f"&X-Amz-Expires=28799&X-Amz-Signature={signature}"
        )

    media = {"audioUrl": address("mp3")}
    if metadata.get("media") == "Video":
        media["videoUrl"] = address("mp4")
    return media
