"""The promises, each as a function that looks for what breaks it; an empty answer is a proof kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.dispatch.notices import EDIT, HEARD, LOUD
from bot.relay import IN_HAND
from storage import lifecycle
from storage.lifecycle import CUSTOMER, DRIVER, MERCHANT, OPERATOR
from storage.models import Delivery, DeliveryEvent, Outbox
from tests.crashes.evidence import Evidence
from tests.crashes.stage import POSTS, Said

NO_STEP: Final = ("at_pickup", "at_door", "nobody_there", "wrong_pin", "brought_back", "connect", "book")
"""Events of the audit trail that change no status."""

TELLS: Final = {
    ("assign", DRIVER): "driver found",
    ("assign", OPERATOR): "driver found",
    ("at_pickup", DRIVER): "driver at the pickup",
    ("pick_up", DRIVER): "picked up",
    ("at_door", DRIVER): "about to arrive",
    ("deliver", DRIVER): "delivered",
    ("deliver", OPERATOR): "delivered, says the operator",
    ("nobody_there", DRIVER): "nobody there",
    ("unassign", DRIVER): "given back",
    ("unassign", OPERATOR): "taken from the driver",
    ("give_up", DRIVER): "coming back",
    ("give_up", OPERATOR): "called back",
    ("brought_back", DRIVER): "handed back, to be confirmed",
    ("hand_back", MERCHANT): "returned",
    ("hand_back", OPERATOR): "returned",
    ("expire", lifecycle.SWEEP): "nobody found",
    ("cancel", MERCHANT): "cancelled",
    ("cancel", lifecycle.SWEEP): "cancelled",
    ("cancel", OPERATOR): "cancelled by the operator",
    ("lose", OPERATOR): "lost",
}
"""What each event of the audit trail is called in the table of who hears what; others tell nobody aloud."""

UNSAID_BY: Final = {
    "driver found": ("unassign", "cancel"),
    "driver at the pickup": ("pick_up",),
    "picked up": ("undo", "at_door", "nobody_there", "deliver", "give_up", "lose"),
    "about to arrive": ("deliver", "give_up"),
    "late": ("deliver", "give_up"),
    "delivered": ("undo",),
}
"""After which steps a notice that was not sent yet is no longer due: it would no longer be true."""


def booked_once(seen: Evidence) -> list[str]:
    """Every confirmed booking exists, once, and its merchant sees it."""
    booked = Counter(one.draft_id for one in seen.deliveries)
    states = {draft.id: draft.status for draft in seen.drafts}
    asking = {draft.id for draft in seen.drafts if draft.status in ("open", "parked")}  # its quote had lapsed
    wrong = [
        f"draft {draft} was confirmed and booked {booked[draft]} times, and is {states.get(draft)}"
        for draft in seen.confirmed
        if booked[draft] != 1 and draft not in asking
    ]
    wrong += [f"draft {draft} was booked {often} times" for draft, often in booked.items() if draft and often > 1]
    done = {draft.id for draft in seen.drafts if draft.form == "booking" and draft.status == "done"}
    wrong += [
        f"{one.number} was booked by a draft that is not done" for one in seen.deliveries if one.draft_id not in done
    ]
    wrong += [f"draft {draft} is done, and nothing was booked" for draft in done if not booked[draft]]
    numbers = Counter(one.number for one in seen.deliveries)
    wrong += [f"{number} is the number of {often} deliveries" for number, often in numbers.items() if often > 1]
    for one in seen.deliveries:
        if not any(said.chat_id == one.booked_by and one.number in said.text for said in seen.said):
            wrong.append(f"{one.number} was never shown to its merchant")
    return wrong


def one_driver(seen: Evidence) -> list[str]:
    """No delivery has two drivers, and no driver two runs."""
    wrong = []
    for one, events in _trails(seen):
        holder: int | None = None
        for event in events:
            if event.step == "assign":
                if holder is not None:
                    wrong.append(f"{one.number} was given to {event.person_id} while {holder} had it")
                holder = event.person_id
            elif event.step in ("unassign", "cancel"):
                holder = None
    accepted = Counter(offer.delivery_id for offer in seen.offers if offer.status == lifecycle.OFFER_ACCEPTED)
    for one, events in _trails(seen):
        taken = sum(event.step == "assign" and event.by == DRIVER for event in events)
        if taken != accepted[one.id]:
            wrong.append(f"{one.number} was taken {taken} times and {accepted[one.id]} offers of it were accepted")
    wrong += _runs(seen)
    return wrong


HELD_UNTIL: Final = ("unassign", "cancel", "deliver", "hand_back", "lose")
"""The steps that end what a driver holds; to undo a *deliver* takes it up again."""


def _runs(seen: Evidence) -> Iterator[str]:
    open_runs = {run.id: run.driver_id for run in seen.runs if run.ended_at is None}
    carried = {one.run_id for one in seen.deliveries if one.status in lifecycle.WITH_DRIVER}
    for one in seen.deliveries:
        if one.status in lifecycle.WITH_DRIVER and open_runs.get(one.run_id or 0) != one.driver_id:
            yield f"{one.number} is with driver {one.driver_id}, who has no run for it"
    yield from (f"run {run} is open and carries nothing" for run in open_runs if run not in carried)
    yield from _held_at_once(seen)


def _held_at_once(seen: Evidence) -> Iterator[str]:
    """In the order of the audit trail: of two who write at once, each is timed by when it began."""
    whose: dict[int, int] = {}
    holds: dict[int, set[int]] = defaultdict(set)
    for event in sorted(seen.events, key=lambda event: event.id):
        delivery = event.delivery_id
        if event.step == "assign" and event.person_id is not None:
            whose[delivery] = event.person_id
        if event.step in ("assign", "undo") and delivery in whose:
            held = holds[whose[delivery]]
            held.add(delivery)
            if len(held) > 1:
                yield f"person {whose[delivery]} had the deliveries {sorted(held)} at once ({event.step} at {event.at})"
        elif event.step in HELD_UNTIL and delivery in whose:
            holds[whose[delivery]].discard(delivery)


def notices_sent(seen: Evidence) -> list[str]:
    """Each event's notice of "Who hears what" is in the chat, as loud as it says, unless it became untrue."""
    wrong = []
    posted = {(said.chat_id, said.message_id): said for said in seen.said if said.method in POSTS}
    written = defaultdict(list)
    for row in seen.outbox:
        if row.about is not None:
            written[row.about].append(row)
    for one, events in _trails(seen):
        for index, event in enumerate(events):
            told = TELLS.get((event.step, event.by))
            if told is None:
                continue
            later = {after.step for after in events[index + 1 :]}
            for party, chat in _hearers(seen, one, events[: index + 1]).items():
                if HEARD[told].get(party, EDIT) == EDIT:
                    continue
                rows = [row for row in written[f"delivery:{one.id}:{told}"] if row.chat_id == chat]
                loud = HEARD[told][party] == LOUD
                if any(_heard(row, posted, one.number, loud=loud) for row in rows):
                    continue
                untrue = any(row.dropped_at is not None and row.error == "no longer true" for row in rows)
                not_yet = any(row.dropped_at is None and row.due_at > seen.now for row in rows)
                if not not_yet and not (untrue and later & set(UNSAID_BY.get(told, ()))):
                    wrong.append(f"{one.number}: {party} {chat} never heard {told!r} of {event.at:%H:%M:%S}")
    return wrong


