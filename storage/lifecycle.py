"""The lives of deliveries and offers: two tables, and the one function that fires a step."""

from collections.abc import Mapping
from typing import Final, NamedTuple

REQUESTED: Final = "requested"
ASSIGNED: Final = "assigned"
PICKED_UP: Final = "picked_up"
DELIVERED: Final = "delivered"
RETURNING: Final = "returning"
RETURNED: Final = "returned"
EXPIRED: Final = "expired"
CANCELLED: Final = "cancelled"
LOST: Final = "lost"

STATUSES: Final = (REQUESTED, ASSIGNED, PICKED_UP, DELIVERED, RETURNING, RETURNED, EXPIRED, CANCELLED, LOST)
ENDS: Final = frozenset({DELIVERED, RETURNED, CANCELLED, LOST})
OPEN: Final = frozenset(STATUSES) - ENDS
WITH_DRIVER: Final = frozenset({ASSIGNED, PICKED_UP, RETURNING})

MERCHANT: Final = "merchant"
DRIVER: Final = "driver"
CUSTOMER: Final = "customer"
OPERATOR: Final = "operator"
SWEEP: Final = "sweep"
PARTIES: Final = (MERCHANT, DRIVER, OPERATOR, SWEEP)


class IllegalStep(Exception):
    """The table knows no such step from this status, or not by this party."""

    def __init__(self, status: str, step: str, by: str) -> None:
        super().__init__(f"{by} cannot {step} what is {status}")
        self.status, self.step, self.by = status, step, by


class Way(NamedTuple):
    """One row of the table: where a step leads and who may take it."""

    to: str
    by: frozenset[str]


def _way(to: str, *by: str) -> Way:
    return Way(to, frozenset(by))


DELIVERY: Final[Mapping[tuple[str, str], Way]] = {
    (REQUESTED, "assign"): _way(ASSIGNED, DRIVER, OPERATOR),
    (REQUESTED, "expire"): _way(EXPIRED, SWEEP),
    (REQUESTED, "cancel"): _way(CANCELLED, MERCHANT, OPERATOR),
    (ASSIGNED, "cancel"): _way(CANCELLED, MERCHANT, OPERATOR),
    (EXPIRED, "cancel"): _way(CANCELLED, MERCHANT, OPERATOR, SWEEP),
    (EXPIRED, "retry"): _way(REQUESTED, MERCHANT, OPERATOR),
    (ASSIGNED, "unassign"): _way(REQUESTED, DRIVER, OPERATOR, SWEEP),
    (ASSIGNED, "pick_up"): _way(PICKED_UP, DRIVER),
    (PICKED_UP, "undo"): _way(ASSIGNED, DRIVER),
    (PICKED_UP, "deliver"): _way(DELIVERED, DRIVER, OPERATOR),
    (DELIVERED, "undo"): _way(PICKED_UP, DRIVER),
    (PICKED_UP, "give_up"): _way(RETURNING, DRIVER, OPERATOR),
    (RETURNING, "resume"): _way(PICKED_UP, DRIVER, MERCHANT),
    (RETURNING, "hand_back"): _way(RETURNED, MERCHANT, OPERATOR),
    (PICKED_UP, "hand_over"): _way(PICKED_UP, OPERATOR),
    (RETURNING, "hand_over"): _way(RETURNING, OPERATOR),
    (PICKED_UP, "lose"): _way(LOST, OPERATOR),
    (RETURNING, "lose"): _way(LOST, OPERATOR),
}
STEPS: Final = tuple(dict.fromkeys(step for _, step in DELIVERY))

OFFER_OPEN: Final = "open"
OFFER_ACCEPTED: Final = "accepted"
OFFER_DECLINED: Final = "declined"
OFFER_EXPIRED: Final = "expired"
OFFER_WITHDRAWN: Final = "withdrawn"
OFFER_STATUSES: Final = (OFFER_OPEN, OFFER_ACCEPTED, OFFER_DECLINED, OFFER_EXPIRED, OFFER_WITHDRAWN)

OFFER: Final[Mapping[tuple[str, str], Way]] = {
    (OFFER_OPEN, "accept"): _way(OFFER_ACCEPTED, DRIVER),
    (OFFER_OPEN, "decline"): _way(OFFER_DECLINED, DRIVER),
    (OFFER_OPEN, "expire"): _way(OFFER_EXPIRED, SWEEP),
    (OFFER_OPEN, "withdraw"): _way(OFFER_WITHDRAWN, SWEEP, MERCHANT, OPERATOR, DRIVER),
}


def fire(table: Mapping[tuple[str, str], Way], status: str, step: str, by: str) -> str:
    """Where `step` leads from `status` when `by` takes it; raises IllegalStep where the table has no such cell."""
    way = table.get((status, step))
    if way is None or by not in way.by:
        raise IllegalStep(status, step, by)
    return way.to


def allowed(status: str, step: str, by: str) -> bool:
    """Whether the delivery table lets `by` take `step` from `status`."""
    way = DELIVERY.get((status, step))
    return way is not None and by in way.by


def diagram() -> str:
    """The delivery table as a Mermaid state diagram (the README's picture of it)."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (status, step), way in DELIVERY.items():
        arrows.setdefault((status, way.to), []).append(step)
    lines = ["stateDiagram-v2", f"    [*] --> {REQUESTED}: book"]
    lines += [f"    {status} --> {to}: {', '.join(steps)}" for (status, to), steps in arrows.items()]
    lines += [f"    {end} --> [*]" for end in STATUSES if end in ENDS]
    return "\n".join(lines)
