"""What a merchant says: deliver, cancel, the customer's link, staff."""

from bot import buttons
from bot.cards.merchant import link_url
from bot.chat.turn import Turn
from bot.dispatch import booking, joining, notices, offers, operating, returning, rights
from bot.dispatch.refusals import NotNow
from bot.dispatch.words import Say
from bot.forms import talk
from bot.forms.booking import same_as
from storage import lifecycle


def deliver(turn: Turn) -> None:
    """/deliver: begin a booking, or go on with the one begun."""
    rights.booking_merchant(turn.work, turn.person.id)
    turn.person.role = "merchant"
    talk.open_form(turn.work, turn.person.id, "booking")


def again(turn: Turn, _tap: buttons.Again) -> None:
    """The same as last time: a draft with all the answers, at its summary."""
    merchant = rights.booking_merchant(turn.work, turn.person.id)
    last = turn.work.deliveries.last_of_merchant(merchant.id)
    if last is None:
        raise NotNow("refused-no-last")
    begun = turn.work.drafts.open(turn.person.id)
    if begun is not None and begun.form == "booking" and "pieces" not in begun.answers:
        talk.fill(turn.work, begun, same_as(last))
    else:
        talk.open_form(turn.work, turn.person.id, "booking", answers=same_as(last))


def ask_cancel(turn: Turn, tap: buttons.AskCancel) -> None:
    """What would cancelling cost, and why?"""
    delivery = turn.work.deliveries.get(tap.delivery_id)
    rights.staff(turn.work, turn.person.id, delivery.merchant_id)
    talk.open_form(turn.work, turn.person.id, "cancel", delivery.id)


def ask_back(turn: Turn, tap: buttons.AskBack) -> None:
    """It is carried already: shall an operator be asked to bring it back, though the fee stays?"""
    delivery = booking.may_ask_back(turn.work, turn.person.id, tap.delivery_id)
    talk.open_form(turn.work, turn.person.id, "askback", delivery.id)


def show_link(turn: Turn, tap: buttons.ShowLink) -> None:
    """The customer's link and the ways to pass it on."""
    delivery = turn.work.deliveries.get(tap.delivery_id)
    rights.staff(turn.work, turn.person.id, delivery.merchant_id)
    turn.post(f"link:{delivery.id}")


def show_qr(turn: Turn, tap: buttons.ShowQr) -> None:
    """The customer's link as a QR picture."""
    delivery = turn.work.deliveries.get(tap.delivery_id)
    rights.staff(turn.work, turn.person.id, delivery.merchant_id)
    if delivery.status in lifecycle.ENDS:
        turn.post(f"link:{delivery.id}")  # which says that it is over
        return
    turn.work.outbox.write(turn.person.id, "qr", subject=str(delivery.id), urgency=notices.NOW_PLEASE)


def new_link(turn: Turn, tap: buttons.NewLink) -> None:
    """A new link; the old one is over. Where somebody follows by that, it is asked first."""
    if turn.work.deliveries.customer(tap.delivery_id) is not None:
        talk.open_form(turn.work, turn.person.id, "newlink", tap.delivery_id)
        return
    delivery = booking.new_link(turn.work, turn.person.id, tap.delivery_id)
    turn.post(f"link:{delivery.id}")


def retry(turn: Turn, tap: buttons.Retry) -> None:
    """Search again for a driver; an operator may, too."""
    delivery = turn.work.deliveries.get(tap.delivery_id)
    if turn.work.merchants.speaks_for(turn.person.id, delivery.merchant_id):
        offers.retry(turn.work, turn.person.id, delivery.id)
    else:
        operating.retry(turn.work, turn.person.id, delivery.id)


def hand_back(turn: Turn, tap: buttons.HandBack) -> None:
    """Yes, the parcel is back."""
    returning.hand_back(turn.work, turn.person.id, tap.delivery_id)


def second_attempt(turn: Turn, tap: buttons.Attempt) -> None:
    """Try once more to deliver."""
    returning.resume(turn.work, turn.person.id, tap.delivery_id, lifecycle.MERCHANT)


def staff(turn: Turn) -> None:
    """/staff: who speaks for the merchant."""
    merchant = rights.booking_merchant(turn.work, turn.person.id)
    turn.post(f"staff:{merchant.id}")


def invite(turn: Turn, tap: buttons.InviteStaff) -> None:
    """A single-use link for one more person."""
    made = joining.invite(turn.work, turn.person.id, tap.merchant_id)
    turn.say("staff-invite", url=link_url(turn.work, made.token, "s"))


def answer_invite(turn: Turn, tap: buttons.AnswerInvite) -> None:
    """Let this person in, or not."""
    joining.answer_invite(turn.work, turn.person.id, tap.invite_id, accept=bool(tap.yes))


def remove_staff(turn: Turn, tap: buttons.RemoveStaff) -> None:
    """This person no longer speaks for the merchant."""
    joining.remove_staff(turn.work, turn.person.id, tap.merchant_id, tap.person_id)
    talk.drop_all(turn.work, tap.person_id, "booking")
    turn.toast = Say("plain", {"text": "✓"})
