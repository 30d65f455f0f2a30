"""A merchant joins: name, place, mall, phone, note, and an operator who approves, or says why not."""

from storage.models import Merchant
from tests.stories.town import FASHION_SHOW, Human, Town

OUTSIDE = (36.1126, -115.1767)
"""At the Bellagio: far from every mall of this market."""


def merchants_of(town: Town, anna: Human) -> list[Merchant]:
    """The merchants that she speaks for, newest first."""
    return town.reads(lambda work: work.merchants.of(anna.id))


def venues(anna: Human) -> list[str]:
    """The titles of the places that were shown to her on a map, oldest first."""
    return [message["venue"]["title"] for message in anna.phone.messages if "venue" in message]


async def at_the_place(town: Town) -> Human:
    """Anna has said what her shop is called and is asked where it is."""
    anna = town.human("Anna Archer")
    await anna.starts()
    await anna.taps("I have a shop")
    anna.sees_last("What is your shop called?")
    await anna.says("Anna's Shoes & <b>Co</b>")
    anna.sees_last("Where do drivers pick up?")
    return anna


async def applied(town: Town, name: str = "Anna Archer") -> Human:
    """Somebody whose application waits for an operator."""
    anna = town.human(name)
    await anna.starts()
    await anna.taps("I have a shop")
    await anna.says("Anna's Shoes")
    await anna.pins(*OUTSIDE)
    await anna.says("702 555 0142")
    await anna.taps("Skip")
    return anna


async def test_she_joins_by_a_typed_address_and_is_approved(town: Town) -> None:
    """A mistyped address is asked again, the right one shown back as a venue; the operator sees all of it."""
    anna = await at_the_place(town)
    await anna.says("Qwertzuiop 99")
    anna.sees_last("I can't find “Qwertzuiop 99”")
    anna.sees_last("Where do drivers pick up?")
    assert venues(anna) == []
    await anna.says("fashon show mall")
    assert venues(anna) == ["Fashion Show"]
    anna.sees_last("Is this the right spot?")
    await anna.taps("That's right")
    anna.sees_last("Is your shop inside Fashion Show?")
    await anna.says("dunno")
    anna.sees_last("Please tap one of the buttons.")
    await anna.taps("Yes, inside Fashion Show")
    anna.sees_last("Which number can an operator call?")
    await anna.says("12345")
    anna.sees_last("I can't read that as a phone number.")
    await anna.says("(702) 555-0142")
    anna.sees_last("How do drivers find the counter?")
    await anna.says("Level 2, next to the cinema")
    anna.sees_last("An operator looks at Anna's Shoes & <b>Co</b> soon.")
    assert anna.phone.keyboard is None

    town.olivia.sees_last("Anna's Shoes & <b>Co</b> wants to join.")
    town.olivia.sees_last("Fashion Show, 3200 S Las Vegas Blvd")
    town.olivia.sees_last("Mall: Fashion Show")
    town.olivia.sees_last("+1 702-555-0142")
    assert town.olivia.heard()[-1] == "loud"
    await town.olivia.taps("Approve")
    town.olivia.sees_last("✓ Approved.")
    assert not town.olivia.can_tap("Approve")
    anna.sees("🎉 Anna's Shoes & <b>Co</b> is approved.")
    assert anna.can_tap("New delivery")
    [merchant] = merchants_of(town, anna)
    assert (merchant.status, merchant.mall, merchant.phone) == ("approved", "fashion-show", "+17025550142")
    assert merchant.pickup_note == "Level 2, next to the cinema"


async def test_what_was_found_can_be_moved_or_typed_again(town: Town) -> None:
    """Type again and Move the pin lead to the spot she means, and the label stays what she typed."""
    anna = await at_the_place(town)
    await anna.says("Bellagio")
    await anna.taps("Type again")
    anna.sees_last("Where do drivers pick up?")
    await anna.says("Caesars Palace")
    assert venues(anna)[-1] == "Caesars Palace"
    await anna.taps("Move the pin")
    anna.sees_last("move the map under the pin")
    await anna.pins(36.1170, -115.1750)
    anna.sees_last("Which number can an operator call?")
    await anna.taps("Send my number")
    await anna.taps("Skip")
    [merchant] = merchants_of(town, anna)
    assert (merchant.lat, merchant.lon) == (36.1170, -115.1750)
    assert merchant.address == "Caesars Palace, 3570 S Las Vegas Blvd"
    assert (merchant.mall, merchant.pickup_note) == (None, None)
    assert merchant.phone == anna.phone.user.phone


async def test_another_address_may_be_typed_straight_away(town: Town) -> None:
    """Where the map shows the wrong place she need not tap: a new address is looked up as well."""
    anna = await at_the_place(town)
    await anna.says("Bellagio")
    await anna.says("nowhere at all qqq")
    anna.sees_last("I can't find “nowhere at all qqq”")
    await anna.says("Luxor")
    assert venues(anna)[-1] == "Luxor"
    await anna.taps("That's right")
    anna.sees_last("Which number can an operator call?")


