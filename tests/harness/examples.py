"""Values for the parameters of an operation that fit each other, as they are typed."""

from __future__ import annotations

from sources.gong.api.operations import Operation, Parameter
from sources.gong.api.parameters import example

TOGETHER = {
    "contentSelector.context": "Extended",
    "libraryFolderAccess.permissionLevel": "all",
}
"""Values that others need beside them."""
INSTEAD = {
    "addDigitalInteraction": ("trackingId",),
    "contentViewed": ("trackingId",),
}
"""Parameters that Gong takes only without others."""
BESIDE = {
    "contentSelector.contextTiming": ("contentSelector.context",),
    "contentSelector.exposedFields.content.trackerOccurrences": (
        "contentSelector.exposedFields.content.trackers",
    ),
    "person": ("person.name",),
}
"""Parameters that must be given with another one, or with any of an object."""


def value_of(parameter: Parameter) -> str:
    """Returns an example that goes together with those of other parameters."""
    return TOGETHER.get(parameter.name) or example(parameter)


def all_together(row: Operation) -> dict[str, str]:
    """Returns a value of every parameter that may be given with the others."""
    left_out = INSTEAD.get(row.operation_id, ())
    return {
        parameter.name: value_of(parameter)
        for parameter in row.parameters
        if parameter.name not in left_out
    }


def with_what_it_needs(row: Operation, parameter: Parameter) -> dict[str, str]:
    """Returns values of a parameter, and of those that its object or Gong's text asks for."""
    around = parameter.name.rpartition(".")[0]
    outermost = parameter.name.partition(".")[0] if "." in parameter.name else ""
    beside = {*BESIDE.get(parameter.name, ()), *BESIDE.get(outermost, ())}
    return {
        other.name: value_of(other)
        for other in row.parameters
        if other is parameter
        or other.is_required
        or other.name in beside
        or (other.is_required_in_object and other.name.rpartition(".")[0] == around)
    }
