"""The error responses of the API; each carries the envelope {requestId, errors}."""

from tests.emulator.settings import Json


class ApiError(Exception):
    """An error response: a status, its texts, extra headers and extra keys.

    The gateway in front of the API writes its own: pretty-printed, and traced by another id.
    """

    def __init__(
        self,
        status: int,
        *errors: str,
        headers: tuple[tuple[str, str], ...] = (),
        extra: Json | None = None,
        from_gateway: bool = False,
    ) -> None:
        """Keep the parts of the response."""
        super().__init__(status, errors)
        self.status = status
        self.errors = list(errors)
        self.headers = headers
        self.extra = extra or {}
        self.from_gateway = from_gateway


NO_CALLS = "No calls found corresponding to the provided filters"
NO_ANSWERED_SCORECARDS = "No answered scorecards found corresponding to the provided filters."
NO_LOGS = "No logs found for the specified period"
NO_STATS = "No stats found for the specified period"
NO_ACTIVITY = "User not found"
NO_USERS = "No users found corresponding to the provided filters"


def bad_request(*errors: str) -> ApiError:
    """400 with one text per fault."""
    return ApiError(400, *errors)


def parse_error() -> ApiError:
    """400 as Gong words a body that cannot be read into its types (seen live)."""
    return ApiError(400, "Json parse error")


def not_found(text: str) -> ApiError:
    """404 with the text of its kind: an empty result and an unknown id differ by text alone."""
    return ApiError(404, text)


def unknown_users(ids: list[str]) -> ApiError:
    """404 that names the user ids of a filter that do not exist (seen live)."""
    return ApiError(404, f"The following userIds were not found: {', '.join(ids)}")


def missing_scope(scope: str) -> ApiError:
    """401, not 403, for a scope the credentials lack (seen live)."""
    return ApiError(401, f"You don't have permission to use '{scope}' in your app.")


WRONG_KEY = "Validate credentials failed. Please check your credentials and try again."
NO_KEY = 'Missing mandatory header "Authorization"'
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="Gong.io API"')


def unauthorized(text: str = WRONG_KEY) -> ApiError:
    """401 for missing or wrong credentials, by the gateway (seen live in September 2026)."""
    return ApiError(401, text, headers=(_CHALLENGE,), from_gateway=True)
