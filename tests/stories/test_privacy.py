"""What is kept of people, how long, and what is left when it is erased."""

import base64
from datetime import timedelta
from typing import Any

from sqlmodel import SQLModel, col, select

from bot.dispatch import forgetting, operating
from storage.database import Database
from storage.models import Card, Delivery, Driver, Inbox, Link, Merchant, Outbox, Person
from tests.stories import quickly
from tests.stories.town import Human, Town

LENAS = ("Lena", "Lopez", "7025550177", "702-555-0177", "+1 702", "Bellagio", "3600 S", "Gate code", "1234")
"""What is Lena's: name, phone, address, note."""


async def delivered(town: Town, *, pin: bool = False) -> tuple[Human, Human, Human]:
    """Anna's parcel has been brought to Lena by Omar, and nothing of it can be undone."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna, pin=pin)
    lena = await town.customer(anna)
    await quickly.at_the_door(town, omar)
    await omar.taps("Delivered")
    if pin:
        await omar.says(str(quickly.delivery(town, town.number()).pin))
    else:
        await omar.photographs()
    await town.passes(seconds=70)
    return anna, omar, lena


def everything(town: Town, *without: type[SQLModel]) -> str:
    """All rows of all tables as text, without these."""

    def read(work: Any) -> str:
        tables = SQLModel.metadata.sorted_tables
        left_out = {model.__tablename__ for model in without}
        rows = [
            f"{table.name} {dict(row)}"
            for table in tables
            if table.name not in left_out
            for row in work.session.execute(table.select()).mappings()
        ]
        return "\n".join(rows)

    return town.reads(read)


def lines_with(town: Town, words: tuple[str, ...]) -> list[str]:
    """The rows of the database that hold one of these words."""
    return [line for line in everything(town).splitlines() if any(word in line for word in words)]


def cards(human: Human) -> str:
    """What the bot's cards say in a chat now, without what was said by people and what else was sent."""
    ids = human.town.reads(
        lambda work: {card.message_id for card in work.session.exec(select(Card).where(Card.chat_id == human.id))}
    )
    return "\n".join(m.get("text", "") for m in human.phone.messages if m["message_id"] in ids)


async def test_a_jobs_card_shrinks_to_the_area(town: Town) -> None:
    """An hour after the end the driver's card shows the area, and no longer the address."""
    _, omar, _ = await delivered(town)
    assert "Bellagio, 3600" in cards(omar)
    await town.passes(minutes=61, step=1800)
    assert "Bellagio" not in cards(omar)
    assert "The Strip" in cards(omar)


async def test_names_are_erased_after_their_time(town: Town) -> None:
    """A day before, all is there; a day after, no table and no card names Lena, and the figures stay."""
    anna, omar, lena = await delivered(town)
    number = town.number()
    before = quickly.delivery(town, number)
    await quickly.jumps(town, days=29)
    assert "Lena Lopez" in cards(anna)
    assert quickly.delivery(town, number).customer_name == "Lena Lopez"
    await quickly.jumps(town, days=2)
    assert lines_with(town, LENAS) == []
    after = quickly.delivery(town, number)
    figures = ("number", "fee", "pay", "fee_lines", "distance_m", "area", "status", "booked_at", "delivered_at", "size")
    assert [getattr(after, name) for name in figures] == [getattr(before, name) for name in figures]
    assert (after.proof_kind, after.proof_photo, after.pin) == ("photo", None, None)
    for human in (anna, omar):
        assert f"{number} · over; names and addresses are erased" in cards(human)
        assert not [word for word in LENAS if word in cards(human)]
    assert not [text for text in lena.texts() if any(word in text for word in LENAS)]
    lena.sees("· erased")
    trail = town.reads(lambda work: [event.step for event in work.deliveries.events(after.id)])
    assert trail[0] == "book"
    assert "deliver" in trail


async def test_the_door_is_no_longer_known(town: Town) -> None:
    """Of the two points only the coarse ones stay, and the link leads nowhere."""
    await delivered(town)
    number = town.number()
    token = town.reads(lambda work: work.deliveries.link(town.delivery().id)).token  # type: ignore[union-attr]
    before = quickly.delivery(town, number)
    await quickly.jumps(town, days=31)
    after = quickly.delivery(town, number)
    assert (after.dropoff_lat, after.dropoff_lon) != (before.dropoff_lat, before.dropoff_lon)
    assert abs(after.dropoff_lat - before.dropoff_lat) < 0.01
    sam = town.human("Sam Stranger")
    await sam.starts(f"c{token}")
    sam.sees_last("This link is over.")


