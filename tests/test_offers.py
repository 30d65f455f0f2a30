"""Offers: who is asked in which wave, what happens when nobody wants it, and who wins a race."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from bot.dispatch import booking, carrying, duty, offers
from bot.dispatch.refusals import NotNow, NotYours, Refused, Taken, TooLate
from storage.database import Database, Work
from storage.models import Delivery, Driver, Offer
from tests.rules import SHOP, START, Clock, Town, away


def ring(town: Town, *kilometres: float, **more: Any) -> list[Driver]:
    """Drivers on duty so many kilometres of streets north of the shop."""
    return [town.driver(away(SHOP, north=km * 1000 / 1.3), **more) for km in kilometres]


class TestWaves:
    """First one, then three, then eight, each farther."""

    def test_the_nearest_is_asked_first(self, town: Town) -> None:
        """A booking shows the delivery to the one best driver at once, loudly."""
        drivers = ring(town, 2.5, 0.5, 1.5)
        delivery = town.delivery()
        assert town.offered(delivery.id) == [drivers[1].id]
        offer = town.open_offer(drivers[1])
        assert (offer.wave, offer.seconds, offer.pay, offer.to_pickup_m) == (1, 30, delivery.pay, 500)
        (card,) = town.said(drivers[1].person_id, f"offer:{offer.id}")
        assert card.loud
        assert town.said(drivers[0].person_id, loud=True)[-1].subject != f"offer:{offer.id}"

    def test_one_then_three_then_eight(self, town: Town) -> None:
        """Each wave asks its number of drivers that were not asked yet, the soonest first."""
        drivers = ring(town, *(0.1 * n for n in range(1, 15)))
        delivery = town.delivery()
        ids = [driver.id for driver in drivers]
        assert town.offered(delivery.id) == ids[:1]
        town.pass_time(30)
        assert town.offered(delivery.id) == ids[1:4]
        town.pass_time(30)
        assert town.offered(delivery.id) == ids[4:12]

    def test_each_wave_reaches_farther(self, town: Town) -> None:
        """3, 6 and 12 km: who is beyond is not asked before his wave, and who is beyond all never."""
        near, middle, far, _beyond = ring(town, 2, 5, 11, 17)
        delivery = town.delivery()
        assert town.offered(delivery.id) == [near.id]
        town.pass_time(30)
        assert town.offered(delivery.id) == [middle.id]
        town.pass_time(30)
        assert town.offered(delivery.id) == [far.id]

    def test_an_empty_wave_is_skipped(self, town: Town) -> None:
        """Where nobody is near enough, the next wave goes out at once."""
        (far,) = ring(town, 11)
        delivery = town.delivery()
        assert town.offered(delivery.id) == [far.id]
        assert town.see(delivery.id).wave == 3

    def test_reach_is_measured_as_the_market_file_says(self, town: Town) -> None:
        """market.toml: no farther than `km` from the pickup, by great circle: 2.9 km straight is in the first wave."""
        driver = town.driver(away(SHOP, north=2900))
        delivery = town.delivery()
        assert town.offered(delivery.id) == [driver.id]
        assert town.see(delivery.id).wave == 1

    def test_an_offer_runs_from_its_sending(self, town: Town, clock: Clock) -> None:
        """The 30 seconds begin when the card was sent, not when it was decided."""
        (driver,) = ring(town, 1)
        town.delivery()
        clock.wind(seconds=10)
        town.relay()
        offer = town.open_offer(driver)
        assert offer.expires_at == START + timedelta(seconds=40)
        clock.wind(seconds=29)
        town.do(offers.sweep)
        assert town.see_offer(offer.id).status == "open"
        clock.wind(seconds=1)
        town.do(offers.sweep)
        assert town.see_offer(offer.id).status == "expired"

    def test_a_delivery_for_later_waits(self, town: Town, clock: Clock) -> None:
        """It is offered twenty minutes before its pickup time, and then like any other."""
        (driver,) = ring(town, 1, source="pin")
        delivery = town.delivery(ready_at=START + timedelta(hours=2))
        clock.wind(hours=1, minutes=39)
        town.do(offers.sweep)
        assert town.offered(delivery.id) == []
        clock.wind(minutes=1)
        town.do(offers.sweep)
        assert town.offered(delivery.id) == [driver.id]


class TestWhoIsAsked:
    """Nobody is shown what he cannot or may not carry."""

    def test_a_small_vehicle_is_not_asked(self, town: Town) -> None:
        """A large one goes to the car farther off, not to the bike at the door."""
        ring(town, 0.1, vehicle="bike")
        ring(town, 0.1, vehicle="foot")
        (car,) = ring(town, 2)
        assert town.offered(town.delivery(size="L").id) == [car.id]

    def test_a_stale_position_is_not_asked(self, town: Town, clock: Clock) -> None:
        """Who has been silent for ten minutes, or whose pin is over, is not believed to be there."""
        ring(town, 0.1)
        ring(town, 0.2, source="pin", until=timedelta(minutes=10))
        clock.wind(minutes=10)
        (there,) = ring(town, 2)
        assert town.offered(town.delivery().id) == [there.id]

    def test_off_duty_and_not_approved_are_not_asked(self, town: Town) -> None:
        """Only drivers who are on duty are asked."""
        (driver,) = ring(town, 0.1)
        town.do(duty.go_off, driver.person_id)
        assert town.offered(town.delivery().id) == []

    def test_a_busy_driver_is_skipped(self, town: Town) -> None:
        """Who has a run, or is looking at another offer, is not asked."""
        running, looking, free = ring(town, 0.1, 0.2, 0.3)
        first = town.delivery()
        town.do(offers.accept, running.person_id, town.open_offer(running).id)
        second = town.delivery()
        third = town.delivery()
        assert town.see(first.id).driver_id == running.id
        assert town.offered(second.id) == [looking.id]
        assert town.offered(third.id) == [free.id]

    def test_an_unreachable_driver_is_skipped(self, town: Town) -> None:
        """Who has blocked the bot would not see it."""
        blocked, there = ring(town, 0.1, 0.2)
        town.do(lambda work: setattr(work.people.get(blocked.person_id), "reachable", False))
        assert town.offered(town.delivery().id) == [there.id]

    def test_staff_and_customer_are_skipped(self, town: Town) -> None:
        """Nobody is asked to carry what his own shop sends, or what he receives himself."""
        merchant = town.merchant()
        town.driver(person_id=merchant.owner_id)
        delivery = town.delivery(merchant)
        assert town.offered(delivery.id) == []
        customer = town.connect(delivery.id)
        town.driver(person_id=customer)
        assert town.offered(delivery.id) == []

    def test_coming_on_duty_is_answered_at_once(self, town: Town) -> None:
        """A driver who comes on duty is shown the open delivery that he reaches soonest."""
        far = town.delivery(town.merchant(away(SHOP, north=2000)))
        near = town.delivery(town.merchant(away(SHOP, north=200)))
        driver = town.driver(SHOP)
        assert town.open_offer(driver).delivery_id == near.id
        town.do(offers.decline, driver.person_id, town.open_offer(driver).id)
        assert town.open_offer(driver).delivery_id == far.id

    def test_coming_on_duty_with_too_small_a_vehicle(self, town: Town) -> None:
        """He is shown nothing where nothing fits, or where it is too far."""
        town.delivery(size="L")
        town.delivery(town.merchant(away(SHOP, north=30_000)))
        walker = town.driver(SHOP, "foot")
        assert town.do(lambda work: work.offers.open_for_driver(walker.id)) is None

    def test_who_declined_is_not_asked_again(self, town: Town) -> None:
        """Not in the same search: not by the next wave, nor when he comes on duty again."""
        (driver,) = ring(town, 0.5)
        delivery = town.delivery()
        town.do(offers.decline, driver.person_id, town.open_offer(driver).id)
        for _ in range(3):
            town.pass_time(31)
            assert town.offered(delivery.id) == []
        town.do(duty.go_off, driver.person_id)
        town.do(duty.come_on, driver.person_id, SHOP, "pin", START + timedelta(hours=1))
        assert town.offered(delivery.id) == []

    def test_a_decline_goes_on_at_once(self, town: Town) -> None:
        """The next wave does not wait for the clock when everybody has said no."""
        first, second = ring(town, 0.5, 1)
        delivery = town.delivery()
        declined = town.do(offers.decline, first.person_id, town.open_offer(first).id)
        assert declined.status == "declined"
        assert town.offered(delivery.id) == [second.id]

    def test_a_new_search_forgets_the_declines(self, town: Town, clock: Clock) -> None:
        """When the merchant tries again, who said no is asked again."""
        (driver,) = ring(town, 0.5, source="pin")
        delivery = town.delivery()
        town.do(offers.decline, driver.person_id, town.open_offer(driver).id)
        clock.wind(seconds=300)
        town.do(offers.sweep)
        assert town.see(delivery.id).status == "expired"
        town.do(offers.retry, delivery.booked_by, delivery.id)
        assert town.offered(delivery.id) == [driver.id]
        assert town.see(delivery.id).search == 2


class TestNobody:
    """Nobody accepts: wider, then the operator, then the merchant is asked."""

    def test_nobody_on_duty(self, town: Town, clock: Clock) -> None:
        """With nobody to ask, the operator is asked at once, the merchant five minutes later, loudly."""
        delivery = town.delivery()
        assert town.cases() == [("nobody_found", delivery.id)]
        assert town.said(town.operator, f"case:{town.case().id}", loud=True)
        clock.wind(seconds=299)
        town.do(offers.sweep)
        assert town.see(delivery.id).status == "requested"
        assert town.said(delivery.booked_by, f"delivery:{delivery.id}", loud=True) == []
        clock.wind(seconds=1)
        town.do(offers.sweep)
        assert town.see(delivery.id).status == "expired"
        assert len(town.said(delivery.booked_by, f"delivery:{delivery.id}", loud=True)) == 1
        assert town.steps(delivery.id)[-1] == ("expire", "sweep")

    def test_after_the_last_wave_the_operator_is_asked(self, town: Town, clock: Clock) -> None:
        """Three waves run out: the operator has his five minutes before the merchant is asked."""
        ring(town, 2, 5, 11)
        delivery = town.delivery()
        for wave in (1, 2, 3):
            assert len(town.offered(delivery.id)) == 1
            assert town.see(delivery.id).wave == wave
            town.pass_time(30)
        assert town.see(delivery.id).status == "requested"
        assert town.cases() == [("nobody_found", delivery.id)]
        clock.wind(seconds=300)
        town.do(offers.sweep)
        assert town.see(delivery.id).status == "expired"

    def test_when_the_last_says_no_the_operator_is_asked(self, town: Town) -> None:
        """A decline in the last wave goes to the operator, not to the end."""
        (driver,) = ring(town, 11)
        delivery = town.delivery()
        town.do(offers.decline, driver.person_id, town.open_offer(driver).id)
        assert town.see(delivery.id).status == "requested"
        assert town.cases() == [("nobody_found", delivery.id)]

    def test_a_straggler_is_asked_while_the_operator_looks(self, town: Town, clock: Clock) -> None:
        """Who comes near in these minutes gets the offer; with an accept the case is closed."""
        delivery = town.delivery()
        clock.wind(seconds=100)
        driver = town.driver(away(SHOP, north=8000))
        offer = town.open_offer(driver)
        assert offer.delivery_id == delivery.id
        town.do(offers.accept, driver.person_id, offer.id)
        assert town.cases() == []
        assert town.see(delivery.id).status == "assigned"

    def test_an_open_offer_is_waited_for(self, town: Town, clock: Clock) -> None:
        """A delivery does not expire under the eyes of a driver who is looking at it."""
        delivery = town.delivery()
        clock.wind(seconds=290)
        driver = town.driver(SHOP)
        town.relay()
        clock.wind(seconds=20)
        town.do(offers.sweep)
        assert town.see(delivery.id).status == "requested"
        town.do(offers.accept, driver.person_id, town.open_offer(driver).id)
        assert town.see(delivery.id).status == "assigned"

    def test_try_again(self, town: Town, clock: Clock) -> None:
        """The merchant or the operator begins a new search; a second tap is too late."""
        delivery = town.delivery()
        clock.wind(seconds=300)
        town.do(offers.sweep)
        (driver,) = ring(town, 1)
        town.do(offers.retry, delivery.booked_by, delivery.id)
        assert town.offered(delivery.id) == [driver.id]
        assert (town.see(delivery.id).wave, town.see(delivery.id).search) == (1, 2)
        assert town.cases() == []
        with pytest.raises(TooLate):
            town.do(offers.retry, delivery.booked_by, delivery.id)
        assert town.steps(delivery.id)[-1] == ("retry", "merchant")


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
                    town.do(verb, stranger, offer.id)  # type: ignore[arg-type]

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


class TestRaces:
    """Two hands at the same moment on one database file."""

    @pytest.mark.parametrize("again", range(3))
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

    @pytest.mark.parametrize("again", range(3))
    def test_two_taps_of_one_driver(self, town: Town, again: int) -> None:
        """A double tap, handled side by side, makes one run."""
        (driver,) = ring(town, 0.1)
        town.delivery()
        offer_id = town.open_offer(driver).id
        results = race(town.database, *[lambda work: offers.accept(work, driver.person_id, offer_id)] * 2)
        assert sum(isinstance(result, Delivery) for result in results) == 1
        assert sum(isinstance(result, Refused) for result in results) == 1

    @pytest.mark.parametrize("again", range(3))
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
            lambda work: offers.sweep(work) or "swept",
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

    @pytest.mark.parametrize("seconds", [0, 15, 30, 60, 90, 150, 400, 700])
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
