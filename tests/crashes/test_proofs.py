"""The proofs are not blind: each is shown a town in which all is well, and then one in which its promise is broken."""

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import SQLModel

from bot.settings import MARKET
from storage.models import Case, Delivery, DeliveryEvent, Draft, Link, Offer, Outbox, Run
from tests.crashes import proofs
from tests.crashes.evidence import Evidence, gather
from tests.crashes.stage import Said, said_in
from tests.stories.quickly import at_the_door, driver, merchant
from tests.stories.town import Town

Proof = Callable[[Evidence], list[str]]
Plant = Callable[[Evidence], object]

NEARBY = (36.1290, -115.1700)


async def live(folder: Path, template: Path) -> Evidence:
    """One delivery that arrives with a photo, one that is cancelled under way to the shop, one that is carried."""
    town = await Town(folder, template).open()
    anna = await merchant(town)
    omar = await driver(town, at=NEARBY)
    answers: dict[int, dict[str, object]] = {}
    for fate in ("delivered", "cancelled", "carried"):
        await town.book(anna)
        draft_id = town.delivery().draft_id
        answers[draft_id] = {"pieces": 2, "size": "M", "customer_name": "Lena Lopez", "pin": "no"}
        if fate == "delivered":
            await town.customer(anna)
            await at_the_door(town, omar)
            await omar.taps("Delivered")
            await omar.photographs()
            await town.passes(seconds=65)
        elif fate == "cancelled":
            await omar.taps("Accept")
            await anna.taps("Cancel")
            await anna.taps("Not ready")
        else:
            await omar.taps("Accept")
    database = town.bot.desk.database
    seen = await asyncio.to_thread(gather, database, town.telegram, MARKET, town.clock)
    seen.said = said_in(list(town.telegram.calls))
    seen.killed, seen.acknowledged = {0: False}, answers
    seen.confirmed = dict.fromkeys(answers, anna.id)
    await town.close()
    return seen


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Evidence:
    """What a small town leaves behind in which nothing went wrong."""
    return asyncio.run(live(tmp_path_factory.mktemp("lived"), template))


@pytest.fixture
def seen(lived: Evidence) -> Evidence:
    """A copy of it, in which things can be planted."""
    return replace(lived, **{field.name: copied(getattr(lived, field.name)) for field in fields(lived)})


def copied(value: Any) -> Any:
    """A copy whose rows may be changed."""
    if isinstance(value, list):
        return [again(row) if isinstance(row, SQLModel) else row for row in value]
    return copy(value)


def again(row: SQLModel, **changes: object) -> Any:
    """A row like this one."""
    return type(row)(**{**{name: getattr(row, name) for name in type(row).model_fields}, **changes})


@pytest.mark.parametrize("proof", proofs.PROOFS, ids=lambda proof: proof.__name__)
def test_all_is_well(seen: Evidence, proof: Proof) -> None:
    """Where nothing went wrong, no proof complains."""
    assert len(seen.deliveries) == 3
    assert proof(seen) == []


def _cut(rows: list[Outbox], about: str) -> None:
    """Take away what was to be said of this event."""
    rows[:] = [row for row in rows if not str(row.about).endswith(about)]


def _unsaid(seen: Evidence, about: str) -> None:
    """What the outbox took for sent of this event lies in no chat."""
    gone = {(row.chat_id, row.message_id) for row in seen.outbox if str(row.about).endswith(about)}
    seen.said = [said for said in seen.said if (said.chat_id, said.message_id) not in gone]


def _softly(seen: Evidence, about: str) -> None:
    """What should have been loud was quiet."""
    such = {(row.chat_id, row.message_id) for row in seen.outbox if str(row.about).endswith(about)}
    seen.said = [replace(one, loud=one.loud and (one.chat_id, one.message_id) not in such) for one in seen.said]


def _twice(rows: list[Any], row: SQLModel, **changes: object) -> None:
    rows.append(again(row, **changes))


