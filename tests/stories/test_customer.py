"""A customer opens the shop's link, and is told what happens: on time, once, and nothing that is not his to know."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from bot.dispatch.geo import METRES_PER_DEGREE
from tests.stories import quickly
from tests.stories.town import Human, Town, at_once

LUXOR = (36.0955, -115.1761)
"""4.7 km by way from Fashion Show: more than eleven minutes by car."""


def before(point: tuple[float, float], metres: float) -> tuple[float, float]:
    """The point so far north of that one."""
    return point[0] + metres / METRES_PER_DEGREE, point[1]


def link_of(anna: Human) -> str:
    """The customer's link that she was shown last."""
    found = re.findall(r"https://t\.me/\S+start=c\S+", "\n".join(anna.texts()))
    return str(found[-1])


def ever_shown(town: Town, human: Human) -> str:
    """Everything that this person's chat has ever shown, edited since or not: texts, captions, buttons, places."""
    calls = [call.params for call in town.telegram.calls if str(call.params.get("chat_id")) == str(human.id)]
    return json.dumps(calls, ensure_ascii=False, default=str)


async def in_the_town(
    town: Town, to: tuple[float, float] = LUXOR, vehicle: str = "car", *, pin: bool = False, **more: Any
) -> tuple[Human, Human, Human]:
    """Anna has booked, Omar has the offer, Lena follows."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town, vehicle=vehicle)
    await quickly.book(town, anna, pin=pin, dropoff=to, **more)
    lena = await town.customer(anna)
    return anna, omar, lena


async def on_the_way(town: Town, to: tuple[float, float] = LUXOR) -> tuple[Human, Human, Human]:
    """Omar has Lena's parcel for more than a minute and shows where he is."""
    anna, omar, lena = await in_the_town(town, to)
    await quickly.fetched(town, omar)
    await town.passes(seconds=70)
    lena.sees_last("Omar has your parcel.")
    return anna, omar, lena


# the link


async def test_the_link_shows_the_shop_and_is_claimed(town: Town) -> None:
    """Lena sees whose parcel it is, says that it is hers, and follows it from then on."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    await anna.taps("Customer's link")
    lena = town.human("Lena Lopez")
    await lena.opens(link_of(anna))
    lena.sees_last("Anna's Shoes sends a parcel with this link. Is it yours?")
    lena.sees_no("Bellagio")
    anna.sees("Customer: not connected yet")
    await lena.taps("It's mine")
    lena.sees("✓ Your parcel from Anna's Shoes.")
    lena.sees_last(f"📦 Your parcel from Anna's Shoes ({number})")
    lena.sees_last("We are still looking for a driver.")
    lena.sees_last("Arrives 10:")
    anna.sees("Customer: connected ✓")
    assert not lena.can_tap("It's mine")
    await lena.opens(link_of(anna))
    lena.sees_last("We are still looking for a driver.")
    await lena.says("/status")
    assert lena.can_tap(number)
    await lena.taps(number)
    lena.sees_last("We are still looking for a driver.")
    await lena.starts()
    await lena.taps("I expect a delivery")
    lena.sees_last("One parcel is on its way to you.")


async def test_a_second_person_is_refused(town: Town) -> None:
    """Who comes later learns that somebody else follows the parcel; of two at once, one has it."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    await anna.taps("Customer's link")
    lena, max_, zoe = town.human("Lena Lopez"), town.human("Max Miller"), town.human("Zoe Zimmer")
    await lena.opens(link_of(anna))
    await max_.opens(link_of(anna))
    lena.phone.taps("It's mine")
    max_.phone.taps("It's mine")
    await town.settle()
    [bound] = [human for human in (lena, max_) if "(" in human.last()]
    [late] = [human for human in (lena, max_) if human is not bound]
    assert late.phone.toasts[-1] == "Somebody else follows this parcel already. Ask the shop for a new link."
    late.sees("This link is over.")
    assert not late.can_tap("It's mine")
    await zoe.opens(link_of(anna))
    zoe.sees_last("Somebody else follows this parcel already.")
    zoe.sees_no("Anna's Shoes")
    assert town.reads(lambda work: work.deliveries.customer(town.delivery().id)) == bound.id


