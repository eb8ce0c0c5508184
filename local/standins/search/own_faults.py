"""Faults that only AI Search has: their kind may carry a number, as in `partial:409`."""

from local.standins.faults import Fault, Faults


def draw(faults: Faults, kind: str) -> tuple[Fault, int | None] | None:
    """The first fault of this kind that hits this time, and the number behind the colon of its kind."""
    for fault, _ in faults.all():
        name, _, number = fault.kind.partition(":")
        if (fault.service, name) == ("search", kind) and (drawn := faults.draw("search", fault.kind)):
            return drawn, int(number) if number.isdigit() else None
    return None
