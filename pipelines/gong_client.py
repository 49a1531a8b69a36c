"""Makes credentials, ledger and client of a company's Gong account from the settings.

Imports no HTTP library until a client is opened, so that wrong settings are reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.settings import Settings
from sources.gong.api.auth import Credentials, credentials, default_state_folder

if TYPE_CHECKING:
    from sources.gong.api.client import Client
    from sources.gong.api.rate_limit import Budget


def credentials_of(settings: Settings) -> Credentials:
    """Returns the credentials; reads and sends nothing.

    Raises:
        IncompleteCredentials: none are set, or a part is missing, or two kinds are set.
    """
    return credentials(
        settings.access_key,
        settings.access_key_secret,
        settings.access_token,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        refresh_token=settings.refresh_token,
        token_file=settings.token_file,
        state_folder=default_state_folder(settings.xdg_state_home),
        auth_url=settings.auth_url,
        keep_base_url=settings.is_base_url_set,
    )


def ledger_of(settings: Settings) -> Path:
    """Returns the ledger of requests; without credentials, a ledger that stays empty."""
    from sources.gong.api.rate_limit import default_ledger

    account = settings.client_id or settings.access_key or settings.access_token or ""
    folder = default_state_folder(settings.xdg_state_home)
    return default_ledger(folder, settings.base_url, account)


@contextmanager
def open_client(
    settings: Settings,
    *,
    reserve: int = 0,
    max_requests: int | None = None,
    clock: Callable[[], datetime] | None = None,
    attempts: int | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> Iterator[tuple[Client, Budget]]:
    """Yields a client, and the budget that it spends.

    Args:
        settings: the limits, the host and the credentials.
        reserve: how many of the day's requests to leave for other runs.
        max_requests: how many requests may be spent; None for no limit.
        clock: counts the 24 hours; by default GONG_ELT_NOW, or the real clock.
        attempts: how often a read is sent before a transient error counts as final.
        warn: is called with what was wrong in the ledger of requests, and was corrected; and
            with what was odd in an answer, and did no harm.

    Raises:
        IncompleteCredentials: as `credentials_of`.
    """
    credentials = credentials_of(settings)
    from sources.gong.api.answers.received import AnswerRules
    from sources.gong.api.client import Client
    from sources.gong.api.rate_limit import Budget, Limits
    from sources.gong.api.retries import RetryPolicy

    limits = Limits(
        settings.requests_per_second,
        settings.requests_per_day,
        reserve,
        max_requests,
        settings.max_wait_seconds,
    )
    budget = Budget(
        ledger_of(settings), limits, clock or (lambda: settings.now or datetime.now(UTC))
    )
    try:
        for correction in budget.corrections:
            warn(correction)
        retries = RetryPolicy(attempts) if attempts else None
        rules = AnswerRules.of(settings.max_answer_mb, has_clock=settings.now is None, warn=warn)
        with Client(
            settings.base_url, credentials, budget, retries=retries, answers=rules
        ) as client:
            yield client, budget
    finally:
        budget.close()
