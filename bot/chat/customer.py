"""What a customer says: it's mine, where is it?"""

from bot import buttons
from bot.cards.phrases import driver_name
from bot.chat.turn import Turn
from bot.dispatch import notices, receiving
from bot.dispatch.receiving import Whereabouts
from bot.dispatch.refusals import TooLate
from bot.dispatch.words import Metres, Say
from storage import lifecycle

MINUTES_FRESH = 3


def mine(turn: Turn, tap: buttons.Mine) -> None:
    """It's mine: from now on one card follows the parcel. Only who opened the link is asked; ids can be guessed."""
    if turn.work.outbox.card(turn.person.id, f"claim:{tap.link_id}") is None:
        raise TooLate("refused-link-unopened")
    receiving.claim(turn.work, turn.person.id, tap.link_id)
    notices.stale(turn.work, turn.person.id, f"claim:{tap.link_id}")


def where(turn: Turn, tap: buttons.Where) -> None:
    """Where is it? The distance and the window."""
    found = receiving.whereabouts(turn.work, turn.person.id, tap.delivery_id)
    words = _words(turn, found)
    notices.say(turn.work, turn.person.id, words, urgency=notices.NOW_PLEASE)


def _words(turn: Turn, found: Whereabouts) -> Say:
    delivery = found.delivery
    if delivery.status not in (lifecycle.ASSIGNED, lifecycle.PICKED_UP):
        return Say("where-searching" if delivery.status == lifecycle.REQUESTED else "where-over")
    params: dict[str, object] = {"driver": driver_name(turn.work, delivery), "window": found.window}
    if delivery.status == lifecycle.ASSIGNED:
        return Say("where-pickup", params)
    if found.metres is None:
        return Say("where-unseen", params)
    params["metres"] = Metres(found.metres)
    if found.seen_min < MINUTES_FRESH:
        return Say("where-away", params)
    return Say("where-seen", {**params, "minutes": found.seen_min})
