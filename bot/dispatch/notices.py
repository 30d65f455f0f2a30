"""Who hears what: one table, and the functions that write what it says to the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from bot.dispatch.words import Say, dump_params
from storage import lifecycle
from storage.database import Work
from storage.lifecycle import CUSTOMER, DRIVER, MERCHANT
from storage.models import Case, Delivery
from storage.outbox import TIDY

LOUD: Final = "loud"
QUIET: Final = "quiet"
EDIT: Final = "edit"

UNDO = timedelta(seconds=60)
SHRINK = timedelta(hours=1)
"""So long after the end a job's card still shows the address."""

NOW_PLEASE, OFFER, NEWS, BULK = 0, 1, 2, 3
"""Urgency: somebody waits for this answer, an offer, news, bulk."""

HEARD: Final[Mapping[str, Mapping[str, str]]] = {
    "offer": {DRIVER: LOUD},
    "driver found": {CUSTOMER: QUIET, MERCHANT: QUIET, DRIVER: EDIT},
    "driver at the pickup": {CUSTOMER: EDIT, MERCHANT: QUIET, DRIVER: EDIT},
    "picked up": {CUSTOMER: LOUD, MERCHANT: EDIT, DRIVER: EDIT},
    "ETA changed": {CUSTOMER: EDIT, MERCHANT: EDIT, DRIVER: EDIT},
    "about to arrive": {CUSTOMER: LOUD, MERCHANT: EDIT, DRIVER: EDIT},
    "late": {CUSTOMER: LOUD, MERCHANT: EDIT, DRIVER: EDIT},
    "delivered": {CUSTOMER: LOUD, MERCHANT: QUIET, DRIVER: EDIT},
    "delivered, says the operator": {CUSTOMER: LOUD, MERCHANT: QUIET, DRIVER: QUIET},
    "step undone": {CUSTOMER: EDIT, MERCHANT: EDIT, DRIVER: EDIT},
    "nobody there": {CUSTOMER: LOUD, MERCHANT: LOUD, DRIVER: EDIT},
    "given back": {CUSTOMER: EDIT, MERCHANT: LOUD, DRIVER: EDIT},
    "taken from the driver": {CUSTOMER: EDIT, MERCHANT: EDIT, DRIVER: LOUD},
    "coming back": {CUSTOMER: LOUD, MERCHANT: LOUD, DRIVER: EDIT},
    "called back": {CUSTOMER: LOUD, MERCHANT: LOUD, DRIVER: LOUD},
    "second attempt": {CUSTOMER: EDIT, MERCHANT: EDIT, DRIVER: EDIT},
    "handed back, to be confirmed": {CUSTOMER: EDIT, MERCHANT: LOUD, DRIVER: EDIT},
    "returned": {CUSTOMER: LOUD, MERCHANT: EDIT, DRIVER: EDIT},
    "nobody found": {CUSTOMER: EDIT, MERCHANT: LOUD},
    "searching again": {CUSTOMER: EDIT, MERCHANT: EDIT},
    "cancelled": {CUSTOMER: LOUD, MERCHANT: EDIT, DRIVER: LOUD},
    "cancelled by the operator": {CUSTOMER: LOUD, MERCHANT: LOUD, DRIVER: LOUD},
    "lost": {CUSTOMER: LOUD, MERCHANT: LOUD, DRIVER: EDIT},
}
"""Loud is a new message with sound, quiet a new one without, edit changes the card only."""

MENUS = ("welcome:", "home:", "status:", "open:", "language:", "letter:", "waiting:", "forget:")
"""Cards that people call up when they want them: they are never posted anew by themselves."""

SUBJECT = {MERCHANT: "delivery", DRIVER: "job", CUSTOMER: "parcel"}
"""Which card of a delivery each party looks at."""


def hearers(work: Work, delivery: Delivery, driver_id: int | None = None) -> dict[str, int]:
    """The chat of each party of a delivery; `driver_id` where it is not the present driver's."""
    chats = {MERCHANT: speaker(work, delivery)}
    driver_id = driver_id or delivery.driver_id
    if driver_id is not None:
        chats[DRIVER] = work.drivers.get(driver_id).person_id
    customer = work.deliveries.customer(delivery.id)
    if customer is not None:
        chats[CUSTOMER] = customer
    return chats


