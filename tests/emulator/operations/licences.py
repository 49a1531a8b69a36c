"""Refusals for a company that lacks a product."""

from tests.emulator.application import Application
from tests.emulator.errors import ApiError


def require_engage(app: Application) -> None:
    """403 for flows and tasks without an Engage licence (reported from live use)."""
    if app.settings.without_engage:
        raise ApiError(403, "Access denied: Gong Engage is not licensed for this company")


def require_tasks(app: Application) -> None:
    """403 as for flows, or 500 where those are served all the same (both seen live)."""
    require_engage(app)
    if app.settings.without_tasks:
        raise ApiError(500, "Internal server error occurred")


def require_meetings(app: Application) -> None:
    """403 until the limited release of the meetings operations is opened to the company."""
    if app.settings.without_meetings:
        text = "This API endpoint is in limited release and not enabled for this company"
        raise ApiError(403, text)