def _orphans(seen: Evidence, number: int, chats: int, *, killed: bool) -> None:
    """So many messages that nobody remembers having sent."""
    seen.killed[7] = killed
    said = seen.said[-1]
    seen.said += [
        replace(said, life=7, method="sendMessage", chat_id=said.chat_id + n % chats, message_id=10**6 + n)
        for n in range(number)
    ]


def _another_face(seen: Evidence) -> None:
    """A card in a chat says something else."""
    card = next(card for card in seen.cards if card.subject.startswith("job:"))
    face = seen.shown[card.chat_id, card.message_id]
    seen.shown[card.chat_id, card.message_id] = replace(face, text="Nothing to do")


def _live_offer(seen: Evidence) -> None:
    """A closed offer can still be tapped."""
    card = next(card for card in seen.cards if card.subject.startswith("offer:"))
    number = card.subject.partition(":")[2]
    face = seen.shown[card.chat_id, card.message_id]
    seen.shown[card.chat_id, card.message_id] = replace(face, buttons=(("Accept", f"ok:{number}"),))


def _no_card(seen: Evidence) -> None:
    """A driver has no card of his job."""
    seen.cards = [card for card in seen.cards if not card.subject.startswith("job:")]


def _first(seen: Evidence, step: str) -> DeliveryEvent:
    return next(event for event in seen.events if event.step == step)


def _unsent(seen: Evidence, **changes: object) -> None:
    seen.outbox.append(again(seen.outbox[0], id=9999, sent_at=None, **changes))


def _change(row: SQLModel, **changes: object) -> None:
    for name, value in changes.items():
        setattr(row, name, value)


def _soon_again(seen: Evidence) -> None:
    """Its driver takes another before he has done with the first."""
    taken = _first(seen, "assign")
    other = next(one for one in seen.deliveries if one.id != taken.delivery_id)
    number = 1 + max(event.id for event in seen.events)
    seen.events.append(again(taken, id=number, delivery_id=other.id))
    seen.events.append(again(taken, id=number + 1, delivery_id=99))


