"""What anybody can ask about himself: what is kept of me, and erase it."""

from bot import buttons
from bot.chat.turn import Turn
from bot.dispatch import forgetting


def privacy(turn: Turn) -> None:
    """/privacy: what is kept and how long, who sees what, what cannot be taken back."""
    turn.say("privacy", days=turn.work.market.keep_days)


def forget(turn: Turn) -> None:
    """/forget: shall everything be erased? What is open is named."""
    turn.post(f"forget:{turn.person.id}")


def forget_me(turn: Turn, _tap: buttons.Forget) -> None:
    """Yes, erase it; a button that was not asked for just now (an old or a forged one) asks first."""
    if turn.card is None or turn.card.subject != f"forget:{turn.person.id}":
        turn.known = True
        forget(turn)
        return
    forgetting.forget(turn.work, turn.person.id)
