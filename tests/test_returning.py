"""When it cannot be carried or delivered: given back, nobody there, returned, tried again, and the operator's steps."""

import pytest

from bot.dispatch import booking, carrying, offers, operating, returning
from bot.dispatch.refusals import NotNow, Refused, TooLate
from storage.models import Outbox
from tests.rules import SHOP, Clock, Stage, Town, away, party_news


class TestGivingBack:
    """Before the pickup: it is offered again, to others."""

    def test_searched_again_without_him(self, town: Town, clock: Clock) -> None:
        """The merchant hears it loudly; the next driver is asked at once, the one who gave it back never."""
        job = town.job("assigned")
        other = town.driver(away(SHOP, north=1500))
        town.relay()
        town.do(carrying.give_back, job.driver, job.id, "vehicle")
        seen = town.see(job.id)
        assert (seen.status, seen.driver_id, seen.run_id, seen.search, seen.assigned_at) == (
            "requested",
            None,
            None,
            2,
            None,
        )
        assert (seen.eta_at, seen.pickup_eta_at, seen.at_pickup_at) == (None, None, None)
        assert town.offered(job.id) == [other.id]
        assert party_news(town, job)["merchant"] == [True]
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None
        town.do(offers.decline, other.person_id, town.open_offer(other).id)
        town.pass_time(30)
        clock.wind(seconds=300)
        town.do(offers.sweep)
        town.do(offers.retry, job.merchant, job.id)
        assert job.driver_id not in town.offered(job.id)

    def test_what_he_can_no_longer_do(self, town: Town) -> None:
        """Once given back, it is not his: no step, no second giving back."""
        job = town.job("assigned")
        town.do(carrying.give_back, job.driver, job.id, "vehicle")
        with pytest.raises(Refused):
            town.do(carrying.give_back, job.driver, job.id, "vehicle")
        with pytest.raises(Refused):
            town.do(carrying.pick_up, job.driver, job.id)

    def test_not_after_the_pickup(self, town: Town) -> None:
        """What is picked up goes back to the merchant, not to another driver."""
        job = town.job("picked_up")
        with pytest.raises(TooLate):
            town.do(carrying.give_back, job.driver, job.id, "vehicle")

    def test_he_gets_other_deliveries(self, town: Town) -> None:
        """Who gave one back is shown the next one."""
        job = town.job("assigned")
        town.do(carrying.give_back, job.driver, job.id, "too_far")
        other = town.delivery()
        assert town.offered(other.id) == [job.driver_id]


class TestReturning:
    """Nobody there, back to the merchant, a second attempt, the hand-back."""

    def test_nobody_there_with_a_phone(self, town: Town) -> None:
        """Merchant and customer hear it loudly, once; no operator is needed."""
        job = town.job("picked_up")
        town.relay()
        town.do(returning.nobody_there, job.driver, job.id)
        assert party_news(town, job) == {"merchant": [True], "driver": [], "customer": [True]}
        assert town.cases() == []
        assert town.see(job.id).at_dropoff_at == town.clock.now
        with pytest.raises(NotNow):
            town.do(returning.nobody_there, job.driver, job.id)

    def test_nobody_there_without_a_phone(self, town: Town) -> None:
        """Where the merchant typed no phone, an operator is asked; delivering settles it."""
        job = town.job("picked_up", customer_phone=None)
        town.do(returning.nobody_there, job.driver, job.id)
        assert town.cases() == [("call", job.id)]
        town.do(carrying.deliver, job.driver, job.id, "name", name="Neighbour")
        assert town.cases() == []

    def test_back_to_the_merchant(self, town: Town) -> None:
        """Given up with a photo, brought back, confirmed: returned, the driver free, everybody told."""
        job = town.job("picked_up")
        town.relay()
        town.do(returning.give_up, job.driver, job.id, "damaged", "FILE")
        seen = town.see(job.id)
        assert (seen.status, seen.problem, seen.problem_photo) == ("returning", "damaged", "FILE")
        news = party_news(town, job)
        assert news["customer"] == [True]
        assert news["merchant"] == [True]
        (photo,) = [row for row in town.said(job.merchant) if row.kind == "photo"]
        assert photo.subject == "FILE"
        town.relay()
        town.do(returning.brought_back, job.driver, job.id)
        assert party_news(town, job)["merchant"] == [True]
        with pytest.raises(TooLate):
            town.do(returning.brought_back, job.driver, job.id)
        town.relay()
        town.do(returning.hand_back, job.merchant, job.id)
        seen = town.see(job.id)
        assert (seen.status, seen.ended_by, seen.ended_at) == ("returned", "merchant", town.clock.now)
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None
        assert party_news(town, job)["customer"] == [True]
        assert town.steps(job.id)[-3:] == [
            ("give_up", "driver"),
            ("brought_back", "driver"),
            ("hand_back", "merchant"),
        ]

    def test_the_news_of_the_pickup_is_withdrawn(self, town: Town, clock: Clock) -> None:
        """Given up within the minute: *picked up* is never said."""
        job = town.job("returning")
        (row,) = [row for row in town.rows(Outbox) if row["about"] == f"delivery:{job.id}:picked up"]
        assert row["dropped_at"] == clock.now

    @pytest.mark.parametrize("by", ["driver", "merchant"])
    def test_a_second_attempt(self, town: Town, clock: Clock, by: str) -> None:
        """Driver or merchant may want it: it is on its way again, everything about the door is new."""
        job = town.job("returning")
        clock.wind(minutes=5)
        town.do(returning.resume, job.driver if by == "driver" else job.merchant, job.id, by)
        seen = town.see(job.id)
        assert (seen.status, seen.at_dropoff_at, seen.nobody_there_at, seen.returning_at) == (
            "picked_up",
            None,
            None,
            None,
        )
        assert seen.eta_at is not None
        assert seen.eta_at > clock.now
        town.relay()
        town.do(carrying.at_door, job.driver, job.id)
        assert party_news(town, job)["customer"] == [True]
        town.do(returning.nobody_there, job.driver, job.id)
        town.do(returning.give_up, job.driver, job.id, "nobody_there", None)
        assert town.see(job.id).status == "returning"

    def test_only_what_is_returning_is_handed_back(self, town: Town) -> None:
        """What is under way is neither handed back nor tried again."""
        job = town.job("picked_up")
        with pytest.raises(TooLate):
            town.do(returning.hand_back, job.merchant, job.id)
        with pytest.raises(TooLate):
            town.do(returning.resume, job.merchant, job.id, "merchant")

    def test_the_merchant_wants_it_back(self, town: Town) -> None:
        """Under way only the operators can turn it round: they are asked, once."""
        job = town.job("picked_up")
        town.do(booking.ask_back, job.merchant, job.id)
        with pytest.raises(NotNow):
            town.do(booking.ask_back, job.merchant, job.id)
        assert town.cases() == [("wants_back", job.id)]
        other = town.job("assigned")
        with pytest.raises(TooLate):
            town.do(booking.ask_back, other.merchant, other.id)


