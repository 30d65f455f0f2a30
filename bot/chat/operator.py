"""What an operator says: who may join, what is open, what to do with a delivery that needs a person."""

from bot import buttons
from bot.chat.turn import Turn
from bot.dispatch import joining, operating, rights
from bot.dispatch.refusals import NotYours, TooLate
from bot.dispatch.words import Say
from bot.forms import talk


def settle(turn: Turn, tap: buttons.Settle) -> None:
    """Approve, or decline with a reason."""
    work, operator_id = turn.work, turn.person.id
    rights.operator(work, operator_id)
    if tap.kind not in ("merchant", "driver"):
        raise NotYours("refused-old-button")
    if tap.yes:
        approve = joining.settle_merchant if tap.kind == "merchant" else joining.settle_driver
        approve(work, operator_id, tap.subject_id)
        return
    subject = work.merchants.get(tap.subject_id) if tap.kind == "merchant" else work.drivers.get(tap.subject_id)
    if subject.status != "pending":
        raise TooLate("refused-settled")
    talk.open_form(work, operator_id, f"decline{tap.kind}", tap.subject_id)


def open_list(turn: Turn) -> None:
    """/open: everything that is open."""
    rights.operator(turn.work, turn.person.id)
    turn.post(f"open:{turn.work.market_id}")
    operating.catch_up(turn.work, turn.person.id)


def show_desk(turn: Turn, tap: buttons.ShowDesk) -> None:
    """A delivery with all that can be done to it."""
    rights.operator(turn.work, turn.person.id)
    turn.post(f"desk:{tap.delivery_id}")


def desk_step(turn: Turn, tap: buttons.DeskStep) -> None:
    """Do this to the delivery; why?"""
    rights.operator(turn.work, turn.person.id)
    if tap.step not in operating.STEPS:
        raise NotYours("refused-old-button")
    talk.open_form(turn.work, turn.person.id, f"desk{tap.step}", tap.delivery_id)


def close_case(turn: Turn, tap: buttons.CloseCase) -> None:
    """It is seen to."""
    operating.close_case(turn.work, turn.person.id, tap.case_id)


def look_into(turn: Turn, tap: buttons.LookInto) -> None:
    """What is it about?"""
    turn.post(operating.subject(turn.work, turn.person.id, tap.case_id))


def try_again(turn: Turn, tap: buttons.SendAgain) -> None:
    """Try to send that message once more."""
    operating.try_again(turn.work, turn.person.id, tap.case_id)
    turn.toast = Say("sent-again")
