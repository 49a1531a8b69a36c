"""Posted calls on the control surface."""

from tests.emulator.application import Application
from tests.emulator.control.registry import Kind
from tests.emulator.domains.calls.uploads import Uploads
from tests.emulator.settings import Json


def uploaded_calls(app: Application) -> list[Json]:
    """Every posted call and how far it came."""
    return [
        {
            "callId": upload.id,
            "clientUniqueId": upload.body["clientUniqueId"],
            "state": upload.state(app.world.now),
            "media": upload.media,
            "size": upload.size,
        }
        for upload in app.world.state(Uploads).posted.values()
    ]


KINDS: dict[str, Kind] = {"uploaded_calls": uploaded_calls}