async def test_what_is_only_carried_through(town: Town) -> None:
    """A day after, no update, no message sent and no answer of a finished conversation is kept."""
    anna = await town.merchant()
    await town.book(anna)
    await anna.taps("Cancel")
    await anna.taps("Customer changed mind")
    await quickly.jumps(town, hours=26)
    await quickly.jumps(town, hours=2)
    kept = everything(town, Delivery, Merchant, Person)
    assert "That's right" not in kept
    assert "Lena" not in kept.replace("known_place", "")
    assert len(town.reads(lambda work: work.session.exec(select(Inbox)).all())) <= 2
    await anna.says("/status")
    anna.sees_last("I am well.")


async def test_what_is_under_way_is_not_erased(town: Town) -> None:
    """A delivery that has not ended keeps its names, however long it takes."""
    anna = await quickly.merchant(town)
    await quickly.driver(town)
    await quickly.book(town, anna)
    number = town.number()
    town.clock.now += timedelta(days=40)
    await quickly.does(town, forgetting.sweep)
    assert quickly.delivery(town, number).customer_name == "Lena Lopez"


async def test_an_operators_own_words_go_too(town: Town) -> None:
    """A typed reason may name somebody: the fixed ones stay, it does not."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    await town.olivia.says("/open")
    await town.olivia.taps(town.number())
    await town.olivia.taps("Cancel")
    await town.olivia.says("Lena's brother called")
    number = town.number()
    assert quickly.delivery(town, number).problem == "Lena's brother called"
    await quickly.jumps(town, days=31)
    assert quickly.delivery(town, number).problem == "other"
    assert "brother" not in everything(town)


async def test_a_drivers_last_position(town: Town) -> None:
    """It is kept while he is on duty, and for a day."""
    omar = await quickly.driver(town)
    await omar.taps("Off duty")
    assert town.reads(lambda work: work.drivers.of(omar.id)).lat is not None  # type: ignore[union-attr]
    await quickly.jumps(town, hours=34)
    assert town.reads(lambda work: work.drivers.of(omar.id)).lat is None  # type: ignore[union-attr]


async def test_who_has_no_part_any_more_is_forgotten(town: Town) -> None:
    """A stranger and a customer who were not seen for the time are; who has a shop, drives or operates is not."""
    anna, omar, lena = await delivered(town)
    sam = town.human("Sam Stranger")
    await sam.starts()
    await quickly.jumps(town, days=31)
    await quickly.jumps(town, days=31)
    known = town.reads(lambda work: {one.name for one in work.session.exec(select(Person)) if one.id > 0})
    assert known == {anna.name, omar.name, town.olivia.name}
    await lena.says("/status")
    lena.sees_last("Nothing is open for you.")


async def test_privacy_is_told_in_both_languages(town: Town) -> None:
    """/privacy says how long, who sees what, and what cannot be taken back."""
    sam, sara = town.human("Sam Stranger"), town.human("Sara", language="es")
    await sam.says("/privacy")
    for words in ("30 days after", "What I cannot take back", "map service", "/forget", "Photos, maps and messages"):
        sam.sees_last(words)
    await sara.says("/privacy")
    sara.sees_last("30 días después")


async def test_forget_me(town: Town) -> None:
    """A customer with nothing open: gone from every table and card at once; /start begins anew."""
    anna, omar, lena = await delivered(town)
    number = town.number()
    await lena.says("/forget")
    lena.sees_last("Shall I forget you?")
    assert town.reads(lambda work: work.people.find(lena.id)) is not None
    await lena.taps("Yes, forget me")
    lena.sees_last("I have forgotten you.")
    assert town.reads(lambda work: work.people.find(lena.id)) is None
    assert lines_with(town, (*LENAS, str(lena.id))) == lines_with(town, (f"'chat_id': {lena.id}",))
    for human in (anna, omar):
        assert f"{number} · over; names and addresses are erased" in cards(human)
    assert lena.phone.buttons == []
    await lena.starts()
    lena.sees_last("Who are you?")


async def test_forget_me_in_my_language(town: Town) -> None:
    """The goodbye is in the language that was spoken."""
    sara = town.human("Sara", language="es")
    await sara.starts()
    await sara.says("/forget")
    await sara.taps("Sí, olvídame")
    sara.sees_last("Te he olvidado.")


async def test_what_is_open_stands_in_the_way(town: Town) -> None:
    """Who waits for a parcel, carries one, has one under way or operates is told what is open, and stays."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    await omar.taps("Accept")
    number = town.number()
    for human, words in (
        (anna, f"{number} of your shop"),
        (omar, f"{number}, which you carry"),
        (lena, f"{number}, which is on its way to you"),
        (town.olivia, "OPERATORS"),
    ):
        await human.says("/forget")
        human.sees_last("I can't forget you yet.")
        human.sees_last(words)
        assert not human.can_tap("Yes, forget me")
    known = town.reads(lambda work: {person.id for person in work.session.exec(select(Person))})
    assert known == {human.id for human in (anna, omar, lena, town.olivia)}


