"""Watching what travels: ETAs, nearness, lateness, and what does not move past its time."""

from datetime import timedelta
from itertools import pairwise

import pytest

from bot.dispatch import carrying, duty, offers, operating, receiving, returning, watching
from tests.rules import DOOR, SHOP, START, Clock, Job, Stage, Town, away, moves


def loud_to_customer(town: Town, job: Job) -> int:
    """How often the customer's card was (or is to be) posted aloud."""
    return len(town.said(job.customer, f"parcel:{job.id}", loud=True))


class TestEta:
    """What the customer is told on the way."""

    def test_told_at_most_once_a_minute(self, town: Town, clock: Clock) -> None:
        """The card is marked stale when the window moved, a minute after the last time at the earliest, silently."""
        job = town.job("picked_up")
        before = town.see(job.id)
        assert before.eta_at is not None
        clock.wind(seconds=30)
        moves(town, job.driver, away(SHOP, north=9000))
        town.relay()
        town.do(watching.sweep)
        assert town.see(job.id).eta_at == before.eta_at
        clock.wind(seconds=31)
        town.do(watching.sweep)
        seen = town.see(job.id)
        assert seen.eta_at is not None
        assert seen.eta_at > before.eta_at + timedelta(minutes=15)
        rows = [row for row in town.relay() if row.chat_id == job.customer and row.due_at == clock.now]
        assert [(row.anew, row.loud) for row in rows] == [(False, False)]
        clock.wind(seconds=5)
        moves(town, job.driver, SHOP)
        town.do(watching.sweep)
        assert town.see(job.id).eta_at == seen.eta_at

    def test_the_same_window_is_not_told(self, town: Town, clock: Clock) -> None:
        """Some seconds more or less are nobody's news."""
        job = town.job("picked_up", dropoff=away(SHOP, north=-10_000))
        clock.wind(seconds=61)
        moves(town, job.driver, away(SHOP, north=-10_000 * 61 / (10_000 * 1.3 / 25_000 * 3600)))
        town.relay()
        town.do(watching.sweep)
        assert town.relay() == []

    @pytest.mark.parametrize(("metres", "told"), [(480, True), (1550, True), (1700, False)])
    def test_about_to_arrive(self, town: Town, clock: Clock, metres: float, told: bool) -> None:
        """Five minutes (1.6 km by car) or 500 m before the door the customer hears it aloud, once."""
        job = town.job("picked_up", dropoff=away(SHOP, north=-20_000))
        clock.wind(minutes=2)
        town.relay()
        before = loud_to_customer(town, job)
        for step in range(3):
            clock.wind(seconds=20)
            moves(town, job.driver, away(SHOP, north=-20_000 + metres - step))
            town.do(watching.sweep)
        assert loud_to_customer(town, job) - before == told

    def test_a_walker_within_500_m(self, town: Town, clock: Clock) -> None:
        """On foot 450 m take seven minutes, but the walker is near."""
        walker = town.driver(vehicle="foot")
        job = town.job("picked_up", driver=walker, dropoff=away(SHOP, north=-900))
        clock.wind(minutes=2)
        town.relay()
        before = loud_to_customer(town, job)
        moves(town, job.driver, away(SHOP, north=-300))
        town.do(watching.sweep)
        assert loud_to_customer(town, job) == before
        clock.wind(minutes=2)
        moves(town, job.driver, away(SHOP, north=-450))
        town.do(watching.sweep)
        assert loud_to_customer(town, job) == before + 1

    def test_where_is_it(self, town: Town, clock: Clock) -> None:
        """The customer is told metres and window while a driver has it, and how old that is."""
        job = town.job("assigned")
        clock.wind(minutes=2)
        found = town.do(receiving.whereabouts, job.customer, job.id)
        assert found.metres == pytest.approx(3002, abs=2)
        assert found.seen_min == 2
        assert found.window is not None
        town.do(carrying.pick_up, job.driver, job.id)
        moves(town, job.driver, away(DOOR, 100))
        assert town.do(receiving.whereabouts, job.customer, job.id).metres == pytest.approx(100, abs=1)
        town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")
        assert town.do(receiving.whereabouts, job.customer, job.id).metres is None


class TestLate:
    """Ten minutes past the end last told, once per fifteen minutes."""

    def test_late(self, town: Town, clock: Clock) -> None:
        """Not a second before, not again within fifteen minutes, and then with a new window."""
        job = town.job("picked_up")
        town.do(duty.come_on, job.driver, SHOP, "pin", START + timedelta(hours=9))
        told_to = town.see(job.id).told_to
        assert told_to is not None
        town.relay()
        before = loud_to_customer(town, job)
        clock.now = told_to + timedelta(minutes=10) - timedelta(seconds=1)
        town.do(watching.sweep)
        assert loud_to_customer(town, job) == before
        clock.wind(seconds=1)
        for _ in range(3):
            town.do(watching.sweep)
        assert loud_to_customer(town, job) == before + 1
        new = town.see(job.id).told_to
        assert new is not None
        assert new > clock.now
        clock.wind(minutes=14, seconds=59)
        town.do(watching.sweep)
        assert loud_to_customer(town, job) == before + 1
        clock.now = new + timedelta(minutes=10)
        town.do(watching.sweep)
        assert loud_to_customer(town, job) == before + 2

    def test_at_most_once_per_fifteen_minutes(self, town: Town, clock: Clock) -> None:
        """Over three hours of standing still, no two late notices come closer than fifteen minutes."""
        job = town.job("picked_up")
        town.do(duty.come_on, job.driver, SHOP, "pin", START + timedelta(hours=9))
        for _ in range(90):
            clock.wind(minutes=2)
            town.do(watching.sweep)
        times = [row.created_at for row in town.said(job.customer, loud=True)][1:]
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert len(gaps) >= 3
        assert min(gaps) >= timedelta(minutes=15)

    def test_withdrawn_when_it_is_delivered(self, town: Town, clock: Clock) -> None:
        """A late notice that could not be said before the hand-over is not said after it."""
        job = town.job("picked_up")
        told_to = town.see(job.id).told_to
        assert told_to is not None
        clock.now = told_to + timedelta(minutes=10)
        town.relay()
        town.do(watching.sweep)
        town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")
        late = f"delivery:{job.id}:late"
        assert [row.about for row in town.relay() if row.chat_id == job.customer and row.about == late] == []


