"""Everybody acts at the same moment, in threads: whatever comes of it is whole, legal, paid once and told once."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest

from bot.dispatch import away as absence
from bot.dispatch import booking, carrying, duty, offers, operating, returning, watching
from bot.dispatch.refusals import Refused
from storage import lifecycle
from storage.database import Outcome, Work
from storage.lifecycle import DELIVERY, ENDS, REQUESTED, STEPS, WITH_DRIVER
from storage.models import Delivery, DeliveryEvent, Driver, Merchant, Offer, Outbox, Run
from storage.rows import Raced
from tests.rules import SHOP, Town, away, moves

pytestmark = pytest.mark.both_engines

Act = Callable[[Work], Any]
SIDE_BY_SIDE = 6
ROUNDS = 20


class Market:
    """Two shops and four drivers, who do what comes to their minds."""

    def __init__(self, town: Town, random: Random) -> None:
        self.town, self.random = town, random
        self.merchants: list[Merchant] = [town.merchant(name=name) for name in ("Anna's Books", "Bela's Bread")]
        self.drivers: list[Driver] = [town.driver(away(SHOP, north=300 * number)) for number in range(4)]
        self.booked: list[int] = []

    def book(self) -> None:
        """Somebody books, and the customer connects."""
        delivery = self.town.delivery(self.random.choice(self.merchants))
        self.town.connect(delivery.id)
        self.booked.append(delivery.id)

    def acts(self) -> list[Act]:
        """What some of them try now, side by side; most of it about the same delivery."""
        about = self.random.choice(self.booked[-2:])
        return [self.random.choice(self._possible(about)) for _ in range(SIDE_BY_SIDE)]

    def _possible(self, about: int) -> list[Act]:
        delivery = self.town.see(about)
        offered = [offer for offer in self.town.rows(Offer) if offer["delivery_id"] == about]
        shown = [offer for offer in offered if offer["status"] == "open"]
        by_id = {driver.id: driver.person_id for driver in self.drivers}
        possible: list[Act] = [
            offers.sweep,
            watching.sweep,
            duty.sweep,
            partial(_cancel, delivery_id=about, person_id=delivery.booked_by),
            lambda work: operating.act(work, self.town.operator, about, "unassign", "other"),
        ]
        for offer in shown:
            person_id, offer_id = by_id[offer["driver_id"]], offer["id"]
            possible += [lambda work, p=person_id, o=offer_id: offers.accept(work, p, o)] * 3  # type: ignore[misc]
            possible += [lambda work, p=person_id, o=offer_id: offers.decline(work, p, o)]  # type: ignore[misc]
        if delivery.driver_id is not None:
            possible += self._by_driver(about, by_id[delivery.driver_id])
        if delivery.status == lifecycle.EXPIRED:
            possible += [lambda work: offers.retry(work, delivery.booked_by, about)] * 3
        return possible

    def _by_driver(self, about: int, who: int) -> list[Act]:
        return [
            lambda work: carrying.pick_up(work, who, about),
            lambda work: carrying.pick_up(work, who, about),
            lambda work: carrying.undo(work, who, about),
            lambda work: carrying.undo(work, who, about),
            lambda work: carrying.deliver(work, who, about, "name", name="Lena"),
            lambda work: carrying.give_back(work, who, about, "personal"),
            lambda work: returning.give_up(work, who, about, "nobody_there", None),
            lambda work: returning.resume(work, who, about, lifecycle.DRIVER),
            lambda work: operating.act(work, self.town.operator, about, "delivered", "other"),
            lambda work: duty.go_off(work, who),
        ]


def _cancel(work: Work, *, delivery_id: int, person_id: int) -> Any:
    return booking.cancel(work, person_id, delivery_id, 0, "changed_mind")


def at_once(town: Town, acts: list[Act]) -> list[Outcome]:
    """Do these at the same moment, each in a thread and a transaction of its own, as the bot's threads do."""
    start, outcomes = Barrier(len(acts)), []

    def run(act: Act) -> None:
        start.wait()
        outcomes.extend(town.database.share([act]))

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == len(acts)
    return outcomes


