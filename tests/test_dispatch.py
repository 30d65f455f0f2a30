"""What the business does with a delivery: booking, cancelling, carrying it, taking steps back, handing it over."""

from datetime import timedelta

import pytest

from bot.dispatch import booking, carrying, offers, operating, returning, watching
from bot.dispatch.refusals import NotNow, TooLate, Unclear
from storage.database import Work
from tests.rules import SHOP, START, Clock, Job, Stage, Town, away, party_news


def pin_of(town: Town, job: Job) -> str:
    """The PIN that the customer would say."""
    pin = town.see(job.id).pin
    assert pin is not None
    return pin


def wrong(pin: str) -> str:
    """Another PIN."""
    return f"{(int(pin) + 1) % 10_000:04}"


class TestBooking:
    """What stands on a delivery when it was confirmed."""

    def test_money_and_words_are_fixed(self, town: Town) -> None:
        """Fee, pay and the price of cancelling are the tariff's of that moment, whatever it becomes."""
        delivery = town.delivery(size="M", note="Ring twice")

        def dearer(work: Work) -> None:
            tariff = work.market.tariff.model_copy(update={"base": 9999, "cancel_percent": 100})
            work.markets.load(work.market.model_copy(update={"tariff": tariff}))

        town.do(dearer)
        seen = town.see(delivery.id)
        assert (seen.fee, seen.pay, seen.cancel_percent, seen.cancel_free_s) == (1128, 902, 50, 120)
        assert seen.fee == sum(amount for _, amount in seen.fee_lines)
        assert seen.tariff_version == 1
        assert town.steps(delivery.id) == [("book", "merchant")]

    def test_numbers_are_short_and_unmistakable(self, town: Town) -> None:
        """Five characters, none of which is mistaken for another, different for each delivery."""
        merchant = town.merchant()
        numbers = {town.delivery(merchant).number for _ in range(5)}
        assert len(numbers) == 5
        assert all(len(number) == 5 and not set(number) - set(booking.ALPHABET) for number in numbers)
        assert not set("01OIL") & set(booking.ALPHABET)

    def test_the_promise_is_the_window_booked(self, town: Town) -> None:
        """With a driver at the shop: 5 min search, no way, 3 min handling, 9.4 min trip; 18:17:22 is 18:10–18:35."""
        town.driver()
        delivery = town.delivery()
        assert (delivery.window_from, delivery.window_to) == (
            START + timedelta(minutes=10),
            START + timedelta(minutes=35),
        )

    def test_for_later(self, town: Town) -> None:
        """A delivery for later is dispatched twenty minutes before, and promised from its pickup time on."""
        ready_at = START + timedelta(hours=3)
        delivery = town.delivery(ready_at=ready_at)
        assert delivery.for_later
        assert delivery.dispatch_at == ready_at - timedelta(minutes=20)
        assert delivery.window_from >= ready_at
        soon = town.delivery(ready_at=START + timedelta(minutes=5))
        assert soon.dispatch_at == START

    def test_a_pin_has_four_digits(self, town: Town) -> None:
        """A PIN where it was asked for, none elsewhere."""
        pin = town.delivery(pin=True).pin
        assert pin is not None
        assert (len(pin), pin.isdecimal()) == (4, True)
        assert town.delivery().pin is None

    def test_too_far(self, town: Town) -> None:
        """The market's longest way is a limit with a word about it."""
        merchant = town.merchant()
        near, far = away(SHOP, north=-39_900 / 1.3), away(SHOP, north=-40_100 / 1.3)
        town.do(booking.check_trip, merchant, near)
        with pytest.raises(Unclear):
            town.do(booking.check_trip, merchant, far)

    def test_a_merchant_who_is_not_approved(self, town: Town) -> None:
        """Who waits for approval cannot book."""
        merchant = town.merchant(approved=False)
        with pytest.raises(NotNow):
            town.delivery(merchant)


