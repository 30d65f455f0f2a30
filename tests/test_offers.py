"""Offers: who is asked in which wave, and what happens when nobody wants it."""

from datetime import timedelta

import pytest

from bot.dispatch import duty, offers
from bot.dispatch.refusals import TooLate
from tests.rules import SHOP, START, Clock, Town, away, ring


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
