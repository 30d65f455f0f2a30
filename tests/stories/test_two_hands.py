"""Two hands on one row at the same moment: one counts, the other learns it kindly, and nothing is half done."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot import buttons
from tests.stories import quickly
from tests.stories.quickly import at_the_door, delivery, fetched, north
from tests.stories.town import Human, Town, at_once


@pytest.fixture
async def anna(town: Town) -> Human:
    """A merchant."""
    return await quickly.merchant(town)


def events(town: Town) -> list[str]:
    """The steps of the first delivery."""
    return town.reads(lambda work: [event.step for event in work.deliveries.events(1)])


async def test_accept_against_accept(town: Town, anna: Human) -> None:
    """Three drivers at once: one has the job, one run is open, all other cards are closed."""
    dora, *three = await quickly.drivers(
        town, "Dora Declines", "Omar Ortiz", "Petra Pan", "Quinn Quick", at=[north(0.1), *map(north, (0.5, 0.6, 0.7))]
    )
    await quickly.book(town, anna)
    await dora.taps("Decline")
    taps = [human.phone.taps("Accept") for human in three]
    await town.settle()
    with_job = [human.name for human in three if any("Pick up at" in text for text in human.texts())]
    assert len(with_job) == 1
    assert [tap.toast for tap in taps].count("Somebody was quicker. The next offer comes.") == 2
    assert not any(human.can_tap("Accept") for human in three)
    assert events(town).count("assign") == 1


@pytest.mark.parametrize("first", ["driver", "merchant"])
async def test_accept_against_cancel(town: Town, anna: Human, first: str) -> None:
    """Cancelled in the end, whoever was first; the driver has no job, and both know it."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await anna.taps("Cancel")
    hands: list[Callable[[], object]] = [lambda: omar.phone.taps("Accept"), lambda: anna.phone.taps("Other")]
    for hand in hands if first == "driver" else reversed(hands):
        hand()
    await town.settle()
    assert delivery(town, number).status == "cancelled"
    assert not omar.can_tap("I'm at the pickup")
    assert not omar.can_tap("Accept")
    anna.sees(f"{number} · cancelled")
    anna.sees_no("Cancelling cost")
    if first == "driver":
        omar.sees_last(f"{number} was cancelled.")
    else:
        omar.sees("No longer on offer ($")
    await quickly.book(town, anna)
    assert omar.can_tap("Accept")


async def test_cancel_against_the_pickup(town: Town, anna: Human) -> None:
    """Omar picks up while Anna gives her reason: it is with him, and she is told that it is too late."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    await omar.taps("I'm at the pickup")
    await anna.taps("Cancel")
    omar.phone.taps("Picked up")
    anna.phone.taps("Other")
    await town.settle()
    assert delivery(town, number).status == "picked_up"
    assert anna.phone.toasts[-1] == f"{number} can't be cancelled any more."
    anna.sees("Omar has it")
    anna.sees("I dropped cancelling a delivery.")


async def test_the_price_changes_under_the_thumb(town: Town, anna: Human) -> None:
    """Free when she asked, half the fee when she answers: shown anew, and nothing is cancelled before she agrees."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await anna.taps("Cancel")
    anna.sees_last("It is free now.")
    await omar.taps("Accept")
    town.clock.now += timedelta(seconds=125)  # no sweep has shown her the new price yet
    await anna.taps("Other")
    assert delivery(town, number).status == "assigned"
    anna.sees_last("The price has changed meanwhile:")
    anna.sees_last(f"It costs ${delivery(town, number).fee / 200:.2f} now.")
    await anna.taps("Other")
    assert delivery(town, number).status == "cancelled"
    omar.sees_last(f"{number} was cancelled.")