def speaker(work: Work, delivery: Delivery) -> int:
    """Whom the merchant's news of a delivery go to: who booked it, or the owner when he has left."""
    if work.merchants.speaks_for(delivery.booked_by, delivery.merchant_id):
        return delivery.booked_by
    return work.merchants.get(delivery.merchant_id).owner_id


def tell(work: Work, delivery: Delivery, event: str, *, undoable: bool = False, driver_id: int | None = None) -> None:
    """Write what each party hears of this event; what can still be undone is said aloud when it no longer can."""
    chats = hearers(work, delivery, driver_id)
    for party, loudness in HEARD[event].items():
        chat_id = chats.get(party)
        if chat_id is None:
            continue
        if loudness == EDIT or undoable:
            stale(work, chat_id, f"{SUBJECT[party]}:{delivery.id}")
        if undoable and party == DRIVER:
            later(work, chat_id, f"{SUBJECT[party]}:{delivery.id}", UNDO)
        if loudness != EDIT:
            _announce(work, delivery, event, party, chat_id, loud=loudness == LOUD, after=UNDO if undoable else None)
    if delivery.status in lifecycle.ENDS and DRIVER in chats:
        later(work, chats[DRIVER], f"job:{delivery.id}", SHRINK)
    if delivery.status in lifecycle.ENDS or event == "step undone":
        stale_everywhere(work, f"link:{delivery.id}")
    if delivery.status in lifecycle.ENDS and not undoable:
        take_away_pictures(work, delivery)
    stale_everywhere(work, f"where:{delivery.id}")
    for chat_id in work.outbox.chats_of(f"delivery:{delivery.id}"):
        if chat_id != chats[MERCHANT]:  # others of the staff who have looked at it
            stale(work, chat_id, f"delivery:{delivery.id}")
    desk(work, delivery)


def _announce(
    work: Work, delivery: Delivery, event: str, party: str, chat_id: int, *, loud: bool, after: timedelta | None
) -> None:
    about, due_in = about_event(delivery, event), after.total_seconds() if after else 0
    if event == "delivered" and party == CUSTOMER and delivery.proof_photo:
        params = {"number": delivery.number, "merchant": work.merchants.get(delivery.merchant_id).name}
        work.outbox.write(
            chat_id,
            "photo",
            subject=delivery.proof_photo,
            text_id="delivered-photo",
            params=params,
            loud=loud,
            urgency=NEWS,
            about=about,
            due_in=due_in,
        )
        return
    work.outbox.write(
        chat_id,
        "card",
        subject=f"{SUBJECT[party]}:{delivery.id}",
        anew=True,
        loud=loud,
        urgency=NEWS,
        about=about,
        due_in=due_in,
    )


def about_event(delivery: Delivery, event: str) -> str:
    """By what the messages of this event are withdrawn when it is undone."""
    return f"delivery:{delivery.id}:{event}"


def unsay(work: Work, delivery: Delivery, event: str) -> None:
    """The event is no longer true: what was not sent yet is not sent."""
    work.outbox.withdraw(about_event(delivery, event))


def stale(work: Work, chat_id: int, subject: str, *, urgency: int = NEWS) -> None:
    """This card no longer shows what is true."""
    work.outbox.write(chat_id, "card", subject=subject, urgency=urgency)


def refresh(work: Work, delivery: Delivery) -> None:
    """Nothing happened that is worth telling, but everybody's card of this delivery has changed."""
    for party, chat_id in hearers(work, delivery).items():
        stale(work, chat_id, f"{SUBJECT[party]}:{delivery.id}")
    desk(work, delivery)


def later(work: Work, chat_id: int, subject: str, after: timedelta) -> None:
    """This card will no longer show what is true after so long (a second more, to be sure)."""
    due_in = after.total_seconds() + 1
    work.outbox.write(chat_id, "card", subject=subject, urgency=BULK, due_in=due_in)