async def test_what_opened_meanwhile_stands_in_the_way(town: Town) -> None:
    """Between the question and the answer a job came: the answer is no, and the card says why."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await omar.says("/forget")
    await quickly.book(town, anna)
    await omar.taps("Accept")
    await omar.taps("Yes, forget me")
    assert town.reads(lambda work: work.people.find(omar.id)) is not None
    omar.sees("I can't forget you yet.")


async def test_a_driver_is_forgotten(town: Town) -> None:
    """His name goes from the deliveries he carried, which keep their figures; he gets no offer any more."""
    anna, omar, _ = await delivered(town)
    earned = town.delivery().pay
    assert "Omar" in cards(anna)
    await omar.says("/forget")
    await omar.taps("Yes, forget me")
    omar.sees_last("I have forgotten you.")
    assert lines_with(town, ("Omar", "Ortiz")) == []
    assert "Omar" not in cards(anna)
    assert town.delivery().pay == earned
    gone = town.reads(lambda work: work.session.exec(select(Driver)).one())
    assert (gone.phone, gone.lat, gone.on_duty, gone.status, gone.person_id < 0) == ("", None, False, "declined", True)
    town.olivia.sees("A driver who has left")
    said = len(omar.texts())
    await quickly.book(town, anna)
    await town.passes(seconds=60, step=10)
    assert len(omar.texts()) == said


async def test_a_shop_goes_with_its_last_voice(town: Town) -> None:
    """Nobody else speaks for it: it is closed, its data and its deliveries' erased, the customer's card too."""
    anna, _, lena = await delivered(town)
    await anna.says("/forget")
    await anna.taps("Yes, forget me")
    anna.sees_last("I have forgotten you.")
    assert lines_with(town, ("Anna", "3200 S", "7025550142", "cinema", *LENAS[2:])) == []
    assert "names and addresses are erased" in cards(lena)
    await anna.says("/deliver")
    anna.sees_last("You don't speak for a shop here yet.")


async def test_a_shop_stays_with_the_others(town: Town) -> None:
    """Her colleague owns it from now on, and goes on with what is open."""
    anna = await quickly.merchant(town)
    ben = town.human("Ben Baker")
    await ben.starts()
    await quickly.does(town, lambda work: work.merchants.add_staff(work.merchants.of(anna.id)[0].id, ben.id))
    await quickly.book(town, anna)
    await anna.says("/forget")
    await anna.taps("Yes, forget me")
    anna.sees_last("I have forgotten you.")
    ben.sees("From now on you are the owner.")
    merchant = town.reads(lambda work: work.session.exec(select(Merchant)).one())
    assert (merchant.owner_id, merchant.name, merchant.status) == (ben.id, "Anna's Shoes", "approved")
    await ben.says("/staff")
    ben.sees_last("Ben Baker")
    ben.sees_no("Anna Archer")
    ben.sees(town.number())


async def test_messages_on_their_way_are_taken_back(town: Town) -> None:
    """What is still to be said to somebody who is forgotten is not said."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    await town.bot.desk.do(lambda work: work.outbox.write(sam.id, "notice", text_id="going-back", urgency=2, due_in=60))
    await sam.says("/forget")
    await sam.taps("Yes, forget me")
    await town.passes(seconds=70)
    sam.sees_no("One step back.")
    rows = town.reads(lambda work: work.session.exec(select(Outbox).where(Outbox.chat_id == sam.id)).all())
    assert [row.error for row in rows if row.sent_at is None] == ["forgotten"]


async def test_a_forged_button_asks_first(town: Town) -> None:
    """Nobody is forgotten by a button that was not asked for."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    await sam.does(sam.phone.taps, data="fg", message_id=sam.phone.messages[-1]["message_id"])
    sam.sees_last("Shall I forget you?")
    assert town.reads(lambda work: work.people.find(sam.id)) is not None


async def test_proofs_and_pins_are_protected(town: Town) -> None:
    """The photo of a hand-over and a card with a PIN cannot be forwarded; links and addresses can be copied."""
    anna, omar, lena = await delivered(town)
    sent = {(call.params.get("photo") and "photo") or call.method: call.params for call in town.telegram.calls}
    assert sent["photo"]["protect_content"]
    await quickly.book(town, anna, pin=True)
    await anna.taps("Customer's link")
    await town.customer(anna, "Lena Lopez")
    posted = [call.params for call in town.telegram.calls if call.method == "sendMessage"]
    for params in posted:
        secret = "Tell the driver this PIN" in params["text"]
        assert bool(params.get("protect_content")) == secret, params["text"]
    assert any(params.get("protect_content") for params in posted)
    assert omar.name
    assert lena.name


async def test_a_pin_is_guessed_five_times_at_most(town: Town) -> None:
    """Ten thousand PINs cannot be tried: after five the right one is refused as well, in a new conversation too."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna, pin=True)
    await quickly.at_the_door(town, omar)
    right = str(quickly.delivery(town, number).pin)
    wrong = "0000" if right != "0000" else "0001"
    await omar.taps("Delivered")
    for _ in range(3):
        await omar.says(wrong)
    await omar.says("/cancel")
    await omar.taps("Delivered")
    for guess in (wrong, wrong, right):
        await omar.says(guess)
    assert quickly.delivery(town, number).status == "picked_up"
    await omar.does(omar.phone.taps, data=f"st:{quickly.delivery(town, number).id}:hand_over", message_id=1)
    await omar.says(right)
    assert quickly.delivery(town, number).status == "picked_up"


