"""The merchant's card of a delivery: the customer's link, cancelling at its price, and nobody who takes it."""

from typing import Any

from tests.stories import quickly
from tests.stories.town import Human, Town


def keys(human: Human) -> dict[str, dict[str, Any]]:
    """The buttons of the bot's newest message, by their labels."""
    rows = human.phone.messages[-1].get("reply_markup", {}).get("inline_keyboard", [])
    return {button["text"]: button for row in rows for button in row}


async def in_the_town(town: Town) -> tuple[Human, Human, Human]:
    """Anna has booked, Omar has the offer, Lena follows."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    return anna, omar, lena


def ended(town: Town) -> tuple[str, int, str | None]:
    """Status, cancel fee and reason of the newest delivery."""
    delivery = town.delivery()
    return delivery.status, delivery.cancel_fee, delivery.problem


# the customer's link


async def test_the_link_can_be_passed_on_in_every_way(town: Town) -> None:
    """Share, copy, WhatsApp to the phone she typed, and a QR picture all carry the same link."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    await anna.taps("Customer's link")
    anna.sees_last(f"Send this link to Lena Lopez, who can then follow {number}:")
    link = anna.last().splitlines()[-1]
    token = link.partition("?start=c")[2]
    assert len(token) == 22
    shown = keys(anna)
    assert shown["Share"]["url"].startswith("https://t.me/share/url?url=https%3A%2F%2Ft.me%2F")
    assert token in shown["Share"]["url"]
    assert shown["WhatsApp"]["url"].startswith("https://wa.me/17025550177?text=")
    assert token in shown["WhatsApp"]["url"]
    await anna.taps("Copy")
    assert anna.phone.clipboard == link
    await anna.taps("QR code")
    picture = anna.phone.messages[-1]
    assert picture["caption"] == f"{number}: scan to follow this parcel."
    assert picture["photo"]


async def test_without_a_phone_there_is_no_whatsapp(town: Town) -> None:
    """Where Anna gave no phone, the other ways are there."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna, phone=False)
    await anna.taps("Customer's link")
    assert set(keys(anna)) == {"Share", "Copy", "QR code", "New link"}


async def test_a_new_link_ends_the_old_one(town: Town) -> None:
    """Lena's binding is over with the old link; Max, who opens the new one, follows the parcel instead."""
    anna, omar, lena = await in_the_town(town)
    anna.sees("Customer: connected ✓")
    old = anna.last().splitlines()[-1]
    await anna.taps("New link")
    anna.sees_last("Lena Lopez follows")
    await anna.taps("Keep the old one")
    anna.sees("Customer: connected ✓")
    await anna.taps("New link")
    await anna.taps("New link")
    new = anna.last().splitlines()[-1]
    assert new != old
    anna.sees("Customer: not connected yet")
    lena.sees("This link is over. Ask the shop for a new one.")
    assert not lena.can_tap("Where is it?")
    max_ = town.human("Max Miller")
    await max_.opens(old)
    max_.sees_last("This link is over.")
    await max_.opens(new)
    await max_.taps("It's mine")
    max_.sees("Your parcel from Anna's Shoes")
    silent = len(lena.phone.sounds)
    await omar.taps("Accept")
    max_.sees("A driver is found: Omar")
    lena.sees_no("Omar")
    assert lena.heard(silent) == []


async def test_the_link_is_over_with_the_delivery(town: Town) -> None:
    """After the end there is nothing left to pass on, and an old Customer's link card says so."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    await anna.taps("Customer's link")
    old = keys(anna)["QR code"]["callback_data"]
    message = anna.phone.messages[-1]["message_id"]
    await anna.taps("Cancel")
    await anna.taps("Not ready")
    anna.sees(f"The link of {number} is over.")
    assert not anna.can_tap("Share")
    await anna.does(anna.phone.taps, data=old, message_id=message)
    anna.sees_last(f"The link of {number} is over.")
    assert "photo" not in anna.phone.messages[-1]


# cancelling


async def test_cancelling_while_searching_is_free(town: Town) -> None:
    """Before anybody has it Anna pays nothing; Omar's offer closes by itself, Lena is told aloud."""
    anna, omar, lena = await in_the_town(town)
    before = len(lena.phone.sounds)
    await anna.taps("Cancel")
    anna.sees_last("It is free now. Why?")
    await anna.says("because")
    anna.sees_last("Please tap one of the buttons.")
    await anna.taps("Not ready")
    anna.sees("cancelled")
    anna.sees("Reason: Not ready")
    anna.sees_no("Cancelling cost")
    assert ended(town) == ("cancelled", 0, "not_ready")
    omar.sees("No longer on offer")
    assert not omar.can_tap("Accept")
    lena.sees_last("This delivery was cancelled.")
    assert lena.heard(before) == ["loud"]
    assert not anna.can_tap("Cancel")


