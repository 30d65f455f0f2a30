"""On duty and off: by live location, by a pin, by a button, and by silence."""

from datetime import timedelta

from tests.stories import quickly
from tests.stories.quickly import NEARBY
from tests.stories.town import Town


async def test_on_duty_by_live_location_and_off_by_button(town: Town) -> None:
    """Sharing the live location is all it takes; one button ends it."""
    omar = await quickly.driver(town, at=None)
    assert not quickly.is_on_duty(town, omar)
    await omar.shares_live(*NEARBY)
    omar.sees_last("On duty with your live location")
    assert quickly.is_on_duty(town, omar)
    await omar.taps("Off duty")
    omar.sees_last("You are off duty.")
    omar.sees_last("Your live location still reaches me")
    assert not quickly.is_on_duty(town, omar)


async def test_off_duty_means_no_offers(town: Town) -> None:
    """Who went off duty is offered nothing, though his live location still moves."""
    omar = await quickly.driver(town)
    await omar.taps("Off duty")
    await omar.moves(36.1280, -115.1700)
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    assert not omar.can_tap("Accept")
    assert not quickly.is_on_duty(town, omar)


async def test_on_duty_by_pin_for_an_hour(town: Town) -> None:
    """A pin holds for an hour; a tap renews it; then he is asked, and five minutes later he is off duty."""
    omar = await quickly.driver(town, at=None)
    await omar.pins(*NEARBY)
    omar.sees_last("On duty at your pin, until 11:00")
    await quickly.jumps(town, minutes=50)
    assert quickly.is_on_duty(town, omar)
    omar.sees_no("Still there?")
    await omar.taps("One more hour")
    omar.sees("until 11:50")
    await quickly.jumps(town, minutes=59)
    omar.sees_no("Still there?")
    await quickly.jumps(town, minutes=2)
    omar.sees_last("Still there?")
    assert quickly.is_on_duty(town, omar)
    await quickly.jumps(town, minutes=5)
    omar.sees_last("You are off duty.")
    assert not quickly.is_on_duty(town, omar)


async def test_a_pin_is_believed_all_the_hour(town: Town) -> None:
    """A pin that was sent 55 minutes ago still brings offers, one of 61 minutes ago does not."""
    omar = await quickly.driver(town, at=None)
    await omar.pins(*NEARBY)
    anna = await quickly.merchant(town)
    await quickly.jumps(town, minutes=61)
    await quickly.book(town, anna)
    assert not omar.can_tap("Accept")
    await omar.taps("Yes, still there")
    assert omar.can_tap("Accept")


async def test_silent_for_ten_minutes(town: Town) -> None:
    """A phone that says nothing for ten minutes: Omar is asked aloud, says yes, and stays."""
    omar = await quickly.driver(town)
    await quickly.jumps(town, minutes=9)
    omar.sees_no("Still there?")
    before = len(omar.phone.sounds)
    await quickly.jumps(town, minutes=1)
    omar.sees_last("Still there?")
    assert quickly.loud(omar, before) == 1
    assert await omar.taps("Yes, still there") == "👍"
    omar.sees("On duty with your live location")
    await quickly.jumps(town, minutes=5)
    assert quickly.is_on_duty(town, omar)


async def test_off_after_five_more_minutes(town: Town) -> None:
    """Nobody answers: off duty five minutes later, and said so; one question, not one a minute."""
    omar = await quickly.driver(town)
    await quickly.jumps(town, minutes=10)
    before = len(omar.phone.sounds)
    await quickly.jumps(town, minutes=4)
    assert len(omar.phone.sounds) == before
    assert quickly.is_on_duty(town, omar)
    await quickly.jumps(town, minutes=1)
    assert not quickly.is_on_duty(town, omar)
    omar.sees_last("You are off duty.")


async def test_off_duty_is_an_answer_to_still_there(town: Town) -> None:
    """The question has two buttons."""
    omar = await quickly.driver(town)
    await quickly.jumps(town, minutes=10)
    await omar.taps("Off duty")
    assert not quickly.is_on_duty(town, omar)


