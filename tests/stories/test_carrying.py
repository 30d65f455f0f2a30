"""Carrying: each step one button, undo, and the proofs of the hand-over."""

from datetime import timedelta

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


def main_buttons(human: Human) -> list[str]:
    """The buttons that take a step (not the map, the copy, the problem)."""
    steps = ("I'm at", "Picked up", "Delivered", "I handed")
    return [label for label in human.phone.buttons if label.startswith(steps)]


async def test_each_step_is_one_button(town: Town, anna: Human, omar: Human) -> None:
    """At the pickup, picked up, at the door, delivered: one after the other, never two at once."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    assert main_buttons(omar) == ["I'm at the pickup"]
    await omar.taps("I'm at the pickup")
    assert main_buttons(omar) == ["Picked up (2 pieces)"]
    await omar.taps("Picked up (2 pieces)")
    assert main_buttons(omar) == ["I'm at the door"]
    await omar.taps("I'm at the door")
    assert main_buttons(omar) == ["Delivered"]
    await omar.taps("Delivered")
    await omar.photographs()
    assert main_buttons(omar) == []
    assert delivery(town, number).status == "delivered"


async def test_the_pickup_first_the_address_after_it(town: Town, anna: Human, omar: Human) -> None:
    """Before the pickup: the shop, its note and the area; after it: address, note, map and copy."""
    await quickly.book(town, anna)
    await omar.taps("Accept")
    omar.sees("Pick up at Anna's Shoes, 3200 S Las Vegas Blvd")
    omar.sees("Level 2, next to the cinema")
    omar.sees("Area: The Strip")
    omar.sees_no("Bellagio")
    omar.sees_no("Lena")
    link = omar.phone.taps("Map").url
    assert link is not None
    assert "36.127700,-115.172200" in link
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    omar.sees("Bring it to Lena Lopez, Bellagio, 3600 S Las Vegas Blvd")
    omar.sees("Gate code 1234")
    omar.sees_no("0177")
    link = omar.phone.taps("Map").url
    assert link is not None
    assert "36.112600,-115.176700" in link
    await omar.does(omar.phone.taps, "Copy address")
    assert omar.phone.clipboard == "Bellagio, 3600 S Las Vegas Blvd"


async def test_undoing_the_pickup_within_a_minute(town: Town, anna: Human, omar: Human) -> None:
    """Picked up by mistake: undone, Lena was never told; picked up again, she is."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await fetched(town, omar)
    before = len(lena.phone.sounds)
    await town.passes(seconds=40)
    await omar.taps("Undo")
    assert delivery(town, number).status == "assigned"
    assert main_buttons(omar) == ["Picked up (2 pieces)"]
    omar.sees_no("Bellagio")
    await town.passes(seconds=60)
    assert len(lena.phone.sounds) == before
    lena.sees_no("has your parcel")
    await omar.taps("Picked up")
    await town.passes(seconds=61)
    assert quickly.loud(lena, before) == 1
    lena.sees_last("Omar has your parcel.")


async def test_undoing_the_pickup_too_late(town: Town, anna: Human, omar: Human) -> None:
    """After a minute the button goes; a tap that comes late is refused kindly."""
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    town.clock.now += timedelta(seconds=61)
    toast = await omar.taps("Undo")
    assert toast == f"Too late to undo {number}."
    assert delivery(town, number).status == "picked_up"
    await town.tick()
    assert not omar.can_tap("Undo")


async def test_the_undo_button_goes_by_itself(town: Town, anna: Human, omar: Human) -> None:
    """A minute and a bit later there is nothing to tap any more."""
    await quickly.book(town, anna)
    await fetched(town, omar)
    assert omar.can_tap("Undo")
    await town.passes(seconds=62)
    assert not omar.can_tap("Undo")


async def test_undoing_the_delivery(town: Town, anna: Human, omar: Human) -> None:
    """Delivered by mistake: undone within the minute; nobody was told; delivered again with another photo."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await at_the_door(town, omar)
    before = len(lena.phone.sounds)
    await omar.taps("Delivered")
    await omar.photographs()
    first = delivery(town, number).proof_photo
    await town.passes(seconds=30)
    await omar.taps("Undo")
    assert delivery(town, number).status == "picked_up"
    assert delivery(town, number).proof_photo is None
    assert main_buttons(omar) == ["Delivered"]
    await town.passes(seconds=61)
    assert len(lena.phone.sounds) == before
    await omar.taps("Delivered")
    await omar.photographs()
    await town.passes(seconds=61)
    assert delivery(town, number).proof_photo not in (None, first)
    assert quickly.loud(lena, before) == 1
    lena.sees(f"Delivered: {number}")


async def test_undoing_the_delivery_too_late(town: Town, anna: Human, omar: Human) -> None:
    """After the minute it stays delivered."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await omar.photographs()
    town.clock.now += timedelta(seconds=61)
    assert await omar.taps("Undo") == f"Too late to undo {number}."
    assert delivery(town, number).status == "delivered"


