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
    if since is not None and work.now - since < NOTE_EVERY:
        return
    noted = work.memory.replace(HEARD_AT, before, work.now.isoformat())
    if noted and since is not None and work.now - since > GAP:  # one makes up for it, whoever else hears him
        come_back(work, since)


def deaf(work: Work) -> bool:
    """Whether Telegram has been silent for so long that nobody could be heard: no time of anybody's runs out then."""
    before = work.memory.recall(HEARD_AT)
    return before is not None and work.now - datetime.fromisoformat(before) > GAP


def come_back(work: Work, since: datetime) -> None:
    """Give open offers the time that was lost, post open cards anew, and say that we were away."""
    gap = work.now - since
    for driver in work.drivers.on_duty(work.market_id):
        driver.heard_at = min(work.now, driver.heard_at + gap) if driver.heard_at else None
        driver.asked_at = min(work.now, driver.asked_at + gap) if driver.asked_at else None
    told: set[int] = set()
    # the question that waits for an answer comes last, whatever was said below it meanwhile
    for card in sorted(work.outbox.open_cards(), key=lambda card: card.subject.startswith("draft:")):
        person = work.people.find(card.chat_id)
        if person is None or not person.reachable or card.subject.startswith(notices.MENUS):
            continue
        if person.id not in told:
            told.add(person.id)
            words = Say("away", {"from": since, "to": work.now})
            notices.say(work, person.id, words, urgency=notices.NEWS)
        notices.post(work, person.id, card.subject, urgency=notices.NEWS)
    # after the words: the extended offers' cards come below them
    offers.extend(work, work.offers.all_open(), gap)
    offers.forgive(work, since)
