"""Everything that is said without a button: an answer to the open question, a position, or something else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from telegram import Message

from bot.chat import driver
from bot.chat.turn import Turn
from bot.dispatch import notices
from bot.dispatch.geo import Point, on_earth
from bot.dispatch.words import Say, tame
from bot.forms import talk
from bot.forms.questions import Contact, FoundPlace, Heard
from storage.database import Work
from storage.models import Draft

HINT_EVERY = timedelta(seconds=30)


@dataclass(frozen=True)
class Wanted:
    """What the geocoder is to be asked before this message can be an answer: words or a point, for which draft."""

    draft_id: int
    version: int
    text: str | None
    pin: Point | None
    near: Point
    language: str


@dataclass(frozen=True)
class Found:
    """What the geocoder said; `down` where it could not be asked."""

    wanted: Wanted
    places: Sequence[FoundPlace]
    down: bool


class AskFirst(Exception):
    """The turn cannot go on before the geocoder was asked: all is rolled back, and it begins again with the answer."""

    def __init__(self, wanted: Wanted) -> None:
        super().__init__(wanted)
        self.wanted = wanted


def _wants_place(work: Work, draft: Draft, message: Message) -> Wanted | None:
    """Whether this message answers a question about a place, and what the geocoder is to be asked for it."""
    asked = talk.question(draft)
    if asked is None or not asked.place:
        return None
    pin = _pin(message) if message.location is not None and message.location.live_period is None else None
    if pin is None and (not message.text or message.text.startswith("/")):
        return None
    person = work.people.get(draft.person_id)
    text = None if message.text is None else tame(message.text)
    return Wanted(draft.id, draft.version, text, pin, work.market.center, person.language)


def listen(turn: Turn, found: Found | None = None) -> None:
    """Take a message: as a position, as the answer to the open question, or with a hint at what would help.

    Raises AskFirst where the question is about a place and the geocoder was not asked yet.
    """
    message = turn.message
    if _same_album(turn, message):
        return
    draft = turn.work.drafts.open(turn.person.id)
    location = message.location
    if location is not None and location.live_period is not None and driver.located(turn, location):
        return
    if draft is not None and (message.text or "").startswith("/"):
        _hint(turn, "hint")  # a command that nobody knows is no answer to anything
        talk.show(turn.work, draft)
    elif draft is not None:
        _answer(turn, draft, found)
    elif location is not None and driver.located(turn, location):
        return
    else:
        _hint(turn, "hint-photo" if message.photo else "hint")


def _same_album(turn: Turn, message: Message) -> bool:
    """An album comes as several updates and gets one answer."""
    if message.media_group_id is None:
        return False
    if turn.person.album == message.media_group_id:
        return True
    turn.person.album = message.media_group_id
    return False


def _answer(turn: Turn, draft: Draft, found: Found | None) -> None:
    wanted = _wants_place(turn.work, draft, turn.message) if found is None else None
    if wanted is not None:
        raise AskFirst(wanted)
    form, asked = talk.FORMS[draft.form], talk.question(draft)
    if found is not None and (found.wanted.draft_id, found.wanted.version) != (draft.id, draft.version):
        talk.show(turn.work, draft)  # it changed while the geocoder was asked: the answer was to another question
        return
    text = turn.message.text
    if asked is not None and asked.contact and text is not None:
        if text in turn.texts.labels("button-back"):
            talk.back(turn.work, draft)
            return
        if text in turn.texts.labels(form.leave):
            talk.leave(turn.work, draft)
            return
    talk.hear(turn.work, draft, _heard(turn, found))


def _pin(message: Message) -> Point | None:
    """The point that was sent, where there is such a one on Earth."""
    location = message.location
    point = (location.latitude, location.longitude) if location is not None else None
    return point if point is not None and on_earth(point) else None


def _heard(turn: Turn, found: Found | None) -> Heard:
    message = turn.message
    contact = message.contact
    card = None
    if contact is not None:
        name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
        card = Contact(tame(name), contact.phone_number, contact.user_id == turn.person.id)
    return Heard(
        text=None if message.text is None else tame(message.text),
        pin=_pin(message),
        contact=card,
        photo=message.photo[-1].file_id if message.photo else None,
        places=found.places if found is not None else None,
        places_down=found.down if found is not None else False,
    )


def edited(turn: Turn) -> None:
    """An edited message: edits cannot be followed."""
    _hint(turn, "hint-edited")


def _hint(turn: Turn, text_id: str) -> None:
    """At most once per person in 30 s: nobody is met with silence, nobody with noise."""
    before = turn.person.hinted_at
    if before is None or before + HINT_EVERY <= turn.work.now:
        turn.person.hinted_at = turn.work.now
        turn.say(text_id)


def in_group(turn: Turn, username: str) -> None:
    """Somebody spoke to us in a group: we work in private."""
    chat = turn.update.effective_chat
    if chat is not None:
        words = Say("group-hello", {"url": f"https://t.me/{username}"})
        notices.say(turn.work, chat.id, words, urgency=notices.NOW_PLEASE)
