"""What each button does: the tap's class leads to one deed."""

from collections.abc import Callable, Mapping
from typing import Any

from bot import buttons
from bot.buttons import Tap
from bot.chat import customer, driver, merchant, operator, person, privacy
from bot.chat.turn import Turn
from bot.dispatch.words import Say

Deed = Callable[[Turn, Any], None]

DEEDS: Mapping[type[Tap], Deed] = {
    buttons.Begin: person.begin,
    buttons.Pick: person.pick,
    buttons.Back: person.back,
    buttons.Drop: person.drop,
    buttons.Resume: person.resume,
    buttons.Role: person.be,
    buttons.Speak: person.speak,
    buttons.Forget: privacy.forget_me,
    buttons.Again: merchant.again,
    buttons.AskCancel: merchant.ask_cancel,
    buttons.ShowLink: merchant.show_link,
    buttons.ShowQr: merchant.show_qr,
    buttons.NewLink: merchant.new_link,
    buttons.Retry: merchant.retry,
    buttons.HandBack: merchant.hand_back,
    buttons.Attempt: merchant.second_attempt,
    buttons.AskBack: merchant.ask_back,
    buttons.ShowDelivery: person.show_delivery,
    buttons.InviteStaff: merchant.invite,
    buttons.AnswerInvite: merchant.answer_invite,
    buttons.RemoveStaff: merchant.remove_staff,
    buttons.Accept: driver.accept,
    buttons.Decline: driver.decline,
    buttons.Step: driver.step,
    buttons.GoOff: driver.go_off,
    buttons.ComeBack: driver.come_back,
    buttons.StillHere: driver.still_here,
    buttons.Mine: customer.mine,
    buttons.Where: customer.where,
    buttons.Settle: operator.settle,
    buttons.ShowDesk: operator.show_desk,
    buttons.DeskStep: operator.desk_step,
    buttons.CloseCase: operator.close_case,
    buttons.LookInto: operator.look_into,
    buttons.SendAgain: operator.try_again,
}


def tapped(turn: Turn) -> None:
    """Do what the tapped button means; one that means nothing (any more) is answered kindly."""
    query = turn.update.callback_query
    tap = buttons.unpack(query.data or "") if query is not None else None
    if tap is None:
        turn.known = False
        turn.toast = Say("refused-old-button")
        turn.post(f"home:{turn.person.id}")
        return
    DEEDS[type(tap)](turn, tap)
