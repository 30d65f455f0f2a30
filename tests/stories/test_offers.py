"""Offers: what a driver is shown, who is asked when, and how each offer ends."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.sandbox.errors import ApiError
from storage.models import Staff
from tests.stories import quickly
from tests.stories.quickly import NEARBY, north
from tests.stories.town import Human, Town


def offered(*people: Human) -> list[str]:
    """The names of those who can accept something."""
    return [person.name for person in people if person.can_tap("Accept")]


async def test_the_offer_says_what_counts_and_not_whose_it_is(town: Town) -> None:
    """Pay, way, length, direction, area and an absolute deadline; no address, no customer, no phone, no note."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    before = len(omar.phone.sounds)
    await quickly.book(town, anna)
    card = omar.last()
    pay = quickly.delivery(town, town.number()).pay
    assert f"${pay / 100:.2f}" in card
    assert "to the pickup" in card
    assert "From Anna's Shoes" in card
    assert "mi south" in card
    assert "To The Strip · 2 pieces, size M" in card
    assert "Answer by 10:00:30" in card
    for secret in ("3600", "Bellagio", "Lena", "0177", "Gate code"):
        assert secret not in card
    assert quickly.loud(omar, before) == 1


async def test_waves_of_one_three_and_eight(town: Town) -> None:
    """The nearest is asked first, then three more within 6 km, then eight more within 12 km."""
    names = [f"Driver{letter}" for letter in "ABCDEFGHIJKLMN"]
    places = [north(0.3 + 0.3 * index) for index in range(5)] + [north(5 + 0.2 * index) for index in range(9)]
    people = await quickly.drivers(town, *names, at=places)
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    assert offered(*people) == names[:1]
    await town.passes(seconds=31)
    assert offered(*people) == names[1:4]
    await town.passes(seconds=31)
    assert offered(*people) == names[4:12]
    people[0].sees("Time is over")
    await town.passes(seconds=31)
    assert "nobody_found" in quickly.cases(town)
    assert town.delivery().status == "requested"
    await town.passes(seconds=301, step=100)
    assert town.delivery().status == "expired"
    anna.sees("no driver found")
    assert anna.can_tap("Try again")


async def test_an_empty_wave_is_skipped(town: Town) -> None:
    """Nobody within 3 km: the driver at 4 km is asked at once."""
    omar = await quickly.driver(town, at=north(4))
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    assert offered(omar) == ["Omar Ortiz"]


async def test_an_offer_that_expires_closes_by_itself(town: Town) -> None:
    """Half a minute later the card says that its time is over and has no buttons."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await town.passes(seconds=29)
    assert offered(omar)
    await town.passes(seconds=2)
    assert not offered(omar)
    omar.sees("Time is over ($")


async def test_declining_goes_on_at_once(town: Town) -> None:
    """Omar declines: his card closes, the next is asked without waiting."""
    anna = await quickly.merchant(town)
    omar, petra = await quickly.drivers(town, "Omar Ortiz", "Petra Pan", at=[NEARBY, north(2)])
    await quickly.book(town, anna)
    assert offered(omar, petra) == ["Omar Ortiz"]
    await omar.taps("Decline")
    omar.sees("You declined ($")
    assert offered(omar, petra) == ["Petra Pan"]
    await town.passes(seconds=31)
    assert offered(omar, petra) == []


async def test_the_loser_of_a_race_is_told_kindly(town: Town) -> None:
    """Two drivers tap Accept at the same moment: one has it, the other's card says that somebody was quicker."""
    anna = await quickly.merchant(town)
    omar, petra = await two_with_an_offer(town, anna)
    first, second = omar.phone.taps("Accept"), petra.phone.taps("Accept")
    await town.settle()
    omar.sees("Pick up at Anna's Shoes")
    omar.sees("✓ You have it ($")
    assert first.toast is None
    assert second.toast == "Somebody was quicker. The next offer comes."
    petra.sees("Somebody was quicker ($")
    assert not petra.can_tap("Accept")
    petra.sees_no("Pick up at")
    assert town.delivery().status == "assigned"


