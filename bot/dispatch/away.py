"""When we were away: Telegram forgets taps after 150 s, so those who may have tapped in vain are told."""

from datetime import datetime, timedelta

from bot.dispatch import notices, offers
from bot.dispatch.words import Say
from storage.database import Work

GAP = timedelta(seconds=120)
NOTE_EVERY = timedelta(seconds=5)
HEARD_AT = "heard_telegram_at"


def heard(work: Work) -> None:
    """Telegram answered just now; after a longer silence, make up for it."""
    before = work.memory.recall(HEARD_AT)
    since = datetime.fromisoformat(before) if before else None
    if since is not None and work.now - since > GAP:
        come_back(work, since)
    if since is None or work.now - since >= NOTE_EVERY:
        work.memory.note(HEARD_AT, work.now.isoformat())


def come_back(work: Work, since: datetime) -> None:
    """Give open offers the time that was lost, post open cards anew, and say that we were away."""
    offers.extend(work, work.offers.all_open(), work.now - since)
    told: set[int] = set()
    for card in work.outbox.open_cards():
        person = work.people.find(card.chat_id)
        if person is None or not person.reachable or card.subject.startswith(("welcome:", "home:", "status:", "open:")):
            continue
        if person.id not in told:
            told.add(person.id)
            words = Say("away", {"from": since, "to": work.now})
            notices.say(work, person.id, words, urgency=notices.NEWS)
        notices.post(work, person.id, card.subject, urgency=notices.NEWS)
