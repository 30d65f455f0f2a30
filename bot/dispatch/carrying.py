"""Carrying: the driver's steps from the pickup to the door, their undo, and the hand-over's proof."""

from datetime import timedelta

from bot.dispatch import booking, eta, notices, offers, rights
from bot.dispatch.refusals import NotNow, TooLate
from storage import lifecycle
from storage.database import Work
from storage.lifecycle import DRIVER
from storage.models import Delivery, Driver
from storage.rows import Raced, swap

UNDO = notices.UNDO
PIN_TRIES = 5
GIVE_BACK_REASONS = ("vehicle", "too_far", "not_ready", "merchant_closed", "too_big", "personal")


def step(
    work: Work, delivery: Delivery, name: str, by: str, person_id: int, why: str | None = None, **changes: object
) -> None:
    """Take a step of the lifecycle for a person; raises TooLate where it is not (or no longer) possible."""
    try:
        work.deliveries.step(delivery, name, by, person_id=person_id, why=why, **changes)
    except (Raced, lifecycle.IllegalStep):
        raise TooLate("refused-step", number=delivery.number) from None


def note_time(work: Work, delivery: Delivery, column: str, **values: object) -> bool:
    """Write the time of what happens once, by compare-and-set; False where it is known or all has moved on."""
    expected = {"status": delivery.status, "driver_id": delivery.driver_id, column: None}
    return swap(work.session, delivery, expected, {column: work.now, **values})