async def test_shop_driver_and_operator_are_never_the_customer(town: Town) -> None:
    """Anna, Omar who carries it, and Olivia are told that the link is for the customer."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await anna.taps("Customer's link")
    await omar.opens(link_of(anna))
    omar.sees_last("Is it yours?")
    await omar.taps("Accept")
    assert await omar.taps("It's mine") == "This link is for the customer."
    for human in (anna, omar, town.olivia):
        await human.opens(link_of(anna))
        human.sees_last("This link is for the customer.")
        link = town.reads(lambda work: work.deliveries.link(town.delivery().id))
        assert link is not None
        message = human.phone.messages[-1]["message_id"]
        await human.does(human.phone.taps, data=f"mi:{link.id}", message_id=message)
        assert "link" in human.phone.toasts[-1]
    assert town.reads(lambda work: work.deliveries.customer(town.delivery().id)) is None


async def test_the_customer_is_not_offered_his_own_parcel(town: Town) -> None:
    """Omar, who receives the parcel, is not asked to carry it; Dina is."""
    anna = await quickly.merchant(town)
    omar, dina = await quickly.drivers(town, "Omar Ortiz", "Dina Diaz", at=[None, None])
    await quickly.book(town, anna)
    await anna.taps("Customer's link")
    await omar.opens(link_of(anna))
    await omar.taps("It's mine")
    await omar.shares_live(*quickly.NEARBY)
    omar.sees_no("to the pickup")
    await dina.shares_live(*quickly.NEARBY)
    dina.sees_last("to the pickup")


@pytest.mark.parametrize("payload", ["c", "cAAAAAAAAAAAAAAAAAAAAAA", "s", "sAAAA", "xyz", "1", "-", "c" * 64])
async def test_links_that_mean_nothing(town: Town, payload: str) -> None:
    """Garbage, a token that was never issued, a link of another kind: a kind word, and nothing else."""
    lena = town.human("Lena Lopez")
    await lena.starts(payload)
    assert re.search(r"link is (over|used or over)|don't know this link", lena.last())
    assert "Ask" in lena.last()
    await lena.starts()
    lena.sees_last("Who are you?")


# what he hears


async def test_the_card_speaks_up_when_it_matters(town: Town) -> None:
    """Found quiet, picked up loud, about to arrive loud, delivered loud with the photo: each once, the rest silent."""
    anna, omar, lena = await in_the_town(town)
    start = len(lena.phone.sounds)
    await omar.taps("Accept")
    lena.sees_last("A driver is found: Omar is on the way to the shop.")
    lena.sees_last("Omar comes by car.")
    assert lena.heard(start) == ["quiet"]
    await omar.taps("I'm at the pickup")
    lena.sees_last("Omar is at the shop.")
    await omar.taps("Picked up")
    assert lena.heard(start) == ["quiet"]
    await town.passes(seconds=59)
    assert lena.heard(start) == ["quiet"]
    await town.passes(seconds=2)
    lena.sees_last("Omar has your parcel.\nArrives 10:")
    assert lena.heard(start) == ["quiet", "loud"]
    await town.passes(seconds=60, step=10)
    assert lena.heard(start) == ["quiet", "loud"]
    await omar.taps("I'm at the door")
    lena.sees_last("Omar is at the door.")
    assert lena.heard(start) == ["quiet", "loud", "loud"]
    await omar.taps("Delivered")
    await omar.photographs()
    assert lena.heard(start) == ["quiet", "loud", "loud"]
    await town.passes(seconds=65, step=5)
    assert lena.heard(start) == ["quiet", "loud", "loud", "loud"]
    picture = lena.phone.messages[-1]
    assert picture["caption"] == f"✅ Delivered: {town.number()} from Anna's Shoes."
    assert picture["photo"]
    lena.sees("Delivered 10:02 AM ✓")
    assert not lena.can_tap("Where is it?")
    await town.passes(minutes=2, step=30)
    assert lena.heard(start) == ["quiet", "loud", "loud", "loud"]
    heads = [text for text in lena.texts() if "Your parcel from Anna's Shoes (" in text]
    assert len(heads) == 1
    anna.sees("delivered")


async def test_what_is_undone_was_never_said_aloud(town: Town) -> None:
    """A pick-up and a delivery that are undone within the minute make no sound at Lena's."""
    _, omar, lena = await in_the_town(town)
    await omar.taps("Accept")
    start = len(lena.phone.sounds)
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    lena.sees_last("Omar has your parcel.")
    await omar.taps("Undo")
    lena.sees_last("Omar is at the shop.")
    await town.passes(seconds=65)
    assert lena.heard(start) == []
    await omar.taps("Picked up")
    await town.passes(seconds=61)
    await omar.taps("I'm at the door")
    assert lena.heard(start) == ["loud", "loud"]
    await omar.taps("Delivered")
    await omar.photographs()
    await omar.taps("Undo")
    lena.sees_last("Omar is at the door.")
    await town.passes(seconds=65)
    assert lena.heard(start) == ["loud", "loud"]


