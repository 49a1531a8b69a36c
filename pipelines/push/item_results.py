"""What an answer, a refusal or a poll of Gong's means for each item of a request. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sources.gong.api.errors import GongError
from sources.gong.write.model import Item, PollResult, PollState, Write
from warehouse.ops.push_ledger import ItemResult, ItemStatus, LedgerEntry

ItemResults = list[ItemResult]


def taken_results(
    write: Write, items: Sequence[Item], answer: Mapping[str, Any], *, is_open: bool
) -> ItemResults:
    """Returns the results of a request that Gong has taken.

    Args:
        write: the operation.
        items: in their order in the request.
        answer: Gong's.
        is_open: whether an attempt before this one may have been done.
    """
    request_id = str(answer.get("requestId") or "") or None
    answer_id = answer.get(write.answers.id_key) if write.answers.id_key else None
    failures = dict(write.answers.failures(answer, [item.element for item in items]))
    if write.answers.is_silent_when_gone:
        # an earlier attempt may have deleted it
        failures = {
            place: text
            for place, text in failures.items()
            if not (is_open or items[place].was_open)
        }
    return [
        ItemResult(item.key, ItemStatus.REJECTED, failures[place], None, request_id)
        if place in failures
        else ItemResult(
            item.key,
            _taken_status(write),
            None,
            None if answer_id is None else str(answer_id),
            request_id,
            place,
        )
        for place, item in enumerate(items)
    ]


def known_results(write: Write, items: Sequence[Item], answer_id: str | None) -> ItemResults:
    """Returns the results of a request whose key Gong knows.

    It was done by an earlier run, or by the attempt before.
    """
    return [
        ItemResult(item.key, _taken_status(write), "Gong has it already", answer_id, place=place)
        for place, item in enumerate(items)
    ]


def _taken_status(write: Write) -> ItemStatus:
    return ItemStatus.ACCEPTED if write.answers.poll else ItemStatus.DONE


def rejected_results(items: Sequence[Item], error: GongError) -> ItemResults:
    """Returns the results of a request that Gong has refused, in Gong's words."""
    return [
        ItemResult(
            item.key,
            ItemStatus.REJECTED,
            error.in_short,
            request_id=error.request_id or None,
        )
        for item in items
    ]


def unsent_results(items: Sequence[Item], message: str, *, is_open: bool = False) -> ItemResults:
    """Returns the results of what cannot be sent now; what may have been done stays unknown."""
    return [
        ItemResult(
            item.key,
            ItemStatus.UNKNOWN if is_open or item.was_open else ItemStatus.FAILED,
            message,
        )
        for item in items
    ]


def checked_result(write: Write, item: Item, is_done: bool | None, trouble: str = "") -> ItemResult:
    """Returns the result of an open item that Gong was asked about.

    Args:
        write: the operation.
        item: the item.
        is_done: Gong's answer; whatever is not True leaves the item unknown.
        trouble: what has broken off, for people.
    """
    if is_done:
        return ItemResult(item.key, ItemStatus.DONE, "Gong was asked, and has it")
    message = "Gong may or may not have done it; look there. If it has not, push it with --again"
    if write.answers.check is not None:
        message += ", or ask again later with the same command"
    return ItemResult(item.key, ItemStatus.UNKNOWN, f"{trouble}. {message}" if trouble else message)


def polled_results(
    entries: Sequence[LedgerEntry], poll: PollResult, *, is_whole_file: bool
) -> ItemResults:
    """Returns the results of a request that Gong has ended.

    Args:
        entries: everything that went in the request.
        poll: what Gong says of it.
        is_whole_file: whether it was a file of the user's, whose lines are no items.
    """
    errors, message, state = poll.errors, poll.message, poll.state
    if is_whole_file and errors:
        texts = [f"line {place + 1}: {text}" for place, text in sorted(errors.items())]
        message = "; ".join([*texts, *([message] if message else [])])
        errors, state = {}, PollState.FAILED
    results = []
    for number, entry in enumerate(entries):
        error = errors.get(number if entry.place is None else entry.place)
        if error is not None:
            results.append(ItemResult(entry.key, ItemStatus.REJECTED, error))
        elif state is PollState.FAILED:
            # where some are named, the others may or may not be at Gong
            status = ItemStatus.FAILED if errors else ItemStatus.REJECTED
            results.append(ItemResult(entry.key, status, message))
        else:
            results.append(ItemResult(entry.key, ItemStatus.DONE))
    return results


def lost_results(write: Write, entries: Sequence[LedgerEntry], error: GongError) -> ItemResults:
    """Returns the results of a request that Gong has taken and knows nothing of."""
    message = f"Gong took it, and cannot tell what has become of it: {error.in_short}"
    if write.is_repeatable:
        status = ItemStatus.FAILED
        message += "; it goes again with the next push"
    else:
        status = ItemStatus.UNKNOWN
        message += "; look there, and if it is not done, push it with --again"
    return [ItemResult(entry.key, status, message) for entry in entries]
