"""One request of a push, and what comes of each thing it carries. Knows no ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sources.gong.api.errors import (
    FailTable,
    GaveUp,
    GongError,
    NotFetched,
    NotLicensed,
    Postponed,
    Signal,
    SkipTable,
    StopRun,
    Unsure,
    UnusableFile,
)
from sources.gong.api.request import file_urls
from sources.gong.write.items import request_values
from sources.gong.write.model import MAX_MEDIA_BYTES, Item, Write
from sources.gong.write.outcomes import is_gone, known_already
from warehouse.ops.push_ledger import Outcome, State

if TYPE_CHECKING:
    from sources.gong.api.client import Client

_SENT_AGAIN = 3
"""So often is a request sent of which nobody knows whether it was done, where that is harmless."""
_ALL_BROKEN = 8
"""So many requests in a row that broke off, of all that fly at once, end the push."""
_ALL_ALIKE = 5
"""So many refusals in a row for want of a licence, before anything was done, end the push."""

Outcomes = list[Outcome]


class Ended(Exception):
    """Nothing more can be sent now; the cause tells why."""

    def __init__(self, why: GongError) -> None:
        super().__init__(str(why))
        self.why = why


class Delivery:
    """Sends items of one write; safe to share between threads.

    Args:
        client: who sends.
        write: what.
        folder: where files that are uploaded are put together.
    """

    def __init__(self, client: Client, write: Write, folder: Path) -> None:
        self._client, self._write, self._folder = client, write, folder
        self._unlicensed = 0
        self._has_done = False
        self._broken = 0

    def deliver(self, group: list[Item]) -> Outcomes:
        """Sends one request; what came of each of its items.

        Raises:
            Ended: nothing more can be sent now, and this was not.
        """
        write = self._write
        if self._broken >= _ALL_BROKEN:
            told = f"The last {self._broken} requests broke off: Gong, or the way there, is down."
            raise Ended(GaveUp(told))
        inputs = request_values(write, group, self._folder)
        made: list[Path] = []
        if write.is_json_lines and group[0].element is not None:
            made.append(Path(inputs["dataFile"]))
        try:
            self._fetch(group[0], inputs, made)
            return self._sent(group, inputs)
        except (NotFetched, UnusableFile) as error:
            return [_not_sent(item, str(error), is_open=False) for item in group]
        finally:
            for file in made:
                file.unlink(missing_ok=True)

    def _fetch(self, item: Item, inputs: dict[str, Any], made: list[Path]) -> None:
        """Puts a file in the place of each address of one, and tells which are to be removed."""
        for name, address in file_urls(self._write.operation, inputs).items():
            path = self._folder / f"{item.key}{Path(urlsplit(address).path).suffix}"
            made.append(path)
            self._client.fetch(address, path, MAX_MEDIA_BYTES)
            inputs[name] = path

    def _sent(self, group: list[Item], inputs: dict[str, Any]) -> Outcomes:
        write = self._write
        is_open = False
        for attempt in range(1, _SENT_AGAIN + 1):
            try:
                answer = self._client.call(write.operation, inputs)
                self._has_done, self._broken = True, 0
                return self._taken(group, answer, is_open)
            except Unsure as unsure:
                is_open = True
                if write.is_repeatable and attempt < _SENT_AGAIN:
                    continue
                self._broken += 1
                return [self._asked(item, unsure.trouble) for item in group]
            except (Postponed, StopRun) as error:
                if is_open:
                    return [Outcome(item.key, State.UNKNOWN, str(error)) for item in group]
                raise Ended(error) from error
            except GaveUp as error:
                self._broken += 1
                return [_not_sent(item, str(error), is_open=is_open) for item in group]
            except SkipTable as error:
                self._broken = 0
                if not isinstance(error, NotLicensed):
                    raise Ended(error) from error
                self._unlicensed += 1
                if self._unlicensed >= _ALL_ALIKE and not self._has_done:
                    raise Ended(error) from error
                return self._rejected(group, error)
            except (FailTable, Signal) as error:
                self._broken = 0
                known = known_already(write, error)
                if known is not None:
                    # a key that Gong knows: it was done, by an earlier run or the attempt before
                    state = State.ACCEPTED if write.answers.poll else State.DONE
                    told = "Gong has it already"
                    own = known or str(inputs.get(write.answers.id_key or "") or "") or None
                    return [
                        Outcome(item.key, state, told, own, place=place)
                        for place, item in enumerate(group)
                    ]
                if is_gone(write, error) and (is_open or group[0].was_open):
                    return [Outcome(item.key, State.DONE) for item in group]
                if len(group) > 1 and write.grouping.is_all_or_nothing and error.status == 400:
                    return self._halved(group)
                return self._rejected(group, error)
        raise AssertionError("the last attempt has an outcome")

    def _halved(self, group: list[Item]) -> Outcomes:
        """Gong refuses a request as a whole: one wrong element is not to keep the others back."""
        middle = len(group) // 2
        first = self.deliver(group[:middle])
        try:
            return first + self.deliver(group[middle:])
        except Ended as ended:
            # the first half is done, the second was not sent
            message = f"not sent: {ended}"
            return first + [_not_sent(item, message, is_open=False) for item in group[middle:]]

    def _rejected(self, group: list[Item], error: GongError) -> Outcomes:
        return [
            Outcome(item.key, State.REJECTED, error.in_short, request_id=error.request_id or None)
            for item in group
        ]

    def _asked(self, item: Item, trouble: str) -> Outcome:
        try:
            outcome = self.known_by_asking(item, self.ask(item) or None)
        except Ended:
            outcome = self.known_by_asking(item, None)
        if outcome.state is State.UNKNOWN:
            return Outcome(item.key, State.UNKNOWN, f"{trouble}. {outcome.message}")
        return outcome

    def _taken(self, group: list[Item], answer: Mapping[str, Any], is_open: bool) -> Outcomes:
        write = self._write
        request_id = str(answer.get("requestId") or "") or None
        own = answer.get(write.answers.id_key) if write.answers.id_key else None
        failed = write.answers.failures(answer, [item.element for item in group])
        if write.answers.is_silent_when_gone:
            # an earlier attempt may have taken it away
            failed = {
                place: text
                for place, text in failed.items()
                if not (is_open or group[place].was_open)
            }
        state = State.ACCEPTED if write.answers.poll else State.DONE
        return [
            Outcome(item.key, State.REJECTED, failed[place], None, request_id)
            if place in failed
            else Outcome(
                item.key, state, None, None if own is None else str(own), request_id, place
            )
            for place, item in enumerate(group)
        ]

    def ask(self, item: Item) -> bool | None:
        """Asks Gong whether a item is done; None where it cannot tell.

        Raises:
            Ended: Gong cannot be asked now.
        """
        try:
            return (
                self._write.answers.check(self._client, item) if self._write.answers.check else None
            )
        except (Postponed, StopRun) as error:
            raise Ended(error) from error
        except GongError:
            return None

    def known_by_asking(self, item: Item, is_done: bool | None) -> Outcome:
        """Returns the outcome of a item, as Gong has told; unknown where it has not."""
        if is_done:
            return Outcome(item.key, State.DONE, "Gong was asked, and has it")
        return Outcome(
            item.key,
            State.UNKNOWN,
            "Gong may or may not have done it; look there. If it has not, push it with --again"
            + (
                ""
                if self._write.answers.check is None
                else ", or ask again later with the same command"
            ),
        )


def _not_sent(item: Item, message: str, *, is_open: bool) -> Outcome:
    """The outcome of what could not be sent now; what may have been done stays unknown."""
    state = State.UNKNOWN if is_open or item.was_open else State.FAILED
    return Outcome(item.key, state, message)
