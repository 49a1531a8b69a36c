"""Asks Gong how far it is with what it has taken and does later, and records the results."""

from __future__ import annotations

from pipelines.console import Console
from pipelines.polling import turns
from pipelines.push.item_results import ItemResults, lost_results, polled_results
from pipelines.push.report import PushTally
from pipelines.push.sender import Sender
from sources.gong.api.errors import FailTable, GaveUp, Signal
from sources.gong.write.model import Item, PollState
from warehouse.ops.push_ledger import PushLedger

_MAX_POLLED = 50
"""Requests that are asked about more than once: each poll is a request, too."""


def poll_items(
    items: list[Item],
    sender: Sender,
    ledger: PushLedger,
    tally: PushTally,
    console: Console,
    max_seconds: float,
) -> int:
    """Polls with growing pauses until all items are settled; returns how many are not.

    Asks once where there are very many requests; the next push asks again.

    Raises:
        GongError: Gong cannot be asked now.
    """
    with ledger.opened():
        requests = _by_request(items, ledger)
        for _ in turns(max_seconds if len(requests) <= _MAX_POLLED else 0.0):
            for answer_id, group in list(requests.items()):
                results = _poll(sender, ledger, answer_id, group)
                if results is not None:
                    ledger.record_results(results)
                    tally.add(results, group)
                    del requests[answer_id]
            waiting = sum(map(len, requests.values()))
            if not waiting:
                break
            console.info(f"Gong is still at {waiting} of them")
    return waiting


def _by_request(items: list[Item], ledger: PushLedger) -> dict[str, list[Item]]:
    """Returns the items by the id that Gong gave their request."""
    entries = ledger.entries([item.key for item in items])
    requests: dict[str, list[Item]] = {}
    for item in sorted(items, key=lambda item: item.row):
        requests.setdefault(entries[item.key].answer_id or item.key, []).append(item)
    return requests


def _poll(
    sender: Sender, ledger: PushLedger, answer_id: str, items: list[Item]
) -> ItemResults | None:
    """Returns the results of a request; None while Gong is at it."""
    write, keys = sender.write, [item.key for item in items]
    try:
        poll = sender.poll(items[0], answer_id)
    except GaveUp:
        raise
    except (FailTable, Signal) as error:
        return lost_results(write, ledger.entries_of_request(keys), error)
    if poll.state is PollState.WAITING:
        return None
    is_whole_file = write.is_json_lines and items[0].element is None
    return polled_results(ledger.entries_of_request(keys), poll, is_whole_file=is_whole_file)
