"""The operator: what is open, a desk for each delivery, what needs a person; and strangers who are refused."""

from collections.abc import Iterator
from dataclasses import fields
from typing import get_type_hints

import pytest

from bot import buttons
from bot.buttons import Tap
from bot.chat.taps import DEEDS
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


async def desk(town: Town, number: str) -> None:
    """Olivia opens the delivery from the list."""
    await town.olivia.says("/open")
    await town.olivia.taps(number)
    town.olivia.sees_last(f"🛠 {number}")


async def test_what_is_open(town: Town, anna: Human, omar: Human) -> None:
    """/open counts deliveries, drivers, cases and who waits, and leads to each delivery's desk."""
    await town.olivia.says("/open")
    town.olivia.sees_last("No open deliveries · 1 on duty · 0 open cases · 0 wait to join")
    first = await quickly.book(town, anna)
    second = await quickly.book(town, anna)
    await town.olivia.says("/open")
    town.olivia.sees_last("2 open deliveries")
    town.olivia.sees_last(f"{first} Anna's Shoes: looking for a driver")
    await town.olivia.taps(second)
    town.olivia.sees_last(f"🛠 {second} · no driver yet")
    town.olivia.sees_last("Merchant: Anna's Shoes, +1 702-555-0142")
    town.olivia.sees_last("Customer: Lena Lopez, +1 702-555-0177, Bellagio, 3600 S Las Vegas Blvd")


async def test_the_desk_follows_the_delivery(town: Town, anna: Human, omar: Human) -> None:
    """A desk that lies open shows every step, and offers what is possible now."""
    number = await quickly.book(town, anna)
    await desk(town, number)
    assert town.olivia.phone.buttons[0] == "Cancel"
    await omar.taps("Accept")
    town.olivia.sees_last("driver found (driver)")
    town.olivia.sees_last("Driver: Omar Ortiz, +1 702")
    assert town.olivia.can_tap("Take from driver")
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    town.olivia.sees_last("picked up (driver)")
    assert {"Delivered", "Returned", "Lost"} <= set(town.olivia.phone.buttons)
    assert not town.olivia.can_tap("Take from driver")


@pytest.mark.parametrize(("tap", "typed"), [("Merchant asked", None), (None, "They closed early <today>")])
async def test_cancelled_by_the_operator(town: Town, anna: Human, omar: Human, tap: str | None, typed: str) -> None:
    """With a listed or a typed reason; everybody hears it aloud, and it costs the merchant nothing."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await omar.taps("Accept")
    await jumps(town, minutes=5)
    await omar.moves(36.1289, -115.1701)
    await desk(town, number)
    await town.olivia.taps("Cancel")
    town.olivia.sees_last(f"Why is {number} cancelled?")
    before = [len(human.phone.sounds) for human in (anna, omar, lena)]
    await (town.olivia.taps(tap) if tap else town.olivia.says(typed))
    assert delivery(town, number).status == "cancelled"
    assert delivery(town, number).cancel_fee == 0
    assert [quickly.loud(human, at) for human, at in zip((anna, omar, lena), before, strict=True)] == [1, 1, 1]
    anna.sees_last(f"Reason: {tap or typed}")
    omar.sees_last(f"{number} was cancelled.")
    lena.sees_last("This delivery was cancelled.")


@pytest.mark.parametrize(("tap", "typed"), [("Accident", None), (None, "His car is towed")])
async def test_taken_from_its_driver(town: Town, anna: Human, omar: Human, tap: str | None, typed: str) -> None:
    """Taken with a listed or a typed reason: offered to others."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    petra = await quickly.driver(town, "Petra Pan")
    await desk(town, number)
    await town.olivia.taps("Take from driver")
    await (town.olivia.taps(tap) if tap else town.olivia.says(typed))
    assert delivery(town, number).status == "requested"
    assert petra.can_tap("Accept")


@pytest.mark.parametrize(("tap", "typed"), [("Customer has it", None), (None, "Lena called: she has it")])
async def test_marked_as_delivered(town: Town, anna: Human, omar: Human, tap: str | None, typed: str) -> None:
    """Delivered by the operator's word; the driver is free and cannot undo it."""
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await desk(town, number)
    await town.olivia.taps("Delivered")
    await (town.olivia.taps(tap) if tap else town.olivia.says(typed))
    assert delivery(town, number).status == "delivered"
    omar.sees(f"{number} delivered")
    assert not omar.can_tap("Undo")
    anna.sees("Marked as delivered by an operator.")


