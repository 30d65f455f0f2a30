"""The process is thrown away in the middle of everything, the database kept: nothing is lost, nothing done twice."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, delete

from bot import receiver
from storage.models import Card
from tests.stories import quickly
from tests.stories.quickly import NEARBY, at_the_door, delivery, fetched
from tests.stories.town import FASHION_SHOW, Human, Town

Steps = Sequence[tuple[str, object, str]]
"""What is done, with what, and what stands last in the chat then."""


async def interrupted(town: Town, human: Human, steps: Steps) -> None:
    """Go through a conversation, with another process after every step."""
    for verb, what, then in steps:
        if verb == "pins":
            await human.pins(*FASHION_SHOW)
        elif verb in ("photographs", "sends_contact", "starts"):
            await getattr(human, verb)()
        else:
            await getattr(human, verb)(what)
        await town.restart()
        human.sees_last(then)


async def test_in_the_middle_of_a_booking(town: Town) -> None:
    """A restart after every answer; a mistyped address, a change and a step back among them."""
    anna = await quickly.merchant(town)
    steps: Steps = [
        ("says", "/deliver", "How many pieces?"),
        ("says", "many", "Please send a number from 1 to 20."),
        ("taps", "2", "How big is the biggest piece?"),
        ("taps", "M · a box", "Where to?"),
        ("says", "Xyzzyqwk 99999", "I can't find"),
        ("says", "Bellagio", "Is this the right door?"),
        ("taps", "That's right", "Who gets it?"),
        ("says", "Lena Lopez", "What is the customer's number?"),
        ("taps", "Back", "Who gets it?"),
        ("says", "Lena Lopez", "What is the customer's number?"),
        ("says", "702 555 0177", "A note for the driver?"),
        ("says", "Gate code 1234", "When can it be picked up?"),
        ("taps", "Now", "A PIN at the door?"),
        ("taps", "Without PIN", "Shall I book this?"),
        ("taps", "Change", "What shall we change?"),
        ("taps", "Pieces", "How many pieces?"),
        ("says", "3", "Shall I book this?"),
        ("taps", "Confirm", "no driver yet"),
    ]
    await interrupted(town, anna, steps)
    assert town.delivery().pieces == 3
    assert town.delivery().note == "Gate code 1234"


async def test_in_the_middle_of_a_merchants_joining(town: Town) -> None:
    """A restart at each question of a shop that joins."""
    anna = town.human("Anna Archer")
    steps: Steps = [
        ("starts", None, "Who are you?"),
        ("taps", "I have a shop", "What is your shop called?"),
        ("says", "Anna's Shoes", "Where do drivers pick up?"),
        ("pins", None, "Is your shop inside Fashion Show?"),
        ("taps", "Yes, inside", "Which number can an operator call?"),
        ("says", "not a number", "I can't read that as a phone number."),
        ("sends_contact", None, "How do drivers find the counter?"),
        ("says", "Level 2", "An operator looks at Anna's Shoes soon."),
    ]
    await interrupted(town, anna, steps)
    await town.olivia.taps("Approve")
    anna.sees("Anna's Shoes is approved.")


async def test_in_the_middle_of_a_drivers_joining(town: Town) -> None:
    """A restart at each question of a driver who joins, and between question and reason of a decline."""
    omar = town.human("Omar Ortiz")
    steps: Steps = [
        ("starts", None, "Who are you?"),
        ("taps", "I drive", "What is your name?"),
        ("says", "Omar Ortiz", "How do you get around?"),
        ("taps", "Car", "send me your own number"),
        ("sends_contact", None, "Thank you, Omar Ortiz!"),
    ]
    await interrupted(town, omar, steps)
    asked: Steps = [("taps", "Decline", "Why is Omar Ortiz declined?")]
    await interrupted(town, town.olivia, asked)
    await town.olivia.taps("papers are missing")
    omar.sees_last("papers are missing")


async def test_in_the_middle_of_an_offer(town: Town) -> None:
    """The offer stands, its clock goes on, and it can be accepted."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await town.passes(seconds=20)
    await town.restart()
    await omar.taps("Accept")
    assert delivery(town, number).status == "assigned"
    number = await quickly.book(town, anna)
    petra = await quickly.driver(town, "Petra Pan")
    assert petra.can_tap("Accept")
    await town.restart()
    await town.passes(seconds=31)
    petra.sees("Time is over")