class TestCancelling:
    """At the price that was shown, or not at all."""

    def test_before_a_driver_has_it(self, town: Town) -> None:
        """It is free, the offers close, the customer hears it loudly."""
        job, driver = town.job(), town.driver()
        town.relay()
        town.do(booking.cancel, job.merchant, job.id, 0, "changed_mind")
        seen = town.see(job.id)
        assert (seen.status, seen.cancel_fee, seen.ended_by, seen.problem) == (
            "cancelled",
            0,
            "merchant",
            "changed_mind",
        )
        assert seen.ended_at == START
        assert town.offered(job.id) == []
        assert town.do(lambda work: work.offers.open_for_driver(driver.id)) is None
        assert party_news(town, job) == {"merchant": [], "driver": [], "customer": [True]}
        assert town.cases() == []

    def test_the_price_rises(self, town: Town, clock: Clock) -> None:
        """Shown as free, tapped after two minutes: refused with the new price; at that price it goes through."""
        job = town.job("assigned")
        clock.wind(seconds=121)
        with pytest.raises(NotNow) as caught:
            town.do(booking.cancel, job.merchant, job.id, 0, "too_slow")
        assert caught.value.say.params["price"].minor == 464
        assert town.see(job.id).status == "assigned"
        town.relay()
        town.do(booking.cancel, job.merchant, job.id, 464, "too_slow")
        assert (town.see(job.id).status, town.see(job.id).cancel_fee) == ("cancelled", 464)
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None
        assert party_news(town, job) == {"merchant": [], "driver": [True], "customer": [True]}

    def test_the_driver_gets_something_else(self, town: Town) -> None:
        """A driver whose delivery was cancelled is shown the next open one at once."""
        job = town.job("assigned")
        other = town.delivery()
        town.do(booking.cancel, job.merchant, job.id, 0, "changed_mind")
        assert town.offered(other.id) == [job.driver_id]

    @pytest.mark.parametrize("stage", ["picked_up", "delivered", "returning"])
    def test_too_late(self, town: Town, stage: Stage) -> None:
        """What is carried, or has ended, is not cancelled by the merchant; twice is too late as well."""
        job = town.job(stage)
        with pytest.raises(TooLate):
            town.do(booking.cancel, job.merchant, job.id, 0, "changed_mind")

    def test_twice(self, town: Town) -> None:
        """A second tap changes nothing."""
        job = town.job()
        town.do(booking.cancel, job.merchant, job.id, 0, "changed_mind")
        before = town.everything()
        with pytest.raises(TooLate):
            town.do(booking.cancel, job.merchant, job.id, 0, "changed_mind")
        assert town.everything() == before


class TestCarrying:
    """At the pickup, picked up, at the door, delivered."""

    def test_the_whole_way(self, town: Town, clock: Clock) -> None:
        """Each step is told as the table says, once, and leaves its time and its event."""
        job = town.job("assigned")
        town.relay()
        town.do(carrying.at_pickup, job.driver, job.id)
        assert party_news(town, job) == {"merchant": [False], "driver": [], "customer": []}
        town.relay()
        town.do(carrying.pick_up, job.driver, job.id)
        clock.wind(seconds=61)
        assert party_news(town, job) == {"merchant": [], "driver": [], "customer": [True]}
        town.relay()
        town.do(carrying.at_door, job.driver, job.id)
        assert party_news(town, job) == {"merchant": [], "driver": [], "customer": [True]}
        town.relay()
        town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")
        assert party_news(town, job) == {"merchant": [False], "driver": [], "customer": [True]}
        seen = town.see(job.id)
        assert (seen.status, seen.proof_kind, seen.proof_name) == ("delivered", "name", "Lena")
        assert (seen.at_pickup_at, seen.picked_up_at) == (START, START)
        assert seen.at_dropoff_at == seen.delivered_at == seen.ended_at == clock.now
        assert town.steps(job.id)[2:] == [
            ("assign", "driver"),
            ("at_pickup", "driver"),
            ("pick_up", "driver"),
            ("at_door", "driver"),
            ("deliver", "driver"),
        ]
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None

    def test_every_step_once(self, town: Town) -> None:
        """A second tap on any step is too late and changes nothing."""
        job = town.job("assigned")
        for verb in (carrying.at_pickup, carrying.pick_up, carrying.at_door):
            town.do(verb, job.driver, job.id)
            before = town.everything()
            with pytest.raises(TooLate):
                town.do(verb, job.driver, job.id)
            assert town.everything() == before
        town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")
        with pytest.raises(TooLate):
            town.do(carrying.deliver, job.driver, job.id, "name", name="Lena")

    def test_out_of_order(self, town: Town) -> None:
        """At the door or delivered before it was picked up is too late for nobody and possible for nobody."""
        job = town.job("assigned")
        for verb in (carrying.at_door, carrying.may_hand_over, returning.nobody_there, returning.may_give_up):
            with pytest.raises(TooLate):
                town.do(verb, job.driver, job.id)
        with pytest.raises(TooLate):
            town.do(returning.brought_back, job.driver, job.id)
        assert town.see(job.id).status == "assigned"

    def test_arriving_is_said_once(self, town: Town) -> None:
        """Said by nearness first, the door says it no more; the news of the pickup is old by then."""
        job = town.job("picked_up")
        town.relay()
        town.do(lambda work: carrying.announce_arrival(work, work.deliveries.get(job.id)))
        assert party_news(town, job)["customer"] == [True]
        town.relay()
        town.do(carrying.at_door, job.driver, job.id)
        assert party_news(town, job)["customer"] == []

    def test_the_photo_goes_to_the_customer(self, town: Town, clock: Clock) -> None:
        """Delivered with a photo: the customer gets the photo, loudly, when the minute for undoing is over."""
        job = town.job("picked_up")
        town.relay()
        town.do(carrying.deliver, job.driver, job.id, "photo", photo="FILE")
        (photo,) = [row for row in town.said(job.customer) if row.kind == "photo"]
        assert (photo.subject, photo.loud, photo.due_at) == ("FILE", True, clock.now + timedelta(seconds=60))
        assert photo.id not in {row.id for row in town.relay()}
        clock.wind(seconds=60)
        assert photo.id in {row.id for row in town.relay()}


