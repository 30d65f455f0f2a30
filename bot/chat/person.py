"""What anybody can say: who I am, help, status, language, cancel, the answers to open questions."""

from bot import buttons
from bot.chat.turn import Turn
from bot.dispatch import joining, notices, operating, receiving, rights
from bot.dispatch.refusals import NotYours, TooLate
from bot.dispatch.words import Say
from bot.forms import talk
from storage.models import Draft

CUSTOMER_LINK, STAFF_LINK = "c", "s"
ROLES = ("merchant", "driver", "customer", "operator")


def start(turn: Turn) -> None:
    """/start: by a link to what it is for, else to the question who you are."""
    payload = _argument(turn)
    if payload.startswith(CUSTOMER_LINK):
        link = receiving.open_link(turn.work, turn.person.id, payload[1:])
        if link.person_id == turn.person.id:
            turn.post(f"parcel:{link.delivery_id}")
        else:
            turn.post(f"claim:{link.id}")
    elif payload.startswith(STAFF_LINK):
        invite = joining.claim_invite(turn.work, turn.person.id, payload[1:])
        turn.say("staff-claimed", name=turn.work.merchants.get(invite.merchant_id).name)
    elif payload:
        raise TooLate("refused-unknown-link")
    else:
        turn.post(f"welcome:{turn.person.id}")
    if turn.work.people.is_operator(turn.person.id):
        operating.catch_up(turn.work, turn.person.id)
    notices.menu(turn.work, turn.person.id)


def _argument(turn: Turn) -> str:
    return (turn.message.text or "").partition(" ")[2].strip()


def be(turn: Turn, tap: buttons.Role) -> None:
    """Who are you? The role that was chosen, or its registration."""
    work, person = turn.work, turn.person
    if tap.role not in ROLES:
        raise NotYours("refused-old-button")
    if tap.role == "merchant" and work.merchants.approved_of(person.id) is None:
        joining.may_join_as_merchant(work, person.id)
        talk.open_form(work, person.id, "merchant")
    elif tap.role == "driver" and not _drives(turn):
        joining.may_join_as_driver(work, person.id)
        talk.open_form(work, person.id, "driver")
    else:
        if tap.role == "operator":
            rights.operator(work, person.id)
        person.role = tap.role
        turn.post(f"home:{person.id}")
        notices.menu(work, person.id)


def _drives(turn: Turn) -> bool:
    driver = turn.work.drivers.of(turn.person.id)
    return driver is not None and driver.status == "approved"


def begin(turn: Turn, tap: buttons.Begin) -> None:
    """Open a form from a menu."""
    if tap.form != "booking":
        raise NotYours
    talk.open_form(turn.work, turn.person.id, tap.form)


def help_(turn: Turn) -> None:
    """/help: what I can do for what you are; then the open question again."""
    turn.say(f"help-{turn.person.role or 'nobody'}")
    _ask_again(turn)


def status(turn: Turn) -> None:
    """/status: is the bot well, and what is open for me?"""
    turn.post(f"status:{turn.person.id}")
    driver = turn.work.drivers.of(turn.person.id)
    offer = turn.work.offers.open_for_driver(driver.id) if driver is not None else None
    if offer is not None:
        turn.post(f"offer:{offer.id}")
    _ask_again(turn)


def language(turn: Turn) -> None:
    """/language: which one?"""
    turn.post(f"language:{turn.person.id}")


def speak(turn: Turn, tap: buttons.Speak) -> None:
    """From now on in this language; open cards change theirs."""
    person = turn.person
    if tap.language not in turn.work.market.languages:
        raise TooLate("refused-old-button")
    person.language, person.chose_language = tap.language, True
    turn.say("language-set")
    notices.menu(turn.work, person.id)
    for card in turn.work.outbox.open_cards():
        if card.chat_id == person.id and not card.subject.startswith("draft:"):
            notices.stale(turn.work, person.id, card.subject)
    _ask_again(turn)


def cancel(turn: Turn) -> None:
    """/cancel: leave the open question."""
    draft = turn.work.drafts.open(turn.person.id)
    if draft is None:
        turn.say("nothing-to-cancel")
    else:
        talk.leave(turn.work, draft)


def my_id(turn: Turn) -> None:
    """/id: the number to be written into OPERATORS."""
    turn.say("your-id", id=str(turn.person.id))


def _ask_again(turn: Turn) -> None:
    draft = turn.work.drafts.open(turn.person.id)
    if draft is not None:
        talk.ask_again(turn.work, draft)


# answers by button


def pick(turn: Turn, tap: buttons.Pick) -> None:
    """A choice was tapped: taken if the question still stands as it was shown."""
    draft = _current(turn, tap.draft_id, tap.version)
    if draft is not None:
        talk.pick(turn.work, draft, tap.value)


def back(turn: Turn, tap: buttons.Back) -> None:
    """One question back."""
    draft = _current(turn, tap.draft_id, tap.version)
    if draft is not None:
        talk.back(turn.work, draft)


def drop(turn: Turn, tap: buttons.Drop) -> None:
    """Leave the conversation."""
    draft = _own(turn, tap.draft_id)
    if draft.status not in ("open", "parked"):
        raise TooLate("refused-old-button")
    talk.leave(turn.work, draft, aloud=not turn.known)


def resume(turn: Turn, tap: buttons.Resume) -> None:
    """Go on with a conversation that was kept for later."""
    draft = _own(turn, tap.draft_id)
    if draft.status not in ("open", "parked"):
        raise TooLate("refused-old-button")
    talk.reopen(turn.work, draft)


def _own(turn: Turn, draft_id: int) -> Draft:
    draft = turn.work.drafts.get(draft_id)
    if draft is None or draft.person_id != turn.person.id:
        raise NotYours
    return draft


def _current(turn: Turn, draft_id: int, version: int) -> Draft | None:
    """The draft as it was shown; where it has moved on, its current question is shown instead."""
    draft = _own(turn, draft_id)
    if draft.status == "parked":
        talk.reopen(turn.work, draft)
        return None
    if draft.status != "open":
        raise TooLate("refused-old-button")
    if draft.version != version:
        turn.toast = Say("refused-old-button")
        talk.show(turn.work, draft)
        return None
    return draft


def show_delivery(turn: Turn, tap: buttons.ShowDelivery) -> None:
    """The card of a delivery, as the one who asks may see it."""
    work, person_id = turn.work, turn.person.id
    delivery = work.deliveries.get(tap.delivery_id)
    driver = work.drivers.of(person_id)
    if work.merchants.speaks_for(person_id, delivery.merchant_id):
        turn.post(f"delivery:{delivery.id}")
    elif driver is not None and delivery.driver_id == driver.id:
        turn.post(f"job:{delivery.id}")
    elif work.deliveries.customer(delivery.id) == person_id:
        turn.post(f"parcel:{delivery.id}")
    else:
        raise NotYours
