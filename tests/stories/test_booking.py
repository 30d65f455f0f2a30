"""A merchant books: every question with what goes wrong at it, back, change, and the summary with its quote."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.places import Place, PlacesUnavailable
from storage.models import Delivery, Draft
from tests.stories import quickly
from tests.stories.town import Human, Town, at_once

FAR = (36.6000, -115.1722)
"""68 km by way from Fashion Show: farther than this market delivers."""


def deliveries(town: Town) -> list[Delivery]:
    """All deliveries, as a fresh transaction reads them."""
    return town.reads(lambda work: work.deliveries.in_status(quickly.EVERY))


def draft_of(town: Town, anna: Human) -> Draft | None:
    """The conversation that she is in."""
    return town.reads(lambda work: work.drafts.open(anna.id))


async def at_the_name(town: Town) -> Human:
    """Anna has told what goes where, and is asked who gets it."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    await anna.taps("2")
    await anna.taps("M · a box")
    await anna.pins(*quickly.BELLAGIO)
    anna.sees_last("Who gets it?")
    return anna


async def at_the_time(town: Town) -> Human:
    """Anna is asked when it can be picked up."""
    anna = await at_the_name(town)
    await anna.says("Lena Lopez")
    await anna.says("702 555 0177")
    await anna.taps("Skip")
    anna.sees_last("When can it be picked up?")
    return anna


async def at_the_summary(town: Town, when: str = "Now") -> Human:
    """Anna sees the summary of two boxes for Lena at the Bellagio."""
    anna = await at_the_time(town)
    if when == "Now":
        await anna.taps("Now")
    else:
        await anna.says(when)
    await anna.taps("Without PIN")
    anna.sees_last("Shall I book this?")
    return anna


async def test_every_question_takes_no_nonsense(town: Town) -> None:
    """Whatever cannot be an answer is told what is wrong with it, and the same question is asked again."""
    anna = await quickly.merchant(town)
    await anna.taps("New delivery")
    for nonsense in ("none", "0", "21", "2.5", "-3", "²"):
        await anna.says(nonsense)
        anna.sees_last("Please send a number from 1 to 20.")
        anna.sees_last("How many pieces?")
    await anna.photographs(3)
    anna.sees_last("Please type it as text.")
    await anna.says(" 3 ")
    anna.sees_last("How big is the biggest piece?")
    await anna.says("huge")
    anna.sees_last("Please tap one of the buttons.")
    await anna.says("m")
    anna.sees_last("Where to?")
    await anna.sends_contact("Lena Lopez", "702 555 0177")
    anna.sees_last("I can't read an address there.")
    await anna.says("Bellagoi")
    assert "venue" in anna.phone.messages[-2]
    assert anna.phone.messages[-2]["venue"]["title"] == "Bellagio"
    await anna.taps("That's right")
    anna.sees_last("Who gets it?")
    await anna.says("L" * 61)
    anna.sees_last("That is 61 characters; at most 60, please.")
    await anna.says("Lena Lopez")
    anna.sees_last("What is the customer's number?")
    for nonsense in ("no idea", "12", "+1 555", "+999 12345678"):
        await anna.says(nonsense)
        anna.sees_last("I can't read that as a phone number.")
    await anna.says("+34 612 345 678")
    anna.sees_last("A note for the driver?")
    await anna.says("n" * 281)
    anna.sees_last("That is 281 characters; at most 280, please.")
    await anna.says("Gate code <1234> & floor 2")
    anna.sees_last("When can it be picked up?")
    await anna.says("soon")
    anna.sees_last("I can't read that time.")
    await anna.taps("Now")
    anna.sees_last("A PIN at the door?")
    await anna.says("1234")
    anna.sees_last("Please tap one of the buttons.")
    await anna.taps("With PIN")
    await anna.says("yes")
    anna.sees_last("Please tap one of the buttons.")
    for line in (
        "3 pieces, size M",
        "Lena Lopez, Bellagio, 3600 S Las Vegas Blvd",
        "+34 612 34 56 78",
        "Gate code <1234> & floor 2",
        "Pickup: Now",
        "With PIN",
        "Base fee: $4.99",
        "Way of 1.4 mi: $2.47",
        "Size: $2.00",
        "Total: $9.46",
        "No free driver is nearby right now",
        "This quote holds until 10:15 AM.",
    ):
        anna.sees_last(line)
    await anna.taps("Confirm")
    [delivery] = deliveries(town)
    anna.sees_last(f"📦 {delivery.number} · no driver yet")
    anna.sees_last("Customer: not connected yet")
    anna.sees_last(f"PIN at the door: {delivery.pin}")
    assert (delivery.pieces, delivery.size, delivery.fee, delivery.pay) == (3, "M", 946, 757)
    assert delivery.note == "Gate code <1234> & floor 2"
    assert delivery.customer_phone == "+34612345678"
    assert draft_of(town, anna) is None


