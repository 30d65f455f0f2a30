"""Staff: the owner invites somebody by a link, lets him in or not, and takes the right away again."""

import re
from datetime import timedelta

from storage.models import Merchant
from tests.stories import quickly
from tests.stories.town import Human, Town


def shop_of(town: Town, anna: Human) -> Merchant:
    """The merchant that she speaks for."""
    [merchant] = town.reads(lambda work: work.merchants.of(anna.id))
    return merchant


def speaks(town: Town, human: Human, merchant: Merchant) -> bool:
    """Whether this person speaks for the merchant."""
    return town.reads(lambda work: work.merchants.speaks_for(human.id, merchant.id))


async def invited(town: Town, anna: Human) -> str:
    """The link that Anna gets for one more person."""
    await anna.says("/staff")
    await anna.taps("Invite somebody")
    anna.sees_last("It works once, for 24 hours:")
    found = re.search(r"https://t\.me/\S+\?start=s\S{22}$", anna.last())
    assert found is not None
    return found[0]


async def joined(town: Town, anna: Human, name: str = "Ben Baker") -> Human:
    """Somebody whom Anna has let in."""
    link = await invited(town, anna)
    ben = town.human(name)
    await ben.opens(link)
    await anna.taps("Yes, let in")
    return ben


async def test_the_owner_lets_somebody_in(town: Town) -> None:
    """Ben opens the link, Anna is asked aloud and says yes; from then on Ben books for the shop, and so the card."""
    anna = await quickly.merchant(town)
    shop = shop_of(town, anna)
    link = await invited(town, anna)
    ben = town.human("Ben Baker")
    await ben.opens(link)
    ben.sees_last("The owner of Anna's Shoes is asked to let you in.")
    assert not speaks(town, ben, shop)
    await ben.says("/deliver")
    ben.sees_last("You don't speak for a shop here yet.")
    anna.sees_last("Ben Baker")
    anna.sees_last("opened your link. May this person book for you?")
    assert anna.heard()[-1] == "loud"
    await anna.taps("Yes, let in")
    anna.sees_last("speaks for your shop now.")
    assert not anna.can_tap("Yes, let in")
    ben.sees("You speak for Anna's Shoes now.")
    assert ben.heard()[-2] == "loud"
    assert ben.can_tap("New delivery")
    number = await town.book(ben)
    ben.sees_last(number)
    anna.sees_no(number)
    await anna.says("/staff")
    anna.sees_last("• Anna Archer (owner)\n• Ben Baker")


async def test_the_link_works_once(town: Town) -> None:
    """A second person, and Ben himself again, find the link used."""
    anna = await quickly.merchant(town)
    link = await invited(town, anna)
    ben, carl = town.human("Ben Baker"), town.human("Carl Cruz")
    await ben.opens(link)
    await carl.opens(link)
    carl.sees_last("This link is used or over.")
    await ben.opens(link)
    ben.sees_last("This link is used or over.")
    await anna.taps("Yes, let in")
    await carl.opens(link)
    carl.sees_last("This link is used or over.")
    await ben.opens(await invited(town, anna))
    ben.sees_last("You speak for Anna's Shoes already.")
    assert not speaks(town, carl, shop_of(town, anna))


async def test_the_link_holds_for_a_day(town: Town) -> None:
    """After 24 hours the link is over; a minute before it still works."""
    anna = await quickly.merchant(town)
    link, other = await invited(town, anna), await invited(town, anna)
    await quickly.jumps(town, hours=23, minutes=59)
    ben, carl = town.human("Ben Baker"), town.human("Carl Cruz")
    await ben.opens(other)
    ben.sees_last("is asked to let you in")
    await quickly.jumps(town, minutes=1)
    await carl.opens(link)
    carl.sees_last("This link is used or over. Ask for a new one.")