async def test_cancelling_soon_after_a_driver_has_it_is_free(town: Town) -> None:
    """Within two minutes it still costs nothing; Omar hears it aloud and is free again."""
    anna, omar, _ = await in_the_town(town)
    await omar.taps("Accept")
    await town.passes(seconds=115)
    before = len(omar.phone.sounds)
    await anna.taps("Cancel")
    anna.sees_last("It is free now.")
    await anna.taps("Customer changed mind")
    assert ended(town) == ("cancelled", 0, "changed_mind")
    omar.sees_last("was cancelled")
    assert omar.heard(before) == ["loud"]
    assert town.reads(lambda work: work.drivers.run(town.delivery().driver_id)) is None


async def test_cancelling_later_costs_half(town: Town) -> None:
    """After two minutes the price is named first, and stands on the card after."""
    anna, omar, _ = await in_the_town(town)
    await omar.taps("Accept")
    await quickly.jumps(town, minutes=3)
    await anna.taps("Cancel")
    anna.sees_last("It costs $4.73 now. Why?")
    await anna.taps("Takes too long")
    anna.sees("Cancelling cost $4.73.")
    assert ended(town) == ("cancelled", 473, "too_slow")


async def test_a_price_that_changes_is_shown_before_it_counts(town: Town) -> None:
    """While Anna thinks, the free time ends: her reason is not taken at a price that she has not seen."""
    anna, omar, _ = await in_the_town(town)
    await omar.taps("Accept")
    await anna.taps("Cancel")
    anna.sees_last("It is free now.")
    await quickly.jumps(town, minutes=3)
    anna.sees_last("The price has changed meanwhile:")
    anna.sees_last("It costs $4.73 now. Why?")
    assert ended(town)[0] == "assigned"
    await anna.taps("Keep the delivery")
    anna.sees("› Keep the delivery")
    assert ended(town) == ("assigned", 0, None)
    await anna.taps("Cancel")
    await anna.taps("Wrong address")
    assert ended(town) == ("cancelled", 473, "wrong_address")


async def test_a_pickup_while_she_decides_is_not_cancelled(town: Town) -> None:
    """Omar picks it up while the question is open: Anna learns that it is too late, and the question is gone."""
    anna, omar, _ = await in_the_town(town)
    await omar.taps("Accept")
    await omar.taps("I'm at the pickup")
    await anna.taps("Cancel")
    await omar.taps("Picked up")
    toast = await anna.taps("Not ready")
    assert toast == f"{town.number()} can't be cancelled any more."
    assert ended(town)[0] == "picked_up"
    assert not anna.can_tap("Not ready")
    assert town.reads(lambda work: work.drafts.open(anna.id)) is None


async def test_after_the_pickup_an_operator_is_asked(town: Town) -> None:
    """What travels already cannot be cancelled: Olivia is asked to have it brought back, once."""
    anna, omar, _ = await in_the_town(town)
    await quickly.fetched(town, omar)
    number = town.number()
    await anna.taps("Ask for it back")
    await anna.taps("Ask for it back")
    anna.sees_last("An operator has been asked to call it back.")
    town.olivia.sees_last(f"{number}: the merchant wants it back.")
    asked = len(town.olivia.phone.messages)
    card = anna.phone.messages[-1]["message_id"]
    tap = await anna.does(anna.phone.taps, data=f"ab:{town.delivery().id}", message_id=card)
    assert tap.toast == f"An operator has been asked already to call {number} back."
    assert len(town.olivia.phone.messages) == asked
    assert town.olivia.heard()[-1] == "loud"
    assert ended(town)[0] == "picked_up"


async def test_the_cancel_question_waits_for_nobody(town: Town) -> None:
    """In the middle of a booking the price of cancelling is asked first, then the booking goes on."""
    anna, _, _ = await in_the_town(town)
    await anna.says("/deliver")
    await anna.taps("3")
    data = f"ca:{town.delivery().id}"
    await anna.does(anna.phone.taps, data=data)
    anna.sees("Kept for later: your booking.")
    anna.sees_last("It is free now.")
    await anna.says("/deliver")
    anna.sees("First things first")
    anna.sees_last("It is free now.")
    await anna.taps("Not ready")
    anna.sees("Back to your booking.")
    anna.sees_last("How big is the biggest piece?")