@pytest.mark.parametrize(("tap", "typed"), [("Merchant has it", None), (None, "It lies on the counter")])
async def test_marked_as_returned(town: Town, anna: Human, omar: Human, tap: str | None, typed: str) -> None:
    """Returned by the operator's word, from the middle of the way."""
    number = await quickly.book(town, anna)
    await fetched(town, omar)
    await desk(town, number)
    await town.olivia.taps("Returned")
    await (town.olivia.taps(tap) if tap else town.olivia.says(typed))
    assert delivery(town, number).status == "returned"
    omar.sees(f"{number} is back. Thank you.")
    assert quickly.cases(town) == []


@pytest.mark.parametrize(("tap", "typed"), [("Accident", None), (None, "The car burnt")])
async def test_lost(town: Town, anna: Human, omar: Human, tap: str | None, typed: str) -> None:
    """Lost: merchant and customer hear it aloud, the driver's card closes."""
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    await fetched(town, omar)
    await town.passes(seconds=61)
    before = len(anna.phone.sounds), len(lena.phone.sounds)
    await desk(town, number)
    await town.olivia.taps("Lost")
    await (town.olivia.taps(tap) if tap else town.olivia.says(typed))
    assert delivery(town, number).status == "lost"
    assert (quickly.loud(anna, before[0]), quickly.loud(lena, before[1])) == (1, 1)
    lena.sees_last("Your parcel is lost. We are sorry.")
    omar.sees(f"{number} is closed.")
    assert not omar.can_tap("I'm at the door")


async def test_a_step_that_is_no_longer_possible(town: Town, anna: Human, omar: Human) -> None:
    """Olivia asks for the reason to cancel while Omar picks up: refused, and her desk shows how it stands."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    await omar.taps("I'm at the pickup")
    await desk(town, number)
    await town.olivia.taps("Cancel")
    await omar.taps("Picked up")
    await town.olivia.taps("Merchant asked")
    assert town.olivia.phone.toasts[-1] == f"{number} has moved on. Here is how it stands."
    assert delivery(town, number).status == "picked_up"
    town.olivia.sees("I dropped cancelling a delivery.")


async def test_the_drivers_question_ends_with_the_operators_word(town: Town, anna: Human, omar: Human) -> None:
    """Omar is asked for a photo while Olivia marks it as delivered: his question goes by itself."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Delivered")
    await desk(town, number)
    await town.olivia.taps("Delivered")
    await town.olivia.taps("Customer has it")
    await town.passes(seconds=30)
    omar.sees("I dropped the hand-over.")
    await omar.says("hello?")
    omar.sees_last("I did not get that.")


async def test_a_case_is_seen_to(town: Town, anna: Human, omar: Human) -> None:
    """A case is closed by hand; a second operator's tap is too late."""
    await quickly.book(town, anna, phone=False)
    await at_the_door(town, omar)
    await omar.taps("Nobody there")
    data = next(button for button in buttons_of(town.olivia) if button.startswith("cc:"))
    message = town.olivia.phone.messages[-1]["message_id"]
    await town.olivia.taps("Seen to")
    town.olivia.sees_last("✓ Seen to.")
    assert quickly.cases(town) == []
    tap = await town.olivia.does(town.olivia.phone.taps, data=data, message_id=message)
    assert tap.toast == "That is settled already."


async def test_cases_close_when_they_settle_themselves(town: Town, anna: Human, omar: Human) -> None:
    """Not picked up for twenty minutes past its time: a case; picked up after all: the case closes."""
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    for _ in range(7):
        await jumps(town, minutes=4)
        await omar.moves(36.1290 + town.clock.now.minute / 100_000, -115.1700)
    town.olivia.sees(f"{number} should have been picked up 20 minutes ago.")
    assert quickly.cases(town) == ["not_picked_up"]
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    assert quickly.cases(town) == []
    town.olivia.sees("✓ Settled.")


async def test_not_delivered_past_its_time(town: Town, anna: Human, omar: Human) -> None:
    """Half an hour past its time: a case; delivered: closed."""
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    for _ in range(15):
        await jumps(town, minutes=5)
        await omar.moves(36.1127 + town.clock.now.minute / 100_000, -115.1767)
    town.olivia.sees(f"{number} should have been delivered 30 minutes ago.")
    await omar.taps("Delivered")
    await omar.photographs()
    assert quickly.cases(town) == []
    assert delivery(town, number).status == "delivered"