def _heard(row: Outbox, posted: Mapping[tuple[int, int], Said], number: str, *, loud: bool) -> bool:
    said = posted.get((row.chat_id, row.message_id or 0))
    return said is not None and number in said.text and (said.loud or not loud)


def _hearers(seen: Evidence, one: Delivery, trail: list[DeliveryEvent]) -> dict[str, int]:
    """Who heard of it when the last event of the trail happened."""
    chats = {MERCHANT: one.booked_by}
    persons = {driver.id: driver.person_id for driver in seen.drivers}
    took = [event.person_id for event in trail if event.step == "assign" and event.by == DRIVER]
    freed = trail[-1].step in ("cancel", "expire") and not _with_driver(trail[:-1])
    if took and took[-1] is not None and not freed:
        chats[DRIVER] = took[-1]
    elif one.driver_id is not None and not freed:
        chats[DRIVER] = persons[one.driver_id]
    bound = [link.person_id for link in seen.links if link.delivery_id == one.id and link.revoked_at is None]
    if any(event.step == "connect" for event in trail) and bound and bound[0] is not None:
        chats[CUSTOMER] = bound[0]
    return chats


def _with_driver(trail: list[DeliveryEvent]) -> bool:
    status = lifecycle.REQUESTED
    for event in trail:
        if event.step not in NO_STEP:
            status = lifecycle.fire(lifecycle.DELIVERY, status, event.step, event.by)
    return status in lifecycle.WITH_DRIVER