def check(town: Town) -> None:
    """The market is whole."""
    deliveries = {row["id"]: row for row in town.rows(Delivery)}
    runs = [row for row in town.rows(Run) if row["ended_at"] is None]
    carried = [row for row in deliveries.values() if row["status"] in WITH_DRIVER]
    assert sorted(row["id"] for row in runs) == sorted(row["run_id"] for row in carried)
    assert {row["id"]: row["driver_id"] for row in runs} == {row["run_id"]: row["driver_id"] for row in carried}
    assert max(Counter(row["driver_id"] for row in runs).values(), default=1) == 1
    for offer in town.rows(Offer):
        if offer["status"] == "open":
            assert deliveries[offer["delivery_id"]]["status"] == REQUESTED
    trails: dict[int, list[dict[str, Any]]] = {delivery_id: [] for delivery_id in deliveries}
    for event in sorted(town.rows(DeliveryEvent), key=lambda row: int(row["id"])):
        trails[event["delivery_id"]].append(event)
    for delivery_id, trail in trails.items():
        _check_trail(town, deliveries[delivery_id], trail)


def _check_trail(town: Town, delivery: dict[str, Any], trail: list[dict[str, Any]]) -> None:
    """Each step was legal where it was taken, and the last one led to where the delivery is."""
    status, taken = REQUESTED, [event for event in trail if event["step"] in STEPS]
    for event in taken:
        assert (status, event["step"]) in DELIVERY, (delivery["number"], [one["step"] for one in trail])
        way = DELIVERY[status, event["step"]]
        assert event["by"] in way.by
        status = way.to
    assert status == delivery["status"], [one["step"] for one in trail]
    times = [event["at"] for event in trail]
    assert all(earlier <= later for earlier, later in pairwise(times))
    steps = Counter(event["step"] for event in taken)
    accepted = [row for row in town.rows(Offer) if row["delivery_id"] == delivery["id"] and row["status"] == "accepted"]
    assert len(accepted) == steps["assign"]
    assert steps["cancel"] <= 1
    assert (delivery["cancel_fee"] > 0) <= (status == "cancelled")
    _check_news(town, delivery, steps)


def _check_news(town: Town, delivery: dict[str, Any], steps: Counter[str]) -> None:
    """Nobody is told of a step more often than it was taken."""
    told = Counter(
        (row["about"].rpartition(":")[2], row["chat_id"])
        for row in town.rows(Outbox)
        if (row["about"] or "").startswith(f"delivery:{delivery['id']}:")
    )
    limits = {"driver found": steps["assign"], "picked up": steps["pick_up"], "cancelled": steps["cancel"]}
    for (event, chat_id), times in told.items():
        if event in limits:
            assert times <= limits[event], (event, chat_id, times)


def told(town: Town, chat_id: int, *, loud: bool | None = None) -> int:
    """How many messages this chat is to be told."""
    return len(town.said(chat_id, loud=loud))


