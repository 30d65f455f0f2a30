"""Accepting: who wins a race, what the losers learn, offers that could not be sent, sweeps that run twice."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from bot.dispatch import booking, carrying, offers
from bot.dispatch.refusals import NotNow, NotYours, Refused, Taken, TooLate
from storage.database import Database, Work
from storage.models import Case, Delivery, Driver, Offer
from tests.rules import SHOP, START, Clock, Town, away, ring


class TestAccepting:
    """The first to accept has it."""

    def test_accept(self, town: Town) -> None:
        """The delivery is the driver's, with a run, an ETA and a trail; everybody hears of it."""
        (driver,) = ring(town, 1)
        delivery = town.delivery()
        customer = town.connect(delivery.id)
        offer = town.open_offer(driver)
        town.do(offers.accept, driver.person_id, offer.id)
        seen, run = town.see(delivery.id), town.do(lambda work: work.drivers.run(driver.id))
        assert run is not None
        assert (seen.status, seen.driver_id, seen.run_id, seen.assigned_at) == ("assigned", driver.id, run.id, START)
        assert seen.pickup_eta_at == START + timedelta(seconds=1000 / 25_000 * 3600)
        assert seen.eta_at is not None
        assert seen.told_to is not None
        assert seen.pickup_eta_at < seen.eta_at < seen.told_to
        assert town.see_offer(offer.id).status == "accepted"
        assert town.steps(delivery.id)[-1] == ("assign", "driver")
        assert [row.loud for row in town.said(customer, f"parcel:{delivery.id}")][-1] is False
        assert [row.loud for row in town.said(delivery.booked_by, f"delivery:{delivery.id}")][-1] is False

    def test_the_others_close(self, town: Town) -> None:
        """The other offers are withdrawn and their cards marked stale; a late tap learns that it is taken."""
        drivers = ring(town, 0.1, 0.2, 0.3, 0.4)
        delivery = town.delivery()
        town.pass_time(30)
        winner, *losers = drivers[1:]
        town.do(offers.accept, winner.person_id, town.open_offer(winner).id)
        for loser in losers:
            (offer,) = self.of(town, loser)
            assert offer.status == "withdrawn"
            assert town.do(lambda work, offer=offer: offers.closed_because(work, offer)) == "taken"  # type: ignore[misc]
            with pytest.raises(Taken):
                town.do(offers.accept, loser.person_id, offer.id)
        assert town.offered(delivery.id) == []

    def of(self, town: Town, driver: Driver) -> list[Offer]:
        """All offers this driver ever had."""
        return [Offer(**row) for row in town.rows(Offer) if row["driver_id"] == driver.id]

    def test_twice(self, town: Town) -> None:
        """A second tap on Accept changes nothing and is refused."""
        (driver,) = ring(town, 1)
        town.delivery()
        offer = town.open_offer(driver)
        town.do(offers.accept, driver.person_id, offer.id)
        before = town.everything()
        with pytest.raises(Refused):
            town.do(offers.accept, driver.person_id, offer.id)
        assert town.everything() == before

    def test_too_late(self, town: Town, clock: Clock) -> None:
        """After its deadline an offer cannot be accepted, even before the sweep has ended it."""
        (driver,) = ring(town, 1)
        town.delivery()
        offer = town.open_offer(driver)
        town.relay()
        clock.wind(seconds=30)
        with pytest.raises(TooLate):
            town.do(offers.accept, driver.person_id, offer.id)
        assert town.see_offer(offer.id).status == "open"

    def test_somebody_elses_offer(self, town: Town) -> None:
        """An offer is for the driver it was made to."""
        first, second = ring(town, 1, 2)
        town.delivery()
        offer = town.open_offer(first)
        for stranger in (second.person_id, town.person(), town.operator):
            for verb in (offers.accept, offers.decline):
                with pytest.raises(NotYours):
                    town.do(verb, stranger, offer.id)

    def test_a_driver_with_a_run(self, town: Town) -> None:
        """He cannot take a second delivery: the index says so, and nothing of the accept remains."""
        (driver,) = ring(town, 1)
        delivery = town.delivery()
        offer = town.open_offer(driver)
        town.do(lambda work: work.drivers.start_run(driver))
        with pytest.raises(NotNow):
            town.do(offers.accept, driver.person_id, offer.id)
        assert town.see(delivery.id).status == "requested"
        assert town.see_offer(offer.id).status == "open"

    def test_cancelled_meanwhile(self, town: Town) -> None:
        """An accept after the merchant's cancel is refused: it is gone, not taken."""
        (driver,) = ring(town, 1)
        delivery = town.delivery()
        offer = town.open_offer(driver)
        town.do(booking.cancel, delivery.booked_by, delivery.id, 0, "changed_mind")
        with pytest.raises(TooLate) as caught:
            town.do(offers.accept, driver.person_id, offer.id)
        assert not isinstance(caught.value, Taken)
        assert town.do(lambda work: offers.closed_because(work, work.offers.get(offer.id))) == "gone"
        assert town.do(lambda work: work.drivers.run(driver.id)) is None