def cards_true(seen: Evidence) -> list[str]:
    """Every card in every chat says what the database says, and nobody waits for one."""
    wrong = []
    for card in seen.cards:
        key = (card.chat_id, card.subject)
        meant, shown = seen.meant.get(key), seen.shown.get((card.chat_id, card.message_id))
        if meant is None or card.subject.startswith("offer:"):
            continue
        if shown is None:
            wrong.append(f"{card.chat_id} has no message {card.message_id}, which should be {card.subject}")
        elif shown != meant:
            wrong.append(f"{card.chat_id} sees of {card.subject}: {shown}, and should see: {meant}")
    wrong += _offers_closed(seen)
    there = {(card.chat_id, card.subject) for card in seen.cards}
    persons = {driver.id: driver.person_id for driver in seen.drivers}
    for one in seen.deliveries:
        due = [(one.booked_by, f"delivery:{one.id}")]
        if one.driver_id is not None:
            due.append((persons[one.driver_id], f"job:{one.id}"))
        wrong += [f"{chat} has no card {subject}" for chat, subject in due if (chat, subject) not in there]
    return wrong


def _offers_closed(seen: Evidence) -> Iterator[str]:
    """A closed offer keeps the reason of its day; what counts is that it can be tapped while it is open only."""
    offers = {f"offer:{offer.id}": offer for offer in seen.offers}
    for card in seen.cards:
        offer, shown = offers.get(card.subject), seen.shown.get((card.chat_id, card.message_id))
        if offer is not None and shown is not None:
            taps = sorted(data for _, data in shown.buttons)
            due = [f"no:{offer.id}", f"ok:{offer.id}"] if offer.status == lifecycle.OFFER_OPEN else []
            if taps != due:
                yield f"{card.chat_id} can tap {taps} on {card.subject}, which is {offer.status}"


def nothing_waits(seen: Evidence) -> list[str]:
    """Every update was handled and every message sent: nothing failed, nothing is left behind."""
    wrong = [f"update {one.update_id} is {one.status}: {one.error}" for one in seen.inbox if one.status != "done"]
    for row in seen.outbox:
        lapsed = row.expires_at is not None and row.expires_at <= seen.now
        if row.sent_at is None and row.dropped_at is None and row.due_at <= seen.now and not lapsed:
            wrong.append(f"outbox row {row.id} ({row.kind} {row.subject}) waits in {row.chat_id}: {row.error}")
        if row.dropped_at is not None and row.sent_at is None and row.error != "no longer true":
            wrong.append(f"outbox row {row.id} was dropped: {row.error}")
    wrong += [f"case {case.kind}: {case.detail}" for case in seen.cases if case.kind in ("update", "message")]
    return wrong + [f"Telegram refused: {line}" for line in seen.problems]


def no_message_twice(seen: Evidence) -> list[str]:
    """No message appears more than once extra for each kill: what was said and not recorded is one a chat and life."""
    wrong = []
    for (life, chat), often in Counter((life, chat) for life, chat, _ in extras(seen)).items():
        if not seen.killed.get(life, False):
            wrong.append(f"life {life} was not killed, and {often} of its messages in {chat} are not recorded")
        elif often > 1:
            wrong.append(f"life {life} left {often} messages in {chat} that are not recorded")
    for life, often in Counter(life for life, _, _ in extras(seen)).items():
        if often > IN_HAND:
            wrong.append(f"life {life} left {often} messages that are not recorded: more than {IN_HAND} were in hand")
    rows = Counter((row.chat_id, row.message_id, row.subject, row.kind) for row in seen.outbox if row.kind == "qr")
    return wrong + [f"{key} came {often} times" for key, often in rows.items() if key[1] and often > 1]