async def test_back_works_at_every_question(town: Town) -> None:
    """From the summary to the first question and forward again, each answer can be given anew."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    assert "‹ Back" not in anna.phone.buttons
    await anna.taps("2")
    await anna.taps("M · a box")
    await anna.says("Bellagio")
    await anna.taps("That's right")
    await anna.says("Lena Lopez")
    await anna.says("702 555 0177")
    await anna.says("Gate code 1234")
    await anna.taps("Now")
    await anna.taps("With PIN")
    for question in (
        "A PIN at the door?",
        "When can it be picked up?",
        "A note for the driver?",
        "What is the customer's number?",
        "Who gets it?",
        "Is this the right door?",
        "Where to?",
        "How big is the biggest piece?",
        "How many pieces?",
    ):
        await anna.taps("‹ Back")
        anna.sees_last(question)
    assert "‹ Back" not in anna.phone.buttons
    await anna.taps("1")
    await anna.taps("S · a bag")
    await anna.pins(*quickly.BELLAGIO)
    await anna.says("Max Miller")
    await anna.taps("Skip")
    await anna.taps("Skip")
    await anna.taps("Now")
    await anna.taps("Without PIN")
    for line in ("1 piece, size S", "Max Miller", "📱 none", "📝 none", "🔑 Without PIN"):
        anna.sees_last(line)


async def test_any_one_answer_can_be_changed(town: Town) -> None:
    """Each answer is changed at the summary, and nothing else with it; the quote is made anew."""
    anna = await at_the_summary(town)
    anna.sees_last("Total: $9.46")

    async def changes(field: str) -> None:
        await anna.taps("Change")
        anna.sees_last("What shall we change?")
        await anna.taps(field)

    await changes("Pieces")
    await anna.says("7")
    anna.sees_last("7 pieces, size M")
    await changes("Size")
    await anna.taps("L · fills a back seat")
    anna.sees_last("7 pieces, size L")
    anna.sees_last("Total: $12.46")
    await changes("Address")
    await anna.says("Luxor")
    anna.sees_last("Is this the right door?")
    await anna.taps("That's right")
    anna.sees_last("Lena Lopez, Luxor, 3900 S Las Vegas Blvd")
    anna.sees_no("Total: $12.46\nArrives 10")
    await changes("Customer")
    anna.sees_last("So far: Lena Lopez")
    await anna.says("Max Miller")
    anna.sees_last("So far: +1 702-555-0177")
    await anna.says("702 555 0188")
    anna.sees_last("Max Miller, Luxor")
    anna.sees_last("+1 702-555-0188")
    await changes("Phone")
    await anna.taps("Skip")
    anna.sees_last("📱 none")
    await changes("Note")
    await anna.says("Ring twice")
    anna.sees_last("📝 Ring twice")
    await changes("Pickup time")
    await anna.says("2 pm")
    anna.sees_last("Pickup: 2:00 PM")
    await changes("PIN")
    await anna.taps("With PIN")
    anna.sees_last("🔑 With PIN")
    await anna.taps("Confirm")
    [delivery] = deliveries(town)
    assert (delivery.pieces, delivery.size, delivery.customer_name) == (7, "L", "Max Miller")
    assert (delivery.customer_phone, delivery.note) == (None, "Ring twice")
    assert delivery.dropoff_address == "Luxor, 3900 S Las Vegas Blvd"
    assert delivery.pin is not None
    assert delivery.ready_at == datetime(2026, 11, 18, 22, 0, tzinfo=UTC)


async def test_back_out_of_a_change_keeps_what_was_said(town: Town) -> None:
    """Back from the list of answers, from a changed question, and from half of a changed address: all is as before."""
    anna = await at_the_summary(town)
    before = anna.last()
    await anna.taps("Change")
    await anna.taps("‹ Back")
    assert anna.last() == before
    for field in ("Pieces", "Address", "Customer", "Pickup time", "PIN"):
        await anna.taps("Change")
        await anna.taps(field)
        await anna.taps("‹ Back")
        assert anna.last() == before
    await anna.taps("Change")
    await anna.taps("Address")
    await anna.says("Luxor")
    anna.sees_last("Is this the right door?")
    await anna.taps("Type again")
    anna.sees_last("Where to?")
    await anna.taps("‹ Back")
    assert anna.last() == before
    await anna.taps("‹ Back")
    anna.sees_last("A PIN at the door?")


async def test_a_contact_card_gives_name_and_phone(town: Town) -> None:
    """Lena's contact card answers two questions at once; one without a real number is asked again."""
    anna = await at_the_name(town)
    await anna.sends_contact("Lena Lopez", "12")
    anna.sees_last("I can't read that as a phone number.")
    await anna.sends_contact("Lena Lopez", "17025550177")
    anna.sees_last("A note for the driver?")
    await anna.taps("‹ Back")
    anna.sees_last("What is the customer's number?")
    await anna.sends_contact("Lena's mother", "+1 702 555 0178")
    await anna.taps("Skip")
    await anna.taps("Now")
    await anna.taps("Without PIN")
    anna.sees_last("Lena Lopez, Bellagio")
    anna.sees_last("+1 702-555-0178")