class TestOperating:
    """What an operator does, always with a reason that stays in the trail."""

    def test_unassign(self, town: Town) -> None:
        """The driver hears loudly that it was taken from him; it is searched for anew, and not shown to him at once."""
        job = town.job("assigned")
        town.relay()
        town.do(operating.act, town.operator, job.id, "unassign", "not moving")
        assert town.see(job.id).status == "requested"
        assert party_news(town, job)["driver"] == [True]
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None
        event = town.do(lambda work: work.deliveries.events(job.id))[-1]
        assert (event.step, event.by, event.person_id, event.why) == (
            "unassign",
            "operator",
            town.operator,
            "not moving",
        )
        assert job.driver_id not in town.offered(job.id)

    @pytest.mark.parametrize("stage", ["requested", "assigned"])
    def test_cancel(self, town: Town, clock: Clock, stage: Stage) -> None:
        """At no price for the merchant, who hears it loudly, as the others do."""
        job = town.job(stage)
        clock.wind(minutes=10)
        town.relay()
        town.do(operating.act, town.operator, job.id, "cancel", "accident")
        seen = town.see(job.id)
        assert (seen.status, seen.cancel_fee, seen.ended_by, seen.problem) == ("cancelled", 0, "operator", "accident")
        loud = [True]
        assert party_news(town, job) == {
            "merchant": loud,
            "driver": loud if stage == "assigned" else [],
            "customer": loud,
        }

    @pytest.mark.parametrize("stage", ["picked_up", "returning"])
    @pytest.mark.parametrize(("step", "status"), [("returned", "returned"), ("lost", "lost")])
    def test_returned_and_lost(self, town: Town, stage: Stage, step: str, status: str) -> None:
        """From both states on the road, the driver is free and open cases are closed."""
        job = town.job(stage)
        town.do(lambda work: work.cases.open(work.market_id, "dark", job.id))
        town.do(operating.act, town.operator, job.id, step, "other")
        seen = town.see(job.id)
        assert (seen.status, seen.ended_by, seen.ended_at) == (status, "operator", town.clock.now)
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None
        assert town.cases() == []

    @pytest.mark.parametrize("stage", ["requested", "assigned", "picked_up", "delivered", "returning"])
    def test_only_what_is_possible(self, town: Town, stage: Stage) -> None:
        """Each step that is not named as possible is refused and changes nothing; those named are all allowed."""
        expected = {
            "requested": ["cancel"],
            "assigned": ["unassign", "cancel"],
            "picked_up": ["back", "delivered", "returned", "lost"],
            "delivered": [],
            "returning": ["returned", "lost"],
        }[stage]
        job = town.job(stage)
        assert operating.possible(town.see(job.id)) == expected
        before = town.everything()
        for step in set(operating.STEPS) - set(expected):
            with pytest.raises(TooLate):
                town.do(operating.act, town.operator, job.id, step, "other")
        assert town.everything() == before

    def test_retry(self, town: Town, clock: Clock) -> None:
        """The operator may search again too."""
        delivery = town.delivery()
        clock.wind(seconds=300)
        town.do(offers.sweep)
        town.do(operating.retry, town.operator, delivery.id)
        assert town.steps(delivery.id)[-1] == ("retry", "operator")

    def test_a_case_is_closed_once(self, town: Town) -> None:
        """Two operators see to one case: the second learns that it is settled."""
        town.delivery()
        case = town.case()
        town.do(operating.close_case, town.operator, case.id)
        assert town.cases() == []
        with pytest.raises(TooLate):
            town.do(operating.close_case, town.operator, case.id)