def race(database: Database, *acts: Callable[[Work], Any]) -> list[Any]:
    """Do these at the same moment, each in a thread and a transaction of its own; what each gave or was refused."""
    start, results = Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[Work], Any]) -> None:
        start.wait()
        try:
            with database.transaction() as work:
                results[place] = act(work)
        except Refused as refusal:
            results[place] = refusal  # type: ignore[call-overload]

    threads = [Thread(target=run, args=entry) for entry in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert None not in results
    return results


def swept(work: Work) -> str:
    """The offers' sweep, as an act of a race."""
    offers.sweep(work)
    return "swept"


class TestRaces:
    """Two hands at the same moment on one database file."""

    @pytest.mark.parametrize("again", range(2))
    def test_accept_against_accept(self, town: Town, again: int) -> None:
        """Three drivers tap Accept at once: exactly one has it, the others are refused as taken."""
        _, *drivers = ring(town, 0.1, 0.2, 0.3, 0.4)
        delivery = town.delivery()
        town.pass_time(30)
        taps = [(driver.person_id, town.open_offer(driver).id) for driver in drivers]
        results = race(town.database, *(lambda work, tap=tap: offers.accept(work, *tap) for tap in taps))
        (won,) = [result for result in results if isinstance(result, Delivery)]
        assert sum(isinstance(result, Taken) for result in results) == 2
        assert town.see(delivery.id).driver_id == won.driver_id == drivers[results.index(won)].id
        assert town.steps(delivery.id).count(("assign", "driver")) == 1
        assert sorted(row["status"] for row in town.rows(Offer)) == ["accepted", "expired", "withdrawn", "withdrawn"]

    @pytest.mark.parametrize("again", range(2))
    def test_two_taps_of_one_driver(self, town: Town, again: int) -> None:
        """A double tap, handled side by side, makes one run."""
        (driver,) = ring(town, 0.1)
        town.delivery()
        offer_id = town.open_offer(driver).id
        results = race(town.database, *[lambda work: offers.accept(work, driver.person_id, offer_id)] * 2)
        assert sum(isinstance(result, Delivery) for result in results) == 1
        assert sum(isinstance(result, Refused) for result in results) == 1

    @pytest.mark.parametrize("again", range(2))
    def test_accept_against_cancel(self, town: Town, again: int) -> None:
        """Whoever is first, the state is one of two whole ones: never a cancelled delivery on a run."""
        (driver,) = ring(town, 0.1)
        delivery = town.delivery()
        offer_id = town.open_offer(driver).id
        accepted, cancelled = race(
            town.database,
            lambda work: offers.accept(work, driver.person_id, offer_id),
            lambda work: booking.cancel(work, delivery.booked_by, delivery.id, 0, "changed_mind"),
        )
        seen, run = town.see(delivery.id), town.do(lambda work: work.drivers.run(driver.id))
        # cancelling is free for two minutes, so it is never refused: it comes before the accept or right after
        assert isinstance(cancelled, Delivery)
        assert (seen.status, run, town.offered(delivery.id)) == ("cancelled", None, [])
        steps = [step for step, _ in town.steps(delivery.id)]
        assert steps == (["book", "cancel"] if isinstance(accepted, TooLate) else ["book", "assign", "cancel"])

    def test_the_sweep_against_an_accept(self, town: Town, clock: Clock) -> None:
        """An offer at its deadline is accepted or expired, not both."""
        first, second = ring(town, 0.1, 0.2)
        delivery = town.delivery()
        offer = town.open_offer(first)
        town.relay()
        clock.wind(seconds=30)
        race(
            town.database,
            lambda work: offers.accept(work, first.person_id, offer.id),
            swept,
        )
        assert town.see_offer(offer.id).status == "expired"
        assert town.offered(delivery.id) == [second.id]


class TestUnsent:
    """An offer that could not be sent does not count against the driver."""

    def test_withdrawn_after_fifteen_seconds(self, town: Town, clock: Clock) -> None:
        """Not sent for 15 s, it is withdrawn; the driver was not asked and may be asked again in this search."""
        (driver,) = ring(town, 1)
        delivery = town.delivery()
        offer = town.open_offer(driver)
        clock.wind(seconds=14)
        town.do(offers.sweep)
        assert town.see_offer(offer.id).status == "open"
        clock.wind(seconds=1)
        town.do(offers.sweep)
        assert town.see_offer(offer.id).status == "withdrawn"
        again = town.open_offer(driver)
        assert (again.id != offer.id, again.delivery_id, again.search) == (True, delivery.id, 1)

    def test_nobody_was_asked(self, town: Town, clock: Clock) -> None:
        """In a flood every wave is withdrawn unsent: the search begins anew, and no operator is asked meanwhile."""
        ring(town, 1, 4, 11)
        delivery = town.delivery()
        waves = []
        for _ in range(8):
            clock.wind(seconds=15)
            town.do(offers.sweep)
            town.do(offers.sweep)
            waves.append(town.see(delivery.id).wave)
        assert waves == [2, 3, 1, 2, 3, 1, 2, 3]
        assert town.rows(Case) == []
        town.relay()
        clock.wind(seconds=30)
        town.do(offers.sweep)
        assert [row["kind"] for row in town.rows(Case)] == ["nobody_found"]

    def test_not_for_ever(self, town: Town, clock: Clock) -> None:
        """A driver who cannot be reached for minutes on end holds up nobody: an operator is asked."""
        ring(town, 1)
        town.delivery()
        for _ in range(16):
            clock.wind(seconds=15)
            town.do(offers.sweep)
            town.do(offers.sweep)
        assert [row["kind"] for row in town.rows(Case)] == ["nobody_found"]

    def test_a_late_sending_does_not_revive_it(self, town: Town, clock: Clock) -> None:
        """When the relay records a send after the withdrawal, the offer stays over."""
        (driver,) = ring(town, 1)
        town.delivery()
        offer = town.open_offer(driver)
        clock.wind(seconds=15)
        town.do(offers.sweep)
        assert not town.do(lambda work: work.offers.sent(work.offers.get(offer.id)))
        assert town.see_offer(offer.id).expires_at is None

    def test_sent_once(self, town: Town, clock: Clock) -> None:
        """A card that is edited later does not start the clock anew."""
        (driver,) = ring(town, 1)
        town.delivery()
        town.relay()
        expires_at = town.open_offer(driver).expires_at
        clock.wind(seconds=10)
        assert not town.do(lambda work: work.offers.sent(work.offers.get(town_offer(work, driver))))
        assert town.open_offer(driver).expires_at == expires_at

    def test_time_away_is_given_back(self, town: Town) -> None:
        """After a gap the open offers run so much longer."""
        (driver,) = ring(town, 1)
        town.delivery()
        town.relay()
        town.do(lambda work: offers.extend(work, work.offers.all_open(), timedelta(seconds=90)))
        assert town.open_offer(driver).expires_at == START + timedelta(seconds=120)


def town_offer(work: Work, driver: Driver) -> int:
    """The id of the driver's open offer, within a transaction."""
    offer = work.offers.open_for_driver(driver.id)
    assert offer is not None
    return offer.id


class TestSweepingTwice:
    """A sweep that runs twice at one moment changes nothing the second time."""

    @pytest.mark.parametrize("seconds", [0, 45, 150, 700])
    def test_the_second_time_changes_nothing(self, town: Town, seconds: int) -> None:
        """At any moment of a search with drivers near and far, some of whom have said no."""
        near, *_ = ring(town, 0.5, 2, 5, 5.5, 11)
        town.delivery()
        town.delivery(size="M")
        town.do(offers.decline, near.person_id, town.open_offer(near).id)
        for _ in range(seconds // 30):
            town.pass_time(30)
        town.relay()
        town.clock.wind(seconds=seconds % 30)
        town.do(offers.sweep)
        before = town.everything()
        town.do(offers.sweep)
        assert town.everything() == before

    def test_after_giving_back(self, town: Town) -> None:
        """The same while a delivery that was given back is searched for anew."""
        job = town.job("assigned")
        town.driver(away(SHOP, north=500))
        town.do(carrying.give_back, job.driver, job.id, "vehicle")
        town.do(offers.sweep)
        before = town.everything()
        town.do(offers.sweep)
        assert town.everything() == before