def extras(seen: Evidence) -> list[tuple[int, int, str]]:
    """Messages that were sent and never recorded (each is sent once more): life, chat, words."""
    recorded = {(row.chat_id, row.message_id) for row in seen.outbox if row.message_id is not None}
    return [
        (said.life, said.chat_id, said.text)
        for said in seen.said
        if said.method in POSTS and (said.chat_id, said.message_id) not in recorded
    ]


def answers_kept(seen: Evidence) -> list[str]:
    """No draft lost an answer after which the bot went on, and what was booked is what was answered."""
    wrong = []
    drafts = {draft.id: draft for draft in seen.drafts}
    booked = {one.draft_id: one for one in seen.deliveries}
    for draft_id, answers in seen.acknowledged.items():
        draft = drafts.get(draft_id)
        if draft is None:
            wrong.append(f"draft {draft_id} is gone")
            continue
        for key, value in answers.items():
            if draft.answers.get(key, "nothing") != value:
                wrong.append(f"draft {draft_id}: {key} was {value!r} and is {draft.answers.get(key, 'nothing')!r}")
            one = booked.get(draft_id)
            kept = getattr(one, key, value) if key != "pin" and one is not None else value
            if kept != value:
                wrong.append(f"draft {draft_id}: {key} was {value!r} and is booked as {kept!r}")
    return wrong


def nothing_twice(seen: Evidence) -> list[str]:
    """No delivery, step, offer or fee twice: every trail is one life of the table's, every sum is right."""
    wrong: list[str] = []
    for one, events in _trails(seen):
        wrong += _trail(one, events)
        if sum(amount for _, amount in one.fee_lines) != one.fee:
            wrong.append(f"{one.number}: the fee {one.fee} is not the sum of its lines")
        if one.cancel_fee and (one.status != lifecycle.CANCELLED or one.cancel_fee > one.fee):
            wrong.append(f"{one.number} is {one.status} and has a cancelling fee of {one.cancel_fee}")
    asked = Counter(
        (offer.delivery_id, offer.driver_id, offer.search)
        for offer in seen.offers
        if offer.status != lifecycle.OFFER_WITHDRAWN
    )
    wrong += [
        f"offer (delivery, driver, search) {key} was made {often} times" for key, often in asked.items() if often > 1
    ]
    open_to = Counter(offer.driver_id for offer in seen.offers if offer.status == lifecycle.OFFER_OPEN)
    wrong += [f"driver {driver} has {often} open offers" for driver, often in open_to.items() if often > 1]
    links = Counter(link.delivery_id for link in seen.links if link.revoked_at is None)
    wrong += [f"delivery {delivery} has {often} links" for delivery, often in links.items() if often > 1]
    told = Counter((row.about, row.chat_id) for row in seen.outbox if row.sent_at is not None and _fires_once(row))
    steps = Counter((event.delivery_id, TELLS.get((event.step, event.by))) for event in seen.events)
    for (about, chat), often in told.items():
        _, number, event = str(about).split(":", 2)
        if often > max(1, steps[int(number), event]):
            wrong.append(f"{chat} was told {about} {often} times")
    return wrong


def _fires_once(row: Outbox) -> bool:
    return str(row.about).startswith("delivery:") and not str(row.about).endswith((":late", ":about to arrive"))


def _trail(one: Delivery, events: list[DeliveryEvent]) -> Iterator[str]:
    if [event.step for event in events].count("book") != 1:
        yield f"{one.number} was booked {[event.step for event in events].count('book')} times"
    status = lifecycle.REQUESTED
    for event in events:
        if event.step in NO_STEP:
            continue
        try:
            status = lifecycle.fire(lifecycle.DELIVERY, status, event.step, event.by)
        except lifecycle.IllegalStep as illegal:
            yield f"{one.number}: {illegal}"
            return
    if status != one.status:
        yield f"{one.number} is {one.status}, and by its trail {status}"


def _trails(seen: Evidence) -> Iterator[tuple[Delivery, list[DeliveryEvent]]]:
    trails = defaultdict(list)
    for event in seen.events:
        trails[event.delivery_id].append(event)
    for one in seen.deliveries:
        yield one, trails[one.id]


PROOFS: Final[tuple[Callable[[Evidence], list[str]], ...]] = (
    booked_once,
    one_driver,
    notices_sent,
    cards_true,
    nothing_waits,
    no_message_twice,
    answers_kept,
    nothing_twice,
)
