"""What a second pair of eyes found: blocking and coming back, carrying off duty, cases that stay seen to."""

from bot.dispatch import duty
from tests.stories import quickly
from tests.stories.quickly import fetched, north
from tests.stories.town import Town


async def test_a_driver_who_blocks_us_and_comes_back_finds_the_truth(town: Town) -> None:
    """Omar blocks the bot with a job in hand, the job is cancelled, he unblocks: his card says so."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    await omar.does(omar.phone.blocks)
    await anna.taps("Cancel")
    await anna.taps("Wrong address")
    omar.sees_no("was cancelled")
    await omar.does(omar.phone.unblocks)
    omar.sees_last(f"{number} was cancelled.")


async def test_whoever_carries_something_is_followed_off_duty_too(town: Town) -> None:
    """Omar goes off duty with the parcel in his car: his position counts, and his silence is noticed."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await fetched(town, omar)
    await omar.taps("Off duty")
    town.clock.now += duty.SILENT / 2
    place = north(1.0)
    await omar.moves(*place)
    driver = town.reads(lambda work: work.drivers.of(omar.id))
    assert driver is not None
    assert not driver.on_duty
    assert (driver.lat, driver.lon) == place
    await quickly.jumps(town, minutes=11)
    town.olivia.sees("its driver has been silent")


async def test_what_an_operator_has_seen_to_stays_seen_to(town: Town) -> None:
    """Olivia knows that it is late: the same case does not come back with the next sweep."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await omar.taps("Accept")
    await quickly.jumps(town, minutes=45)
    town.olivia.sees("should have been picked up")
    cases = len(town.reads(lambda work: work.cases.all_open()))
    for _ in range(cases):
        await town.olivia.taps("Seen to")
    await quickly.jumps(town, minutes=5)
    assert town.reads(lambda work: work.cases.all_open()) == []


async def test_lateness_is_said_before_the_pickup_too(town: Town) -> None:
    """Omar has accepted and does not come: Lena is told that it takes longer, and a new window."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    await omar.taps("Accept")
    await quickly.jumps(town, minutes=60)
    lena.sees_last("Sorry, it takes longer.")
    lena.sees_last("Arrives")


async def test_the_malls_own_note_is_read_by_drivers(town: Town) -> None:
    """Where the mall has a shared pickup point, the job card says how to find it."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await omar.taps("Accept")
    note = town.bot.market.malls[0].pickup_note
    omar.sees_last(note)