def post(
    work: Work, chat_id: int, subject: str, *, loud: bool = False, urgency: int = NOW_PLEASE, about: str | None = None
) -> None:
    """Show this card at the bottom of the chat; `about` is by what it can be withdrawn before it was sent."""
    work.outbox.write(chat_id, "card", subject=subject, anew=True, loud=loud, urgency=urgency, about=about)


def stale_everywhere(work: Work, subject: str) -> None:
    """This card no longer shows what is true, in no chat."""
    for chat_id in work.outbox.chats_of(subject):
        stale(work, chat_id, subject)


def desk(work: Work, delivery: Delivery) -> None:
    """Operators who have this delivery on their desk see it change."""
    stale_everywhere(work, f"desk:{delivery.id}")


def say(
    work: Work, chat_id: int, words: Say, *, loud: bool = False, urgency: int = NEWS, once: str | None = None
) -> None:
    """Write a message of its own."""
    params = dump_params(words.params)
    work.outbox.write(chat_id, "notice", text_id=words.id, params=params, loud=loud, urgency=urgency)


def clear_keyboard(work: Work, chat_id: int, words: Say) -> None:
    """Say this and take away the phone's reply keyboard: no other message can."""
    params = dump_params(words.params)
    work.outbox.write(chat_id, "notice", text_id=words.id, params=params, buttons=["remove"], urgency=NOW_PLEASE)


def close(work: Work, chat_id: int, message_id: int) -> None:
    """Take the buttons off a message that is no card (any more)."""
    work.outbox.write(chat_id, "close", subject=str(message_id), urgency=NOW_PLEASE)


def tidy(work: Work, chat_id: int, message_id: int, line: Say | None) -> None:
    """When nothing else is to be said: of an old message leave this line, or where it is empty all but its buttons."""
    text_id, params = (line.id, dump_params(line.params)) if line is not None else (None, {})
    work.outbox.write(chat_id, "close", subject=str(message_id), text_id=text_id, params=params, urgency=TIDY)


def take_away(work: Work, chat_id: int, message_id: int) -> None:
    """When nothing else is to be said: delete a message that says nothing any more."""
    work.outbox.write(chat_id, "delete", subject=str(message_id), urgency=TIDY)


def take_away_pictures(work: Work, delivery: Delivery) -> None:
    """The QR pictures of a link that is over lead nowhere: away with them."""
    for chat_id, message_id in work.outbox.pictures(str(delivery.id)):
        take_away(work, chat_id, message_id)


def menu(work: Work, person_id: int) -> None:
    """Show this person the commands of what he is."""
    work.outbox.write(person_id, "commands", urgency=BULK)


def raise_case(
    work: Work,
    kind: str,
    subject_id: int,
    detail: str | None = None,
    *,
    since: datetime | None = None,
    urgency: int = NEWS,
) -> Case | None:
    """Ask the operators to see to something; once while it is open.

    `since` is when it began: what an operator has seen to after that is not raised again.
    """
    if since is not None and work.cases.seen_to(kind, subject_id, since):
        return None
    case = work.cases.open(work.market_id, kind, subject_id, detail)
    if case is not None:
        for operator_id in work.people.operators():
            post(work, operator_id, f"case:{case.id}", loud=True, urgency=urgency)
    return case


DELIVERY_CASES = (
    "nobody_found",
    "not_picked_up",
    "not_delivered",
    "pin_failed",
    "hand_back",
    "not_returned",
    "dark",
    "call",
    "wants_back",
)
"""The kinds of case whose subject is a delivery."""


def close_cases(work: Work, delivery: Delivery, *kinds: str) -> None:
    """These cases of the delivery (all where none is named) have settled themselves."""
    for case in work.cases.close_about(delivery.id, kinds or DELIVERY_CASES):
        stale_everywhere(work, f"case:{case.id}")


def heard_table() -> str:
    """The table of who hears what, as the README shows it."""
    parties = (CUSTOMER, MERCHANT, DRIVER)
    lines = ["| event | customer | merchant | driver |", "|---|---|---|---|"]
    lines += [f"| {event} | " + " | ".join(heard.get(p, "–") for p in parties) + " |" for event, heard in HEARD.items()]
    return "\n".join(lines)