async def test_a_pin_needs_no_confirming(town: Town) -> None:
    """A pin inside the mall's grounds leads straight to the mall; she has her shop on the street there."""
    anna = await at_the_place(town)
    await anna.does(anna.phone.sticker)
    anna.sees_last("I can't read an address there.")
    await anna.pins(*FASHION_SHOW)
    anna.sees_last("Is your shop inside Fashion Show?")
    await anna.taps("No, on the street")
    await anna.sends_contact("Bob Builder", "+1 702 555 0188")
    await anna.taps("Skip")
    [merchant] = merchants_of(town, anna)
    assert (merchant.mall, merchant.phone) == (None, "+17025550188")


async def test_back_works_at_every_question(town: Town) -> None:
    """From the note she goes back to the very first question, also over the phone's own keyboard, and forward again."""
    anna = await at_the_place(town)
    await anna.says("Fashion Show")
    await anna.taps("That's right")
    await anna.taps("Yes, inside")
    await anna.says("702 555 0142")
    for question in (
        "Which number can an operator call?",
        "Is your shop inside Fashion Show?",
        "Is this the right spot?",
        "Where do drivers pick up?",
        "What is your shop called?",
    ):
        await anna.taps("‹ Back")
        anna.sees_last(question)
    assert anna.phone.keyboard is None
    assert "Back" not in " ".join(anna.phone.buttons)
    await anna.says("Another name")
    await anna.pins(*OUTSIDE)
    await anna.says("702 555 0142")
    await anna.taps("Skip")
    [merchant] = merchants_of(town, anna)
    assert (merchant.name, merchant.mall) == ("Another name", None)


async def test_leaving_drops_the_registration(town: Town) -> None:
    """Cancel, by the button of the phone's keyboard or by command, leaves nothing behind."""
    anna = await at_the_place(town)
    await anna.pins(*OUTSIDE)
    await anna.taps("Cancel")
    anna.sees_last("I dropped your shop's registration.")
    assert anna.phone.keyboard is None
    await anna.says("/cancel")
    anna.sees_last("There is no question to leave.")
    await anna.says("/deliver")
    anna.sees_last("You don't speak for a shop here yet.")
    assert merchants_of(town, anna) == []


async def test_a_listed_reason_is_told_and_she_may_apply_again(town: Town) -> None:
    """Declined as outside the area, Anna applies anew and is approved."""
    anna = await applied(town)
    await anna.says("/deliver")
    anna.sees_last("Your shop waits for an operator.")
    await anna.starts()
    await anna.taps("I have a shop")
    anna.sees("Your shop waits for an operator.")
    await town.olivia.taps("Decline")
    town.olivia.sees_last("Why is Anna's Shoes declined?")
    await town.olivia.taps("outside our area")
    anna.sees_last("We can't take Anna's Shoes now: outside our area")
    assert anna.heard()[-1] == "loud"
    town.olivia.sees("✕ Declined.")
    await anna.starts()
    await anna.taps("I have a shop")
    anna.sees_last("What is your shop called?")
    await anna.says("Anna's Boots")
    await anna.pins(*OUTSIDE)
    await anna.says("702 555 0142")
    await anna.taps("Skip")
    await town.olivia.taps("Approve")
    anna.sees("Anna's Boots is approved.")
    assert [merchant.status for merchant in merchants_of(town, anna)] == ["approved", "declined"]


async def test_a_typed_reason_is_told(town: Town) -> None:
    """What the operator types as the reason reaches Anna as it is."""
    anna = await applied(town)
    await town.olivia.taps("Decline")
    await town.olivia.says("We need <your> licence first")
    anna.sees_last("We can't take Anna's Shoes now: We need <your> licence first")
    [merchant] = merchants_of(town, anna)
    assert merchant.status == "declined"


async def test_two_operators_settle_her_once(town: Town) -> None:
    """The second approval is told that it is settled, a half-done decline goes away, and Anna hears it once."""
    otto = town.human("Otto Operator")
    town.settings_given["operators"] = (900, otto.id)
    await town.restart()
    await otto.starts()
    anna = await applied(town)
    await otto.taps("Decline")
    otto.sees_last("Why is Anna's Shoes declined?")
    tap = next(m for m in town.olivia.phone.messages[::-1] if "wants to join" in m.get("text", ""))
    data = tap["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await town.olivia.taps("Approve")
    await town.olivia.does(town.olivia.phone.taps, data=data, message_id=tap["message_id"])
    assert town.olivia.phone.toasts[-1] == "That is settled already."
    await otto.taps("papers are missing")
    assert otto.phone.toasts[-1] == "That is settled already."
    assert not otto.can_tap("papers are missing")
    assert [text for text in anna.texts() if "is approved" in text] == [
        "🎉 Anna's Shoes is approved. /deliver books your first delivery."
    ]
    anna.sees_no("We can't take")
    assert town.reads(lambda work: work.drafts.open(otto.id)) is None


async def test_only_an_operator_settles(town: Town) -> None:
    """A tap that was forged by somebody else is refused and changes nothing."""
    anna = await applied(town)
    [merchant] = merchants_of(town, anna)
    message = anna.phone.messages[-1]["message_id"]
    await anna.does(anna.phone.taps, data=f"se:merchant:{merchant.id}:1", message_id=message)
    assert anna.phone.toasts[-1] == "That is not for you to do."
    [merchant] = merchants_of(town, anna)
    assert merchant.status == "pending"