async def test_nobody_else_can_cancel_it(town: Town) -> None:
    """A forged tap by the customer or by another shop is refused."""
    anna, _, lena = await in_the_town(town)
    bela = await quickly.merchant(town, "Bela Bartos", "Bela's Books")
    for stranger in (lena, bela):
        for code in ("ca", "li", "ln", "qr", "re", "hb", "at", "ab", "sd"):
            if (stranger, code) == (lena, "sd"):
                continue
            message = stranger.phone.messages[-1]["message_id"]
            await stranger.does(stranger.phone.taps, data=f"{code}:{town.delivery().id}", message_id=message)
            assert stranger.phone.toasts[-1] == "That is not for you to do.", code
            stranger.sees_no("To Lena Lopez")
    assert ended(town)[0] == "requested"
    anna.sees("Customer: connected ✓")


# nobody takes it


async def unwanted(town: Town) -> Human:
    """Anna's delivery that nobody took: Olivia had her five minutes, Anna is asked."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    town.olivia.sees_last(f"No driver takes {number}.")
    assert town.olivia.heard()[-1] == "loud"
    await quickly.jumps(town, minutes=4)
    anna.sees_last("no driver yet")
    before = len(anna.phone.sounds)
    await quickly.jumps(town, minutes=1, seconds=1)
    anna.sees_last(f"{number} · no driver found")
    assert anna.heard(before) == ["loud"]
    return anna


async def test_nobody_found_and_tried_again(town: Town) -> None:
    """Anna tries again, and Omar, who has come on duty, gets the offer at once; Olivia's card closes."""
    anna = await unwanted(town)
    omar = await quickly.driver(town)
    omar.sees_no("to the pickup")
    await anna.taps("Try again")
    anna.sees("looking for a")
    town.olivia.sees("✓ Settled.")
    omar.sees_last("to the pickup")
    await omar.taps("Accept")
    anna.sees_last("Omar is on the way to the shop")


async def test_nobody_found_and_cancelled(town: Town) -> None:
    """Anna cancels for nothing what nobody took."""
    anna = await unwanted(town)
    await anna.taps("Cancel")
    anna.sees_last("It is free now.")
    await anna.taps("Takes too long")
    anna.sees("cancelled")
    assert ended(town) == ("cancelled", 0, "too_slow")
    assert quickly.cases(town) == []


async def test_nobody_found_and_no_answer(town: Town) -> None:
    """Two hours without an answer: the delivery is cancelled by itself, free, and the card says why."""
    anna = await unwanted(town)
    await quickly.jumps(town, minutes=119)
    assert ended(town)[0] == "expired"
    await quickly.jumps(town, minutes=1, seconds=1)
    anna.sees("Reason: No answer for 2 hours")
    assert ended(town) == ("cancelled", 0, "no_answer")
    assert not anna.can_tap("Try again")


async def test_a_driver_who_comes_while_the_operator_looks_gets_it(town: Town) -> None:
    """In Olivia's five minutes Omar comes on duty and is offered it; nobody has to do anything."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    await quickly.jumps(town, minutes=2)
    omar = await quickly.driver(town)
    await omar.taps("Accept")
    anna.sees_last("Omar is on the way to the shop")
    assert quickly.cases(town) == []


# what the card shows


async def test_the_card_follows_the_delivery(town: Town) -> None:
    """State, driver's first name and vehicle, window and customer stand on one card from the search to the end."""
    anna, omar, lena = await in_the_town(town)
    await omar.taps("Accept")
    for words in ("Omar is on the way to the shop", "Driver: Omar, by car", "Arrives 10:", "Customer: connected ✓"):
        anna.sees_last(words)
    anna.sees_no("Ortiz")
    await omar.taps("I'm at the pickup")
    anna.sees("Omar is at the counter")
    await omar.taps("Picked up")
    await town.passes(seconds=70)
    anna.sees("Omar has it")
    lena.phone.blocks()
    await town.settle()
    anna.sees("Customer: has blocked me")
    await lena.starts()
    anna.sees("Customer: connected ✓")
    lena.sees("Omar has your parcel.")
    await omar.taps("I'm at the door")
    anna.sees("Omar is at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    anna.sees("delivered 10:01 AM ✓")
    anna.sees("The driver took a photo.")
    heads = [text for text in anna.texts() if f"{town.number()} · " in text]
    assert len(heads) == 1


async def test_what_the_merchant_hears(town: Town) -> None:
    """Assigned, at the pickup and delivered come quietly, each once; nothing else makes a new message."""
    anna, omar, _ = await in_the_town(town)
    before = len(anna.phone.sounds)
    await omar.taps("Accept")
    assert anna.heard(before) == ["quiet"]
    await omar.taps("I'm at the pickup")
    assert anna.heard(before) == ["quiet"] * 2
    await omar.taps("Picked up")
    await town.passes(seconds=70)
    await omar.taps("I'm at the door")
    assert anna.heard(before) == ["quiet"] * 2
    await omar.taps("Delivered")
    await omar.photographs()
    await town.passes(seconds=70)
    await town.passes(seconds=70)
    assert anna.heard(before) == ["quiet"] * 3
