"""What an operator sees when the bot is not well: its state in words, what waits, a message that could not be sent."""

from bot import buttons
from bot.cards.face import Face, Key, Rows, rows
from bot.dispatch import health, notices, operating
from bot.dispatch.health import Health
from bot.dispatch.words import Say, load_params
from storage import lifecycle
from storage.database import Work
from storage.figures import Figures
from storage.models import Case, Delivery, Outbox
from storage.rows import Missing

WELL = Say("outbox-well")
MOST = 10
"""So many waiting messages are listed."""
SUBJECTS = ("outbox", "sweep")
"""Kinds of case that are about the bot itself."""


def lines(this: Case) -> tuple[Say, ...]:
    """What a case about the bot itself says."""
    if this.kind == "outbox":
        return (Say("case-outbox", {"messages": int(this.detail or 0), "since": this.opened_at - health.OLD}),)
    return (Say("case-sweep"), *_late((this.detail or "").split(",")))


def keys(work: Work, this: Case) -> Rows:
    """The buttons of a case that is about the bot itself, or about a message."""
    return rows(Key(Say("button-look"), buttons.LookInto(this.id), style="primary"), *_ends(work, this))


def _ends(work: Work, this: Case) -> tuple[Key | None, Key]:
    """By what such a case comes to its end."""
    can = operating.can_try_again(work, this)
    again = Key(Say("button-send-again"), buttons.SendAgain(this.id)) if can else None
    return again, Key(Say("button-case-done"), buttons.CloseCase(this.id))


def closed(work: Work, this: Case) -> Say:
    """What became of a case."""
    if this.closed_by is None:
        return Say("case-settled")
    row = work.outbox.get(this.subject_id) if this.kind == "message" else None
    return Say("case-sent-again") if row is not None and row.dropped_at is None else Say("case-closed")


def letter(work: Work, row_id: int, _chat_id: int) -> Face | None:
    """A message of the outbox: to whom, about what, what it says, and what became of it."""
    row = work.outbox.get(row_id)
    if row is None:
        return None
    person = work.people.find(row.chat_id)
    to = {"name": person.name if person else str(row.chat_id), "what": Say(f"letter-{row.kind}")}
    said = [Say("letter-to", to)]
    about = _delivery(work, row)
    if about is not None:
        said.append(Say("letter-about", {"number": about.number}))
    if row.text_id is not None:
        said += [Say("blank"), Say(row.text_id, load_params(row.params)), Say("blank")]
    said.append(_fate(row))
    case = work.cases.about("message", row_id)
    see = Key(Say("button-desk"), buttons.ShowDesk(about.id)) if about is not None else None
    return Face(tuple(said), rows(see, *(_ends(work, case) if case is not None else ())))


def _fate(row: Outbox) -> Say:
    if row.sent_at is not None:
        return Say("letter-sent", {"at": row.sent_at})
    if row.dropped_at is not None:
        return Say("letter-dropped", {"at": row.dropped_at, "detail": row.error or ""})
    return Say("letter-waits", {"at": row.due_at, "tries": row.attempts, "detail": row.error or ""})


def _delivery(work: Work, row: Outbox) -> Delivery | None:
    """The delivery that a message is about, where it is about one."""
    named = row.subject if row.kind == "card" else row.about
    kind, _, number = (named or "").partition(":")
    number = number.partition(":")[0]
    try:
        if kind == "offer":
            return work.deliveries.get(work.offers.get(int(number)).delivery_id)
        if kind in ("delivery", "link", "where", "desk", *notices.SUBJECT.values()):
            return work.deliveries.get(int(number))
    except (Missing, ValueError):
        pass
    return None


def waiting(work: Work, market_id: int, chat_id: int) -> Face:
    """What waits to be sent: how many messages, and the oldest of them."""
    figures = Figures(work.session, work.now)
    found = [one for one in figures.oldest_messages(MOST + 1) if not _is_this(one, chat_id, market_id)]
    number, _ = figures.messages()
    if not found:
        return Face((WELL,))
    said = [Say("outbox-waits", {"messages": max(number - 1, len(found)), "since": found[0].due_at})]
    for one in found[:MOST]:
        person = work.people.find(one.chat_id)
        who = person.name if person else str(one.chat_id)
        said.append(Say("outbox-one", {"at": one.due_at, "name": who, "what": Say(f"letter-{one.kind}")}))
    return Face(tuple(said))


def _is_this(row: Outbox, chat_id: int, market_id: int) -> bool:
    return (row.chat_id, row.subject) == (chat_id, f"waiting:{market_id}")


def state(work: Work, found: Health) -> list[Say]:
    """How the bot is, in a few lines."""
    said = []
    waits = found.since(found.oldest_message) >= health.BRIEF_S
    if waits or found.is_deaf or found.heard_at is None:
        said.append(Say("outbox-waits", {"messages": found.messages, "since": found.oldest_message}) if waits else WELL)
        if found.heard_at is not None:
            said.append(Say("status-deaf" if found.is_deaf else "status-heard", {"at": found.heard_at}))
    else:
        said.append(Say("status-goes", {"at": found.heard_at}))
    if found.since(found.oldest_update) >= health.BRIEF_S:
        said.append(Say("inbox-waits", {"updates": found.updates, "since": found.oldest_update}))
    if found.late:
        said += [Say("case-sweep"), *_late(found.late)]
    return [*said, Say("status-deliveries", {one: found.deliveries.get(one, 0) for one in lifecycle.OPEN})]


def _late(names: tuple[str, ...] | list[str]) -> list[Say]:
    return [Say(f"sweep-{name}") for name in names if name]