PLANTED: tuple[tuple[str, Proof, Plant], ...] = (
    ("confirmed and lost", proofs.booked_once, lambda seen: seen.confirmed.update({99: 1})),
    ("booked twice", proofs.booked_once, lambda seen: _twice(seen.deliveries, seen.deliveries[0], id=99, number="X")),
    ("its number twice", proofs.booked_once, lambda seen: _twice(seen.deliveries, seen.deliveries[0], draft_id=None)),
    ("done and not booked", proofs.booked_once, lambda seen: seen.deliveries.pop()),
    ("never shown", proofs.booked_once, lambda seen: seen.said.clear()),
    ("two drivers", proofs.one_driver, lambda seen: _twice(seen.events, _first(seen, "assign"), person_id=5)),
    ("accepted twice", proofs.one_driver, lambda seen: _twice(seen.offers, seen.offers[0])),
    ("two runs at once", proofs.one_driver, _soon_again),
    ("two open runs", proofs.one_driver, lambda seen: _twice(seen.runs, seen.runs[-1], id=99)),
    ("a run of nobody", proofs.one_driver, lambda seen: _change(seen.deliveries[-1], run_id=None)),
    ("carried without a run", proofs.one_driver, lambda seen: _change(seen.deliveries[-1], driver_id=99)),
    ("a notice never written", proofs.notices_sent, lambda seen: _cut(seen.outbox, ":driver found")),
    ("a notice never sent", proofs.notices_sent, lambda seen: _unsaid(seen, ":delivered")),
    ("a cancelling unheard", proofs.notices_sent, lambda seen: _cut(seen.outbox, ":cancelled")),
    ("too soft", proofs.notices_sent, lambda seen: _softly(seen, ":about to arrive")),
    ("a card that says something else", proofs.cards_true, _another_face),
    ("a closed offer that can be tapped", proofs.cards_true, _live_offer),
    ("no card", proofs.cards_true, _no_card),
    ("a card's message is gone", proofs.cards_true, lambda seen: seen.shown.clear()),
    ("an update that waits", proofs.nothing_waits, lambda seen: _change(seen.inbox[-1], status="new")),
    ("an update that failed", proofs.nothing_waits, lambda seen: _change(seen.inbox[-1], status="failed")),
    ("a message that waits", proofs.nothing_waits, _unsent),
    ("a message given up", proofs.nothing_waits, lambda seen: _unsent(seen, dropped_at=seen.now, error="too long")),
    ("a refusal", proofs.nothing_waits, lambda seen: seen.problems.append("400")),
    (
        "a case about a message",
        proofs.nothing_waits,
        lambda seen: seen.cases.append(Case(market_id=1, kind="message", subject_id=1, opened_at=seen.now)),
    ),
    ("twice without a kill", proofs.no_message_twice, lambda seen: _orphans(seen, 1, 1, killed=False)),
    ("two more by one kill", proofs.no_message_twice, lambda seen: _orphans(seen, 2, 1, killed=True)),
    ("too many by one kill", proofs.no_message_twice, lambda seen: _orphans(seen, 17, 17, killed=True)),
    ("an answer lost", proofs.answers_kept, lambda seen: _change(seen.drafts[-1], answers={})),
    ("a draft lost", proofs.answers_kept, lambda seen: seen.drafts.clear()),
    ("booked otherwise", proofs.answers_kept, lambda seen: _change(seen.deliveries[-1], pieces=3)),
    ("a step twice", proofs.nothing_twice, lambda seen: _twice(seen.events, _first(seen, "pick_up"))),
    ("an event lost", proofs.nothing_twice, lambda seen: seen.events.remove(_first(seen, "deliver"))),
    ("a booking twice", proofs.nothing_twice, lambda seen: _twice(seen.events, _first(seen, "book"))),
    ("a fee twice", proofs.nothing_twice, lambda seen: _change(seen.deliveries[0], fee=2 * seen.deliveries[0].fee)),
    ("a cancelling fee for nothing", proofs.nothing_twice, lambda seen: _change(seen.deliveries[0], cancel_fee=100)),
    ("an offer twice", proofs.nothing_twice, lambda seen: _twice(seen.offers, seen.offers[0], id=99)),
    ("two links", proofs.nothing_twice, lambda seen: _twice(seen.links, seen.links[0])),
    (
        "told twice",
        proofs.nothing_twice,
        lambda seen: seen.outbox.extend(row for row in list(seen.outbox) if str(row.about).endswith(":delivered")),
    ),
)


@pytest.mark.parametrize(("proof", "plant"), [line[1:] for line in PLANTED], ids=[line[0] for line in PLANTED])
def test_what_is_planted_is_found(seen: Evidence, proof: Proof, plant: Plant) -> None:
    """Each violation is reported by the proof whose promise it breaks."""
    plant(seen)
    assert proof(seen) != []


def test_one_extra_by_a_kill_is_no_violation(seen: Evidence) -> None:
    """What was sent and could not be recorded comes once more; that much a crash may do."""
    _orphans(seen, 16, 16, killed=True)
    assert proofs.no_message_twice(seen) == []
    assert len(proofs.extras(seen)) == 16


def test_every_proof_has_its_plants() -> None:
    """No proof is trusted that was never shown what it is to find."""
    assert {proof for _, proof, _ in PLANTED} == set(proofs.PROOFS)


def test_the_rows_are_what_the_proofs_look_at(seen: Evidence) -> None:
    """The small town has something of everything that can be broken."""
    kinds = {type(row) for field in fields(seen) if isinstance(rows := getattr(seen, field.name), list) for row in rows}
    assert {Delivery, DeliveryEvent, Offer, Run, Draft, Link, Outbox, Said} <= kinds
