"""Sends the items of a push, several requests at once, and records each before and after.

Invariant: no request leaves before its items are in the ledger, and the results of all requests in
flight are recorded before an error goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice

from pipelines.lock import WarehouseLock
from pipelines.push.batch_plan import plan_batch
from pipelines.push.item_results import ItemResults, checked_result, unsent_results
from pipelines.push.report import PushTally
from pipelines.push.sender import Sender, SendingStopped
from sources.gong.write.items import group_items
from sources.gong.write.model import Item
from warehouse.ops.push_ledger import ItemStatus, PushLedger

_IN_FLIGHT = 8
"""Requests at once: at three a second, answers may take more than two seconds each."""
_BATCH = 500
"""Items that are looked up in the ledger at a time, or as many as go in one request."""


def send_items(
    items: Iterator[Item],
    sender: Sender,
    ledger: PushLedger,
    tally: PushTally,
    lock: WarehouseLock,
    *,
    again: bool,
) -> list[Item]:
    """Sends what is not done, batch by batch; returns the items that Gong does later.

    Between batches another run may have the warehouse.

    Raises:
        SendingStopped: nothing more can be sent now.
    """
    grouping, key = sender.write.grouping, ", ".join(sender.write.key)
    conflict = f"its {key} was pushed before with other content, and Gong keeps the first"
    # of a full list no item can be planned without the others
    size = None if grouping.is_full_list else max(_BATCH, grouping.max_items)
    later: list[Item] = []
    with ThreadPoolExecutor(_IN_FLIGHT) as pool:
        while batch := list(islice(items, size)):
            with ledger.opened():
                entries = ledger.entries([item.key for item in batch])
                plan = plan_batch(sender.write, batch, entries, again=again)
                tally.skipped += len(plan.skip)
                tally.refused += ((item.row, conflict) for item in plan.conflicts)
                undone = _check(plan.check, sender, ledger, tally)
                later += plan.poll + _send(plan.send + undone, sender, ledger, tally, pool)
            lock.publish({"pushed": tally.items})
            lock.give_way()
    return later


def _check(items: list[Item], sender: Sender, ledger: PushLedger, tally: PushTally) -> list[Item]:
    """Asks Gong about items that an earlier run has left open; returns those that are not done."""
    undone = []
    for item in items:
        is_done = sender.check(item)
        if is_done is False:
            undone.append(item)
        else:
            results = [checked_result(sender.write, item, is_done)]
            ledger.record_results(results)
            tally.add(results, [item])
    return undone


def _send(
    items: list[Item],
    sender: Sender,
    ledger: PushLedger,
    tally: PushTally,
    pool: ThreadPoolExecutor,
) -> list[Item]:
    """Sends the requests of items; returns the items that Gong does later."""
    groups = group_items(sender.write, iter(items))
    in_flight: dict[Future[ItemResults], list[Item]] = {}
    accepted: list[Item] = []
    errors: list[BaseException] = []
    while True:
        while not errors and len(in_flight) < _IN_FLIGHT and (group := next(groups, None)):
            ledger.record_sending([(item.key, item.digest, item.row) for item in group])
            in_flight[pool.submit(sender.send, group)] = group
        if not in_flight:
            break
        for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
            group = in_flight.pop(future)
            error = future.exception()
            if error:
                errors.append(error)
                if isinstance(error, SendingStopped):
                    _withdraw(group, ledger, str(error))
                # after a fault the group stays open: nobody knows whether it was done
                continue
            results = future.result()
            ledger.record_results(results)
            tally.add(results, group)
            keys = {r.key for r in results if r.status is ItemStatus.ACCEPTED}
            accepted += (item for item in group if item.key in keys)
    if errors:
        raise next((e for e in errors if not isinstance(e, SendingStopped)), errors[0])
    return accepted


def _withdraw(items: list[Item], ledger: PushLedger, reason: str) -> None:
    """Records that a request did not leave; what an earlier attempt may have done stays unknown."""
    ledger.record_unsent([item.key for item in items if not item.was_open])
    ledger.record_results(unsent_results([item for item in items if item.was_open], reason))
