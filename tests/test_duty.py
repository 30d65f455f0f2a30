"""On duty and off: silent drivers are asked and put off, positions followed, the newest counts."""

from datetime import timedelta

import pytest

from bot.dispatch import carrying, duty
from bot.dispatch.duty import FOREVER, Position, live_until
from bot.dispatch.refusals import NotNow
from storage.models import Driver
from tests.rules import SHOP, START, Clock, Town, away, moves


def asked(town: Town, driver: Driver) -> int:
    """How often the driver was asked aloud whether he is still there."""
    return len(town.said(driver.person_id, f"duty:{driver.id}", loud=True))


class TestDuty:
    """On duty and off."""

    def test_come_on_and_go_off(self, town: Town) -> None:
        """On at a place until a time; off by a tap, which twice is once too often."""
        driver = town.driver(SHOP)
        seen = town.see_driver(driver.id)
        assert (seen.on_duty, seen.lat, seen.lon, seen.position_at) == (True, *SHOP, START)
        town.do(duty.go_off, driver.person_id)
        assert not town.see_driver(driver.id).on_duty
        for verb in (duty.go_off, duty.still_here):
            with pytest.raises(NotNow):
                town.do(verb, driver.person_id)

    def test_who_goes_off_gives_up_his_offer(self, town: Town) -> None:
        """His offer is withdrawn and the next driver is asked at once."""
        first = town.driver(away(SHOP, 100))
        second = town.driver(away(SHOP, 200))
        delivery = town.delivery()
        offer = town.open_offer(first)
        town.do(duty.go_off, first.person_id)
        assert town.see_offer(offer.id).status == "withdrawn"
        assert town.offered(delivery.id) == [second.id]

    def test_off_duty_he_still_carries(self, town: Town) -> None:
        """Going off duty takes nothing away from him."""
        job = town.job("picked_up")
        town.do(duty.go_off, job.driver)
        town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")
        assert town.see(job.id).status == "delivered"

    def test_silent_for_ten_minutes_is_asked_and_five_later_off(self, town: Town, clock: Clock) -> None:
        """*Still there?* comes once, loudly, after ten minutes; without an answer he is off after five more."""
        driver = town.driver()
        clock.wind(minutes=9, seconds=59)
        town.do(duty.sweep)
        assert asked(town, driver) == 0
        clock.wind(seconds=1)
        for _ in range(3):
            town.do(duty.sweep)
        assert asked(town, driver) == 1
        clock.wind(minutes=4, seconds=59)
        town.do(duty.sweep)
        assert town.see_driver(driver.id).on_duty
        clock.wind(seconds=1)
        town.do(duty.sweep)
        assert not town.see_driver(driver.id).on_duty
        assert asked(town, driver) == 1

    @pytest.mark.parametrize("answer", ["tap", "word", "position"])
    def test_who_answers_stays(self, town: Town, clock: Clock, answer: str) -> None:
        """A tap, any word or a new position is an answer; ten minutes later he is asked anew."""
        driver = town.driver()
        clock.wind(minutes=10)
        town.do(duty.sweep)
        clock.wind(minutes=1)
        if answer == "tap":
            town.do(duty.still_here, driver.person_id)
        elif answer == "word":
            town.do(duty.hear, driver.person_id)
        else:
            assert moves(town, driver.person_id, away(SHOP, 50)) == 1
        clock.wind(minutes=9)
        town.do(duty.sweep)
        assert town.see_driver(driver.id).on_duty
        assert asked(town, driver) == 1
        clock.wind(minutes=1)
        town.do(duty.sweep)
        assert asked(town, driver) == 2

    def test_a_pin_holds_for_its_hour(self, town: Town, clock: Clock) -> None:
        """A pin's driver is asked when his hour is over; a tap renews it for another."""
        driver = town.driver(source="pin", until=duty.PIN_HOLDS)
        clock.wind(minutes=59)
        town.do(duty.sweep)
        assert asked(town, driver) == 0
        clock.wind(minutes=1)
        town.do(duty.sweep)
        assert asked(town, driver) == 1
        town.do(duty.still_here, driver.person_id)
        seen = town.see_driver(driver.id)
        assert (seen.valid_until, seen.asked_at) == (clock.now + timedelta(hours=1), None)
        clock.wind(minutes=59)
        assert town.offered(town.delivery().id) == [driver.id]

    def test_still_here_is_believed(self, town: Town, clock: Clock) -> None:
        """A parked phone that says it is there is offered to again."""
        driver = town.driver()
        clock.wind(minutes=11)
        delivery = town.delivery()
        assert town.offered(delivery.id) == []
        town.do(duty.still_here, driver.person_id)
        assert town.offered(delivery.id) == [driver.id]

    def test_on_a_run_nobody_is_put_off(self, town: Town, clock: Clock) -> None:
        """A silent driver with a parcel stays on duty; the operator gets a case, once, and he is not asked."""
        job = town.job("picked_up")
        for _ in range(6):
            clock.wind(minutes=10)
            town.do(duty.sweep)
        assert town.see_driver(job.driver_id).on_duty
        assert town.cases() == [("dark", job.id)]
        assert town.said(job.driver, f"duty:{job.driver_id}", loud=True) == []

    def test_sweeping_twice(self, town: Town, clock: Clock) -> None:
        """At every moment of a silence, with a run and without, the second sweep changes nothing."""
        town.driver()
        town.job("assigned")
        for _ in range(4):
            clock.wind(minutes=5)
            town.do(duty.sweep)
            before = town.everything()
            town.do(duty.sweep)
            assert town.everything() == before

    def test_live_without_end_is_believed_for_a_day(self) -> None:
        """Telegram's *until I switch it off* is no reason to believe for sixty-eight years."""
        assert live_until(START, 900) == START + timedelta(minutes=15)
        assert live_until(START, 86_400) == START + timedelta(days=1)
        assert live_until(START, FOREVER) == START + timedelta(days=1)