@pytest.mark.parametrize(("vehicle", "far", "near"), [("foot", 520, 490), ("car", 1650, 1590)])
async def test_about_to_arrive_is_said_once(town: Town, vehicle: str, far: float, near: float) -> None:
    """Within 500 m, or within five minutes, Lena is told aloud; not before, and not again."""
    _, omar, lena = await in_the_town(town, vehicle=vehicle, size="S", pieces=1)
    await quickly.fetched(town, omar)
    await town.passes(seconds=70)
    start = len(lena.phone.sounds)
    await omar.moves(*before(LUXOR, far))
    await town.passes(seconds=5)
    assert lena.heard(start) == []
    await omar.moves(*before(LUXOR, near))
    await town.passes(seconds=5)
    lena.sees_last("Omar is about to arrive.")
    assert lena.heard(start) == ["loud"]
    await omar.moves(*before(LUXOR, far))
    await omar.moves(*before(LUXOR, 100))
    await town.passes(seconds=30, step=10)
    await omar.taps("I'm at the door")
    lena.sees_last("Omar is at the door.")
    assert lena.heard(start) == ["loud"]


async def test_late_is_said_once_in_a_while(town: Town) -> None:
    """Ten minutes past the promised time Lena hears that it takes longer, and not again within a quarter of an hour."""
    _, omar, lena = await in_the_town(town)
    await quickly.fetched(town, omar)
    await quickly.jumps(town, seconds=70)
    promised = town.delivery().told_to
    start = len(lena.phone.sounds)
    await quickly.jumps(town, seconds=(promised - town.clock.now).total_seconds() + 9 * 60)
    assert lena.heard(start) == []
    await quickly.jumps(town, minutes=1, seconds=1)
    lena.sees_last("Sorry, it takes longer.")
    assert lena.heard(start) == ["loud"]
    for _ in range(14):
        await quickly.jumps(town, minutes=1)
    assert lena.heard(start) == ["loud"]
    for _ in range(16):
        await quickly.jumps(town, minutes=1)
    assert lena.heard(start) == ["loud", "loud"]


async def test_the_window_changes_silently_and_seldom(town: Town) -> None:
    """As Omar strays the card's window moves, at most once a minute, without a sound and without a new message."""
    _, omar, lena = await on_the_way(town)
    start, messages = len(lena.phone.sounds), len(lena.phone.messages)

    def window() -> str:
        return next(line for line in lena.last().splitlines() if line.startswith("Arrives"))

    shown = [window()]
    edits = []
    for n in range(1, 25):
        await omar.moves(36.13 + n * 0.02, -115.17)
        await town.passes(seconds=10)
        if window() != shown[-1]:
            shown.append(window())
            edits.append(n * 10)
    assert len(shown) >= 3
    assert all(later - earlier >= 60 for earlier, later in pairwise(edits))
    assert lena.heard(start) == []
    assert len(lena.phone.messages) == messages


