"""What a driver says: on duty and off, accept and decline, each step of a job."""

from datetime import timedelta

from telegram import Location

from bot import buttons
from bot.chat.turn import Turn
from bot.dispatch import carrying, duty, geo, notices, offers, returning, rights
from bot.dispatch.refusals import NotYours
from bot.dispatch.words import Say
from bot.forms import talk
from storage import lifecycle


def accept(turn: Turn, tap: buttons.Accept) -> None:
    """The first to accept has it."""
    delivery = offers.accept(turn.work, turn.person.id, tap.offer_id)
    turn.person.role = "driver"
    turn.post(f"job:{delivery.id}")


def decline(turn: Turn, tap: buttons.Decline) -> None:
    """Leave it to others."""
    offers.decline(turn.work, turn.person.id, tap.offer_id)


def step(turn: Turn, tap: buttons.Step) -> None:
    """The next step of a job."""
    work, person_id, delivery_id = turn.work, turn.person.id, tap.delivery_id
    match tap.step:
        case "at_pickup":
            carrying.at_pickup(work, person_id, delivery_id)
        case "pick_up":
            carrying.pick_up(work, person_id, delivery_id)
        case "at_door":
            carrying.at_door(work, person_id, delivery_id)
        case "hand_over":
            delivery = carrying.may_hand_over(work, person_id, delivery_id)
            talk.open_form(work, person_id, "pin" if delivery.pin else "proof", delivery_id)
        case "undo":
            carrying.undo(work, person_id, delivery_id)
        case "nobody":
            returning.nobody_there(work, person_id, delivery_id)
        case "problem":
            delivery, _ = rights.carrying(work, person_id, delivery_id)
            form = "giveback" if delivery.status == lifecycle.ASSIGNED else "giveup"
            talk.open_form(work, person_id, form, delivery_id)
        case "brought_back":
            returning.brought_back(work, person_id, delivery_id)
        case "resume":
            returning.resume(work, person_id, delivery_id, lifecycle.DRIVER)
        case _:
            raise NotYours("refused-old-button")


def go_off(turn: Turn, _tap: buttons.GoOff) -> None:
    """No more offers."""
    duty.go_off(turn.work, turn.person.id)


def come_back(turn: Turn, _tap: buttons.ComeBack) -> None:
    """On duty again, with the live location that is still shared."""
    duty.come_back(turn.work, turn.person.id)


def still_here(turn: Turn, _tap: buttons.StillHere) -> None:
    """Yes, still there."""
    driver = duty.still_here(turn.work, turn.person.id)
    if not turn.known:
        turn.post(f"duty:{driver.id}")
    turn.toast = Say("plain", {"text": "👍"})


def located(turn: Turn, location: Location) -> bool:
    """A driver sent where he is: on duty by live location, or by a pin. False where he is no driver."""
    driver = turn.work.drivers.of(turn.person.id)
    point = (location.latitude, location.longitude)
    if driver is None or driver.status != "approved" or not geo.on_earth(point):
        return False
    sent = turn.message.date
    if location.live_period is None:
        sharing = driver.valid_until is not None and driver.valid_until > turn.work.now
        if driver.on_duty and driver.position_source == "live" and sharing:
            turn.say("hint-driver-pin")
            return True
        until = turn.work.now + duty.PIN_HOLDS
        duty.come_on(turn.work, turn.person.id, point, "pin", until)
    else:
        period = location.live_period
        seconds = int(period.total_seconds()) if isinstance(period, timedelta) else period
        until = duty.live_until(sent, seconds)
        duty.come_on(turn.work, turn.person.id, point, "live", until, sent)
    if turn.person.role is None:
        turn.person.role = "driver"
        notices.menu(turn.work, turn.person.id)
    return True
