"""Receiving: the customer's link, whose parcel it is, and where it is now."""

from dataclasses import dataclass

from bot.dispatch import eta, geo, matching, notices, rights
from bot.dispatch.refusals import NotYours, TooLate
from bot.dispatch.words import Window
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Link


@dataclass(frozen=True)
class Whereabouts:
    """Where a parcel is: straight-line metres from the door (None where nobody knows), and when it will be there."""

    delivery: Delivery
    metres: int | None
    window: Window | None
    seen_min: int
    """Minutes since the driver was last seen."""


def open_link(work: Work, person_id: int, token: str) -> Link:
    """Somebody opened a customer's link: it is his, or free to be said to be his. Raises TooLate or NotYours."""
    link = work.deliveries.link_by_token(token)
    if link is None or link.revoked_at is not None:
        raise TooLate("refused-link-over")
    if link.person_id is not None and link.person_id != person_id:
        raise NotYours("refused-link-taken")
    _must_be_outsider(work, person_id, work.deliveries.get(link.delivery_id))
    return link


def _must_be_outsider(work: Work, person_id: int, delivery: Delivery) -> None:
    if work.merchants.speaks_for(person_id, delivery.merchant_id):
        raise NotYours("refused-link-own")
    driver = work.drivers.of(person_id)
    if work.people.is_operator(person_id) or (driver is not None and driver.id == delivery.driver_id):
        raise NotYours("refused-link-own")


def claim(work: Work, person_id: int, link_id: int) -> Delivery:
    """It's mine: bind the link to this person, by compare-and-set."""
    link = work.deliveries.link_by_id(link_id)
    if link is None:
        raise TooLate("refused-link-over")
    open_link(work, person_id, link.token)
    delivery = work.deliveries.get(link.delivery_id)
    if link.person_id is None:
        if not work.deliveries.bind(link, person_id):
            raise NotYours("refused-link-taken")
        work.deliveries.note(delivery, "connect", lifecycle.CUSTOMER, person_id)
        notices.stale(work, notices.speaker(work, delivery), f"delivery:{delivery.id}")
    person = work.people.get(person_id)
    if person.role is None:
        person.role = "customer"
    notices.post(work, person_id, f"parcel:{delivery.id}")
    notices.menu(work, person_id)
    return delivery


def whereabouts(work: Work, person_id: int, delivery_id: int) -> Whereabouts:
    """Where is it? For the delivery's customer only."""
    delivery = rights.receiving(work, person_id, delivery_id)
    if delivery.driver_id is None or delivery.status not in (lifecycle.ASSIGNED, lifecycle.PICKED_UP):
        return Whereabouts(delivery, None, None, 0)
    driver = work.drivers.get(delivery.driver_id)
    window = eta.window(delivery.eta_at) if delivery.eta_at else None
    here = matching.place(driver)
    if here is None or driver.position_at is None:
        return Whereabouts(delivery, None, window, 0)
    metres = round(geo.straight_m(here, (delivery.dropoff_lat, delivery.dropoff_lon)))
    return Whereabouts(delivery, metres, window, int((work.now - driver.position_at).total_seconds() // 60))
