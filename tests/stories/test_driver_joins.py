"""A driver joins: three questions, and an operator who looks."""

from tests.stories import quickly
from tests.stories.town import Human, Town


async def test_a_driver_joins_and_is_approved(town: Town) -> None:
    """Omar answers three questions, Olivia approves, he is told how to come on duty."""
    omar = town.human("Omar Ortiz")
    await omar.starts()
    await omar.taps("I drive")
    omar.sees_last("What is your name?")
    await omar.says("Omar Ortiz")
    omar.sees_last("How do you get around?")
    await omar.taps("Car")
    omar.sees_last("send me your own number")
    await omar.taps("Send my number")
    omar.sees("Thank you, Omar Ortiz!")
    town.olivia.sees("Omar Ortiz wants to drive, by car.")
    assert quickly.loud(town.olivia, len(town.olivia.phone.sounds) - 1) == 1
    await town.olivia.taps("Approve")
    omar.sees("Welcome, Omar Ortiz! You can drive now.")
    omar.sees("Share My Live Location")
    town.olivia.sees("✓ Approved.")


async def test_only_the_own_number_is_taken(town: Town) -> None:
    """Somebody else's contact and a typed number are refused kindly; the own one is taken."""
    omar = town.human("Omar Ortiz")
    await omar.starts()
    await omar.taps("I drive")
    await omar.says("Omar")
    await omar.taps("Car")
    await omar.sends_contact("Bob Brown", "+17025550111")
    omar.sees_last("Please use the button below: it sends your own number.")
    await omar.says("702 555 0111")
    omar.sees_last("Please use the button below: it sends your own number.")
    assert town.reads(lambda work: work.drivers.of(omar.id)) is None
    await omar.sends_contact()
    omar.sees_last("An operator looks at it soon")
    driver = town.reads(lambda work: work.drivers.of(omar.id))
    assert driver is not None
    assert driver.phone == omar.phone.user.phone
    assert omar.phone.keyboard is None


async def test_bad_answers_are_asked_again(town: Town) -> None:
    """A name that is too long and a vehicle that is typed are asked again with what was wrong."""
    omar = town.human("Omar Ortiz")
    await omar.starts()
    await omar.taps("I drive")
    await omar.says("O" * 61)
    omar.sees_last("That is 61 characters; at most 60")
    await omar.does(omar.phone.sticker)
    omar.sees_last("Please type it as text.")
    await omar.says("Omar")
    await omar.says("a horse")
    omar.sees_last("Please tap one of the buttons.")
    omar.sees_last("How do you get around?")
    await omar.taps("Back")
    omar.sees_last("What is your name?")


async def test_back_from_the_phone_question(town: Town) -> None:
    """Back works at the question that has the phone's own keyboard, and takes the keyboard away."""
    omar = town.human("Omar Ortiz")
    await omar.starts()
    await omar.taps("I drive")
    await omar.says("Omar")
    await omar.taps("Car")
    await omar.taps("Back")
    omar.sees_last("How do you get around?")
    assert omar.phone.keyboard is None
    await omar.taps("Bike")
    await omar.sends_contact()
    town.olivia.sees("wants to drive, by bike.")


async def test_a_driver_is_declined_with_a_listed_reason(town: Town) -> None:
    """Olivia declines for a reason from the list; Omar is told, and may ask again."""
    omar = await asks_to_drive(town)
    await town.olivia.taps("Decline")
    town.olivia.sees_last("Why is Omar Ortiz declined?")
    await town.olivia.taps("outside our area")
    omar.sees_last("We can't take you on now, Omar Ortiz: outside our area")
    town.olivia.sees("✕ Declined.")
    await omar.starts()
    await omar.taps("I drive")
    omar.sees_last("What is your name?")


async def test_a_driver_is_declined_with_a_typed_reason(town: Town) -> None:
    """A typed reason is told as it is, and cannot break the message."""
    omar = await asks_to_drive(town)
    await town.olivia.taps("Decline")
    await town.olivia.says("No <b>lights</b> & no brakes")
    omar.sees_last("We can't take you on now, Omar Ortiz: No <b>lights</b> & no brakes")


async def test_an_operator_keeps_the_question_open(town: Town) -> None:
    """Olivia leaves the question for a reason: nothing is settled, she can still approve."""
    omar = await asks_to_drive(town)
    await town.olivia.taps("Decline")
    await town.olivia.taps("Cancel")
    await town.olivia.taps("Approve")
    omar.sees("You can drive now.")


async def test_the_second_operator_is_too_late(town: Town) -> None:
    """Two operators are asked; the first one settles it, the other's card closes and his tap is refused."""
    oscar = town.human("Oscar Operator", id=901)
    await oscar.starts()
    await quickly.does(town, lambda work: work.people.set_operators(work.market_id, (900, 901)))
    omar = await asks_to_drive(town)
    tapped = next(m for m in oscar.phone.messages if "wants to drive" in m.get("text", ""))
    data = tapped["reply_markup"]["inline_keyboard"][0][1]["callback_data"]
    await town.olivia.taps("Approve")
    oscar.sees("✓ Approved.")
    assert not oscar.can_tap("Approve")
    tap = await oscar.does(oscar.phone.taps, data=data, message_id=tapped["message_id"])
    assert tap.toast == "That is settled already."
    oscar.sees("✓ Approved.")
    omar.sees_no("We can't take you on")


async def test_two_operators_at_once(town: Town) -> None:
    """Approve and decline at the same moment: one of them counts."""
    oscar = town.human("Oscar Operator", id=901)
    await oscar.starts()
    await quickly.does(town, lambda work: work.people.set_operators(work.market_id, (900, 901)))
    omar = await asks_to_drive(town)
    await oscar.taps("Decline")
    town.olivia.phone.taps("Approve")
    oscar.phone.taps("papers are missing")
    await town.settle()
    omar.sees("You can drive now.")
    omar.sees_no("We can't take you on")
    assert "That is settled already." in oscar.phone.toasts
    oscar.sees("I dropped declining a driver.")


async def test_whoever_waits_is_told_that_he_waits(town: Town) -> None:
    """Omar asks again while he waits, and is told that an operator looks."""
    omar = await asks_to_drive(town)
    await omar.starts()
    await omar.taps("I drive")
    omar.sees_last("Your registration waits for an operator.")
    await omar.pins(*quickly.NEARBY)
    assert omar.last() != ""
    assert not quickly.is_on_duty(town, omar)


async def asks_to_drive(town: Town) -> Human:
    """Omar has asked to drive."""
    omar = town.human("Omar Ortiz")
    await omar.starts()
    await omar.taps("I drive")
    await omar.says("Omar Ortiz")
    await omar.taps("Car")
    await omar.sends_contact()
    return omar