async def test_too_far_is_refused_and_another_place_taken(town: Town) -> None:
    """A pin beyond the market's reach is refused with how far it is; the typed one is moved on the map."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    await anna.taps("2")
    await anna.taps("M · a box")
    await anna.pins(*FAR)
    anna.sees_last("We deliver up to 24.9 mi. Please give another address.")
    anna.sees_last("Where to?")
    await anna.says("Bellagio")
    await anna.taps("Move the pin")
    anna.sees_last("move the map under the pin")
    await anna.pins(*FAR)
    anna.sees_last("We deliver up to 24.9 mi.")
    anna.sees_last("Is this the right door?")
    await anna.pins(36.1130, -115.1760)
    anna.sees_last("Who gets it?")
    draft = draft_of(town, anna)
    assert draft is not None
    assert draft.answers["dropoff"]["point"] == [36.1130, -115.1760]
    assert draft.answers["dropoff"]["label"] == "Bellagio, 3600 S Las Vegas Blvd"


class Down:
    """A geocoder that cannot be asked."""

    async def find(self, query: str, near: tuple[float, float], language: str) -> list[Place]:
        """Nobody answers."""
        raise PlacesUnavailable("it rains")

    async def describe(self, lat: float, lon: float, language: str) -> Place | None:
        """Nobody answers."""
        raise PlacesUnavailable("it rains")


async def test_without_a_geocoder_a_pin_works(town: Town) -> None:
    """Nothing can be looked up: Anna is told so, and her pin is taken as it is."""
    town.places = Down()
    await town.restart()
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    await anna.taps("2")
    await anna.taps("M · a box")
    await anna.says("Bellagio")
    anna.sees_last("I can't look up addresses right now. A pin works")
    await anna.pins(*quickly.BELLAGIO)
    anna.sees_last("Who gets it?")
    await anna.sends_contact("Lena Lopez", "17025550177")
    await anna.taps("Skip")
    await anna.taps("Now")
    await anna.taps("Without PIN")
    anna.sees_last("Lena Lopez, 36.11260, -115.17670")
    await anna.taps("Confirm")
    assert len(deliveries(town)) == 1


async def test_a_time_can_be_typed_in_many_ways(town: Town) -> None:
    """Past times and nonsense are refused; half a dozen ways of writing a time today or tomorrow are understood."""
    anna = await at_the_time(town)
    for nonsense in ("25:00", "3", "13 pm", "next week", "9:75", "0 am"):
        await anna.says(nonsense)
        anna.sees_last("I can't read that time.")
    for past in ("9:00", "10:00 am", "today 8 am", "10:04"):
        await anna.says(past)
        anna.sees_last("That is too soon or over.")
    await anna.says("3:30 pm")
    anna.sees_last("A PIN at the door?")
    await anna.taps("Without PIN")
    anna.sees_last("Pickup: 3:30 PM")
    for typed, shown in (
        ("15:30", "Pickup: 3:30 PM"),
        ("3.45PM", "Pickup: 3:45 PM"),
        ("today 4 p.m.", "Pickup: 4:00 PM"),
        ("16h30", "Pickup: 4:30 PM"),
        ("Tomorrow 9:00", "Pickup: Thu, Nov 19, 9:00 AM"),
        ("mañana, 12 am", "Pickup: Thu, Nov 19, 12:00 AM"),
    ):
        await anna.taps("Change")
        await anna.taps("Pickup time")
        await anna.says(typed)
        anna.sees_last(shown)
    await anna.taps("Change")
    await anna.taps("Pickup time")
    await anna.taps("11:00 AM")
    anna.sees_last("Pickup: 11:00 AM")


async def test_a_lapsed_quote_is_made_anew(town: Town) -> None:
    """After a quarter of an hour the summary says that its quote has lapsed; Confirm shows a new one first."""
    anna = await at_the_summary(town)
    anna.sees_last("This quote holds until 10:15 AM.")
    await quickly.jumps(town, minutes=16)
    anna.sees_last("This quote has lapsed.")
    await anna.taps("Confirm")
    anna.sees_last("The quote was too old. Here is a new one:")
    anna.sees_last("This quote holds until 10:31 AM.")
    assert deliveries(town) == []
    await anna.taps("Confirm")
    assert len(deliveries(town)) == 1


async def test_a_lapsed_pickup_time_is_asked_again(town: Town) -> None:
    """The pickup time passes while the summary waits: it is asked again, and then a quote with it."""
    anna = await at_the_summary(town, "10:10")
    await quickly.jumps(town, minutes=12)
    await anna.taps("Confirm")
    anna.sees_last("That pickup time is over. When shall it be?")
    assert deliveries(town) == []
    await anna.taps("Now")
    anna.sees_last("Pickup: Now")
    anna.sees_last("This quote holds until 10:27 AM.")
    await anna.taps("Confirm")
    [delivery] = deliveries(town)
    assert not delivery.for_later


async def test_a_double_tap_on_confirm_books_once(town: Town) -> None:
    """Two taps at the same moment, and one more later, make one delivery."""
    anna = await at_the_summary(town)
    summary = anna.phone.messages[-1]
    data = summary["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    for _ in range(2):
        anna.phone.taps(data=data, message_id=summary["message_id"])
    await town.settle()
    assert len(deliveries(town)) == 1
    await anna.does(anna.phone.taps, data=data, message_id=summary["message_id"])
    assert "old" in anna.phone.toasts[-1]
    assert len(deliveries(town)) == 1


async def test_a_tap_on_an_old_question_shows_the_present_one(town: Town) -> None:
    """A button of a question that was answered long ago answers nothing; the open question is shown again."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    first = anna.phone.messages[-1]
    two = next(b for row in first["reply_markup"]["inline_keyboard"] for b in row if b["text"] == "2")
    await anna.taps("3")
    await anna.taps("M · a box")
    tap = await anna.does(anna.phone.taps, data=two["callback_data"], message_id=first["message_id"])
    assert tap.toast == "That button is old. Here is how things stand."
    anna.sees_last("Where to?")
    draft = draft_of(town, anna)
    assert draft is not None
    assert (draft.answers["pieces"], draft.answers["size"]) == (3, "M")