async def test_the_owner_refuses(town: Town) -> None:
    """Anna says no: Ben is told, does not speak for the shop, and the used link stays used."""
    anna = await quickly.merchant(town)
    link = await invited(town, anna)
    ben = town.human("Ben Baker")
    await ben.opens(link)
    asked = anna.phone.messages[-1]
    yes = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    await anna.taps("No")
    anna.sees_last("was not let in.")
    ben.sees_last("The owner of Anna's Shoes said no.")
    assert not speaks(town, ben, shop_of(town, anna))
    await anna.does(anna.phone.taps, data=yes, message_id=asked["message_id"])
    assert anna.phone.toasts[-1] == "This link is used or over. Ask for a new one."
    assert not speaks(town, ben, shop_of(town, anna))


async def test_only_the_owner_manages_staff(town: Town) -> None:
    """Ben sees the list but can neither invite nor let in nor remove; a stranger sees nothing; the owner stays."""
    anna = await quickly.merchant(town)
    shop = shop_of(town, anna)
    ben = await joined(town, anna)
    await ben.says("/staff")
    ben.sees_last("• Anna Archer (owner)")
    assert "Invite somebody" not in ben.phone.buttons
    assert "Remove" not in " ".join(ben.phone.buttons)
    link = await invited(town, anna)
    carl = town.human("Carl Cruz")
    await carl.opens(link)
    forged = (f"is:{shop.id}", f"rs:{shop.id}:{anna.id}", f"rs:{shop.id}:{ben.id}", "ia:2:1")
    for data in forged:
        await ben.does(ben.phone.taps, data=data, message_id=ben.phone.messages[-1]["message_id"])
        assert ben.phone.toasts[-1] == "Only the owner of the shop can do that.", data
        await carl.does(carl.phone.taps, data=data, message_id=carl.phone.messages[-1]["message_id"])
        assert carl.phone.toasts[-1] == "That is not for you to do.", data
    await anna.does(anna.phone.taps, data=forged[1], message_id=anna.phone.messages[-1]["message_id"])
    assert anna.phone.toasts[-1] == "The owner can't be removed."
    await carl.says("/staff")
    carl.sees_last("You don't speak for a shop here yet.")
    assert speaks(town, anna, shop)
    assert speaks(town, ben, shop)
    assert not speaks(town, carl, shop)


async def test_whoever_is_removed_speaks_for_the_shop_no_more(town: Town) -> None:
    """Ben is told, his half-done booking ends, and the news of what he booked go to Anna."""
    anna = await quickly.merchant(town)
    ben = await joined(town, anna)
    omar = await quickly.driver(town)
    number = await town.book(ben)
    await ben.says("/deliver")
    await ben.taps("3")
    await anna.says("/staff")
    await anna.taps("Remove Ben Baker")
    anna.sees_no("• Ben Baker")
    ben.sees("You no longer speak for Anna's Shoes.")
    assert not speaks(town, ben, shop_of(town, anna))
    assert not ben.can_tap("M · a box")
    ben.sees_no("looking for a driver")
    assert town.reads(lambda work: work.drafts.open(ben.id)) is None
    assert not ben.can_tap("Cancel")
    before = len(ben.phone.sounds)
    await omar.taps("Accept")
    anna.sees_last(f"{number} · Omar is on the way to the shop")
    assert ben.heard(before) == []


async def test_staff_see_each_others_deliveries_when_they_look(town: Town) -> None:
    """What Ben booked Anna finds under her open deliveries, may cancel, and Ben's card shows it."""
    anna = await quickly.merchant(town)
    ben = await joined(town, anna)
    number = await town.book(ben)
    await anna.says("/status")
    await anna.taps(number)
    anna.sees_last(f"{number} · no driver yet")
    await anna.taps("Cancel")
    await anna.taps("Not ready")
    ben.sees(f"{number} · cancelled")
    anna.sees(f"{number} · cancelled")


async def test_a_driver_of_the_shop_is_not_offered_its_parcels(town: Town) -> None:
    """Omar, who speaks for the shop as well, gets no offer of it; he may be driver for others."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await omar.opens(await invited(town, anna))
    await anna.taps("Yes, let in")
    await quickly.book(town, anna)
    omar.sees_no("to the pickup")
    bela = await quickly.merchant(town, "Bela Bartos", "Bela's Books")
    town.clock.now += timedelta(seconds=1)
    await quickly.book(town, bela)
    omar.sees_last("From Bela's Books")
