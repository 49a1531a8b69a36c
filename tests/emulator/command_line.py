"""The command line: options in, settings out."""

import argparse
import json
from datetime import datetime
from pathlib import Path

from tests.emulator.errors import ApiError
from tests.emulator.faults.reading import as_list, check_rules
from tests.emulator.operations.routes import OPERATIONS, SCOPES
from tests.emulator.settings import Json, Settings
from tests.emulator.timing.instants import moment, parse_instant

DESCRIPTION = "Start the emulator: one JSON line on stdout, then serve until told to stop."


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
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=DESCRIPTION)
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
