"""A turn: one update of one person, handled in one transaction with its mark."""

from collections.abc import Callable
from dataclasses import dataclass, field

from telegram import CallbackQuery, Message, Update

from bot import buttons
from bot.buttons import Tap
from bot.cards import subject_of
from bot.dispatch import duty, notices, reach
from bot.dispatch.refusals import Refused, TooLate
from bot.dispatch.words import Say
from bot.forms import talk
from bot.texts import Reader, Texts
from storage.database import Work
from storage.models import Card, Person
from storage.rows import Missing


@dataclass
class Turn:
    """Who speaks, the open transaction, and what to answer a tap with."""

    work: Work
    update: Update
    person: Person
    texts: Texts
    toast: Say | None = None
    known: bool = field(default=True)
    """Whether the tapped message is a card that we know."""
    card: Card | None = None
    """The card that was tapped, where we know it."""

    @property
    def message(self) -> Message:
        """The message that was sent."""
        message = self.update.effective_message
        assert isinstance(message, Message)
        return message

    def say(self, text_id: str, **params: object) -> None:
        """Answer with a message of its own."""
        notices.say(self.work, self.person.id, Say(text_id, params), urgency=notices.NOW_PLEASE)

    def post(self, subject: str) -> None:
        """Answer with a card at the bottom of the chat."""
        notices.post(self.work, self.person.id, subject)


Deed = Callable[[Turn], None]
"""What a handler does in its turn; raises Refused where a rule says no."""


def take(work: Work, texts: Texts, update: Update, deed: Deed) -> Say | None:
    """Do a turn: mark the update, meet the person, do the deed. Returns the toast; raises Refused."""
    turn = _begin(work, texts, update)
    if turn is None:
        return None
    if update.callback_query is not None:
        _check_card(turn, update.callback_query)
    try:
        deed(turn)
    except Missing:  # an id that no row has: forged, or erased since
        raise TooLate("refused-old-button") from None
    if update.callback_query is not None and not turn.known:
        _post_current(turn, update.callback_query)
    return turn.toast


def refuse(work: Work, texts: Texts, update: Update, refused: Refused) -> Say | None:
    """A rule said no and all was rolled back: mark the update and say why, in a transaction of its own."""
    turn = _begin(work, texts, update)
    if turn is None:
        return None
    query = update.callback_query
    tap = buttons.unpack(query.data or "") if query is not None else None
    subject = subject_of(tap) if tap is not None else None
    if query is not None:
        _check_card(turn, query)
    if query is None or subject is None:
        notices.say(work, turn.person.id, refused.say, urgency=notices.NOW_PLEASE)
        if turn.card is not None:
            notices.stale(work, turn.person.id, turn.card.subject, urgency=notices.NOW_PLEASE)
    elif turn.card is not None:
        notices.stale(work, turn.person.id, subject, urgency=notices.NOW_PLEASE)
    else:
        _post_current(turn, query)
    draft = work.drafts.open(turn.person.id)
    if draft is not None:
        talk.drop_if_over(work, draft)
    return refused.say


def _begin(work: Work, texts: Texts, update: Update) -> Turn | None:
    if not work.inbox.begin(update.update_id):
        return None
    user = update.effective_user
    if user is None or user.is_bot:
        return None
    language = texts.language(user.language_code)
    person = work.people.meet(user.id, work.market_id, user.full_name, user.username, language)
    work.session.flush()
    if update.message is not None and update.message.chat.id == person.id:
        work.people.wrote(person)
    private = update.effective_chat is None or update.effective_chat.id == person.id
    if update.my_chat_member is None and private:
        reach.found(work, person.id)
        duty.hear(work, person.id)
    return Turn(work, update, person, texts)


def _check_card(turn: Turn, query: CallbackQuery) -> None:
    if query.message is not None:
        turn.card = turn.work.outbox.card_by_message(turn.person.id, query.message.message_id)
        turn.known = turn.card is not None


def _post_current(turn: Turn, query: CallbackQuery) -> None:
    """A card sent but never recorded, or long replaced: close it, and show the current one."""
    if isinstance(query.message, Message) and query.message.reply_markup is not None:
        notices.close(turn.work, turn.person.id, query.message.message_id)
    tap: Tap | None = buttons.unpack(query.data or "")
    subject = subject_of(tap) if tap is not None else None
    if subject is not None and subject.startswith("draft:"):
        _ask_open_question(turn, subject)
    elif subject is not None:
        turn.post(subject)


def _ask_open_question(turn: Turn, subject: str) -> None:
    """A question of a conversation that is over says nothing: the open one is asked, or nothing is."""
    draft = turn.work.drafts.get(int(subject.partition(":")[2]))
    if draft is None or draft.person_id != turn.person.id or draft.status != "parked":
        draft = turn.work.drafts.open(turn.person.id)
    if draft is not None:
        talk.show(turn.work, draft)


def reader(work: Work, person: Person) -> Reader:
    """How this person reads."""
    return Reader(person.language, work.market, work.now)
