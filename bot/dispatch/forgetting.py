"""Forgetting: what is known of people is erased when its time is over, or when they ask for it."""

from datetime import datetime, timedelta

from bot.dispatch import booking, carrying, duty, eta, geo, joining, notices, operating, returning
from bot.dispatch.refusals import NotNow
from bot.dispatch.words import Say, Window
from storage import lifecycle
from storage.database import Work
from storage.models import Delivery, Merchant
from storage.outbox import TIDY

EVERY = timedelta(hours=1)
CARRIED = timedelta(days=1)
"""So long what was only carried through is kept: updates, messages that were sent, answers, drivers' last positions.

Telegram keeps an update for 24 hours and no longer: after that it cannot come again.
"""
FAILED = timedelta(days=7)
"""So long updates and messages that failed are kept, for whoever looks into it."""
AT_ONCE = 10
"""So many deliveries, and people, are erased in one transaction: nobody else can write meanwhile."""
SWEPT_AT = "erased_what_is_old_at"

CARDS = ("delivery", "job", "parcel", "where", "link", "desk")
"""The cards that show a delivery: once it is erased, one line without anybody's data stands there."""

REASONS = frozenset(
    {
        *booking.MERCHANT_REASONS,
        *carrying.GIVE_BACK_REASONS,
        *returning.GIVE_UP_REASONS,
        *(reason for reasons in operating.REASONS.values() for reason in reasons),
        *("no_answer", "pin", "photo", "name"),
    }
)
"""Reasons from fixed lists and kinds of proof: they tell nothing of anybody. What was typed does."""


def sweep(work: Work) -> None:
    """Erase what was kept for its time; once an hour, and more often while there is more."""
    before = work.memory.recall(SWEPT_AT)
    if before is not None and work.now - datetime.fromisoformat(before) < EVERY:
        return
    kept = work.now - timedelta(days=work.market.keep_days)
    old = work.erasing.ended_before(kept, AT_ONCE)
    for delivery in old:
        erase(work, delivery)
    work.erasing.updates(work.now - CARRIED, work.now - FAILED)
    work.erasing.messages(work.now - CARRIED, work.now - FAILED, kept)
    work.erasing.answers(work.now - CARRIED)
    work.erasing.positions(work.now - CARRIED)
    work.erasing.places(kept)
    idle = work.erasing.idle(kept, AT_ONCE)
    for person_id in idle:
        _take_out(work, person_id)
    if AT_ONCE not in (len(old), len(idle)):
        work.memory.note(SWEPT_AT, work.now.isoformat())


def erase(work: Work, this: Delivery) -> None:
    """Take people out of a delivery that has ended, in its cards too: fees, times, distances and area stay."""
    address, door = this.dropoff_address, (this.dropoff_lat, this.dropoff_lon)
    cards = [card for kind in CARDS for card in work.outbox.cards_of(f"{kind}:{this.id}")]
    chats = {*notices.hearers(work, this).values(), *(card.chat_id for card in cards)}
    work.erasing.photos((this.proof_photo, this.problem_photo))
    work.erasing.places_of((address,), (door,))
    menus = work.erasing.menus(this.merchant_id, this.booked_at, this.ended_at or work.now)
    pickup = geo.rounded((this.pickup_lat, this.pickup_lon))
    work.erasing.delivery(this, pickup, geo.rounded(door), REASONS)
    work.erasing.words_in(chats)
    for card in (*cards, *menus):
        notices.stale(work, card.chat_id, card.subject, urgency=notices.BULK)


# at one's own wish


def hindrances(work: Work, person_id: int) -> list[Say]:
    """What is open and needs this person, each as a line that says until when; none where he can be forgotten."""
    found = [Say("forget-not-operator")] if work.people.is_operator(person_id) else []
    found += [_until("forget-open-parcel", this) for this in _with_customer(work, person_id)]
    driver = work.drivers.of(person_id)
    if driver is not None:
        carried = (*work.deliveries.with_driver(driver.id), *work.deliveries.undoable(driver.id))
        found += [_until("forget-open-job", this) for this in carried]
    for merchant in _alone(work, person_id):
        found += [_until("forget-open-delivery", this) for this in _unfinished(work, merchant)]
    return found


