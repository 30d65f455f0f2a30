"""Watching what travels: ETAs, nearness, lateness, and what does not move past its time."""

from datetime import datetime, timedelta

from bot.dispatch import booking, carrying, eta, geo, matching, notices
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Driver
from storage.rows import swap

TELL_EVERY = timedelta(minutes=1)
NEAR_M = 500
NEAR = timedelta(minutes=5)
LATE = timedelta(minutes=10)
LATE_EVERY = timedelta(minutes=15)
PICKUP_OVERDUE = timedelta(minutes=20)
DROPOFF_OVERDUE = timedelta(minutes=30)
HAND_BACK_OVERDUE = timedelta(minutes=15)
UNANSWERED = timedelta(hours=2)


def sweep(work: Work) -> None:
    """Look at every delivery that is with a driver, and at those that wait for an answer."""
    for delivery in work.deliveries.in_status((lifecycle.ASSIGNED, lifecycle.PICKED_UP)):
        assert delivery.driver_id is not None
        driver = work.drivers.get(delivery.driver_id)
        update_eta(work, delivery, driver)
        if delivery.status == lifecycle.PICKED_UP:
            _tell_near(work, delivery, driver)
        _tell_late(work, delivery)
        _tell_overdue(work, delivery, driver)
    for delivery in work.deliveries.in_status((lifecycle.RETURNING,)):
        _tell_not_back(work, delivery)
    for delivery in work.deliveries.in_status((lifecycle.EXPIRED,)):
        if delivery.expired_at is not None and delivery.expired_at + UNANSWERED <= work.now:
            booking.end(work, delivery, lifecycle.SWEEP, None, "no_answer", 0)


def _tell_not_back(work: Work, delivery: Delivery) -> None:
    asked_at, began = delivery.hand_back_asked_at, delivery.returning_at
    if asked_at is not None:
        if asked_at + HAND_BACK_OVERDUE <= work.now:
            notices.raise_case(work, "hand_back", delivery.id, since=asked_at)
        return
    way_back = eta.travel(
        (delivery.dropoff_lat, delivery.dropoff_lon), (delivery.pickup_lat, delivery.pickup_lon), "car"
    )
    if began is not None and began + way_back + DROPOFF_OVERDUE <= work.now:
        notices.raise_case(work, "not_returned", delivery.id, since=began)


def update_eta(work: Work, delivery: Delivery, driver: Driver) -> None:
    """Reckon anew from where the driver is; told at most once a minute, and only when the window moved."""
    expected = reckon(work, delivery, driver)
    if expected is None or delivery.eta_at is None:
        return
    if delivery.eta_told_at is not None and delivery.eta_told_at + TELL_EVERY > work.now:
        return
    if eta.window(expected) != eta.window(delivery.eta_at):
        before = {"status": delivery.status, "driver_id": delivery.driver_id, "eta_told_at": delivery.eta_told_at}
        if swap(work.session, delivery, before, {"eta_at": expected, "eta_told_at": work.now}):
            notices.tell(work, delivery, "ETA changed")


def reckon(work: Work, delivery: Delivery, driver: Driver) -> datetime | None:
    """When the driver will be at the dropoff if he goes on from where he is; None where nobody knows where that is."""
    here = matching.place(driver)
    if here is None or not matching.fresh(driver, work.now) or driver.position_source != "live":
        return None
    pickup = (delivery.pickup_lat, delivery.pickup_lon)
    dropoff = (delivery.dropoff_lat, delivery.dropoff_lon)
    if delivery.status == lifecycle.PICKED_UP:
        return work.now + eta.travel(here, dropoff, driver.vehicle)
    at_pickup = work.now if delivery.at_pickup_at else work.now + eta.travel(here, pickup, driver.vehicle)
    return max(at_pickup, delivery.ready_at) + eta.HANDLING + eta.travel(pickup, dropoff, driver.vehicle)


def _tell_near(work: Work, delivery: Delivery, driver: Driver) -> None:
    if delivery.undo_until is not None and work.now < delivery.undo_until:
        return  # what may still be undone is not said aloud
    here = matching.place(driver)
    if delivery.arriving_told_at is not None or here is None or driver.position_source != "live":
        return
    if not matching.fresh(driver, work.now):
        return
    dropoff = (delivery.dropoff_lat, delivery.dropoff_lon)
    metres = geo.straight_m(here, dropoff)
    if metres <= NEAR_M or eta.travel(here, dropoff, driver.vehicle) <= NEAR:
        carrying.announce_arrival(work, delivery)


def _tell_late(work: Work, delivery: Delivery) -> None:
    if delivery.at_dropoff_at is not None or delivery.told_to is None or delivery.told_to + LATE > work.now:
        return
    if delivery.late_told_at is not None and delivery.late_told_at + LATE_EVERY > work.now:
        return
    expected = max(delivery.eta_at or work.now, work.now)
    values = {
        "late_told_at": work.now,
        "eta_at": expected,
        "eta_told_at": work.now,
        "told_to": eta.window(expected).end,
    }
    if swap(work.session, delivery, {"late_told_at": delivery.late_told_at, "status": delivery.status}, values):
        notices.tell(work, delivery, "late")


def _tell_overdue(work: Work, delivery: Delivery, driver: Driver) -> None:
    if delivery.status == lifecycle.ASSIGNED:
        due = delivery.pickup_eta_at
        if due is not None and due + PICKUP_OVERDUE <= work.now:
            notices.raise_case(work, "not_picked_up", delivery.id, since=delivery.assigned_at)
        return
    pickup = (delivery.pickup_lat, delivery.pickup_lon)
    trip = eta.travel(pickup, (delivery.dropoff_lat, delivery.dropoff_lon), driver.vehicle)
    set_out = [event.at for event in work.deliveries.events(delivery.id) if event.step in ("pick_up", "resume")]
    if set_out and max(set_out[-1] + trip, delivery.window_to) + DROPOFF_OVERDUE <= work.now:
        notices.raise_case(work, "not_delivered", delivery.id, since=set_out[-1])