@pytest.mark.parametrize("first", ["driver", "operator"])
async def test_deliver_against_the_operator(town: Town, anna: Human, first: str) -> None:
    """Omar's photo and Olivia's *lost* at the same moment: one end, and the other is told."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await town.olivia.says("/open")
    await town.olivia.taps(number)
    await town.olivia.taps("Lost")
    hands: list[Callable[[], object]] = [omar.phone.photo, lambda: town.olivia.phone.taps("Accident")]
    for hand in hands if first == "driver" else reversed(hands):
        hand()
    await town.settle()
    assert delivery(town, number).status == ("delivered" if first == "driver" else "lost")
    if first == "driver":
        assert town.olivia.phone.toasts[-1] == f"{number} has moved on. Here is how it stands."
        assert events(town).count("lose") == 0
    else:
        omar.sees(f"{number} has moved on. Here is how it stands.")
        omar.sees("I dropped the hand-over.")
        assert events(town).count("deliver") == 0


async def test_two_who_confirm_the_hand_back(town: Town, anna: Human) -> None:
    """Anna's yes and Olivia's returned: returned once."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await omar.taps("Problem")
    await omar.taps("Refused")
    await omar.taps("Skip")
    await omar.taps("I handed it back")
    await town.olivia.says("/open")
    await town.olivia.taps(number)
    await town.olivia.taps("Returned")
    anna.phone.taps("Yes, I have it back")
    town.olivia.phone.taps("Merchant has it")
    await town.settle()
    assert delivery(town, number).status == "returned"
    assert events(town).count("hand_back") == 1
    assert quickly.cases(town) == []


async def test_double_taps_on_every_step(town: Town, anna: Human) -> None:
    """Each button of the way is tapped twice: each step is taken once."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    for label in ("Accept", "I'm at the pickup", "Picked up", "I'm at the door", "Delivered"):
        omar.phone.taps(label)
        omar.phone.taps(label)
        await town.settle()
    await omar.photographs()
    assert delivery(town, number).status == "delivered"
    taken = events(town)
    for step in ("assign", "at_pickup", "pick_up", "at_door", "deliver"):
        assert taken.count(step) == 1, step


async def test_two_customers_with_one_link(town: Town, anna: Human) -> None:
    """Two people say *it's mine* at once: one has the card, the other is told."""
    await quickly.book(town, anna)
    await anna.taps("Customer's link")
    link = next(word for word in anna.last().split() if word.startswith("https://t.me/"))
    lena, luis = town.human("Lena Lopez"), town.human("Luis Lopez")
    await lena.opens(link)
    await luis.opens(link)
    lena.phone.taps("It's mine")
    luis.phone.taps("It's mine")
    await town.settle()
    lena.sees_last("Your parcel from Anna's Shoes")
    luis.sees("Somebody else follows this parcel already.")
    luis.sees("This link is over.")
    assert not luis.can_tap("It's mine")
    assert not luis.can_tap("Where is it?")


async def test_the_search_ends_as_somebody_accepts(town: Town, anna: Human) -> None:
    """The sweep and a tap in the same second: whoever comes first, the card tells the truth."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await town.passes(seconds=30)
    offer = town.reads(lambda work: work.offers.get(1).status)
    assert offer == "expired"
    tap = await omar.does(
        omar.phone.taps, data=buttons.Accept(1).pack(), message_id=omar.phone.messages[-1]["message_id"]
    )
    assert tap.toast == "This offer is over. The next one comes."
    assert delivery(town, number).status == "requested"
    omar.sees("Time is over ($")


async def test_everybody_at_once(town: Town, anna: Human) -> None:
    """Merchant, driver, customer and operator act in the same moment on four things: all of it is done."""
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    town.may_waste = True  # her card is closed by her tap and by its move down, whichever comes first
    await at_once(omar.taps("Accept"), lena.taps("Where is it?"), anna.says("/deliver"), town.olivia.says("/open"))
    assert delivery(town, number).status == "assigned"
    town.olivia.sees("1 open delivery")
    anna.sees("How many pieces?")
    assert any("driver" in text for text in lena.texts())
