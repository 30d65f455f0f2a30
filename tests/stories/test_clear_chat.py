"""What lies in a chat can be read from top to bottom: ticks that are true, one line left of a card, no dead ends."""

import pytest

from tests.stories import quickly
from tests.stories.quickly import fetched, jumps
from tests.stories.town import Human, Town


@pytest.fixture
async def anna(town: Town) -> Human:
    """Whose shop is approved."""
    return await quickly.merchant(town)


def left(human: Human) -> list[str]:
    """The lines that are left of questions and cards, without what the person wrote."""
    return [text for text in human.texts() if text.startswith(("✓", "›", "📦")) and "\n" not in text]


async def test_a_question_that_was_not_understood_keeps_no_other_ones_answer(town: Town, anna: Human) -> None:
    """A wrong answer, /help and *Back* leave no tick; the right answer ticks its own question."""
    await anna.says("/deliver")
    await anna.taps("3")
    await anna.says("huge")
    await anna.says("/help")
    await anna.taps("S")
    assert left(anna) == ["✓ Pieces: 3", "✓ Size: S · a bag"]
    assert anna.texts().count("How big is the biggest piece?") == 1


async def test_an_address_is_ticked_when_it_was_confirmed(town: Town, anna: Human) -> None:
    """Neither a place that is still to be looked at nor one that was refused is ticked."""
    await anna.says("/deliver")
    await anna.taps("2")
    await anna.taps("M")
    await anna.says("Caesars")
    assert "✓ Address" not in anna.reads()
    await anna.taps("Type again")
    assert left(anna)[-1] == "› Type again"
    assert "✓ Address" not in anna.reads()
    await anna.says("Bellagio")
    await anna.taps("That's right")
    assert left(anna)[-1] == "✓ Address: Bellagio, 3600 S Las Vegas Blvd"
    assert anna.reads().count("✓ Address") == 1


async def test_what_was_skipped_is_none(town: Town, anna: Human) -> None:
    """A skipped question says that there is none; a confirmed booking says that it is booked."""
    await town.book(anna, phone=False)
    anna.sees("✓ Note: none")
    anna.sees("✓ Phone: none")
    anna.sees("✓ Booked.")
    anna.sees_no("Skip")


async def test_of_a_card_that_moves_down_often_one_line_is_left(town: Town, anna: Human) -> None:
    """However often the card is posted anew, one line points to it, and nothing else of it can be tapped."""
    number = await quickly.book(town, anna)
    for _ in range(3):
        await anna.says("/status")
        await anna.taps(number)
    lines = [text for text in anna.texts() if "see below" in text]
    assert lines == [f"📦 {number}: see below ↓"]
    assert len([label for label in anna.phone.buttons if label == "Cancel"]) == 1
    assert number in anna.last()


async def test_nobody_there_and_no_number(town: Town, anna: Human) -> None:
    """Without a phone number the driver reads that an operator was asked, not the shop."""
    omar = await quickly.driver(town)
    await quickly.book(town, anna, phone=False)
    await fetched(town, omar)
    await omar.taps("I'm at the door")
    await omar.taps("Nobody there")
    omar.sees("There is no phone number. An operator has been asked")
    omar.sees_no("The shop has been asked")


async def test_a_driver_reads_what_he_gets(town: Town, anna: Human) -> None:
    """Cancelled while it was free he gets nothing; later his share of the fee; returned, his whole pay."""
    omar = await quickly.driver(town, vehicle="bike")
    number = await quickly.book(town, anna, pieces=1)
    await omar.taps("Accept")
    omar.sees(f"🚲 {number}")
    await anna.taps("Cancel")
    await anna.taps("Wrong address")
    omar.sees_last(f"{number} was cancelled.")
    omar.sees_no("You get")
    number = await quickly.book(town, anna, pieces=1)
    await omar.taps("Accept")
    await jumps(town, minutes=3)
    await anna.taps("Cancel")
    anna.sees_last("It costs $4.73 now.")
    await anna.taps("Wrong address")
    anna.sees_last("Cancelling cost $4.73.")
    omar.sees_last(f"{number} was cancelled.\nYou get $3.79.")
    number = await quickly.book(town, anna, pieces=1)
    await fetched(town, omar)
    await omar.taps("Problem")
    await omar.taps("Refused")
    await omar.taps("Skip")
    omar.sees_last(f"{number} · 1 piece, size M · goes back")
    await omar.taps("I handed it back")
    await anna.taps("Yes, I have it back")
    omar.sees(f"{number} is back. Thank you.\nYou get $7.57.")


async def test_whoever_answers_still_there_by_a_command_is_there(town: Town) -> None:
    """*Still there?* is answered by anything the driver says: the question goes, and he stays on duty."""
    omar = await quickly.driver(town)
    await jumps(town, minutes=11)
    assert omar.can_tap("Yes, still there")
    await omar.says("/status")
    assert not omar.can_tap("Yes, still there")
    await jumps(town, minutes=6)
    omar.sees_no("You are off duty")


async def test_about_to_arrive_names_no_window(town: Town, anna: Human) -> None:
    """Five minutes before the door nobody is told a window of half an hour."""
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    await fetched(town, omar)
    await jumps(town, minutes=2)
    lena.sees_last("Arrives")
    await omar.moves(*quickly.BELLAGIO)
    await jumps(town, seconds=20)
    lena.sees_last("Omar is about to arrive.")
    assert "Arrives" not in lena.last()
    assert "Arrives" not in anna.last()
