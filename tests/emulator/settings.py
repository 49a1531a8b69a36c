"""The options of one run."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """The frozen options of one run; equal settings and an equal `now` give an equal world."""

    port: int = 0
    seed: int = 7
    users: int = 40
    calls: int = 2000
    days: int = 60
    future_days: int = 7
    workspaces: int = 2
    now: datetime | None = None
    time_zone: str = "America/New_York"
    access_key: str = "EMULATOR-ACCESS-KEY"
    access_key_secret: str = "emulator-access-key-secret"
    requests_per_second: int | None = 3
    requests_per_day: int | None = 10_000
    without_manual_associations: bool = False
    without_scopes: frozenset[str] = frozenset()
    latency_ms: int = 0
    cursor_seconds: int = 3600
    captures: Path | None = None
    recordings: Path | None = None
    without_generic_crm: bool = False
    without_engage: bool = False
    without_tasks: bool = False
    without_meetings: bool = False
    credits: int = 100_000
    client_id: str = "emulator-client"
    client_secret: str = "emulator-client-secret"
    token_seconds: int = 86_400
    api_base_url: str | None = None
    faults: tuple[Json, ...] = ()
    exit_with_parent: bool = False