async def test_tokens_cannot_be_guessed(town: Town) -> None:
    """Each link has 128 bits from the system's own source, and no two are alike."""
    anna = await quickly.merchant(town)
    for _ in range(3):
        await quickly.book(town, anna)
    links = town.reads(lambda work: [link.token for link in work.session.exec(select(Link))])
    assert len(set(links)) == 3
    assert all(len(base64.urlsafe_b64decode(token + "==")) == 16 for token in links)


async def test_what_a_name_may_hold(town: Town) -> None:
    """Half characters, NULs and marks that turn the line around go; accents, emoji and Arabic stay."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    for answer in ("2", "M", "Bellagio"):
        await anna.says(answer)
    await anna.taps("That's right")
    await anna.says("Zo\u00eb \u202eevil\u202c \x07\u0645\u0631\u062d\u0628\u0627 👩‍🚀")
    draft = town.reads(lambda work: work.drafts.open(anna.id))
    assert draft is not None
    assert draft.answers["customer_name"] == "Zo\u00eb evil \u0645\u0631\u062d\u0628\u0627 👩‍🚀"


async def test_an_invitation_names_nobody_who_has_left(town: Town) -> None:
    """Ben joined by Anna's link, and is forgotten: her cards no longer name him, and his right is gone."""
    anna = await quickly.merchant(town)
    await anna.says("/staff")
    await anna.taps("Invite")
    ben = town.human("Ben Baker")
    await ben.opens(anna.last().split()[-1])
    await anna.taps("Let in")
    ben.sees("You speak for")
    await ben.says("/forget")
    await ben.taps("Yes, forget me")
    assert "Ben" not in cards(anna)
    assert lines_with(town, ("Ben Baker",)) == []
    await ben.says("/deliver")
    ben.sees_last("You don't speak for a shop here yet.")


def test_nothing_to_erase(database: Database) -> None:
    """On the first day there is nothing, and that is no trouble."""
    with database.transaction() as work:
        forgetting.sweep(work)
        assert work.memory.recall(forgetting.SWEPT_AT) is not None


async def test_forgotten_while_it_is_on_its_way(town: Town) -> None:
    """A card that was being sent when he asked to be forgotten is taken away again."""
    _, _, lena = await delivered(town)
    await lena.says("/forget")
    await lena.taps("Yes, forget me")
    before = list(lena.texts())

    def forgets(method: str, _params: Any) -> None:
        if method == "sendMessage":
            town.telegram.before.remove(forgets)
            town.reads(lambda work: work.erasing.chat(lena.id))

    town.telegram.before.append(forgets)
    await town.bot.desk.do(
        lambda work: work.outbox.write(
            lena.id, "notice", text_id="plain", params={"text": "Bellagio"}, about="on its way"
        )
    )
    await town.settle()
    assert lena.texts() == before


async def test_what_was_erased_is_not_sent_again(town: Town) -> None:
    """A message that could not be sent, to one who was forgotten since: no operator can send it any more."""
    lena = town.human("Lena Lopez")
    await lena.starts()
    await town.bot.desk.do(lambda work: work.outbox.write(lena.id, "notice", text_id="plain", params={"text": "Hi"}))

    def given_up(work: Any) -> Any:
        row = work.session.exec(select(Outbox).order_by(col(Outbox.id).desc())).first()
        work.outbox.drop([row.id], "Bad Request")
        return work.cases.open(work.market_id, "message", row.id, "Bad Request")

    case = await town.bot.desk.do(given_up)
    assert town.reads(lambda work: operating.can_try_again(work, case))
    await town.bot.desk.do(lambda work: work.erasing.chat(lena.id))
    assert not town.reads(lambda work: operating.can_try_again(work, case))
