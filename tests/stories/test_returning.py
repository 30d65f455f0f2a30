"""When it does not go to plan: problems, nobody there, back to the shop, a second attempt."""

import pytest

from tests.stories import quickly
from tests.stories.quickly import at_the_door, delivery, fetched, jumps
from tests.stories.town import Human, Town


@pytest.fixture
async def anna(town: Town) -> Human:
    """A merchant."""
    return await quickly.merchant(town)


@pytest.fixture
async def omar(town: Town, anna: Human) -> Human:
    """A driver nearby, on duty."""
    return await quickly.driver(town)


async def test_giving_it_back_before_the_pickup(town: Town, anna: Human, omar: Human) -> None:
    """A reason, then it is offered to others and not to him again; the merchant hears it aloud."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    petra = await quickly.driver(town, "Petra Pan")
    before = len(anna.phone.sounds)
    await omar.taps("Problem")
    omar.sees_last(f"Why do you give {number} back?")
    await omar.taps("My vehicle broke down")
    omar.sees(f"You gave {number} back. It is offered to others.")
    omar.sees(f"{number} is no longer yours.")
    assert petra.can_tap("Accept")
    assert not omar.can_tap("Accept")
    anna.sees_last("looking for another driver")
    anna.sees_last("Reason: My vehicle broke down")
    assert quickly.loud(anna, before) == 1
    await petra.taps("Decline")
    await town.passes(seconds=65, step=30)
    assert not omar.can_tap("Accept")
    assert delivery(town, number).driver_id is None


async def test_keeping_the_job_after_all(town: Town, anna: Human, omar: Human) -> None:
    """The question for the reason can be left; the job stays."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    await omar.taps("Problem")
    await omar.says("my cat is ill")
    omar.sees_last("Please tap one of the buttons.")
    await omar.taps("Keep the job")
    assert delivery(town, number).status == "assigned"
    assert omar.can_tap("I'm at the pickup")


async def test_a_giver_back_is_free_for_others(town: Town, anna: Human, omar: Human) -> None:
    """Who gave one back is offered another delivery."""
    await quickly.book(town, anna)
    await omar.taps("Accept")
    await omar.taps("Problem")
    await omar.taps("Too far")
    other = await quickly.book(town, anna, pieces=1)
    assert omar.can_tap("Accept")
    await omar.taps("Accept")
    assert delivery(town, other).status == "assigned"


async def test_a_problem_after_the_pickup(town: Town, anna: Human, omar: Human) -> None:
    """Reason and photo: it comes back, Anna and Lena hear it aloud, Anna gets the photo."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await fetched(town, omar)
    await town.passes(seconds=61)
    before = len(anna.phone.sounds), len(lena.phone.sounds)
    await omar.taps("Problem")
    omar.sees_last(f"What is wrong with {number}?")
    await omar.taps("Damaged")
    omar.sees_last("Send a photo if it helps.")
    await omar.photographs()
    omar.sees(f"{number} · 2 pieces, size M · goes back")
    anna.sees("coming back to the shop")
    anna.sees("Reason: Damaged")
    anna.sees_last(f"{number}: the driver's photo.")
    lena.sees_last("It could not be delivered")
    assert quickly.loud(anna, before[0]) == 1
    assert quickly.loud(lena, before[1]) == 1
    assert delivery(town, number).status == "returning"
    assert delivery(town, number).problem_photo is not None


async def test_a_problem_without_a_photo(town: Town, anna: Human, omar: Human) -> None:
    """The photo may be skipped."""
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await omar.taps("Problem")
    await omar.taps("Refused")
    await omar.taps("Skip")
    assert delivery(town, number).status == "returning"
    assert delivery(town, number).problem == "refused"
    assert omar.can_tap("I handed it back")


async def test_nobody_there_with_a_phone(town: Town, anna: Human, omar: Human) -> None:
    """The merchant reads aloud whom to call, with the number she typed; the driver never sees it."""
    await quickly.book(town, anna)
    await at_the_door(town, omar)
    before = len(anna.phone.sounds)
    await omar.taps("Nobody there")
    anna.sees_last("Please call Lena Lopez, +1 702-555-0177.")
    assert quickly.loud(anna, before) == 1
    omar.sees("The shop has been asked to call the customer.")
    omar.sees_no("555-0177")
    assert not omar.can_tap("Nobody there")
    assert quickly.cases(town) == []


async def test_nobody_there_without_a_phone(town: Town, anna: Human, omar: Human) -> None:
    """Without a number the operator is asked, and the merchant told so."""
    number = await quickly.book(town, anna, phone=False)
    await at_the_door(town, omar)
    await omar.taps("Nobody there")
    town.olivia.sees_last(f"{number}: nobody opens, and there is no phone number.")
    anna.sees_last("There is no phone number for Lena Lopez. An operator has been asked.")
    assert quickly.cases(town) == ["call"]


async def test_nobody_there_then_somebody_opens(town: Town, anna: Human, omar: Human) -> None:
    """After the call the door opens: delivered, and the call is no longer asked for."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Nobody there")
    await omar.taps("Delivered")
    await omar.photographs()
    await town.passes(seconds=61)
    assert delivery(town, number).status == "delivered"
    anna.sees_no("Please call Lena Lopez")