async def test_every_other_card_closes_by_itself(town: Town) -> None:
    """Omar accepts; Petra, who did nothing, sees that somebody was quicker."""
    anna = await quickly.merchant(town)
    omar, petra = await two_with_an_offer(town, anna)
    await omar.taps("Accept")
    petra.sees("Somebody was quicker ($")
    assert not petra.can_tap("Accept")
    assert not petra.can_tap("Decline")


async def test_a_tap_that_crossed_the_closing(town: Town) -> None:
    """Petra's thumb comes down as the card closes: told kindly, and nothing else happens."""
    anna = await quickly.merchant(town)
    omar, petra = await two_with_an_offer(town, anna)
    data, message = the_accept_button(petra)
    await omar.taps("Accept")
    tap = await petra.does(petra.phone.taps, data=data, message_id=message)
    assert tap.toast == "Somebody was quicker. The next offer comes."


async def test_a_double_tap_on_accept(town: Town) -> None:
    """Two taps of the same thumb: one job, one run, one card of the job with its step."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    omar.phone.taps("Accept")
    omar.phone.taps("Accept")
    await town.settle()
    assert town.delivery().status == "assigned"
    assert omar.phone.buttons.count("I'm at the pickup") == 1
    events = town.reads(lambda work: [event.step for event in work.deliveries.events(1)])
    assert events.count("assign") == 1


async def test_accepting_after_the_time(town: Town) -> None:
    """The deadline counts, even where the sweep has not come by yet."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    town.clock.now += timedelta(seconds=31)
    assert await omar.taps("Accept") == "This offer is over. The next one comes."
    assert town.delivery().status == "requested"
    await town.tick()
    omar.sees("Time is over ($")


async def test_the_clock_starts_when_the_card_was_sent(town: Town) -> None:
    """An offer that waited ten seconds in the outbox gives its thirty seconds all the same."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    town.bot.relay._hold_all = float("inf")
    await unsettled_booking(town, anna)
    town.clock.now += timedelta(seconds=10)
    town.bot.relay._hold_all = 0
    await town.settle()
    omar.sees("Answer by 10:00:40")
    await town.passes(seconds=29)
    assert offered(omar)


async def test_an_offer_that_cannot_be_sent_is_withdrawn(town: Town) -> None:
    """Not sent within 15 s: withdrawn, the next is asked; it does not count against the driver."""
    anna = await quickly.merchant(town)
    omar, petra = await quickly.drivers(town, "Omar Ortiz", "Petra Pan", at=[NEARBY, north(2)])

    def flooded(method: str, params: Mapping[str, Any]) -> None:
        if method == "sendMessage" and str(params["chat_id"]) == str(omar.id):
            raise ApiError(429, "Too Many Requests: retry after 60", {"retry_after": 60})

    town.telegram.before.append(flooded)
    await unsettled_booking(town, anna)
    await town.bot.relay.drain()
    assert offered(omar, petra) == []
    town.clock.now += timedelta(seconds=14)
    await town.bot.jobs.all_now()
    assert first_offer(town) == "open"
    town.clock.now += timedelta(seconds=2)
    await town.bot.jobs.all_now()
    assert first_offer(town) == "withdrawn"
    town.telegram.before.clear()
    town.bot.relay._held.clear()
    await town.settle()
    assert offered(omar, petra) == ["Omar Ortiz", "Petra Pan"]


async def test_not_to_those_who_cannot(town: Town) -> None:
    """Not to the one on foot, not to the one far off, not to the one who is off duty."""
    anna = await quickly.merchant(town)
    fiona = await quickly.driver(town, "Fiona Foot", vehicle="foot")
    far = await quickly.driver(town, "Frank Far", at=north(13))
    off = await quickly.driver(town, "Otto Off", at=None)
    await quickly.book(town, anna)
    assert offered(fiona, far, off) == []
    await quickly.book(town, anna, size="S")
    assert offered(fiona, far, off) == ["Fiona Foot"]


async def test_not_to_stale_positions(town: Town) -> None:
    """A parked phone is believed for ten minutes, and no longer."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.jumps(town, minutes=9)
    await quickly.book(town, anna)
    assert offered(omar) == ["Omar Ortiz"]
    await omar.taps("Decline")
    await quickly.jumps(town, minutes=11)
    await quickly.book(town, anna)
    assert offered(omar) == []


