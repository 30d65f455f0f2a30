"""Haste: who says more than can be answered is told so once, and the rest of it is left out; nobody else notices."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from telegram import Update

from bot.chat.turn import Deed, Turn
from bot.dispatch import notices
from bot.dispatch.words import Say

OFTEN, WITHIN = 10, timedelta(seconds=10)
"""Who has had so many turns within so long is looked at more closely; it costs everybody else nothing."""
UNANSWERED = 20
"""So many answers may wait to be sent to one chat. Whoever speaks on is not heard until he has read some of them.

Telegram takes one message a second for a chat: a person who waits for his answers never comes near it, also when
Telegram is slow, and one who floods gets as much as his chat can hold.
"""
REMEMBERED = 10_000


class Haste:
    """Counts each person's turns, in this process only: whether it is a flood is read from the outbox."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._turns: dict[int, deque[datetime]] = {}

    def guard(self, update: Update, deed: Deed) -> Deed:
        """The deed, or for somebody in a hurry the deed unless too much of his is unanswered."""
        user, now = update.effective_user, self.clock()
        if user is None:
            return deed
        if len(self._turns) > REMEMBERED:
            self._turns = {who: turns for who, turns in self._turns.items() if turns[-1] + WITHIN > now}
        turns = self._turns.setdefault(user.id, deque(maxlen=OFTEN))
        often = len(turns) == OFTEN and turns[0] + WITHIN > now
        turns.append(now)
        return _unless_flooded(deed) if often else deed


def _unless_flooded(deed: Deed) -> Deed:
    def heard(turn: Turn) -> None:
        if turn.work.outbox.count_answers(_chat(turn), notices.NOW_PLEASE) < UNANSWERED:
            deed(turn)
        else:
            _leave_out(turn)

    return heard


def _chat(turn: Turn) -> int:
    chat = turn.update.effective_chat
    return chat.id if chat is not None else turn.person.id


def _leave_out(turn: Turn) -> None:
    """Say once that the rest is not heard; a tap is told so by its toast, each."""
    turn.work.inbox.mark(turn.update.update_id, error="too quick")
    turn.known = True  # its card is as good as it was: nothing is posted in answer
    turn.toast = Say("refused-too-quick")
    if turn.update.callback_query is None and not turn.work.outbox.waits(_chat(turn), "refused-too-quick"):
        notices.say(turn.work, _chat(turn), Say("refused-too-quick"), urgency=notices.NOW_PLEASE)
