"""Phrases that several cards share: what a delivery is doing, who carries it, when it will be there."""

from bot.dispatch import booking, carrying, eta, offers, operating, returning
from bot.dispatch.words import Say, Window
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Driver


def state(work: Work, delivery: Delivery, reader: str) -> Say:
    """What the delivery is doing, in the words meant for this party."""
    name = _state(work, delivery)
    return Say(f"state-{name}-{reader}", {"driver": driver_name(work, delivery), "at": _at(delivery)})


def _state(work: Work, delivery: Delivery) -> str:
    match delivery.status:
        case lifecycle.REQUESTED if delivery.dispatch_at > work.now:
            return "later"
        case lifecycle.REQUESTED if offers.helped(work, delivery):
            return "helped"
        case lifecycle.REQUESTED:
            return "again" if delivery.problem and delivery.search > 1 else "searching"
        case lifecycle.ASSIGNED:
            return "at-pickup" if delivery.at_pickup_at else "assigned"
        case lifecycle.PICKED_UP:
            return _on_the_way(delivery)
        case lifecycle.RETURNING:
            return "brought-back" if delivery.hand_back_asked_at else "returning"
        case status:
            return status.replace("_", "-")


def _on_the_way(delivery: Delivery) -> str:
    if delivery.nobody_there_at:
        return "nobody-there"
    if delivery.at_dropoff_at:
        return "at-door"
    return "arriving" if delivery.arriving_told_at else "picked-up"


def _at(delivery: Delivery) -> object:
    times = {
        lifecycle.DELIVERED: delivery.delivered_at,
        lifecycle.REQUESTED: delivery.ready_at,
        lifecycle.PICKED_UP: delivery.picked_up_at,
    }
    return times.get(delivery.status) or delivery.ended_at or delivery.booked_at


def driver_of(work: Work, delivery: Delivery) -> Driver | None:
    """Who carries it, or None."""
    return None if delivery.driver_id is None else work.drivers.get(delivery.driver_id)


def driver_name(work: Work, delivery: Delivery) -> str:
    """The driver's first name, empty where nobody carries it."""
    driver = driver_of(work, delivery)
    return first_name(driver.name) if driver else ""


def first_name(name: str) -> str:
    """The first of somebody's names: enough for strangers."""
    return name.split()[0] if name.split() else name


def arrival(work: Work, delivery: Delivery) -> Window | None:
    """When it will be at the door: by the driver's ETA, or as promised; None where nobody can say (any more)."""
    if delivery.at_dropoff_at is not None:
        return None
    if delivery.eta_at is not None and delivery.status in (lifecycle.ASSIGNED, lifecycle.PICKED_UP):
        return eta.window(delivery.eta_at)
    if delivery.status == lifecycle.REQUESTED and work.now < delivery.window_to:
        return Window(delivery.window_from, delivery.window_to)
    return None


def expected(work: Work, delivery: Delivery) -> Window | None:
    """The arrival as those who wait read it: none where the driver is about to be there, and in time."""
    return None if delivery.arriving_told_at is not None and not late(delivery) else arrival(work, delivery)


def late(delivery: Delivery) -> bool:
    """Whether it takes longer than was promised, and everybody still waits."""
    travelling = delivery.status in (lifecycle.ASSIGNED, lifecycle.PICKED_UP)
    return travelling and delivery.late_told_at is not None and delivery.at_dropoff_at is None


def load(delivery: Delivery) -> Say:
    """How many pieces of which size."""
    return Say("load", {"pieces": delivery.pieces, "size": delivery.size})


def reason(delivery: Delivery) -> Say | str:
    """Why it was cancelled, given up or given back; an operator's own words as they are."""
    why = delivery.problem or ""
    return Say(f"reason-{why.replace('_', '-')}") if why in KNOWN else why


KNOWN = {
    *booking.MERCHANT_REASONS,
    *(reason for reasons in operating.REASONS.values() for reason in reasons),
    *carrying.GIVE_BACK_REASONS,
    *returning.GIVE_UP_REASONS,
    "no_answer",
}
"""Reasons from the fixed lists, which have a text each."""


def map_url(lat: float, lon: float) -> str:
    """A link that opens the way to this point in the phone's map."""
    return f"https://www.google.com/maps/dir/?api=1&destination={lat:.6f},{lon:.6f}"