async def test_undoing_takes_the_next_offer_back(town: Town, anna: Human, omar: Human) -> None:
    """Delivered, the next is offered, undone: the offer is withdrawn, he carries the first again."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await quickly.book(town, anna)
    await omar.taps("Delivered")
    await omar.photographs()
    assert omar.can_tap("Accept")
    await omar.taps("Undo")
    assert not omar.can_tap("Accept")
    assert delivery(town, number).status == "picked_up"


async def test_no_undo_with_the_next_job_in_hand(town: Town, anna: Human, omar: Human) -> None:
    """He has accepted the next: the delivery before stays delivered, and he is told why."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await quickly.book(town, anna)
    await omar.taps("Delivered")
    await omar.photographs()
    await omar.taps("Accept")
    assert await omar.taps("Undo") == "You have a job in hand. Finish it first."
    assert delivery(town, number).status == "delivered"


async def test_the_right_pin(town: Town, anna: Human, omar: Human) -> None:
    """Lena says her PIN, Omar types it: delivered, no photo asked."""
    number = await quickly.book(town, anna, pin=True)
    pin = delivery(town, number).pin
    lena = await town.customer(anna)
    lena.sees(f"Tell the driver this PIN: {pin}")
    anna.sees(f"PIN at the door: {pin}")
    await at_the_door(town, omar)
    omar.sees("Ask for the PIN at the door.")
    assert all(str(pin) not in text for text in omar.texts())
    await omar.taps("Delivered")
    omar.sees_last("Type the PIN that Lena Lopez tells you.")
    await omar.says(str(pin))
    assert delivery(town, number).status == "delivered"
    assert delivery(town, number).proof_kind == "pin"
    await town.passes(seconds=61)
    anna.sees("Handed over against the PIN.")


async def test_a_wrong_pin_can_be_corrected(town: Town, anna: Human, omar: Human) -> None:
    """Letters and three digits are no PIN and cost no try; a wrong one does; the right one still delivers."""
    number = await quickly.book(town, anna, pin=True)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await omar.says("what PIN?")
    omar.sees_last("A PIN has four digits.")
    await omar.says("123")
    omar.sees_last("A PIN has four digits.")
    assert delivery(town, number).pin_wrong == 0
    await omar.says(wrong(town, number))
    omar.sees_last("Wrong PIN. 4 tries are left.")
    await omar.taps("Not yet")
    await omar.taps("Delivered")
    await omar.says(str(delivery(town, number).pin))
    assert delivery(town, number).status == "delivered"


async def test_five_wrong_pins(town: Town, anna: Human, omar: Human) -> None:
    """The fifth wrong PIN in all goes to the operator, who marks it as delivered."""
    number = await quickly.book(town, anna, pin=True)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    for left in ("4 tries are", "3 tries are", "2 tries are", "One try is"):
        await omar.says(wrong(town, number))
        omar.sees_last(f"{left} left.")
    await omar.says(wrong(town, number))
    omar.sees("Too many wrong PINs. An operator has been asked")
    omar.sees("✕ Five wrong PINs.")
    anna.sees_last("The PIN was wrong five times.")
    town.olivia.sees(f"{number}: five wrong PINs at the door.")
    assert not omar.can_tap("Delivered")
    await town.olivia.taps("On my desk")
    await town.olivia.taps("Delivered")
    await town.olivia.taps("Customer has it")
    assert delivery(town, number).status == "delivered"
    assert delivery(town, number).proof_kind == "operator"
    omar.sees_last(f"{number} delivered")
    anna.sees("Marked as delivered by an operator.")
    assert quickly.cases(town) == []
    town.olivia.sees("✓ Settled.")


