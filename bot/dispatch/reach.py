"""What it means that a card was shown, and that somebody can no longer be reached."""

from bot.dispatch import notices, operating
from storage import lifecycle
from storage.database import Work


def shown(work: Work, subject: str) -> None:
    """A card was sent: an offer's clock starts now."""
    kind, _, number = subject.partition(":")
    if kind == "offer":
        work.offers.sent(work.offers.get(int(number)))


def lost(work: Work, person_id: int) -> None:
    """This person has blocked the bot, or is gone: who relies on him is told."""
    person = work.people.find(person_id)
    if person is None or not person.reachable:
        return
    person.reachable = False
    driver = work.drivers.of(person_id)
    if driver is not None:
        if work.drivers.run(driver.id) is None:
            driver.on_duty, driver.asked_at = False, None
        offer = work.offers.open_for_driver(driver.id)
        if offer is not None:
            work.offers.step(offer, "withdraw", lifecycle.SWEEP)
            work.happened.append(("offer", offer.status, 0))
        for delivery in work.deliveries.with_driver(driver.id):
            notices.raise_case(work, "dark", delivery.id)
    for delivery in work.deliveries.of_customer(person_id):
        notices.stale(work, notices.speaker(work, delivery), f"delivery:{delivery.id}")


def found(work: Work, person_id: int) -> None:
    """This person writes again, or has unblocked the bot."""
    person = work.people.get(person_id)
    if not person.reachable:
        person.reachable = True
        for delivery in work.deliveries.of_customer(person_id):
            notices.stale(work, notices.speaker(work, delivery), f"delivery:{delivery.id}")
        for card in work.outbox.open_cards():
            if card.chat_id == person_id and not card.subject.startswith(notices.MENUS):
                notices.post(work, person_id, card.subject, urgency=notices.NEWS)
        if work.people.is_operator(person_id):
            operating.catch_up(work, person_id)