async def test_back_and_handed_over(town: Town, anna: Human, omar: Human) -> None:
    """Nobody there, back to the shop, the merchant confirms: returned, and the driver is free."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await comes_back(town, omar)
    before = len(anna.phone.sounds)
    await omar.taps("I handed it back")
    omar.sees("The shop has been asked to confirm.")
    anna.sees_last("Omar says it is back")
    assert quickly.loud(anna, before) == 1
    await anna.taps("Yes, I have it back")
    assert delivery(town, number).status == "returned"
    omar.sees(f"{number} is back. Thank you.")
    lena.sees_last("It is back at the shop.")
    await quickly.book(town, anna)
    assert omar.can_tap("Accept")


async def test_an_unconfirmed_hand_back_goes_to_the_operator(town: Town, anna: Human, omar: Human) -> None:
    """Fifteen minutes without the merchant's word: a case, once; the operator closes it as returned."""
    number = await quickly.book(town, anna)
    await comes_back(town, omar)
    await omar.taps("I handed it back")
    await jumps(town, minutes=14)
    assert "hand_back" not in quickly.cases(town)
    await jumps(town, minutes=2)
    town.olivia.sees(f"{number}: the driver says it is back, the merchant has not confirmed.")
    await jumps(town, minutes=2)
    assert quickly.cases(town).count("hand_back") == 1
    await town.olivia.taps("On my desk")
    await town.olivia.taps("Returned")
    await town.olivia.says("Called the shop: they have it")
    assert delivery(town, number).status == "returned"
    assert quickly.cases(town) == []
    assert not anna.can_tap("Yes, I have it back")


async def test_a_second_attempt_by_the_driver(town: Town, anna: Human, omar: Human) -> None:
    """On the way back Lena calls: the driver turns around and delivers."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await comes_back(town, omar)
    await omar.taps("Second attempt")
    assert delivery(town, number).status == "picked_up"
    lena.sees("Omar has your parcel.")
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    assert delivery(town, number).status == "delivered"


async def test_a_second_attempt_at_the_merchants_wish(town: Town, anna: Human, omar: Human) -> None:
    """The merchant asks for another try: the driver's card says where to."""
    number = await quickly.book(town, anna)
    await comes_back(town, omar)
    await anna.taps("Second attempt")
    assert delivery(town, number).status == "picked_up"
    omar.sees("Bring it to Lena Lopez")
    assert omar.can_tap("I'm at the door")
    anna.sees("Omar has it")
    anna.sees_no("Please call Lena")


async def test_no_second_attempt_after_the_hand_back(town: Town, anna: Human, omar: Human) -> None:
    """Returned is an end: an old button changes nothing and says how things stand."""
    number = await quickly.book(town, anna)
    await comes_back(town, omar)
    await omar.taps("I handed it back")
    message = omar.phone.messages[-1]["message_id"]
    await anna.taps("Yes, I have it back")
    tap = await omar.does(omar.phone.taps, data="st:1:resume", message_id=message)
    assert tap.toast == f"{number} has moved on. Here is how it stands."
    assert delivery(town, number).status == "returned"


async def test_the_merchant_wants_it_back(town: Town, anna: Human, omar: Human) -> None:
    """Carried already: the fee stays, an operator is asked, and calls it back; the driver hears it aloud."""
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await anna.taps("Ask for it back")
    anna.sees_last(f"The driver has {number} already. An operator can call it back; your fee of $9.46 stays.")
    assert quickly.cases(town) == []
    await anna.taps("Ask for it back")
    anna.sees_last("An operator has been asked to call it back.")
    town.olivia.sees_last("the merchant wants it back")
    assert delivery(town, number).status == "picked_up"
    assert not anna.can_tap("Ask for it back")
    before = len(omar.phone.sounds)
    await town.olivia.taps("On my desk")
    await town.olivia.taps("Call it back")
    await town.olivia.taps("Merchant asked")
    assert delivery(town, number).status == "returning"
    assert quickly.loud(omar, before) == 1
    omar.sees_last("goes back")
    anna.sees_last("coming back to the shop")
    town.olivia.sees("✓ Settled.")


async def test_a_merchant_thinks_better_of_it(town: Town, anna: Human, omar: Human) -> None:
    """Who is asked whether the parcel shall come back may keep it going; nobody is bothered."""
    await quickly.book(town, anna)
    await fetched(town, omar)
    await anna.taps("Ask for it back")
    await anna.taps("Keep the delivery")
    assert quickly.cases(town) == []
    assert anna.can_tap("Ask for it back")


async def test_what_was_asked_back_goes_on(town: Town, anna: Human, omar: Human) -> None:
    """An operator who lets it go on tells the merchant so; delivered meanwhile, the case settles by itself."""
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await anna.taps("Ask for it back")
    await anna.taps("Ask for it back")
    await town.olivia.taps("Seen to")
    anna.sees_last(f"An operator has looked at {number}: it goes on to the customer.")
    assert anna.can_tap("Ask for it back")
    await anna.taps("Ask for it back")
    await anna.taps("Ask for it back")
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    town.olivia.sees_last("✓ Settled.")
    await town.passes(minutes=1, seconds=1)
    anna.sees_last("delivered")


async def test_taken_from_the_driver(town: Town, anna: Human, omar: Human) -> None:
    """The operator takes it away: the driver hears it aloud, sees no address, and is not asked again."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    before = len(omar.phone.sounds)
    await town.olivia.says("/open")
    await town.olivia.taps(number)
    await town.olivia.taps("Take from driver")
    await town.olivia.taps("Accident")
    omar.sees_last(f"{number} is no longer yours.")
    assert quickly.loud(omar, before) == 1
    assert not omar.can_tap("Accept")
    assert not omar.can_tap("I'm at the pickup")
    anna.sees("no driver yet")


async def comes_back(town: Town, omar: Human) -> None:
    """Nobody opened; the driver is on the way back to the shop."""
    await at_the_door(town, omar)
    await omar.taps("Nobody there")
    await omar.taps("Problem")
    await omar.taps("Nobody there")
    await omar.taps("Skip")
