"""Start the emulator: one JSON line on stdout, then serve until told to stop."""

import json
import os
import signal
import sys
import threading
import time
from types import FrameType

from tests.emulator.application import Application
from tests.emulator.authentication.tokens import first_refresh_token
from tests.emulator.command_line import parse_settings
from tests.emulator.operations.routes import OPERATIONS, SCOPES
from tests.emulator.timing.clock import Clock
from tests.emulator.wire.server import EmulatorServer
from tests.emulator.world.world import World


def main() -> int:
    """Parse the options, make the world, announce the address and serve."""
    settings = parse_settings(sys.argv[1:])
    clock = Clock(settings.now)
    now = clock.now()
    app = Application(settings, World(settings, clock))
    if settings.faults:
        app.faults.add(list(settings.faults), OPERATIONS)
    refresh_token = first_refresh_token(app.world, SCOPES)
    server = EmulatorServer(settings.port, app)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if settings.exit_with_parent:
        threading.Thread(target=_watch_parent, args=(server,), daemon=True).start()
    port = server.server_address[1]
    announcement = {
        "port": port,
        "base_url": f"http://127.0.0.1:{port}",
        "access_key": settings.access_key,
        "access_key_secret": settings.access_key_secret,
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
        "refresh_token": refresh_token,
        "now": now.isoformat(),
        "time_zone": settings.time_zone,
        "seed": settings.seed,
    }
    print(json.dumps(announcement), flush=True)
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    return 0


def _watch_parent(server: EmulatorServer) -> None:
    """Stop serving once the process that started this one is gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.25)
    server.shutdown()


if __name__ == "__main__":
    sys.exit(main())
