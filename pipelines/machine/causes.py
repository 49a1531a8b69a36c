"""What led to an error, and what libraries say in it."""

from __future__ import annotations

from collections.abc import Iterator

_OWN_PACKAGES = frozenset({"sources", "pipelines", "warehouse"})


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yields an error and those that led to it."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def words_of_libraries(cause: BaseException | str) -> str:
    """Returns what an error says; nothing where it is ours, which may quote Gong."""
    is_ours = type(cause).__module__.partition(".")[0] in _OWN_PACKAGES
    return "" if is_ours else str(cause)