async def test_nobody_opens(town: Town) -> None:
    """Lena is told aloud that Omar stands at the door, and that her parcel goes back, and that it is back."""
    anna, omar, lena = await on_the_way(town)
    await omar.taps("I'm at the door")
    start = len(lena.phone.sounds)
    await omar.taps("Nobody there")
    lena.sees_last("Omar is at the door and nobody opens.")
    await omar.taps("Problem")
    await omar.taps("Nobody there")
    await omar.taps("Skip")
    lena.sees_last("It could not be delivered and goes back to the shop. Please call them.")
    assert not lena.can_tap("Where is it?")
    await omar.taps("I handed it back")
    lena.sees_last("It is back at the shop.")
    assert lena.heard(start) == ["loud", "loud"]
    await anna.taps("Yes, I have it back")
    lena.sees_last("It is back at the shop. Please call them.")
    assert lena.heard(start) == ["loud", "loud", "loud"]


async def test_an_operator_cancels(town: Town) -> None:
    """Lena and Omar hear it aloud, and so does Anna, who has not done it."""
    anna, omar, lena = await in_the_town(town)
    await omar.taps("Accept")
    starts = {human: len(human.phone.sounds) for human in (anna, omar, lena)}
    await town.olivia.says("/open")
    await town.olivia.taps(town.number())
    await town.olivia.taps("Cancel")
    await town.olivia.taps("No driver")
    for human in (anna, omar, lena):
        human.sees_last("cancelled")
        assert human.heard(starts[human]) == ["loud"]


# where is it?


