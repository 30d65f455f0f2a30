"""Operating: what an operator does to a delivery that needs a person, always with a reason."""

from collections.abc import Callable

from bot.dispatch import booking, carrying, notices, offers, returning, rights
from bot.dispatch.refusals import TooLate
from bot.dispatch.words import Say
from storage import lifecycle
from storage.database import Work
from storage.erasing import ERASED, FORGOTTEN
from storage.lifecycle import OPERATOR
from storage.models import Case, Delivery

STEPS = ("unassign", "cancel", "back", "delivered", "returned", "lost")
"""What an operator can do to a delivery."""
REASONS = {
    "unassign": ("driver_asked", "not_moving", "accident", "other"),
    "cancel": ("merchant_asked", "customer_asked", "no_driver", "other"),
    "back": ("merchant_asked", "customer_asked", "wrong_address", "other"),
    "delivered": ("customer_has_it", "driver_says_so", "other"),
    "returned": ("merchant_has_it", "driver_says_so", "other"),
    "lost": ("accident", "damaged", "nowhere", "other"),
}
"""Why, to be tapped; anything else is typed."""


def possible(delivery: Delivery) -> list[str]:
    """Which of the operator's steps this delivery allows now."""
    open_to = {
        "unassign": {lifecycle.ASSIGNED},
        "cancel": {lifecycle.REQUESTED, lifecycle.ASSIGNED, lifecycle.EXPIRED},
        "back": {lifecycle.PICKED_UP},
        "delivered": {lifecycle.PICKED_UP},
        "returned": {lifecycle.PICKED_UP, lifecycle.RETURNING},
        "lost": {lifecycle.PICKED_UP, lifecycle.RETURNING},
    }
    return [step for step in STEPS if delivery.status in open_to[step]]


def act(work: Work, person_id: int, delivery_id: int, step: str, reason: str) -> Delivery:
    """Take one of STEPS on a delivery, for a reason that stays in its trail. Raises NotYours or TooLate."""
    rights.operator(work, person_id)
    delivery = work.deliveries.lock(delivery_id)
    if step not in possible(delivery):
        raise TooLate("refused-step", number=delivery.number)
    acts: dict[str, Callable[[Work, Delivery, int, str], None]] = {
        "unassign": _unassign,
        "cancel": _cancel,
        "back": _back,
        "delivered": _delivered,
        "returned": _returned,
        "lost": _lost,
    }
    acts[step](work, delivery, person_id, reason)
    notices.close_cases(work, delivery)
    return delivery


def _unassign(work: Work, delivery: Delivery, person_id: int, reason: str) -> None:
    carrying.release(work, delivery, OPERATOR, person_id, reason)


def _cancel(work: Work, delivery: Delivery, person_id: int, reason: str) -> None:
    booking.end(work, delivery, OPERATOR, person_id, reason, 0)


def _back(work: Work, delivery: Delivery, person_id: int, reason: str) -> None:
    returning.give_up(work, person_id, delivery.id, reason, None, OPERATOR)


def _delivered(work: Work, delivery: Delivery, person_id: int, reason: str) -> None:
    carrying.step(
        work,
        delivery,
        "deliver",
        OPERATOR,
        person_id,
        why=reason,
        delivered_at=work.now,
        ended_at=work.now,
        undo_until=None,
        proof_kind="operator",
    )
    notices.unsay(work, delivery, "picked up")
    notices.tell(work, delivery, "delivered, says the operator")
    booking.free_driver(work, delivery)


def _returned(work: Work, delivery: Delivery, person_id: int, reason: str) -> None:
    if delivery.status == lifecycle.PICKED_UP:
        returning.give_up(work, person_id, delivery.id, reason, None, OPERATOR)
    returning.hand_back(work, person_id, delivery.id, OPERATOR, reason)


def _lost(work: Work, delivery: Delivery, person_id: int, reason: str) -> None:
    carrying.step(
        work, delivery, "lose", OPERATOR, person_id, why=reason, problem=reason, ended_by=OPERATOR, ended_at=work.now
    )
    notices.unsay(work, delivery, "picked up")
    notices.tell(work, delivery, "lost")
    booking.free_driver(work, delivery)


def retry(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """Search again for a delivery that nobody took."""
    return offers.retry(work, person_id, delivery_id, OPERATOR)


def catch_up(work: Work, person_id: int) -> None:
    """Show an operator what waits for one and never reached him: who wants to join, open cases."""
    rights.operator(work, person_id)
    subjects = [f"merchant:{merchant.id}" for merchant in work.merchants.pending()]
    subjects += [f"driver:{driver.id}" for driver in work.drivers.pending()]
    subjects += [f"case:{case.id}" for case in work.cases.all_open()]
    for subject in subjects:
        if work.outbox.card(person_id, subject) is None:
            notices.post(work, person_id, subject, urgency=notices.NEWS)


def subject(work: Work, person_id: int, case_id: int) -> str:
    """The card on which an operator sees what a case about the bot itself, or about a message, is about."""
    rights.operator(work, person_id)
    case = work.cases.get(case_id)
    if case is None:
        raise TooLate("refused-settled")
    if case.kind == "message":
        return f"letter:{case.subject_id}"
    return f"waiting:{work.market_id}" if case.kind == "outbox" else f"status:{person_id}"


def can_try_again(work: Work, case: Case) -> bool:
    """Whether this case is open, and about a message that was given up; what was erased is gone for good."""
    row = work.outbox.get(case.subject_id) if case.kind == "message" else None
    given_up = row is not None and row.dropped_at is not None and row.error not in (FORGOTTEN, ERASED)
    return case.closed_at is None and given_up


def try_again(work: Work, person_id: int, case_id: int) -> Case:
    """Try once more to send what could not be sent; where it fails again, that is a new case. Raises TooLate."""
    rights.operator(work, person_id)
    case = work.cases.get(case_id)
    row = work.outbox.get(case.subject_id) if case is not None and can_try_again(work, case) else None
    if case is None or row is None:
        raise TooLate("refused-settled")
    work.outbox.requeue(row)
    work.cases.close(case, person_id)
    notices.stale_everywhere(work, f"case:{case.id}")
    notices.stale_everywhere(work, f"letter:{row.id}")
    return case


def close_case(work: Work, person_id: int, case_id: int) -> Case:
    """The operator has seen to it."""
    rights.operator(work, person_id)
    case = work.cases.get(case_id)
    if case is None or case.closed_at is not None:
        raise TooLate("refused-settled")
    work.cases.close(case, person_id)
    notices.stale_everywhere(work, f"case:{case.id}")
    if case.kind == "wants_back":
        delivery = work.deliveries.get(case.subject_id)
        notices.say(work, notices.speaker(work, delivery), Say("goes-on", {"number": delivery.number}))
        notices.refresh(work, delivery)
    return case