class TestUndo:
    """One step back: sixty seconds, the same driver, nothing newer."""

    @pytest.mark.parametrize("seconds", [0, 59.9])
    def test_a_pick_up_is_undone(self, town: Town, clock: Clock, seconds: float) -> None:
        """Within the minute nobody has heard of it aloud, and nobody will."""
        job = town.job("picked_up")
        clock.wind(seconds=seconds)
        town.relay()
        town.do(carrying.undo, job.driver, job.id)
        seen = town.see(job.id)
        assert (seen.status, seen.picked_up_at, seen.undo_until) == ("assigned", None, None)
        assert town.said(job.customer, f"parcel:{job.id}", loud=True) == []
        clock.wind(minutes=5)
        assert not any(row.loud for row in town.relay())
        town.do(carrying.pick_up, job.driver, job.id)
        assert town.see(job.id).status == "picked_up"
        assert len(town.said(job.customer, f"parcel:{job.id}", loud=True)) == 1

    def test_not_after_a_minute(self, town: Town, clock: Clock) -> None:
        """After sixty seconds the customer knows, and it stays."""
        job = town.job("picked_up")
        clock.wind(seconds=60.001)
        with pytest.raises(TooLate):
            town.do(carrying.undo, job.driver, job.id)
        assert town.see(job.id).status == "picked_up"

    def test_undo_and_news_never_meet(self, town: Town, clock: Clock) -> None:
        """At the very moment at which the news is due, the step can no longer be undone."""
        job = town.job("picked_up")
        clock.wind(seconds=60)
        assert any(row.loud and row.chat_id == job.customer for row in town.relay())
        with pytest.raises(TooLate):
            town.do(carrying.undo, job.driver, job.id)

    def test_not_after_something_newer(self, town: Town) -> None:
        """At the door, or with nobody there, the pick-up is past undoing."""
        for act in (carrying.at_door, returning.nobody_there):
            job = town.job("picked_up")
            town.do(act, job.driver, job.id)
            with pytest.raises(TooLate):
                town.do(carrying.undo, job.driver, job.id)

    def test_once(self, town: Town) -> None:
        """What was undone cannot be undone again."""
        job = town.job("picked_up")
        town.do(carrying.undo, job.driver, job.id)
        with pytest.raises(TooLate):
            town.do(carrying.undo, job.driver, job.id)

    def test_delivered_is_undone(self, town: Town, clock: Clock) -> None:
        """The parcel is with the driver again, on the same run, its proof forgotten, nothing said aloud."""
        job = town.job("delivered")
        run_id = town.see(job.id).run_id
        clock.wind(seconds=59)
        town.do(carrying.undo, job.driver, job.id)
        seen, run = town.see(job.id), town.do(lambda work: work.drivers.run(job.driver_id))
        assert run is not None
        assert (seen.status, seen.delivered_at, seen.ended_at, run.id) == ("picked_up", None, None, run_id)
        assert (seen.proof_kind, seen.proof_name, seen.proof_photo) == (None, None, None)
        clock.wind(minutes=2)
        assert not any(row.loud and row.chat_id == job.customer for row in town.relay())
        town.do(carrying.deliver, job.driver, job.id, "photo", photo="FILE")
        assert town.see(job.id).status == "delivered"
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is None

    def test_delivered_not_after_a_minute(self, town: Town, clock: Clock) -> None:
        """After sixty seconds delivered is the end."""
        job = town.job("delivered")
        clock.wind(seconds=61)
        with pytest.raises(TooLate):
            town.do(carrying.undo, job.driver, job.id)

    def test_delivered_not_on_another_run(self, town: Town) -> None:
        """Who has begun another run must end that first; a mere offer gives way."""
        job = town.job("delivered")
        other = town.delivery()
        offer = town.do(lambda work: work.offers.open_for_delivery(other.id))[0]
        assert offer.driver_id == job.driver_id
        town.do(offers.accept, job.driver, offer.id)
        with pytest.raises(NotNow):
            town.do(carrying.undo, job.driver, job.id)
        assert town.see(job.id).status == "delivered"

    def test_an_offer_gives_way_to_undo(self, town: Town) -> None:
        """Undoing withdraws what was offered meanwhile: nobody holds a run and an offer."""
        job = town.job("delivered")
        town.delivery()
        town.do(carrying.undo, job.driver, job.id)
        assert town.do(lambda work: work.offers.open_for_driver(job.driver_id)) is None
        assert town.do(lambda work: work.drivers.run(job.driver_id)) is not None

    def test_near_the_door_the_sweep_waits_for_the_minute(self, town: Town) -> None:
        """A step that can still be undone is not followed by loud news, also where the door is near the shop."""
        job = town.job("picked_up", dropoff=away(SHOP, north=-300))
        town.do(watching.sweep)
        assert not any(row.loud and row.chat_id == job.customer for row in town.relay())


