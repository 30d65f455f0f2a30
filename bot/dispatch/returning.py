"""When it cannot be delivered: nobody there, back to the merchant, a second attempt, the hand-back."""

from datetime import timedelta

from bot.dispatch import booking, eta, notices, rights
from bot.dispatch.carrying import note_time, step
from bot.dispatch.refusals import NotNow, TooLate
from storage import lifecycle
from storage.database import Work
from storage.lifecycle import DRIVER, MERCHANT
from storage.models import Delivery

GIVE_UP_REASONS = ("nobody_there", "wrong_address", "refused", "damaged", "unreachable", "accident")


def nobody_there(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """Nobody opens: the merchant is asked loudly to call, or an operator where there is no phone."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    if delivery.status != lifecycle.PICKED_UP:
        raise TooLate("refused-step", number=delivery.number)
    there = {
        "undo_until": None,
        "at_dropoff_at": delivery.at_dropoff_at or work.now,
        "arriving_told_at": delivery.arriving_told_at or work.now,
    }
    if not note_time(work, delivery, "nobody_there_at", **there):
        raise NotNow("refused-already-asked")
    notices.unsay(work, delivery, "picked up")
    work.deliveries.note(delivery, "nobody_there", DRIVER, person_id)
    if not delivery.customer_phone:
        notices.raise_case(work, "call", delivery.id)
    notices.tell(work, delivery, "nobody there")
    return delivery


def may_give_up(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The delivery that this driver may give up on; raises TooLate where he cannot."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    if delivery.status != lifecycle.PICKED_UP:
        raise TooLate("refused-step", number=delivery.number)
    return delivery


def give_up(work: Work, person_id: int, delivery_id: int, reason: str, photo: str | None, by: str = DRIVER) -> Delivery:
    """It goes back to the merchant, with the reason and perhaps a photo (a file_id)."""
    delivery = may_give_up(work, person_id, delivery_id) if by == DRIVER else work.deliveries.lock(delivery_id)
    step(
        work,
        delivery,
        "give_up",
        by,
        person_id,
        why=reason,
        problem=reason,
        problem_photo=photo,
        returning_at=work.now,
        undo_until=None,
    )
    for event in ("picked up", "about to arrive", "late"):
        notices.unsay(work, delivery, event)
    notices.close_cases(work, delivery, "not_delivered", "pin_failed", "call", "wants_back")
    notices.tell(work, delivery, "coming back" if by == DRIVER else "called back")
    if photo is not None:
        work.outbox.write(
            notices.speaker(work, delivery),
            "photo",
            subject=photo,
            text_id="problem-photo",
            params={"number": delivery.number},
            urgency=notices.NEWS,
        )
    return delivery


def resume(work: Work, person_id: int, delivery_id: int, by: str) -> Delivery:
    """A second attempt, by the driver or at the merchant's wish."""
    delivery = work.deliveries.lock(delivery_id)
    if by == DRIVER:
        rights.carrying(work, person_id, delivery_id)
    else:
        rights.staff(work, person_id, delivery.merchant_id)
    eta_at = work.now + eta.HANDLING + _way_back(work, delivery)
    step(
        work,
        delivery,
        "resume",
        by,
        person_id,
        at_dropoff_at=None,
        arriving_told_at=None,
        nobody_there_at=None,
        hand_back_asked_at=None,
        returning_at=None,
        eta_at=eta_at,
        eta_told_at=work.now,
        told_to=eta.window(eta_at).end,
    )
    notices.close_cases(work, delivery, "hand_back", "not_returned", "not_delivered", "call")
    notices.tell(work, delivery, "second attempt")
    return delivery


def _way_back(work: Work, delivery: Delivery) -> timedelta:
    driver = work.drivers.get(delivery.driver_id or 0)
    here = (driver.lat, driver.lon) if driver.lat is not None and driver.lon is not None else None
    return eta.travel(
        here or (delivery.pickup_lat, delivery.pickup_lon), (delivery.dropoff_lat, delivery.dropoff_lon), driver.vehicle
    )


def brought_back(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The driver says that the merchant has it again; the merchant is asked to confirm."""
    delivery, _ = rights.carrying(work, person_id, delivery_id)
    if delivery.status != lifecycle.RETURNING or not note_time(work, delivery, "hand_back_asked_at"):
        raise TooLate("refused-step", number=delivery.number)
    work.deliveries.note(delivery, "brought_back", DRIVER, person_id)
    notices.close_cases(work, delivery, "not_returned")
    notices.tell(work, delivery, "handed back, to be confirmed")
    return delivery


def hand_back(work: Work, person_id: int, delivery_id: int, by: str = MERCHANT, why: str | None = None) -> Delivery:
    """The merchant confirms that the parcel is back (or an operator does)."""
    delivery = work.deliveries.lock(delivery_id)
    if by == MERCHANT:
        rights.staff(work, person_id, delivery.merchant_id)
    step(work, delivery, "hand_back", by, person_id, why=why, ended_at=work.now, ended_by=by)
    notices.close_cases(work, delivery)
    notices.tell(work, delivery, "returned")
    booking.free_driver(work, delivery)
    return delivery