async def test_a_draft_survives_almost_a_week(town: Town) -> None:
    """Six days and a restart later Anna goes on where she was; after a week untouched it has lapsed."""
    anna = await at_the_name(town)
    await quickly.jumps(town, hours=6 * 24)
    await town.restart()
    await anna.says("/deliver")
    anna.sees_last("Who gets it?")
    await anna.says("Lena Lopez")
    anna.sees_last("What is the customer's number?")
    await quickly.jumps(town, hours=7 * 24 + 1)
    anna.sees_last("I dropped your booking: it waited for a week.")
    assert draft_of(town, anna) is None
    await anna.says("702 555 0177")
    anna.sees_last("I did not get that.")
    await anna.says("/deliver")
    anna.sees_last("How many pieces?")


async def test_commands_work_in_the_middle(town: Town) -> None:
    """/help and /status answer and ask the open question again; /cancel leaves it."""
    anna = await at_the_name(town)
    await anna.says("/help")
    anna.sees("/deliver books a delivery")
    anna.sees_last("Who gets it?")
    await anna.says("/status")
    anna.sees("One question is open: your booking.")
    anna.sees_last("Who gets it?")
    await anna.says("/id")
    anna.sees_last(f"Your number here is {anna.id}.")
    await anna.says("/cancel")
    anna.sees("✕ Dropped: your booking.")
    anna.sees_last("I dropped your booking.")
    assert draft_of(town, anna) is None
    assert not anna.can_tap("Back")


async def test_another_form_parks_the_booking(town: Town) -> None:
    """Registering as a driver in the middle parks the booking and says so; it is gone on with afterwards."""
    anna = await at_the_name(town)
    await anna.starts()
    await anna.taps("I drive")
    anna.sees("Kept for later: your booking.")
    anna.sees("⏸ Kept for later: your booking.")
    anna.sees_last("What is your name?")
    await anna.says("Anna Archer")
    await anna.taps("Car")
    await anna.taps("Send my number")
    anna.sees("Thank you, Anna Archer!")
    anna.sees("Back to your booking.")
    anna.sees_last("Who gets it?")
    await anna.says("Lena Lopez")
    anna.sees_last("What is the customer's number?")