class TestPin:
    """The PIN at the door."""

    def test_right(self, town: Town) -> None:
        """The right PIN delivers."""
        job = town.job("picked_up", pin=True)
        assert town.do(carrying.try_pin, job.driver, job.id, pin_of(town, job)) == 0
        assert (town.see(job.id).status, town.see(job.id).proof_kind) == ("delivered", "pin")

    def test_five_wrong(self, town: Town) -> None:
        """Five wrong ones in all go to the operator, also when a right one would follow; he can say it is delivered."""
        job = town.job("picked_up", pin=True)
        pin = pin_of(town, job)
        left = [town.do(carrying.try_pin, job.driver, job.id, wrong(pin)) for _ in range(5)]
        assert left == [5, 4, 3, 2, 1]
        assert town.cases() == [("pin_failed", job.id)]
        with pytest.raises(NotNow):
            town.do(carrying.try_pin, job.driver, job.id, pin)
        assert town.see(job.id).status == "picked_up"
        assert town.steps(job.id).count(("wrong_pin", "driver")) == 5
        town.do(operating.act, town.operator, job.id, "delivered", "customer_asked")
        assert (town.see(job.id).status, town.see(job.id).proof_kind) == ("delivered", "operator")
        assert town.cases() == []

    def test_wrong_ones_are_counted_over_attempts(self, town: Town) -> None:
        """Going back and coming again gives no new tries."""
        job = town.job("picked_up", pin=True)
        pin = pin_of(town, job)
        for _ in range(4):
            town.do(carrying.try_pin, job.driver, job.id, wrong(pin))
        town.do(returning.give_up, job.driver, job.id, "nobody_there", None)
        town.do(returning.resume, job.driver, job.id, "driver")
        assert town.do(carrying.try_pin, job.driver, job.id, wrong(pin)) == 1
        assert town.cases() == [("pin_failed", job.id)]

    @pytest.mark.parametrize("proof", ["photo", "name"])
    def test_no_other_proof_will_do(self, town: Town, proof: str) -> None:
        """Where a PIN was asked for, neither a photo nor a name delivers."""
        job = town.job("picked_up", pin=True)
        with pytest.raises(NotNow):
            town.do(carrying.deliver, job.driver, job.id, proof, photo="FILE", name="Lena")
        assert town.see(job.id).status == "picked_up"