async def test_not_to_the_busy(town: Town) -> None:
    """Never two open offers to one driver, and none to one who carries something; after it the next comes."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await quickly.book(town, anna)
    assert omar.phone.buttons.count("Accept") == 1
    await omar.taps("Accept")
    assert omar.phone.buttons.count("Accept") == 0
    await town.passes(seconds=60)
    assert omar.phone.buttons.count("Accept") == 0
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.photographs()
    assert omar.phone.buttons.count("Accept") == 1


async def test_not_the_own_merchants_delivery(town: Town) -> None:
    """A driver who speaks for a shop is never offered that shop's deliveries, only those of others."""
    anna = await quickly.merchant(town)
    bert = await quickly.merchant(town, "Bert Baker", "Bert's Bread")
    omar = await quickly.driver(town)

    def hire(work: Any) -> None:
        merchant = work.merchants.approved_of(anna.id)
        work.session.add(Staff(merchant_id=merchant.id, person_id=omar.id, created_at=work.now))

    await quickly.does(town, hire)
    await quickly.book(town, anna)
    await town.passes(seconds=60)
    assert offered(omar) == []
    await quickly.book(town, bert)
    omar.sees("From Bert's Bread")


async def test_a_later_delivery_is_offered_in_time(town: Town) -> None:
    """A pickup two hours from now is offered twenty minutes before, and says when it is ready."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town, at=None)
    await quickly.book(town, anna, ready_at=town.clock.now + timedelta(hours=2))
    anna.sees("waits until 12:00")
    await quickly.jumps(town, minutes=95)
    await omar.shares_live(*NEARBY)
    assert offered(omar) == []
    await quickly.jumps(town, minutes=6)
    assert offered(omar) == ["Omar Ortiz"]
    omar.sees_last("Ready at 12:00")


async def test_trying_again_after_nobody(town: Town) -> None:
    """Nobody was found; the merchant tries again, and those who declined are asked again."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await omar.taps("Decline")
    town.olivia.sees("No driver takes")
    before = len(anna.phone.sounds)
    await town.passes(seconds=301, step=100)
    anna.sees_last("no driver found")
    assert quickly.loud(anna, before) == 1
    await omar.moves(36.1291, -115.1700)
    await anna.taps("Try again")
    anna.sees("looking for a driver")
    assert offered(omar) == ["Omar Ortiz"]
    assert "nobody_found" not in quickly.cases(town)


async def test_blocking_the_bot_ends_the_offer(town: Town) -> None:
    """A driver who blocks the bot is off duty, and his offer goes on to the next."""
    anna = await quickly.merchant(town)
    omar, petra = await quickly.drivers(town, "Omar Ortiz", "Petra Pan", at=[NEARBY, north(2)])
    await quickly.book(town, anna)
    await omar.does(omar.phone.blocks)
    assert not quickly.is_on_duty(town, omar)
    await town.tick()
    assert offered(petra) == ["Petra Pan"]


async def two_with_an_offer(town: Town, anna: Human) -> tuple[Human, Human]:
    """Omar and Petra, who are both asked (in the second wave, after Dora has declined)."""
    dora, omar, petra = await quickly.drivers(
        town, "Dora Declines", "Omar Ortiz", "Petra Pan", at=[north(0.1), north(0.5), north(0.6)]
    )
    await quickly.book(town, anna)
    await dora.taps("Decline")
    assert offered(omar, petra) == ["Omar Ortiz", "Petra Pan"]
    return omar, petra


def the_accept_button(human: Human) -> tuple[str, int]:
    """The data and the message of the button Accept."""
    for message in reversed(human.phone.messages):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if button["text"] == "Accept":
                    return button["callback_data"], message["message_id"]
    raise AssertionError("no button Accept")


async def unsettled_booking(town: Town, anna: Human) -> None:
    """Book without letting the bot speak."""
    settle, town.settle = town.settle, nothing  # type: ignore[method-assign]
    await quickly.book(town, anna)
    town.settle = settle  # type: ignore[method-assign]


async def nothing() -> None:
    """Do nothing."""


def first_offer(town: Town) -> str:
    """What became of the first offer."""
    return town.reads(lambda work: work.offers.get(1).status)
