"""Sends one request of a push, and returns the result of each of its items. Knows no ledger."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pipelines.push.item_results import (
    ItemResults,
    checked_result,
    known_results,
    rejected_results,
    taken_results,
    unsent_results,
)
from sources.gong.api.errors import (
    GaveUp,
    GongError,
    NotFetched,
    NotLicensed,
    Postponed,
    SkipTable,
    StopRun,
    Unsure,
    UnusableFile,
)
from sources.gong.api.request import file_urls
from sources.gong.write.items import request_values
from sources.gong.write.model import MAX_MEDIA_BYTES, Item, PollResult, Write
from sources.gong.write.outcomes import is_gone, known_already
from warehouse.ops.push_ledger import ItemResult, ItemStatus

if TYPE_CHECKING:
    from sources.gong.api.client import Client

_ATTEMPTS = 3
"""At most, where nobody knows whether a request was done, and sending it again is harmless."""
_MAX_BROKEN = 8
"""This many requests in a row that broke off end the push; as many are in flight at once."""
_MAX_UNLICENSED = 5
"""This many refusals for want of a licence, before anything was done, end the push."""


class SendingStopped(Exception):
    """Nothing more can be sent now.

    Attributes:
        reason: why.
    """

    def __init__(self, reason: GongError) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Sender:
    """Sends items of one write; safe to share between threads.

    Args:
        client: of Gong's API.
        write: the operation.
        folder: where files to upload are put together.

    Attributes:
        write: the operation.
    """

    def __init__(self, client: Client, write: Write, folder: Path) -> None:
        self.write = write
        self._client, self._folder = client, folder
        self._broken = 0
        self._unlicensed = 0
        self._has_done = False

    def send(self, items: list[Item]) -> ItemResults:
        """Sends one request; returns the results of its items.

        Raises:
            SendingStopped: nothing more can be sent now, and this was not.
        """
        if self._broken >= _MAX_BROKEN:
            raise SendingStopped(
                GaveUp(
                    f"The last {self._broken} requests broke off: Gong, or the way there, is down."
                )
            )
        with ExitStack() as stack:
            try:
                return self._send_values(items, self._values(items, stack))
            except (NotFetched, UnusableFile) as error:
                return unsent_results(items, str(error))

    def check(self, item: Item) -> bool | None:
        """Asks Gong whether an item is done; None where it cannot tell.

        Raises:
            SendingStopped: Gong cannot be asked now.
        """
        if self.write.answers.check is None:
            return None
        try:
            return self.write.answers.check(self._client, item)
        except (Postponed, StopRun) as error:
            raise SendingStopped(error) from error
        except GongError:
            return None

    def poll(self, item: Item, answer_id: str) -> PollResult:
        """Asks how far Gong is with the request of an item that it does later.

        Raises:
            GongError: Gong cannot say.
        """
        assert self.write.answers.poll
        return self.write.answers.poll(self._client, item.shared, answer_id)

    def _values(self, items: list[Item], stack: ExitStack) -> dict[str, Any]:
        """Returns the values of a request; the stack deletes the files that are made for it."""
        write = self.write
        values = request_values(write, items, self._folder)
        if write.is_json_lines and items[0].element is not None:
            file = Path(values[str(write.grouping.parameter)])
            stack.callback(file.unlink, missing_ok=True)
        for name, url in file_urls(write.operation, values).items():
            file = self._folder / f"{items[0].key}{Path(urlsplit(url).path).suffix}"
            stack.callback(file.unlink, missing_ok=True)
            self._client.download(url, file, MAX_MEDIA_BYTES)
            values[name] = file
        return values

    def _send_values(self, items: list[Item], values: dict[str, Any]) -> ItemResults:
        """Sends a request, again while nobody knows whether it was done and that is harmless."""
        is_open = False
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._client.call(self.write.operation, values)
            except Unsure as error:
                is_open = True
                if not self.write.is_repeatable or attempt == _ATTEMPTS:
                    self._broken += 1
                    return [self._checked(item, error.failure) for item in items]
            except GongError as error:
                return self._results_of_error(items, values, error, is_open=is_open)
            else:
                self._has_done, self._broken = True, 0
                return taken_results(self.write, items, answer, is_open=is_open)
        raise AssertionError("the last attempt has a result")

    def _results_of_error(
        self, items: list[Item], values: dict[str, Any], error: GongError, *, is_open: bool
    ) -> ItemResults:
        if isinstance(error, (Postponed, StopRun)):
            if not is_open:
                raise SendingStopped(error) from error
            return unsent_results(items, str(error), is_open=True)
        if isinstance(error, GaveUp):
            self._broken += 1
            return unsent_results(items, str(error), is_open=is_open)
        self._broken = 0
        if isinstance(error, SkipTable):
            self._unlicensed += 1
            is_for_all = self._unlicensed >= _MAX_UNLICENSED and not self._has_done
            if is_for_all or not isinstance(error, NotLicensed):
                raise SendingStopped(error) from error
            return rejected_results(items, error)
        return self._results_of_refusal(items, values, error, is_open=is_open)

    def _results_of_refusal(
        self, items: list[Item], values: dict[str, Any], error: GongError, *, is_open: bool
    ) -> ItemResults:
        write = self.write
        known_id = known_already(write, error)
        if known_id is not None:
            own_id = values.get(write.answers.id_key or "")
            return known_results(write, items, known_id or str(own_id or "") or None)
        if is_gone(write, error) and (is_open or items[0].was_open):
            return [ItemResult(item.key, ItemStatus.DONE) for item in items]
        if len(items) > 1 and write.grouping.is_all_or_nothing and error.status == 400:
            return self._send_halves(items)
        return rejected_results(items, error)

    def _send_halves(self, items: list[Item]) -> ItemResults:
        """Sends a refused request in two, so that one wrong item does not hold back the others."""
        middle = len(items) // 2
        first = self.send(items[:middle])
        try:
            return first + self.send(items[middle:])
        except SendingStopped as stopped:
            return first + unsent_results(items[middle:], f"not sent: {stopped}")

    def _checked(self, item: Item, failure: str) -> ItemResult:
        """Asks Gong about an item whose request broke off."""
        try:
            is_done = self.check(item)
        except SendingStopped:
            is_done = None
        return checked_result(self.write, item, is_done, failure)