class TestOverdue:
    """Nothing waits for ever."""

    def test_not_picked_up(self, town: Town, clock: Clock) -> None:
        """Twenty minutes past the pickup's ETA the operator gets one case; the pick-up settles it."""
        job = town.job("assigned")
        due = town.see(job.id).pickup_eta_at
        assert due is not None
        clock.now = due + timedelta(minutes=19, seconds=59)
        town.do(watching.sweep)
        assert town.cases() == []
        clock.wind(seconds=1)
        town.do(watching.sweep)
        town.do(watching.sweep)
        assert town.cases() == [("not_picked_up", job.id)]
        town.do(carrying.pick_up, job.driver, job.id)
        assert town.cases() == []

    def test_not_delivered(self, town: Town, clock: Clock) -> None:
        """Thirty minutes past its time the operator gets one case; the hand-over settles it."""
        job = town.job("picked_up")
        clock.now = town.see(job.id).window_to + timedelta(minutes=29, seconds=59)
        town.do(watching.sweep)
        assert town.cases() == []
        clock.wind(seconds=1)
        town.do(watching.sweep)
        town.do(watching.sweep)
        assert town.cases() == [("not_delivered", job.id)]
        town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")
        assert town.cases() == []

    def test_a_second_attempt_has_time_of_its_own(self, town: Town, clock: Clock) -> None:
        """Begun long after the first, it is not overdue at once."""
        job = town.job("returning")
        clock.wind(hours=3)
        town.do(returning.resume, job.driver, job.id, "driver")
        town.do(watching.sweep)
        assert town.cases() == []

    def test_a_hand_back_unconfirmed(self, town: Town, clock: Clock) -> None:
        """Fifteen minutes after the driver says it is back, the operator is asked; the merchant's word settles it."""
        job = town.job("returning")
        clock.wind(minutes=20)
        town.do(watching.sweep)
        assert town.cases() == []
        town.do(returning.brought_back, job.driver, job.id)
        clock.wind(minutes=14, seconds=59)
        town.do(watching.sweep)
        assert town.cases() == []
        clock.wind(seconds=1)
        town.do(watching.sweep)
        assert town.cases() == [("hand_back", job.id)]
        town.do(returning.hand_back, job.merchant, job.id)
        assert town.cases() == []

    def test_a_parcel_that_never_comes_back(self, town: Town, clock: Clock) -> None:
        """Nothing waits for ever: an operator is asked, once for as long as he has seen to it, and the word ends it."""
        job = town.job("returning")
        clock.wind(hours=1)
        town.do(watching.sweep)
        assert town.cases() == [("not_returned", job.id)]
        with town.database.transaction() as work:
            case = work.cases.about("not_returned", job.id)
            assert case is not None
            operating.close_case(work, town.operator, case.id)
        town.do(watching.sweep)
        assert town.cases() == []
        town.do(returning.brought_back, job.driver, job.id)
        assert town.cases() == []

    def test_two_hours_without_an_answer(self, town: Town, clock: Clock) -> None:
        """Nobody was found and the merchant says nothing: after two hours it is cancelled, at no price."""
        delivery = town.delivery()
        clock.wind(seconds=300)
        town.do(offers.sweep)
        clock.wind(hours=1, minutes=59, seconds=59)
        town.do(watching.sweep)
        assert town.see(delivery.id).status == "expired"
        clock.wind(seconds=1)
        town.do(watching.sweep)
        seen = town.see(delivery.id)
        assert (seen.status, seen.cancel_fee, seen.ended_by, seen.problem) == ("cancelled", 0, "sweep", "no_answer")
        assert town.cases() == []

    def test_a_retry_begins_the_two_hours_anew(self, town: Town, clock: Clock) -> None:
        """The two hours run from the last time that nobody was found."""
        delivery = town.delivery()
        clock.wind(seconds=300)
        town.do(offers.sweep)
        clock.wind(hours=1)
        town.do(offers.retry, delivery.booked_by, delivery.id)
        clock.wind(seconds=300)
        town.do(offers.sweep)
        clock.wind(hours=1, minutes=30)
        town.do(watching.sweep)
        assert town.see(delivery.id).status == "expired"

    def test_sweeping_twice(self, town: Town, clock: Clock) -> None:
        """With one delivery in each state, at any moment of two hours, the second sweep changes nothing."""
        stages: tuple[Stage, ...] = ("assigned", "picked_up", "returning", "delivered", "requested")
        for stage in stages:
            town.job(stage)
        for minutes in (0, 1, 15, 20, 30, 60):
            clock.wind(minutes=minutes)
            for sweep in (offers.sweep, watching.sweep, duty.sweep):
                town.do(sweep)
                before = town.everything()
                town.do(sweep)
                assert town.everything() == before