async def test_an_operator_searches_again(town: Town, anna: Human) -> None:
    """Nobody was found; Olivia tries again from her desk."""
    number = await quickly.book(town, anna)
    await town.passes(seconds=310, step=100)
    assert delivery(town, number).status == "expired"
    await desk(town, number)
    omar = await quickly.driver(town)
    await town.olivia.taps("Try again")
    assert omar.can_tap("Accept")


def forged() -> Iterator[Tap]:
    """Every button there is, as somebody could make it up: about the first of everything."""
    for kind in DEEDS:
        hints = get_type_hints(kind)
        values = [1 if hints[field.name] is int else "hand_over" for field in fields(kind)]
        yield kind(*values)
    yield from (buttons.Step(1, step) for step in ("at_pickup", "pick_up", "problem", "undo", "nobody"))
    yield from (buttons.DeskStep(1, step) for step in ("unassign", "cancel", "delivered", "lost"))
    yield buttons.Begin("booking")
    yield buttons.Role("operator")
    yield buttons.Settle("driver", 1, 1)
    yield buttons.Settle("merchant", 1, 0)
    yield buttons.ShowDelivery(2**62)


async def test_strangers_are_refused_at_every_button(town: Town, anna: Human, omar: Human) -> None:
    """A stranger makes up every button's data: answered each time, nothing changes, and nothing leaks to him."""
    number = await quickly.book(town, anna, pin=True)
    await anna.taps("Customer's link")
    await omar.taps("Accept")
    sam = town.human("Sam Stranger")
    await sam.starts()
    message = sam.phone.messages[-1]["message_id"]
    before = snapshot(town)
    for place in (message, 4_000):
        for tap in forged():
            heard = len(sam.texts())
            done = await sam.does(sam.phone.taps, data=tap.pack(), message_id=place)
            assert done.toast or len(sam.texts()) > heard, tap
    assert snapshot(town) == before
    for secret in ("Lena", "Bellagio", "3600", "0177", str(delivery(town, number).pin), "Omar", "0142", "Gate code"):
        sam.sees_no(secret)
    assert not sam.can_tap("I'm at the pickup")


async def test_strangers_are_refused_at_every_command(town: Town, anna: Human, omar: Human) -> None:
    """/deliver, /staff and /open are not for strangers; he is told why."""
    await quickly.book(town, anna)
    sam = town.human("Sam Stranger")
    await sam.says("/open")
    sam.sees_last("That is not for you to do.")
    await sam.says("/deliver")
    sam.sees_last("You don't speak for a shop here yet.")
    await sam.says("/staff")
    sam.sees_last("You don't speak for a shop here yet.")
    await anna.says("/open")
    anna.sees_last("That is not for you to do.")


async def test_whoever_was_removed_sees_no_more(town: Town, anna: Human, omar: Human) -> None:
    """Somebody who no longer speaks for the shop cannot read its deliveries by their old buttons."""
    number = await quickly.book(town, anna)
    ben = town.human("Ben Brown")
    await ben.starts()
    await quickly.does(town, lambda work: work.merchants.add_staff(1, ben.id))
    await ben.does(ben.phone.taps, data=buttons.ShowDelivery(1).pack(), message_id=1)
    ben.sees("Lena Lopez")
    await quickly.does(town, lambda work: work.merchants.remove_staff(1, ben.id))
    await ben.taps("Cancel")
    ben.sees_no("Lena Lopez")
    assert delivery(town, number).status == "requested"


def snapshot(town: Town) -> object:
    """What a stranger must not change."""

    def look(work: object) -> object:
        connection = work.session.connection()  # type: ignore[attr-defined]
        tables = ("delivery", "offer", "run", "driver", "merchant", "staff", "link", "operator_case", "delivery_event")
        return {table: connection.exec_driver_sql(f"SELECT * FROM {table}").all() for table in tables}  # noqa: S608

    return town.reads(look)


def buttons_of(human: Human) -> list[str]:
    """The callback data of all buttons in this chat, the newest first."""
    found = []
    for message in reversed(human.phone.messages):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            found += [button["callback_data"] for button in row if "callback_data" in button]
    return found