async def test_moving_is_an_answer_to_still_there(town: Town) -> None:
    """The phone moves again: nobody is put off duty."""
    omar = await quickly.driver(town)
    await quickly.jumps(town, minutes=10)
    await omar.moves(36.1300, -115.1710)
    await quickly.jumps(town, minutes=6)
    assert quickly.is_on_duty(town, omar)


async def test_a_live_location_that_ends(town: Town) -> None:
    """Sharing is stopped: three minutes later nothing is offered, and a pin brings him back."""
    omar = await quickly.driver(town)
    anna = await quickly.merchant(town)
    await quickly.jumps(town, minutes=1)
    await omar.does(omar.phone.ends_live)
    await quickly.jumps(town, minutes=4)
    await quickly.book(town, anna)
    assert not omar.can_tap("Accept")
    await omar.pins(*NEARBY)
    omar.sees("On duty at your pin")
    assert omar.can_tap("Accept")


async def test_a_pin_changes_nothing_while_live(town: Town) -> None:
    """Somebody who shares his live location and sends a pin is told that none is needed."""
    omar = await quickly.driver(town)
    await omar.pins(36.2, -115.2)
    omar.sees_last("no pin is needed")
    driver = town.reads(lambda work: work.drivers.of(omar.id))
    assert driver is not None
    assert (driver.lat, driver.lon) == NEARBY


async def test_on_a_run_nobody_is_put_off_duty(town: Town) -> None:
    """A driver who carries something and falls silent stays on duty; the operator is told, once."""
    omar = await quickly.driver(town)
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    for _ in range(4):
        await quickly.jumps(town, minutes=5)
    assert quickly.is_on_duty(town, omar)
    omar.sees_no("Still there?")
    town.olivia.sees(f"{number}: its driver has been silent for 10 minutes.")
    assert quickly.cases(town).count("dark") == 1


async def test_moves_are_no_turns(town: Town) -> None:
    """Forty moves change where Omar is, and nobody hears of it: no message, no row of the inbox."""
    omar = await quickly.driver(town)
    rows = town.reads(lambda work: work.inbox.last())
    said = len(omar.texts()), len(omar.phone.sounds)
    for step in range(40):
        town.clock.now += timedelta(seconds=1)
        omar.phone.moves(36.1290 + step / 10_000, -115.1700)
    await town.settle()
    assert (len(omar.texts()), len(omar.phone.sounds)) == said
    assert town.reads(lambda work: work.inbox.last()) == rows
    driver = town.reads(lambda work: work.drivers.of(omar.id))
    assert driver is not None
    assert driver.lat == 36.1290 + 39 / 10_000


async def test_whoever_comes_on_duty_gets_the_best_open_delivery(town: Town) -> None:
    """Two deliveries wait; Omar comes on duty and sees one at once, declines, and sees the other."""
    anna = await quickly.merchant(town)
    first = await quickly.book(town, anna)
    second = await quickly.book(town, anna, pieces=1)
    omar = await quickly.driver(town)
    assert omar.texts().count(omar.last()) == 1
    assert len([text for text in omar.texts() if "Answer by" in text]) == 1
    await omar.taps("Decline")
    omar.sees("You declined")
    assert len([text for text in omar.texts() if "Answer by" in text]) == 1
    await omar.taps("Decline")
    assert not omar.can_tap("Accept")
    assert {quickly.delivery(town, number).status for number in (first, second)} == {"requested"}


async def test_sharing_anew_goes_on(town: Town) -> None:
    """A second live location takes the place of the first; nothing is said twice."""
    omar = await quickly.driver(town)
    before = len([text for text in omar.texts() if "On duty with your live location" in text])
    await omar.shares_live(36.1200, -115.1710)
    assert len([text for text in omar.texts() if "On duty with your live location" in text]) == before
    driver = town.reads(lambda work: work.drivers.of(omar.id))
    assert driver is not None
    assert driver.lat == 36.1200


async def test_a_stranger_who_shares_his_location_is_told_something(town: Town) -> None:
    """Who is no driver and shares his live location gets a hint, and his moves are silent."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    await sam.shares_live(*NEARBY)
    sam.sees_last("I did not get that.")
    said = len(sam.texts())
    await sam.moves(36.13, -115.17)
    assert len(sam.texts()) == said