async def test_in_the_middle_of_carrying(town: Town) -> None:
    """A restart after every step, with the undo and the photo among them."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    for button in ("Accept", "I'm at the pickup", "Picked up", "Undo", "Picked up", "I'm at the door", "Delivered"):
        await omar.taps(button)
        await town.restart()
    omar.sees_last("Send a photo of the parcel at the door.")
    await omar.taps("No photo")
    await town.restart()
    omar.sees_last("Who took it?")
    await omar.says("Nina")
    assert delivery(town, number).proof_name == "Nina"


async def test_in_the_middle_of_the_pin(town: Town) -> None:
    """Wrong tries are counted across restarts."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna, pin=True)
    await at_the_door(town, omar)
    wrong = "0000" if delivery(town, number).pin != "0000" else "1111"
    steps: Steps = [
        ("taps", "Delivered", "Type the PIN"),
        ("says", wrong, "4 tries are left."),
        ("says", wrong, "3 tries are left."),
    ]
    await interrupted(town, omar, steps)
    await omar.says(str(delivery(town, number).pin))
    assert delivery(town, number).status == "delivered"


async def test_in_the_middle_of_a_problem(town: Town) -> None:
    """Giving back and giving up go on after a restart."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    await interrupted(town, omar, [("taps", "Problem", f"Why do you give {number} back?")])
    await omar.taps("Keep the job")
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    steps: Steps = [
        ("taps", "Problem", f"What is wrong with {number}?"),
        ("taps", "Refused", "Send a photo if it helps."),
        ("photographs", None, "goes back"),
    ]
    await omar.taps("Problem")
    await town.restart()
    await interrupted(town, omar, steps[1:2])
    await omar.photographs()
    await town.restart()
    assert delivery(town, number).status == "returning"
    await omar.taps("I handed it back")
    await town.restart()
    await anna.taps("Yes, I have it back")
    assert delivery(town, number).status == "returned"


async def test_in_the_middle_of_cancelling(town: Town) -> None:
    """The price was shown, the process changed, the reason is given: cancelled at that price."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    await interrupted(town, anna, [("taps", "Cancel", "It is free now. Why?")])
    await anna.taps("Not ready")
    assert delivery(town, number).status == "cancelled"


async def test_in_the_middle_of_an_operators_reasons(town: Town) -> None:
    """Each of the operator's questions for a reason outlives the process."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    await town.olivia.says("/open")
    await town.olivia.taps(number)
    await interrupted(town, town.olivia, [("taps", "Take from driver", f"Why is {number} taken from its driver?")])
    await town.olivia.says("He is ill")
    assert delivery(town, number).status == "requested"
    await interrupted(town, town.olivia, [("taps", "Cancel", f"Why is {number} cancelled?")])
    await town.olivia.taps("No driver")
    assert delivery(town, number).status == "cancelled"


async def test_steps_of_the_operator_after_the_pickup(town: Town) -> None:
    """Delivered, returned and lost: asked before the restart, answered after it."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    for step, status in (("Delivered", "delivered"), ("Returned", "returned"), ("Lost", "lost")):
        number = await quickly.book(town, anna)
        await fetched(town, omar)
        await town.olivia.says("/open")
        await town.olivia.taps(number)
        await town.olivia.taps(step)
        await town.restart()
        await town.olivia.says("By phone")
        assert delivery(town, number).status == status


async def test_stored_but_not_yet_handled(town: Town) -> None:
    """The process dies between storing and answering: the next one answers, once."""
    anna = await quickly.merchant(town)
    anna.phone.says("/deliver")
    anna.phone.says("5")
    await town.bot.receiver.receive(0)
    await town.restart()
    anna.sees_last("How big is the biggest piece?")
    draft = town.reads(lambda work: work.drafts.open(anna.id))
    assert draft is not None
    assert draft.answers["pieces"] == 5


async def test_handled_but_not_yet_said(town: Town) -> None:
    """The process dies between the commit and the sending: the next one sends, once."""
    anna = await quickly.merchant(town)
    anna.phone.says("/deliver")
    await town.bot.receiver.receive(0)
    await town.bot.receiver.drain()
    anna.sees_no("How many pieces?")
    await town.restart()
    assert len([text for text in anna.texts() if "How many pieces?" in text]) == 1