class TestMoving:
    """The newest live position of each driver."""

    def test_the_newest_of_a_batch(self, town: Town, clock: Clock) -> None:
        """A batch may hold many of one driver, in any order: the newest counts."""
        driver, other = town.driver(), town.driver()
        until = START + timedelta(hours=1)
        clock.wind(minutes=1)
        batch = [
            Position(driver.person_id, away(SHOP, 200), START + timedelta(seconds=40), until),
            Position(driver.person_id, away(SHOP, 300), START + timedelta(seconds=50), until),
            Position(other.person_id, away(SHOP, 400), START + timedelta(seconds=30), until),
            Position(driver.person_id, away(SHOP, 100), START + timedelta(seconds=20), until),
        ]
        assert town.do(duty.move, batch) == 2
        assert town.see_driver(driver.id).lat == pytest.approx(away(SHOP, 300)[0])
        assert town.see_driver(other.id).lat == pytest.approx(away(SHOP, 400)[0])

    def test_an_older_one_changes_nothing(self, town: Town, clock: Clock) -> None:
        """A position that comes late does not move the driver back."""
        driver = town.driver()
        clock.wind(minutes=2)
        assert moves(town, driver.person_id, away(SHOP, 300)) == 1
        before = town.everything()
        assert moves(town, driver.person_id, away(SHOP, 100), START + timedelta(minutes=1)) == 0
        assert town.everything() == before

    def test_of_the_same_second_the_one_that_came_later_counts(self, town: Town, clock: Clock) -> None:
        """Telegram tells whole seconds: a sharing that ends in the second in which it began has ended."""
        driver = town.driver()
        clock.wind(minutes=2)
        assert moves(town, driver.person_id, away(SHOP, 300)) == 1
        assert moves(town, driver.person_id, away(SHOP, 100)) == 1

    def test_who_is_off_duty_or_no_driver_is_not_followed(self, town: Town, clock: Clock) -> None:
        """Nobody is followed who has not asked for it."""
        driver = town.driver(at=None)
        clock.wind(minutes=1)
        assert moves(town, driver.person_id, SHOP) == 0
        assert moves(town, town.person(), SHOP) == 0
        assert town.see_driver(driver.id).lat is None
