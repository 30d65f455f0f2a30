"""Who may do what: each check raises NotYours, so that no verb forgets to say no."""

from bot.dispatch.refusals import NotNow, NotYours
from storage.database import Work
from storage.models import Delivery, Driver, Merchant


def operator(work: Work, person_id: int) -> None:
    """The person runs the market."""
    if not work.people.is_operator(person_id):
        raise NotYours


def staff(work: Work, person_id: int, merchant_id: int) -> Merchant:
    """The person speaks for this merchant; returns it."""
    if not work.merchants.speaks_for(person_id, merchant_id):
        raise NotYours
    return work.merchants.get(merchant_id)


def owner(work: Work, person_id: int, merchant_id: int) -> Merchant:
    """The person owns this merchant; returns it."""
    merchant = staff(work, person_id, merchant_id)
    if merchant.owner_id != person_id:
        raise NotYours("refused-owner-only")
    return merchant


def booking_merchant(work: Work, person_id: int) -> Merchant:
    """The approved merchant that this person books for."""
    merchant = work.merchants.approved_of(person_id)
    if merchant is not None:
        return merchant
    if any(merchant.status == "pending" for merchant in work.merchants.of(person_id)):
        raise NotNow("refused-merchant-pending")
    raise NotYours("refused-no-merchant")


def approved_driver(work: Work, person_id: int) -> Driver:
    """This person as an approved driver."""
    driver = work.drivers.of(person_id)
    if driver is None or driver.status == "declined":
        raise NotYours("refused-no-driver")
    if driver.status == "pending":
        raise NotNow("refused-driver-pending")
    return driver


def carrying(work: Work, person_id: int, delivery_id: int) -> tuple[Delivery, Driver]:
    """The delivery and the driver who has it, who is this person."""
    driver = work.drivers.of(person_id)
    delivery = work.deliveries.lock(delivery_id)
    if driver is None or delivery.driver_id != driver.id:
        raise NotYours("refused-not-your-delivery", number=delivery.number)
    return delivery, driver


def receiving(work: Work, person_id: int, delivery_id: int) -> Delivery:
    """The delivery whose customer this person is."""
    if work.deliveries.customer(delivery_id) != person_id:
        raise NotYours
    return work.deliveries.get(delivery_id)


def may_see(work: Work, person_id: int, kind: str, number: int) -> bool:
    """Whether this card is for this person's eyes; raises Missing where there is no such thing.

    The cards of deliveries and links say for themselves what a stranger may know.
    """
    match kind:
        case "welcome" | "home" | "language" | "status" | "forget":
            return number == person_id
        case "draft":
            draft = work.drafts.get(number)
            return draft is not None and draft.person_id == person_id
        case "staff":
            return work.merchants.speaks_for(person_id, number)
        case "invite":
            found = work.merchants.invitation_by_id(number)
            return found is not None and work.merchants.get(found.merchant_id).owner_id == person_id
        case "offer":
            return work.drivers.get(work.offers.get(number).driver_id).person_id == person_id
        case "duty":
            return work.drivers.get(number).person_id == person_id
        case "merchant" | "driver" | "case" | "desk" | "open" | "letter" | "waiting":
            return work.people.is_operator(person_id)
        case _:
            return True
