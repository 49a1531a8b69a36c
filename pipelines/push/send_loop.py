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
from sources.gong.write.model import Item, Write
from warehouse.ops.push_ledger import ItemStatus, PushLedger

_IN_FLIGHT = 8
"""Requests at once: at three a second, answers may take more than two seconds each."""
_BATCH = 500
"""Items that are looked up in the ledger at a time, or as many as go in one request."""


def send_items(
    write: Write,
    items: Iterator[Item],
    ledger: PushLedger,
    sender: Sender,
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
    # of a full list no item can be planned without the others
    size = None if write.grouping.is_full_list else max(_BATCH, write.grouping.max_items)
    later: list[Item] = []
    with ThreadPoolExecutor(_IN_FLIGHT) as pool:
        while batch := list(islice(items, size)):
            with ledger.opened():
                entries = ledger.entries([item.key for item in batch])
                plan = plan_batch(write, batch, entries, again=again)
                tally.skipped += len(plan.skip)
                tally.refused += ((item.row, _conflict(write)) for item in plan.conflicts)
                undone = _check(write, plan.check, ledger, sender, tally)
                accepted = _send(write, plan.send + undone, ledger, sender, tally, pool)
            later += plan.poll + accepted
            lock.publish({"pushed": tally.items})
            lock.give_way()
    return later


def _conflict(write: Write) -> str:
    key = ", ".join(write.key)
    return f"its {key} was pushed before with other content, and Gong keeps the first"


def _check(
    write: Write, items: list[Item], ledger: PushLedger, sender: Sender, tally: PushTally
) -> list[Item]:
    """Asks Gong about items that an earlier run has left open; returns those that are not done."""
    undone = []
    for item in items:
        is_done = sender.check(item)
        if is_done is False:
            undone.append(item)
            continue
        results = [checked_result(write, item, is_done)]
        ledger.record_results(results)
        tally.add(results, [item])
    return undone


def _send(
    write: Write,
    items: list[Item],
    ledger: PushLedger,
    sender: Sender,
    tally: PushTally,
    pool: ThreadPoolExecutor,
) -> list[Item]:
    """Sends the requests of items; returns the items that Gong does later."""
    groups = group_items(write, iter(items))
    in_flight: dict[Future[ItemResults], list[Item]] = {}
    accepted: list[Item] = []
    stopped: SendingStopped | None = None
    fault: BaseException | None = None
    while True:
        is_over = stopped or fault
        while not is_over and len(in_flight) < _IN_FLIGHT and (group := next(groups, None)):
            ledger.record_sending([(item.key, item.digest, item.row) for item in group])
            in_flight[pool.submit(sender.send, group)] = group
        if not in_flight:
            break
        for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
            group = in_flight.pop(future)
            try:
                results = future.result()
            except SendingStopped as error:
                stopped = stopped or error
                ledger.record_unsent([item.key for item in group if not item.was_open])
                # what an earlier attempt may have done stays unknown
                earlier = [item for item in group if item.was_open]
                ledger.record_results(unsent_results(earlier, str(error)))
            except BaseException as error:
                # the group stays open in the ledger: nobody knows whether it was done
                fault = fault or error
            else:
                ledger.record_results(results)
                tally.add(results, group)
                keys = {r.key for r in results if r.status is ItemStatus.ACCEPTED}
                accepted += (item for item in group if item.key in keys)
    if fault or stopped:
        raise fault or stopped  # type: ignore[misc]
    return accepted
