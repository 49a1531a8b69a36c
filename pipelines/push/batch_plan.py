"""What a push does with each item, given its row in the push ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sources.gong.write.model import Item, Write
from warehouse.ops.push_ledger import OPEN, ItemStatus, LedgerEntry


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What to do with the items of a batch.

    Attributes:
        send: to be sent, with their attempt number; open ones last, because requests that keep
            breaking off must not hold back the others.
        check: open, and not to be sent before Gong was asked whether they are done.
        poll: Gong does them later, and was not done when last asked.
        skip: done before.
        conflicts: those of `skip` with other content than before, though Gong keeps the first.
    """

    send: list[Item] = field(default_factory=list)
    check: list[Item] = field(default_factory=list)
    poll: list[Item] = field(default_factory=list)
    skip: list[Item] = field(default_factory=list)
    conflicts: list[Item] = field(default_factory=list)


def plan_batch(
    write: Write, items: Sequence[Item], entries: Mapping[str, LedgerEntry], *, again: bool
) -> BatchPlan:
    """Returns what to do with items.

    Args:
        write: the operation.
        items: the batch; all items where the operation takes full lists only.
        entries: rows of the ledger by key, for the items that have one.
        again: whether to send also what was done or may have been done.
    """
    plan = BatchPlan()
    for new_item in items:
        entry = entries.get(new_item.key)
        if entry is None:
            plan.send.append(new_item)
            continue
        item = replace(new_item, attempt=entry.next_attempt, was_open=entry.status in OPEN)
        has_changed = entry.digest != item.digest
        match entry.status:
            case ItemStatus.SENDING | ItemStatus.UNKNOWN:
                (plan.send if again or write.is_repeatable else plan.check).append(item)
            case ItemStatus.REJECTED | ItemStatus.FAILED:
                plan.send.append(item)
            case _ if again or (has_changed and not write.keeps_first):
                plan.send.append(item)
            case ItemStatus.ACCEPTED:
                plan.poll.append(item)
            case ItemStatus.DONE:
                plan.skip.append(item)
                if has_changed:
                    plan.conflicts.append(item)
    plan.send.sort(key=lambda item: item.was_open)
    return _with_full_lists(plan) if write.grouping.is_full_list else plan


def _with_full_lists(plan: BatchPlan) -> BatchPlan:
    """Sends what is done, too, where another item of its list is sent."""
    lists = [item.shared for item in plan.send]
    return replace(
        plan,
        send=plan.send + [item for item in plan.skip if item.shared in lists],
        skip=[item for item in plan.skip if item.shared not in lists],
        conflicts=[item for item in plan.conflicts if item.shared not in lists],
    )