async def test_a_parked_booking_is_resumed_by_its_button(town: Town) -> None:
    """Go on brings the booking back and parks the other form; each keeps its answers."""
    anna = await at_the_name(town)
    await anna.starts()
    await anna.taps("I drive")
    await anna.says("Anna Archer")
    await anna.taps("Go on")
    anna.sees("Kept for later: your registration as a driver.")
    anna.sees_last("Who gets it?")
    await anna.says("/cancel")
    anna.sees("Back to your registration as a driver.")
    anna.sees_last("How do you get around?")


async def test_same_as_last_time_fills_a_draft(town: Town) -> None:
    """One tap brings the summary of the last delivery; one answer is changed, and it is booked."""
    anna = await quickly.merchant(town)
    assert not anna.can_tap("Same as last time")
    first = await quickly.book(town, anna, pin=True)
    await anna.says("/start")
    await anna.taps("I have a shop")
    anna.sees_last("1 open delivery.")
    await anna.taps("Same as last time")
    for line in ("2 pieces, size M", "Lena Lopez, Bellagio", "+1 702-555-0177", "Gate code 1234", "Now", "With PIN"):
        anna.sees_last(line)
    await anna.taps("Change")
    await anna.taps("Pieces")
    await anna.says("5")
    await anna.taps("Confirm")
    before, after = deliveries(town)
    assert before.number == first
    assert (after.pieces, after.customer_name, after.note) == (5, before.customer_name, before.note)
    assert after.pin is not None
    await anna.taps("I have a shop")
    anna.sees_last("2 open deliveries.")
    await anna.taps("Same as last time")
    await anna.taps("‹ Back")
    anna.sees_last("A PIN at the door?")


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "No free driver is nearby right now."), (1, "1 free driver is nearby."), (3, "3 free drivers are nearby.")],
)
async def test_the_summary_counts_free_drivers(town: Town, count: int, words: str) -> None:
    """Drivers on duty nearby are counted, not those whose vehicle is too small or who are off duty."""
    names = ("Omar Ortiz", "Dina Diaz", "Carl Cruz")[:count]
    await quickly.drivers(town, *names, at=[quickly.NEARBY] * count)
    await quickly.driver(town, "Fred Foot", vehicle="foot")
    await quickly.driver(town, "Olaf Off", at=None)
    anna = await at_the_summary(town)
    anna.sees_last(words)


async def test_a_delivery_for_later_goes_out_in_time(town: Town) -> None:
    """Booked for noon, it waits, and is offered twenty minutes before; the driver knows when it is ready."""
    anna = await at_the_summary(town, "12:00 pm")
    omar = await quickly.driver(town)
    await anna.taps("Confirm")
    anna.sees_last("waits until 12:00 PM")
    await quickly.jumps(town, minutes=99)
    await omar.moves(36.1291, -115.1701)
    omar.sees_no("to the pickup")
    await quickly.jumps(town, minutes=1, seconds=1)
    anna.sees_last("looking for a driver")
    omar.sees_last("Ready at 12:00 PM")
    await omar.taps("Accept")
    omar.sees_last("Ready at 12:00 PM")
    [delivery] = deliveries(town)
    assert delivery.status == "assigned"
    assert delivery.pickup_eta_at == datetime(2026, 11, 18, 20, 0, tzinfo=UTC)


async def test_the_arrival_that_is_promised_is_kept_in_mind(town: Town) -> None:
    """What the summary says of the arrival stands on the delivery's card as well."""
    anna = await at_the_summary(town)
    [promised] = [line for line in anna.last().splitlines() if line.startswith("Arrives")]
    await anna.taps("Confirm")
    anna.sees_last(promised)
    [delivery] = deliveries(town)
    assert delivery.window_to - delivery.window_from <= timedelta(minutes=25)


async def test_two_shops_book_side_by_side(town: Town) -> None:
    """Two shops confirm at the same moment; both are booked, with numbers of their own."""
    anna = await at_the_summary(town)
    bela = await quickly.merchant(town, "Bela Bartos", "Bela's Books")
    await quickly.book(town, bela)
    await bela.says("/start")
    await bela.taps("I have a shop")
    await bela.taps("Same as last time")
    await at_once(anna.does(anna.phone.taps, "Confirm"), bela.does(bela.phone.taps, "Confirm"))
    numbers = [delivery.number for delivery in deliveries(town)]
    assert len(set(numbers)) == 3
