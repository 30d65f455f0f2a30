"""What a stranger stumbled over: each stays mended."""

import pytest

from tests.stories import quickly
from tests.stories.quickly import BELLAGIO, delivery, fetched, jumps, north
from tests.stories.town import FASHION_SHOW, Human, Town


@pytest.fixture
async def anna(town: Town) -> Human:
    """Whose shop is approved."""
    return await quickly.merchant(town)


async def to_the_address(anna: Human, place: str = "Bellagio") -> None:
    """As far as the question whether this is the right door."""
    await anna.says("/deliver")
    await anna.taps("2")
    await anna.taps("M")
    await anna.says(place)


@pytest.mark.parametrize(("pin", "address"), [(BELLAGIO, True), (north(3.0), False)])
async def test_a_pin_that_is_moved_far_is_another_address(
    town: Town, anna: Human, pin: tuple[float, float], address: bool
) -> None:
    """A few metres mean the same door; a pin at the other end of town takes the address of the place it is at."""
    await to_the_address(anna)
    await anna.taps("Move the pin")
    anna.sees_last("Send the right spot")
    assert "Is this the right door?" not in anna.last()
    await anna.pins(*pin)
    await anna.says("Lena")
    await anna.taps("Skip")
    await anna.taps("Skip")
    await anna.taps("Now")
    await anna.taps("Without PIN")
    assert ("Bellagio, 3600 S Las Vegas Blvd" in anna.last()) is address


async def test_what_was_wrong_is_not_said_to_something_else(town: Town, anna: Human) -> None:
    """After /help the question stands without the complaint about the answer before."""
    await anna.says("/deliver")
    await anna.says("many")
    anna.sees_last("Please send a number")
    await anna.says("/help")
    anna.sees_last("How many pieces?")
    assert "Please send a number" not in anna.last()


async def test_status_knows_of_an_offer_and_a_question(town: Town, anna: Human) -> None:
    """A driver with an open offer sees it again below; a merchant in a booking is not told that nothing is open."""
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await omar.says("/status")
    omar.sees("An offer waits for your answer, below.")
    omar.sees_last("to the pickup")
    await omar.taps("Accept")
    await anna.says("/deliver")
    await anna.says("/status")
    anna.sees_no("Nothing is open")


async def test_same_as_last_time_from_the_first_question(town: Town, anna: Human) -> None:
    """/deliver offers the last booking at once; one tap leads to its summary, and nothing is parked."""
    await town.book(anna)
    await anna.says("/deliver")
    await anna.taps("Same as last time")
    anna.sees_last("Shall I book this?")
    anna.sees_last("Bellagio, 3600 S Las Vegas Blvd")
    anna.sees_no("Kept for later")


async def test_tomorrow_is_not_judged_by_who_is_near_now(town: Town, anna: Human) -> None:
    """The summary of a later pickup says nothing of free drivers."""
    await to_the_address(anna)
    await anna.taps("That's right")
    await anna.says("Lena")
    await anna.taps("Skip")
    await anna.taps("Skip")
    await anna.says("tomorrow at 9 am")
    await anna.taps("Without PIN")
    anna.sees_last("9:00 AM")
    assert "free driver" not in anna.last()


async def test_where_is_it_stays_true(town: Town, anna: Human) -> None:
    """The answer to *Where is it?* changes with the parcel, and asked again it moves down."""
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    await omar.taps("Accept")
    await lena.taps("Where is it?")
    lena.sees_last("Omar fetches your parcel first.")
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up (2 pieces)")
    lena.sees_no("Omar fetches your parcel first.")
    await lena.taps("Where is it?")
    lena.sees_last("away. Expected")
    await omar.taps("I'm at the door")
    lena.sees("Omar is at the door.")
    lena.sees_no("away. Expected")


async def test_off_duty_and_back_by_a_tap(town: Town, anna: Human) -> None:
    """Who still shares his live location comes back by a tap, and is reminded of what he carries."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await omar.taps("Off duty")
    omar.sees_last(f"You still have {number} to bring.")
    await omar.taps("On duty")
    omar.sees("On duty with your live location")
    assert omar.can_tap("Off duty")


async def test_on_duty_needs_a_location(town: Town) -> None:
    """An old *On duty* button does nothing once the live location is over."""
    omar = await quickly.driver(town)
    await omar.taps("Off duty")
    await jumps(town, hours=9)
    await omar.taps("On duty")
    assert "Your live location is over." in omar.phone.toasts[-1]
    assert not omar.can_tap("Off duty")


async def test_a_new_search_promises_a_new_window(town: Town, anna: Human) -> None:
    """Tried again twenty minutes later, nobody reads the arrival of the first search."""
    number = await quickly.book(town, anna)
    first = delivery(town, number).window_to
    anna.sees_last("no driver yet, an operator is looking")
    await jumps(town, minutes=6)
    anna.sees_last("Cancelling is free. Without an answer it is cancelled after 2 hours.")
    await jumps(town, minutes=20)
    await anna.taps("Try again")
    assert delivery(town, number).window_to > first


async def test_pictures_of_a_dead_link_go(town: Town, anna: Human) -> None:
    """A QR picture leaves the chat with its link; the customer who is cut off finds that at the bottom."""
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    await anna.taps("QR code")
    anna.sees("scan to follow this parcel")
    await anna.taps("New link")
    await anna.taps("New link")
    anna.sees_no("scan to follow this parcel")
    lena.sees_last("This link is over.")


async def test_a_cancelled_question_of_a_job_shows_the_job(town: Town, anna: Human) -> None:
    """/cancel at the PIN leaves the driver with his job at the bottom."""
    omar = await quickly.driver(town, at=FASHION_SHOW)
    await quickly.book(town, anna, pin=True)
    await fetched(town, omar)
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.says("/cancel")
    omar.sees_last("Ask for the PIN at the door.")
    await omar.taps("Delivered")
    await omar.taps("Not yet")
    assert omar.reads().count("I dropped") == 1