async def test_an_album_gets_one_answer(town: Town, anna: Human, omar: Human) -> None:
    """Three photos at once are one proof and one answer: the job's card, below."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    said = len([m for m in omar.phone.messages if m["from"]["is_bot"]])
    await omar.photographs(3)
    assert delivery(town, number).proof_kind == "photo"
    assert len([m for m in omar.phone.messages if m["from"]["is_bot"]]) == said + 1
    omar.sees_last(f"{number} delivered")
    omar.sees_no("That's a nice picture")


async def test_no_photo_but_a_name(town: Town, anna: Human, omar: Human) -> None:
    """Handed to the neighbour: the name is the proof, and Anna reads it."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await omar.says("at the door")
    omar.sees_last("Please send a photo, or tap the button.")
    await omar.taps("No photo: handed to somebody")
    omar.sees_last("Who took it?")
    await omar.says("Nina Next-Door")
    assert delivery(town, number).proof_name == "Nina Next-Door"
    await town.passes(seconds=61)
    anna.sees("Handed to Nina Next-Door.")


async def test_not_yet_delivered(town: Town, anna: Human, omar: Human) -> None:
    """The proof question can be left; the job stands as before."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await omar.taps("Not yet")
    assert delivery(town, number).status == "picked_up"
    assert omar.can_tap("Delivered")


async def test_the_proof_parks_a_form_and_resumes_it(town: Town, anna: Human, omar: Human) -> None:
    """Omar books for his own shop while he carries: the proof comes first, then his booking goes on."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    omar = await quickly.merchant(town, "Omar Ortiz", "Omar's Oranges")
    await omar.says("/deliver")
    await omar.says("3")
    omar.sees_last("How big is the biggest piece?")
    await omar.taps("Delivered")
    omar.sees("Kept for later: your booking.")
    omar.sees_last("Send a photo of the parcel at the door.")
    await omar.says("/deliver")
    omar.sees("First things first: this question belongs to a job.")
    omar.sees_last("Send a photo of the parcel at the door.")
    await omar.photographs()
    assert delivery(town, number).status == "delivered"
    omar.sees("Back to your booking.")
    omar.sees_last("How big is the biggest piece?")
    await omar.taps("M · a box")
    omar.sees_last("Where to?")


async def test_help_and_status_in_the_middle_of_the_proof(town: Town, anna: Human, omar: Human) -> None:
    """/help and /status answer, and the question stands again below."""
    await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await omar.says("/help")
    omar.sees("An offer shows pay and way.")
    omar.sees_last("Send a photo of the parcel at the door.")
    await omar.says("/status")
    omar.sees_last("Send a photo of the parcel at the door.")
    await omar.says("/cancel")
    assert omar.can_tap("Delivered")


async def test_the_job_card_shrinks_after_an_hour(town: Town, anna: Human, omar: Human) -> None:
    """An hour after the end the driver's card shows the area, no longer the address or the name."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await omar.photographs()
    omar.sees("Bellagio, 3600 S Las Vegas Blvd")
    await jumps(town, minutes=59)
    omar.sees("Bellagio, 3600 S Las Vegas Blvd")
    await jumps(town, minutes=2)
    omar.sees(f"{number} delivered")
    omar.sees("Area: The Strip")
    omar.sees_no("3600 S Las Vegas")
    omar.sees_no("Lena")
    omar.sees_no("Gate code")


async def test_what_was_shrunk_at_the_bottom_holds_no_address(town: Town, anna: Human, omar: Human) -> None:
    """Where the card was posted anew, the old one above holds nothing of the door either."""
    await quickly.book(town, anna)
    await at_the_door(town, omar)
    for _ in range(6):
        await omar.says("hello")
        await town.passes(seconds=31)
    await omar.taps("Nobody there")
    await omar.taps("Delivered")
    await omar.photographs()
    await jumps(town, minutes=61)
    omar.sees_no("3600 S Las Vegas")


async def test_somebody_elses_job(town: Town, anna: Human, omar: Human) -> None:
    """Another driver's taps on Omar's job are refused, whatever they say."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    petra = await quickly.driver(town, "Petra Pan")
    message = petra.phone.messages[-1]["message_id"]
    for step in ("at_pickup", "pick_up", "at_door", "hand_over", "undo", "nobody", "problem", "brought_back", "resume"):
        tap = await petra.does(petra.phone.taps, data=f"st:1:{step}", message_id=message)
        assert tap.toast == f"{number} is not your job."
    assert delivery(town, number).at_pickup_at is None
    petra.sees_no("Pick up at")


def wrong(town: Town, number: str) -> str:
    """A PIN that is not this delivery's."""
    return "0000" if delivery(town, number).pin != "0000" else "1111"