async def test_the_same_update_twice(town: Town) -> None:
    """Telegram says everything again: nothing is done or said twice."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await omar.taps("Accept")
    await anna.says("/deliver")
    await anna.says("4")

    def all_of_it(work: object) -> list[dict[str, object]]:
        rows = work.session.connection().exec_driver_sql("SELECT update_id FROM inbox ORDER BY 1")  # type: ignore[attr-defined]
        return [work.inbox.get(row[0]).body for row in rows.all()]  # type: ignore[attr-defined]

    updates = town.reads(all_of_it)
    before = [human.reads() for human in (anna, omar, town.olivia)]
    await quickly.does(town, lambda work: receiver._store(work, updates))
    assert [human.reads() for human in (anna, omar, town.olivia)] == before
    assert len(town.reads(lambda work: work.deliveries.in_status(quickly.EVERY))) == 1


async def test_an_orphan_card(town: Town) -> None:
    """A card was sent and never recorded (a crash): its tap counts, it is closed, and the current one posted."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await omar.taps("Accept")
    orphan = omar.phone.messages[-1]
    await forgets_cards(town, omar)
    await town.restart()
    await omar.taps("I'm at the pickup")
    assert delivery(town, number).at_pickup_at is not None
    assert omar.phone.buttons.count("Picked up (2 pieces)") == 1
    closed = next(m for m in omar.phone.messages if m["message_id"] == orphan["message_id"])
    assert "reply_markup" not in closed


async def test_orphans_of_every_kind(town: Town) -> None:
    """Offer, question, duty and operator's cards that nobody remembers: each tap is answered by a card that works."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna, phone=False)
    await forgets_cards(town, omar)
    await omar.taps("Accept")
    omar.sees("✓ You have it ($")
    omar.sees("Pick up at Anna's Shoes")
    await anna.says("/deliver")
    await forgets_cards(town, anna)
    await anna.taps("2")
    anna.sees_last("How big is the biggest piece?")
    await fetched_on(town, omar)
    await omar.taps("Nobody there")
    await forgets_cards(town, town.olivia)
    await town.olivia.taps("Seen to")
    town.olivia.sees_last("✓ Seen to.")
    petra = await quickly.driver(town, "Petra Pan")
    await quickly.jumps(town, minutes=10)
    await forgets_cards(town, petra)
    await petra.taps("Yes, still there")
    petra.sees_last("On duty with your live location")


async def test_away_for_five_minutes(town: Town) -> None:
    """Nobody listened for five minutes: those with something to tap are told, cards come anew, offers get the time."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await town.passes(seconds=10)
    await town.bot.close()
    omar.phone.taps("Accept")
    town.clock.now += timedelta(minutes=5)
    town.bot = town._build()
    await town.bot.start()
    await town.settle()
    omar.sees("I was away 10:00")
    omar.sees_last("Answer by 10:05:30")
    assert omar.phone.buttons.count("Accept") == 1
    assert len([text for text in omar.texts() if "I was away" in text]) == 1
    await town.tick()
    await omar.taps("Accept")
    assert delivery(town, number).status == "assigned"


async def test_away_for_a_minute_is_nobodys_business(town: Town) -> None:
    """A short gap is not spoken of."""
    omar = await quickly.driver(town)
    await town.bot.close()
    town.clock.now += timedelta(seconds=100)
    town.bot = town._build()
    await town.bot.start()
    await town.settle()
    omar.sees_no("I was away")


async def test_a_draft_survives_a_week(town: Town) -> None:
    """Six days later the booking goes on where it was; after eight it is dropped, and said so."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    await anna.says("2")
    await quickly.jumps(town, days=6)
    await town.restart()
    await anna.taps("M · a box")
    anna.sees_last("Where to?")
    await quickly.jumps(town, days=8)
    anna.sees_last("it waited for a week")
    await anna.says("/deliver")
    anna.sees_last("How many pieces?")


async def test_on_duty_outlives_the_process(town: Town) -> None:
    """Drivers stay on duty, and moves still count."""
    omar = await quickly.driver(town, at=NEARBY)
    await town.restart()
    await omar.moves(36.1300, -115.1700)
    assert quickly.is_on_duty(town, omar)
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    assert omar.can_tap("Accept")


async def fetched_on(town: Town, omar: Human) -> None:
    """From the accepted job to the door."""
    for button in ("I'm at the pickup", "Picked up", "I'm at the door"):
        await omar.taps(button)


async def forgets_cards(town: Town, human: Human) -> None:
    """As after a crash between sending and recording: nobody remembers this person's cards."""

    def forget(work: object) -> None:
        connection = work.session.connection()  # type: ignore[attr-defined]
        connection.execute(delete(Card).where(col(Card.chat_id) == human.id))

    await town.bot.desk.do(forget)