class TestSweepsSideBySide:
    """Several processes sweep at the same moment: what one has done the others leave."""

    def test_a_silent_driver_is_asked_once(self, town: Town) -> None:
        """Four sweeps find him silent: one asks. Later four find that he has not answered: one puts him off duty."""
        driver = town.driver()
        before = told(town, driver.person_id)
        town.clock.wind(minutes=11)
        at_once(town, [duty.sweep] * 4)
        assert told(town, driver.person_id) == before + 1
        town.clock.wind(minutes=6)
        at_once(town, [duty.sweep] * 4)
        assert told(town, driver.person_id) == before + 2
        assert not town.see_driver(driver.id).on_duty

    def test_late_is_said_once(self, town: Town) -> None:
        """Four sweeps find a parcel late: the customer hears it once, and the operators have one case."""
        job = town.job("picked_up")
        town.clock.wind(minutes=90)
        before = told(town, job.customer, loud=True)
        outcomes = at_once(town, [watching.sweep] * 4)
        assert [outcome.error for outcome in outcomes if outcome.error and not isinstance(outcome.error, Raced)] == []
        assert told(town, job.customer, loud=True) == before + 1
        assert [kind for kind, _ in town.cases()].count("not_delivered") == 1

    def test_the_eta_is_told_once(self, town: Town) -> None:
        """Four sweeps reckon another window: the customer's card is stale once."""
        job = town.job("assigned")
        town.clock.wind(minutes=2)
        moves(town, job.driver, away(SHOP, north=9000))
        before = {row["id"] for row in town.rows(Outbox)}
        at_once(town, [watching.sweep] * 4)
        since = [row for row in town.rows(Outbox) if row["id"] not in before]
        assert [row["chat_id"] for row in since].count(job.customer) == 1

    def test_somebody_makes_up_for_our_absence(self, town: Town) -> None:
        """Four processes hear Telegram again after ten minutes: one gives the offers their time, and says so."""
        driver = town.driver()
        town.delivery()
        town.relay()
        offer = town.open_offer(driver)
        with town.database.transaction() as work:
            absence.heard(work)
            subject = f"offer:{offer.id}"
            work.outbox.save_card(driver.person_id, subject, 1, content="", said=1)
        before = town.see_offer(offer.id).expires_at
        assert before is not None
        town.clock.wind(minutes=10)
        at_once(town, [absence.heard] * 4)
        assert town.see_offer(offer.id).expires_at == before + timedelta(minutes=10)
        assert [row["text_id"] for row in town.rows(Outbox)].count("away") == 1

    def test_waves_go_out_once(self, town: Town) -> None:
        """Four sweeps find that the next wave is due: each driver is shown the delivery once."""
        drivers = [town.driver(away(SHOP, north=300 * number)) for number in range(4)]
        delivery = town.delivery()
        town.relay()
        town.clock.wind(seconds=31)
        at_once(town, [offers.sweep] * 4)
        assert len(town.offered(delivery.id)) == 3
        posted = Counter(row["chat_id"] for row in town.rows(Outbox) if (row["subject"] or "").startswith("offer:"))
        assert all(posted[driver.person_id] <= 2 for driver in drivers)

    def test_two_wrong_pins_at_once(self, town: Town) -> None:
        """Each wrong PIN counts, also where several are tried at the same moment."""
        job = town.job("picked_up", pin=True)
        pin = town.see(job.id).pin
        wrong = next(one for one in ("0000", "1111") if one != pin)
        at_once(town, [lambda work: carrying.try_pin(work, job.driver, job.id, wrong)] * 4)
        assert town.see(job.id).pin_wrong == 4


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.only_on("postgresql"))])
def test_everybody_at_once(town: Town, seed: int) -> None:
    """Accept, decline, cancel, pick up, undo, give back, deliver, the operator and every sweep in parallel threads."""
    random = Random(seed)
    market = Market(town, random)
    seen: Counter[str] = Counter()
    for number in range(ROUNDS):
        if number % 4 == 0:
            market.book()
        outcomes = at_once(town, market.acts())
        for outcome in outcomes:
            # raced: the bot looks again, as it does here in the next round
            assert outcome.error is None or isinstance(outcome.error, Refused | Raced), outcome.error
            seen["refused" if outcome.error else "done"] += 1
        check(town)
        town.relay()
        town.clock.wind(seconds=random.choice((1, 5, 31, 70)))
        for driver in market.drivers:
            if not town.see_driver(driver.id).on_duty:
                town.do(duty.come_on, driver.person_id, SHOP, "live", town.clock.now + duty.PIN_HOLDS)
    check(town)
    ended = Counter(row["status"] for row in town.rows(Delivery))
    assert sum(ended[status] for status in ENDS) > 0
    assert min(seen["done"], seen["refused"]) > 0