async def test_where_is_it(town: Town) -> None:
    """Before the pickup, on the way, with an old position, and when all is over, Lena gets an answer that helps."""
    _, omar, lena = await in_the_town(town)
    await lena.taps("Where is it?")
    lena.sees_last("No driver has it yet. You are told when one does.")
    await omar.taps("Accept")
    await lena.taps("Where is it?")
    lena.sees_last("Omar fetches your parcel first. Expected 10:")
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    await town.passes(seconds=65)
    await omar.moves(*before(LUXOR, 2500))
    await lena.taps("Where is it?")
    lena.sees_last("Omar is 1.6 mi away. Expected 10:")
    await quickly.jumps(town, minutes=4)
    await lena.taps("Where is it?")
    lena.sees_last("Omar was 1.6 mi away 4 min ago. Expected 10:")
    assert lena.heard()[-1] == "quiet"
    where = lena.phone.buttons.index("Where is it?")
    assert where == 0
    old = next(m for m in lena.phone.messages[::-1] if "reply_markup" in m)
    data = old["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    await lena.does(lena.phone.taps, data=data, message_id=old["message_id"])
    lena.sees("It is no longer on its way.")


async def test_only_the_customer_may_ask_where(town: Town) -> None:
    """A stranger's forged tap is refused and shows nothing."""
    await in_the_town(town)
    max_ = town.human("Max Miller")
    await max_.starts()
    message = max_.phone.messages[-1]["message_id"]
    for data in (f"wh:{town.delivery().id}", f"sd:{town.delivery().id}"):
        await max_.does(max_.phone.taps, data=data, message_id=message)
        assert max_.phone.toasts[-1] == "That is not for you to do."
    max_.sees_no("Anna's Shoes")


# need to know


async def test_the_pin_is_for_customer_and_merchant(town: Town) -> None:
    """Lena and Anna see the PIN; Omar's chat never shows it, from the offer to the end."""
    anna, omar, lena = await in_the_town(town, pin=True)
    pin = town.delivery().pin
    anna.sees(f"PIN at the door: {pin}")
    lena.sees_last(f"Tell the driver this PIN: {pin}")
    await quickly.at_the_door(town, omar)
    omar.sees_last("Ask for the PIN at the door.")
    await omar.taps("Delivered")
    omar.sees_last("Type the PIN that Lena Lopez tells you.")
    assert not re.search(rf"(?<!\d){pin}(?!\d)", ever_shown(town, omar))
    await omar.says(str(pin))
    anna.sees("Handed over against the PIN.")
    await town.passes(seconds=65)
    lena.sees_last("Delivered 10:01 AM ✓")
    lena.sees_no(str(pin))


async def test_nobody_sees_the_others_phone(town: Town) -> None:
    """Over a whole delivery with trouble, no text, button or place of any chat holds a phone that is not its own."""
    anna, omar, lena = await on_the_way(town)
    await omar.taps("I'm at the door")
    await omar.taps("Nobody there")
    anna.sees("Please call Lena Lopez, +1 702-555-0177.")
    await omar.taps("Problem")
    await omar.taps("Nobody there")
    await omar.photographs()
    await anna.taps("Second attempt")
    await lena.taps("Where is it?")
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    await town.passes(seconds=65)
    phones = {
        "the shop's": "7025550142",
        "the customer's, as typed": "7025550177",
        "the customer's own": lena.phone.user.phone[-10:],
        "the driver's": omar.phone.user.phone[-10:],
        "the merchant's own": anna.phone.user.phone[-10:],
    }

    def seen_by(human: Human) -> set[str]:
        digits = re.sub(r"(?<=\d)[ \-.()]+(?=\d)", "", ever_shown(town, human))
        return {whose for whose, phone in phones.items() if phone in digits}

    assert seen_by(omar) == set()
    assert seen_by(lena) == set()
    assert seen_by(anna) == {"the customer's, as typed"}


async def test_the_driver_learns_the_address_after_the_pickup(town: Town) -> None:
    """The offer and the way to the shop name the area only; the customer's chat never names the driver's surname."""
    _, omar, lena = await in_the_town(town)
    await omar.taps("Accept")
    await omar.taps("I'm at the pickup")
    shown = ever_shown(town, omar)
    assert "The Strip" in shown
    for secret in ("3600", "Bellagio", "Lena", "Gate code"):
        assert secret not in shown, secret
    await omar.taps("Picked up")
    omar.sees_last("Bring it to Lena Lopez, Bellagio, 3600 S Las Vegas Blvd")
    omar.sees_last("Gate code 1234")
    assert "Ortiz" not in ever_shown(town, lena)


async def test_who_blocks_is_not_written_to(town: Town) -> None:
    """Lena blocks the bot: Anna's card says so, nothing is sent to her, and all is shown when she comes back."""
    anna, omar, lena = await in_the_town(town)
    lena.phone.blocks()
    await town.settle()
    anna.sees("Customer: has blocked me")
    messages = len(lena.phone.messages)
    await quickly.fetched(town, omar)
    await town.passes(seconds=65)
    assert len(lena.phone.messages) == messages
    lena.phone.unblocks()
    await town.settle()
    anna.sees("Customer: connected ✓")
    lena.sees_last("Omar has your parcel.")


async def test_one_customer_two_parcels(town: Town) -> None:
    """Two parcels have a card each; each follows its own delivery."""
    anna, omar, lena = await in_the_town(town)
    first = town.number()
    second = await quickly.book(town, anna)
    await anna.says("/status")
    await anna.taps(second)
    await anna.taps("Customer's link")
    await lena.opens(link_of(anna))
    await lena.taps("It's mine")
    await at_once(omar.taps("Accept"))
    cards = {number: next(t for t in lena.texts() if f"({number})" in t) for number in (first, second)}
    assert "A driver is found: Omar" in cards[first]
    assert "We are still looking for a driver." in cards[second]
    await lena.starts()
    await lena.taps("I expect a delivery")
    lena.sees_last("2 parcels are on their way to you.")
