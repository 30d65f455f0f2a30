"""What a customer says: it's mine, where is it?"""

from bot import buttons
from bot.chat.turn import Turn
from bot.dispatch import notices, receiving, rights
from bot.dispatch.refusals import TooLate


def mine(turn: Turn, tap: buttons.Mine) -> None:
    """It's mine: from now on one card follows the parcel. Only who opened the link is asked; ids can be guessed."""
    if turn.work.outbox.card(turn.person.id, f"claim:{tap.link_id}") is None:
        raise TooLate("refused-link-unopened")
    receiving.claim(turn.work, turn.person.id, tap.link_id)
    notices.stale(turn.work, turn.person.id, f"claim:{tap.link_id}")


def where(turn: Turn, tap: buttons.Where) -> None:
    """Where is it? The distance and the window, as long as they are true."""
    delivery = rights.receiving(turn.work, turn.person.id, tap.delivery_id)
    turn.post(f"where:{delivery.id}")
