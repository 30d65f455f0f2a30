"""From an outbox row to what Telegram is asked: rendered from the state at the moment of sending."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from bot.cards import Face, Key, render
from bot.cards.merchant import link_url
from bot.dispatch import notices
from bot.dispatch.geo import Point
from bot.dispatch.words import Say, load_params
from bot.texts import Reader, Texts
from storage.database import Work
from storage.models import Card, Person
from storage.outbox import TIDY, Unsaid

DEEP = 5
"""A card with so many messages below it has scrolled away: it is posted anew."""

ROWS_PER_LETTER = 8
"""So many rows are looked at for each letter that can be sent: chats usually wait with a few."""

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None


@dataclass(frozen=True)
class Letter:
    """One thing to be sent: the rows that it settles, the words, and what lies in the chat already."""

    ids: tuple[int, ...]
    chat_id: int
    kind: str
    """`post`, `edit`, `photo`, `qr`, `commands`, `close`, `delete`, or `nothing` where all is as it should be."""
    subject: str | None = None
    text: str = ""
    markup: Markup = None
    loud: bool = False
    map: tuple[Point, str, str] | None = None
    content: str = ""
    media: str = "text"
    old: Card | None = None
    old_line: Say | None = None
    """What is left of the old message when the card is posted anew; only its buttons go where this is empty."""
    asks: str | None = None
    secret: bool = False
    """It holds a PIN or a proof: Telegram lets nobody forward or copy it."""
    patient: bool = False
    """Nobody waits for it: it is sent when the chat has pace to spare."""
    photo: str | None = None
    commands: tuple[tuple[str, str], ...] = ()
    attempts: int = 0


def write(
    work: Work, texts: Texts, waiting: Sequence[Unsaid], old: Card | None, began: datetime | None = None
) -> Letter:
    """What is to be sent now for the first of the rows that wait in a chat.

    `old` is its card as it lies there, `began` when this relay did.
    """
    row = waiting[0]
    person = work.people.find(row.chat_id)
    if person is not None and not person.reachable:
        return Letter((row.id,), row.chat_id, "unreachable")
    # who was forgotten is still told so in his language
    language = person.language if person else texts.language(row.params.get("language"))
    reader = Reader(language, work.market, work.now)
    match row.kind:
        case "card":
            return _card(work, texts, waiting, reader, person, old, began)
        case "commands":
            return _commands(work, texts, row, reader)
        case "close" | "delete" as tidying:
            text = texts.html(Say(row.text_id, load_params(row.params)), reader) if row.text_id else ""
            patient = row.urgency == TIDY
            return Letter((row.id,), row.chat_id, tidying, row.subject, text, patient=patient, attempts=row.attempts)
        case "qr":
            return _qr(work, texts, row, reader)
        case _:
            text = texts.html(Say(row.text_id or "", load_params(row.params)), reader)
            markup = ReplyKeyboardRemove() if "remove" in row.buttons else None
            kind = "photo" if row.kind == "photo" else "post"
            return Letter(
                (row.id,),
                row.chat_id,
                kind,
                None,
                text,
                markup,
                row.loud,
                photo=row.subject,
                secret=row.kind == "photo",
                attempts=row.attempts,
            )


def _card(
    work: Work,
    texts: Texts,
    waiting: Sequence[Unsaid],
    reader: Reader,
    person: Person | None,
    old: Card | None,
    began: datetime | None,
) -> Letter:
    """One rendering satisfies all rows that say that this card is stale."""
    row, subject = waiting[0], waiting[0].subject or ""
    rows = [one for one in waiting if (one.kind, one.subject) == ("card", row.subject)]
    ids = tuple(one.id for one in rows)
    face = render(work, subject, row.chat_id)
    anew = any(one.anew for one in rows)
    if face is None or (old is None and not anew):
        return Letter(ids, row.chat_id, "nothing")
    text = "\n".join(texts.html(line, reader) for line in face.lines)
    markup = keyboard(face, texts, reader)
    content = digest(text, markup, face)
    if old is not None and not anew:
        # tried in vain, or left by a relay that was killed: it may have been changed, and nobody wrote that down
        unsure = any(one.attempts or (began is not None and one.created_at < began) for one in rows)
        if old.content == content and not unsure:
            return Letter(ids, row.chat_id, "nothing")
        scrolled = person is not None and person.said - old.said >= DEEP
        anew = scrolled and bool(face.rows) and not subject.startswith(notices.MENUS)
    kind = "post" if anew else "edit"
    return Letter(
        ids,
        row.chat_id,
        kind,
        subject,
        text,
        markup,
        loud=any(one.loud for one in rows),
        map=face.map if kind == "post" else None,
        content=content,
        media="keyboard" if face.contact else "text",
        old=old,
        old_line=face.line if old is not None and face.answers in (None, old.asked) else None,
        asks=face.asks,
        secret=face.secret,
        attempts=max(one.attempts for one in rows),
    )


def keyboard(face: Face, texts: Texts, reader: Reader) -> Markup:
    """The buttons of a face as Telegram takes them."""
    if face.contact:
        return _contact_keyboard(face, texts, reader)
    if not face.rows:
        return None
    return InlineKeyboardMarkup([[_button(key, texts, reader) for key in row] for row in face.rows])


def _contact_keyboard(face: Face, texts: Texts, reader: Reader) -> ReplyKeyboardMarkup:
    send = KeyboardButton(texts.plain(Say("button-send-contact"), reader), request_contact=True)
    rest = [[KeyboardButton(texts.plain(key.label, reader)) for key in row] for row in face.rows]
    return ReplyKeyboardMarkup([[send], *rest], resize_keyboard=True, one_time_keyboard=True)


def _button(key: Key, texts: Texts, reader: Reader) -> InlineKeyboardButton:
    return InlineKeyboardButton(
        texts.plain(key.label, reader),
        callback_data=key.tap.pack() if key.tap else None,
        url=key.url,
        copy_text=CopyTextButton(key.copy) if key.copy else None,
        style=key.style or None,
    )


def digest(text: str, markup: Markup, face: Face) -> str:
    """What tells one content of a card from another."""
    keys = [[_told(key) for key in row] for row in _rows_of(markup)]
    shown = json.dumps([text, keys, face.map, face.contact], default=str)
    return hashlib.blake2b(shown.encode(), digest_size=16).hexdigest()


def _rows_of(markup: Markup) -> Sequence[Sequence[InlineKeyboardButton | KeyboardButton]]:
    if isinstance(markup, InlineKeyboardMarkup):
        return markup.inline_keyboard
    return markup.keyboard if isinstance(markup, ReplyKeyboardMarkup) else ()


def _told(key: InlineKeyboardButton | KeyboardButton) -> list[Any]:
    """What tells one button from another."""
    if isinstance(key, KeyboardButton):
        return [key.text]
    return [key.text, key.callback_data, key.url, key.copy_text and key.copy_text.text, key.style]


COMMANDS: dict[str, tuple[str, ...]] = {
    "merchant": ("deliver", "status", "staff"),
    "driver": ("status",),
    "customer": ("status",),
    "operator": ("open", "status"),
}
ALWAYS = ("start", "help", "language", "cancel", "privacy", "forget")


def _commands(work: Work, texts: Texts, row: Unsaid, reader: Reader) -> Letter:
    person = work.people.get(row.chat_id)
    names = (*COMMANDS.get(person.role or "", ("status",)), *ALWAYS)
    listed = tuple((name, texts.plain(Say(f"command-{name}"), reader)) for name in names)
    return Letter((row.id,), row.chat_id, "commands", commands=listed, attempts=row.attempts)


def _qr(work: Work, texts: Texts, row: Unsaid, reader: Reader) -> Letter:
    delivery = work.deliveries.get(int(row.subject or 0))
    link = work.deliveries.link(delivery.id)
    if link is None:
        return Letter((row.id,), row.chat_id, "nothing")
    text = texts.html(Say("link-qr", {"number": delivery.number}), reader)
    url = link_url(work, link.token)
    return Letter((row.id,), row.chat_id, "qr", None, text, photo=url, attempts=row.attempts)


Writer = Callable[[Work, Sequence[Unsaid], Card | None], Letter]


def pick(work: Work, write_one: Writer, room: int, in_hand: Sequence[int], held: Sequence[int]) -> list[Letter]:
    """The next letters: one a chat, the oldest of that chat, urgent chats first, at most `room`."""
    chats = dict.fromkeys(chat_id for chat_id, _ in work.outbox.due(room * ROWS_PER_LETTER, in_hand, held))
    waiting = work.outbox.of_chats(list(chats)[:room]) if chats else {}
    first = [rows[0] for rows in waiting.values() if rows]
    _gather(work, first)
    cards = work.outbox.cards_at([(row.chat_id, row.subject) for row in first if row.kind == "card" and row.subject])
    return [write_one(work, waiting[row.chat_id], cards.get((row.chat_id, row.subject or ""))) for row in first]


def _gather(work: Work, first: Sequence[Unsaid]) -> None:
    """Read at once what the letters are about; each finds it when it is rendered."""
    about: dict[str, set[int]] = {}
    for row in first:
        kind, _, number = (row.subject or "").partition(":")
        if row.kind == "card":
            about.setdefault(kind, set()).add(int(number))
    work.people.gather({row.chat_id for row in first})
    work.drafts.gather(about.get("draft", ()))
    work.offers.gather(about.get("offer", ()))
    work.deliveries.gather(set().union(*(about.get(kind, ()) for kind in notices.SUBJECT.values())))


def describe(letter: Letter) -> dict[str, Any]:
    """What a log may say about a letter: ids, never words."""
    return {"rows": letter.ids, "kind": letter.kind, "subject": (letter.subject or "").partition(":")[0]}