def _with_customer(work: Work, person_id: int) -> list[Delivery]:
    return [this for this in work.erasing.of_customer(person_id) if not _over(work, this)]


def _unfinished(work: Work, merchant: Merchant) -> list[Delivery]:
    return [this for this in work.erasing.of_merchant(merchant.id) if not _over(work, this)]


def _over(work: Work, this: Delivery) -> bool:
    """Whether nothing can happen to a delivery any more: it has ended, and that can no longer be undone."""
    return this.status in lifecycle.ENDS and (this.undo_until is None or this.undo_until <= work.now)


def _until(text_id: str, this: Delivery) -> Say:
    window = eta.window(this.eta_at) if this.eta_at is not None else Window(this.window_from, this.window_to)
    return Say(text_id, {"number": this.number, "window": window})


def _alone(work: Work, person_id: int) -> list[Merchant]:
    """The merchants for whom nobody else speaks."""
    return [one for one in work.merchants.of(person_id) if work.merchants.staff(one.id) == [person_id]]


def forget(work: Work, person_id: int) -> None:
    """Erase all that is known of this person, take back what is still to be said to him, and say goodbye.

    Raises NotNow where something is open.
    """
    if hindrances(work, person_id):
        raise NotNow("forget-not-now")
    language = _take_out(work, person_id)
    work.outbox.write(
        person_id,
        "notice",
        text_id="forgotten",
        params={"language": language},
        buttons=["remove"],
        urgency=notices.NOW_PLEASE,
    )


def _take_out(work: Work, person_id: int) -> str:
    """Take a person with whom nothing is open out of everything; returns the language that he spoke."""
    language = work.people.get(person_id).language
    for delivery in work.erasing.of_customer(person_id):
        erase(work, delivery)
    for merchant in work.merchants.of(person_id):
        _leave_merchant(work, merchant, person_id)
    _leave_driving(work, person_id)
    work.session.flush()
    for invite_id in work.erasing.invitations(person_id):
        _name_nobody(work, f"invite:{invite_id}")
    cards = work.erasing.chat(person_id)
    work.erasing.person(person_id)
    for card in cards:
        work.outbox.write(
            person_id,
            "close",
            subject=str(card.message_id),
            text_id="erased-card",
            params={"language": language},
            urgency=TIDY,
        )
    return language


def _leave_merchant(work: Work, merchant: Merchant, person_id: int) -> None:
    """Others speak for it from now on; where there is nobody, it is closed, and its deliveries are erased with it."""
    others = [one for one in work.merchants.staff(merchant.id) if one != person_id]
    if others:
        heir = others[0] if merchant.owner_id == person_id else merchant.owner_id
        if merchant.owner_id == person_id:
            merchant.owner_id = heir
            work.session.flush()
            notices.say(work, heir, Say("staff-inherited", {"name": merchant.name}), loud=True)
            _name_nobody(work, f"merchant:{merchant.id}")
        joining.remove_staff(work, heir, merchant.id, person_id)
        _name_nobody(work, f"staff:{merchant.id}")
        return
    for delivery in work.erasing.of_merchant(merchant.id):
        erase(work, delivery)
    where = (merchant.lat, merchant.lon)
    work.erasing.places_of((merchant.address,), (where,))
    work.erasing.merchant(merchant, geo.rounded(where))
    _name_nobody(work, f"merchant:{merchant.id}")


def _leave_driving(work: Work, person_id: int) -> None:
    driver = work.drivers.of(person_id)
    if driver is None:
        return
    if driver.on_duty:
        duty.go_off(work, person_id)
    work.erasing.driver(driver)
    _name_nobody(work, f"driver:{driver.id}")
    for delivery in work.erasing.of_driver(driver.id):  # whose cards still say who brought it
        for kind in CARDS:
            notices.stale_everywhere(work, f"{kind}:{delivery.id}")


def _name_nobody(work: Work, subject: str) -> None:
    """Cards that name somebody who has left are shown anew, and what was said with them goes."""
    work.erasing.words_in([card.chat_id for card in work.outbox.cards_of(subject)])
    notices.stale_everywhere(work, subject)
