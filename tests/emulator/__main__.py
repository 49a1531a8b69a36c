"""Start the emulator: one JSON line on stdout, then serve until told to stop."""

import argparse
import json
import os
import signal
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from types import FrameType

from tests.emulator.clock import Clock
from tests.emulator.errors import ApiError
from tests.emulator.faults import as_list, check_rules
from tests.emulator.instants import moment, parse_instant
from tests.emulator.requests import Application
from tests.emulator.routes import OPERATIONS, SCOPES
from tests.emulator.server import EmulatorServer
from tests.emulator.settings import Json, Settings
from tests.emulator.tokens import first_refresh_token
from tests.emulator.world import World


def main() -> int:
    """Parse the options, make the world, announce the address and serve."""
    settings = parse_settings(sys.argv[1:])
    clock = Clock(settings.now)
    now = clock.now()
    app = Application(settings, World(settings, clock))
    if settings.faults:
        app.faults.add(list(settings.faults), OPERATIONS)
    refresh_token = first_refresh_token(app, SCOPES)
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


def parse_settings(arguments: list[str]) -> Settings:
    """Read the command line."""
    given = _parser().parse_args(arguments)
    no_limit = given.no_limit
    return Settings(
        port=given.port,
        seed=given.seed,
        users=given.users,
        calls=given.calls,
        days=given.days,
        future_days=given.future_days,
        workspaces=given.workspaces,
        now=given.now,
        time_zone=given.time_zone,
        access_key=given.access_key,
        access_key_secret=given.access_key_secret,
        requests_per_second=None if no_limit else given.requests_per_second,
        requests_per_day=None if no_limit else given.requests_per_day,
        without_manual_associations=given.without_manual_associations,
        without_scopes=frozenset(given.without_scope),
        latency_ms=given.latency_ms,
        cursor_seconds=given.cursor_seconds,
        captures=given.captures,
        recordings=given.recordings,
        without_generic_crm=given.without_generic_crm,
        without_engage=given.without_engage,
        without_tasks=given.without_tasks,
        without_meetings=given.without_meetings,
        credits=given.credits,
        client_id=given.client_id,
        client_secret=given.client_secret,
        token_seconds=given.token_seconds,
        api_base_url=given.api_base_url,
        faults=given.faults,
        exit_with_parent=given.exit_with_parent,
    )


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    for name, smallest in (
        ("port", 0),
        ("seed", None),
        ("users", 1),
        ("calls", 0),
        ("days", 1),
        ("future-days", 0),
        ("workspaces", 1),
        ("latency-ms", 0),
        ("cursor-seconds", 0),
        ("requests-per-second", 0),
        ("requests-per-day", 0),
        ("credits", 0),
        ("token-seconds", 1),
    ):
        default = getattr(defaults, name.replace("-", "_"))
        parser.add_argument(f"--{name}", type=WholeNumber(smallest), default=default, metavar="N")
    for name in ("time-zone", "access-key", "access-key-secret", "client-id", "client-secret"):
        parser.add_argument(f"--{name}", default=getattr(defaults, name.replace("-", "_")))
    parser.add_argument("--now", type=_instant, metavar="ISO", help="freeze the clock")
    parser.add_argument("--no-limit", action="store_true")
    parser.add_argument("--without-manual-associations", action="store_true")
    parser.add_argument("--without-scope", action="append", default=[], choices=sorted(SCOPES))
    for name in ("generic-crm", "engage", "tasks", "meetings"):
        parser.add_argument(f"--without-{name}", action="store_true")
    parser.add_argument("--api-base-url", metavar="URL")
    parser.add_argument("--captures", type=Path, metavar="DIR")
    parser.add_argument("--recordings", type=Path, metavar="DIR")
    parser.add_argument("--faults", type=_faults, default=(), metavar="FILE")
    parser.add_argument("--exit-with-parent", action="store_true")
    return parser


class WholeNumber:
    """A whole number not below a smallest one."""

    def __init__(self, smallest: int | None) -> None:
        """None is no smallest."""
        self._smallest = smallest

    def __call__(self, text: str) -> int:
        """Read an option's text."""
        number = int(text)
        if self._smallest is not None and number < self._smallest:
            raise argparse.ArgumentTypeError(f"must be at least {self._smallest}")
        return number


def _faults(text: str) -> tuple[Json, ...]:
    """The rules of a file, checked."""
    try:
        rules = json.loads(Path(text).read_text("utf-8"))
        check_rules(rules, OPERATIONS)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no JSON: {error}") from error
    except ApiError as error:
        raise argparse.ArgumentTypeError("; ".join(error.errors)) from error
    return tuple(as_list(rules))


def _instant(text: str) -> datetime:
    value = parse_instant(text)
    if value is None:
        raise argparse.ArgumentTypeError("must be an ISO-8601 date-time with an offset or Z")
    return moment(value)


if __name__ == "__main__":
    sys.exit(main())