def at_pickup(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The driver stands at the pickup; a time on the delivery, not a status."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    if delivery.status != lifecycle.ASSIGNED or not note_time(work, delivery, "at_pickup_at"):
        raise TooLate("refused-step", number=delivery.number)
    work.deliveries.note(delivery, "at_pickup", DRIVER, person_id)
    notices.tell(work, delivery, "driver at the pickup")
    return delivery


def pick_up(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The driver has all the pieces; he can undo it for 60 seconds."""
    delivery, driver = rights.carrying(work, person_id, delivery_id)
    eta_at = work.now + _trip(delivery, driver)
    step(
        work,
        delivery,
        "pick_up",
        DRIVER,
        person_id,
        picked_up_at=work.now,
        at_pickup_at=delivery.at_pickup_at or work.now,
        undo_until=work.now + UNDO,
        eta_at=eta_at,
        eta_told_at=work.now,
        told_to=eta.window(eta_at).end,
        late_told_at=None,
    )
    notices.unsay(work, delivery, "driver at the pickup")
    notices.close_cases(work, delivery, "not_picked_up", "dark")
    notices.tell(work, delivery, "picked up", undoable=True)
    return delivery


def _trip(delivery: Delivery, driver: Driver) -> timedelta:
    pickup = (delivery.pickup_lat, delivery.pickup_lon)
    return eta.travel(pickup, (delivery.dropoff_lat, delivery.dropoff_lon), driver.vehicle)


def at_door(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The driver stands at the dropoff."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    if delivery.status != lifecycle.PICKED_UP or not note_time(work, delivery, "at_dropoff_at", undo_until=None):
        raise TooLate("refused-step", number=delivery.number)
    work.deliveries.note(delivery, "at_door", DRIVER, person_id)
    announce_arrival(work, delivery)
    return delivery


def announce_arrival(work: Work, delivery: Delivery) -> None:
    """The driver is about to arrive: said once, and then the news of the pickup is old."""
    if not note_time(work, delivery, "arriving_told_at"):
        notices.tell(work, delivery, "ETA changed")
        return
    notices.unsay(work, delivery, "picked up")
    notices.tell(work, delivery, "about to arrive")


def pin_locked(delivery: Delivery) -> bool:
    """Whether too many wrong PINs were tried: only an operator can say that it is delivered."""
    return delivery.pin is not None and delivery.pin_wrong >= PIN_TRIES


def may_hand_over(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The delivery that this driver is about to hand over; raises TooLate or NotNow where he cannot."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    if delivery.status != lifecycle.PICKED_UP:
        raise TooLate("refused-step", number=delivery.number)
    if pin_locked(delivery):
        raise NotNow("refused-pin-locked", number=delivery.number)
    return delivery


def try_pin(work: Work, person_id: int, delivery_id: int, pin: str) -> int:
    """Deliver by PIN. Returns 0 when it was right, else how many tries are left plus one.

    The fifth wrong PIN in all goes to the operators, who can say that it is delivered.
    """
    delivery = may_hand_over(work, person_id, delivery_id)
    if pin == delivery.pin:
        deliver(work, person_id, delivery_id, "pin")
        return 0
    delivery.pin_wrong += 1
    work.deliveries.note(delivery, "wrong_pin", DRIVER, person_id)
    if delivery.pin_wrong >= PIN_TRIES:
        notices.raise_case(work, "pin_failed", delivery.id)
        notices.tell(work, delivery, "ETA changed")
    return PIN_TRIES - delivery.pin_wrong + 1


def deliver(
    work: Work, person_id: int, delivery_id: int, proof: str, *, photo: str | None = None, name: str | None = None
) -> Delivery:
    """The parcel is handed over, with its proof: `pin`, `photo` (a file_id) or `name` (who took it)."""
    delivery = may_hand_over(work, person_id, delivery_id)
    if delivery.pin and proof != "pin":
        raise NotNow("refused-pin-needed", number=delivery.number)
    step(
        work,
        delivery,
        "deliver",
        DRIVER,
        person_id,
        why=proof,
        delivered_at=work.now,
        ended_at=work.now,
        at_dropoff_at=delivery.at_dropoff_at or work.now,
        undo_until=work.now + UNDO,
        proof_kind=proof,
        proof_photo=photo,
        proof_name=name,
    )
    for event in ("picked up", "about to arrive", "late"):
        notices.unsay(work, delivery, event)
    notices.close_cases(work, delivery)
    notices.tell(work, delivery, "delivered", undoable=True)
    booking.free_driver(work, delivery)
    return delivery


def undo(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """Take back the last step: within 60 seconds, by the same driver, with nothing newer. Raises TooLate or NotNow."""
    delivery, driver = rights.carrying(work, person_id, delivery_id)
    if delivery.undo_until is None or work.now >= delivery.undo_until:
        raise TooLate("refused-undo-over", number=delivery.number)
    if delivery.status == lifecycle.DELIVERED:
        _undo_delivered(work, delivery, driver, person_id)
    else:
        pickup_eta = delivery.pickup_eta_at or work.now
        step(work, delivery, "undo", DRIVER, person_id, picked_up_at=None, undo_until=None, pickup_eta_at=pickup_eta)
        notices.unsay(work, delivery, "picked up")
    notices.tell(work, delivery, "step undone")
    return delivery


def _undo_delivered(work: Work, delivery: Delivery, driver: Driver, person_id: int) -> None:
    now_carrying = work.drivers.run(driver.id)
    if now_carrying is not None and now_carrying.id != delivery.run_id:
        raise NotNow("refused-has-run")
    step(
        work,
        delivery,
        "undo",
        DRIVER,
        person_id,
        delivered_at=None,
        ended_at=None,
        undo_until=None,
        proof_kind=None,
        proof_photo=None,
        proof_name=None,
    )
    if delivery.run_id is not None:
        work.drivers.reopen_run(delivery.run_id)
    offer = work.offers.open_for_driver(driver.id)
    if offer is not None:
        offers.end(work, offer, "withdraw", DRIVER)
    notices.unsay(work, delivery, "delivered")


def give_back(work: Work, person_id: int, delivery_id: int, reason: str) -> Delivery:
    """The driver cannot fetch it after all: it is offered again, the merchant is told."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    release(work, delivery, DRIVER, person_id, reason)
    return delivery


def release(work: Work, delivery: Delivery, by: str, person_id: int | None, reason: str) -> None:
    """Take the delivery from its driver before the pickup, and search anew. Raises TooLate."""
    driver_id, run_id = delivery.driver_id, delivery.run_id
    try:
        work.deliveries.step(
            delivery,
            "unassign",
            by,
            person_id=person_id,
            why=reason,
            search=delivery.search + 1,
            problem=reason,
            assigned_at=None,
            at_pickup_at=None,
            eta_at=None,
            pickup_eta_at=None,
            **offers.begin_search(work, delivery),
        )
    except (Raced, lifecycle.IllegalStep):
        raise TooLate("refused-step", number=delivery.number) from None
    if run_id is not None:
        work.drivers.end_run_if_done(run_id)
    notices.unsay(work, delivery, "driver found")
    notices.close_cases(work, delivery)
    event = "given back" if by == DRIVER else "taken from the driver"
    notices.tell(work, delivery, event, driver_id=driver_id)
    offers.search(work, delivery)
    if driver_id is None:
        return
    driver = work.drivers.get(driver_id)
    notices.stale(work, driver.person_id, f"duty:{driver_id}")
    if driver.on_duty and by != DRIVER:
        offers.offer_best(work, driver)
