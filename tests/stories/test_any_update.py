"""Whatever arrives: nobody is met with silence, nobody with noise, and no failure goes unseen."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot import buttons, receiver
from bot.chat import ears, taps
from tests.stories import quickly
from tests.stories.town import Town


def broken(_turn: Any, _tap: Any = None) -> None:
    """A deed with a bug in it."""
    raise RuntimeError("a bug")


@pytest.mark.parametrize("what", ["sticker", "voice", "photo", "contact"])
async def test_out_of_the_blue(town: Town, what: str) -> None:
    """Stickers, voices, photos and contacts that nobody asked for get one hint, and then peace for 30 s."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    await sam.does(getattr(sam.phone, what))
    sam.sees_last("I don't need one now" if what == "photo" else "I did not get that.")
    said = len(sam.texts())
    await sam.does(getattr(sam.phone, what))
    await town.passes(seconds=29)
    await sam.does(getattr(sam.phone, what))
    assert len(sam.texts()) == said
    await town.passes(seconds=2)
    await sam.does(getattr(sam.phone, what))
    assert len(sam.texts()) == said + 1


async def test_documents_and_unknown_words(town: Town) -> None:
    """A file, a sentence and an unknown command get the hint at what would help."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    senders: tuple[Callable[[], Any], ...] = (
        lambda: sam.phone.document("plan.pdf"),
        lambda: sam.phone.says("good morning"),
        lambda: sam.phone.says("/frobnicate"),
        lambda: sam.phone.forwards("an old joke"),
        lambda: sam.phone.sends_pin(36.1, -115.1),
    )
    for send in senders:
        await sam.does(send)
        sam.sees_last("I did not get that. /help shows what I can do.")
        said = len(sam.texts())
        await town.passes(seconds=31)
        assert len(sam.texts()) == said


async def test_an_album_out_of_the_blue_gets_one_answer(town: Town) -> None:
    """Five photos at once: one hint."""
    sam = town.human("Sam Stranger")
    await sam.starts()
    said = len(sam.texts())
    await sam.photographs(5)
    assert len(sam.texts()) == said + 1


async def test_an_album_as_a_wrong_answer_gets_one_answer(town: Town) -> None:
    """Three photos where a number is asked: the question once more, once."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    said = len(anna.texts())
    await anna.photographs(3)
    assert len(anna.texts()) == said + 1
    anna.sees_last("Please type it as text.")


async def test_an_edited_message(town: Town) -> None:
    """Edits cannot be followed, and the person is told so."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    await anna.says("2")
    message = anna.phone.messages[-2]["message_id"]
    await anna.does(anna.phone.edits, message, "3")
    anna.sees_last("I can't follow edits.")
    draft = town.reads(lambda work: work.drafts.open(anna.id))
    assert draft is not None
    assert draft.answers["pieces"] == 2


async def test_an_unknown_command_is_no_answer(town: Town) -> None:
    """/statsu in the middle of a booking does not become the customer's name: hint, and the question again."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    for answer in ("2", "M"):
        await anna.says(answer)
    await anna.says("Bellagio")
    await anna.taps("That's right")
    await anna.says("/statsu")
    anna.sees("I did not get that. /help shows what I can do.")
    anna.sees_last("Who gets it?")


async def test_wrong_kinds_of_answers(town: Town) -> None:
    """Stickers and voices at a question bring the question back with what was wrong."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    for what in (anna.phone.sticker, anna.phone.voice, anna.phone.photo, anna.phone.contact):
        await anna.does(what)
        anna.sees_last("Please type it as text.")
        anna.sees_last("How many pieces?")


@pytest.mark.parametrize(
    "data",
    ["", "garbage", "ok", "ok:", "ok:abc", "ok:1:2:3", "st:1:fly", "p:1:1", "ok:99999999999999999999", "zz:1", "🎉:1"],
)
async def test_garbage_in_a_button(town: Town, data: str) -> None:
    """Data that no button of ours holds is answered kindly, with the way home."""
    anna = await quickly.merchant(town)
    tap = await anna.does(anna.phone.taps, data=data or "?", message_id=1)
    assert tap.toast
    assert anna.last() != ""


async def test_a_button_of_a_row_that_is_gone(town: Town) -> None:
    """Ids that no row has: an old button, kindly."""
    anna = await quickly.merchant(town)
    message = anna.phone.messages[-1]["message_id"]
    for data in ("ok:77", "st:77:pick_up", "p:77:1:x", "ca:77", "mi:77", "cc:77", "se:driver:77:1", "ds:77:lost"):
        tap = await anna.does(anna.phone.taps, data=data, message_id=message)
        assert tap.toast, data


async def test_in_a_group_only_what_is_meant_for_us(town: Town) -> None:
    """Commands to us and replies to us are answered with the way to the private chat; the rest is none of ours."""
    anna = await quickly.merchant(town)
    group = town.telegram.group("Mall people", [anna.phone])
    await anna.does(group.says, anna.phone, "hello everybody")
    await anna.does(group.says, anna.phone, "/deliver@some_other_bot")
    assert not [m for m in group.messages if m["from"]["is_bot"]]
    await anna.does(group.says, anna.phone, f"/deliver@{town.telegram.bot['username']}")
    answers = [m for m in group.messages if m["from"]["is_bot"]]
    assert len(answers) == 1
    assert "I work in private chats." in answers[0]["text"]
    await anna.does(group.says, anna.phone, "why?", answers[0]["message_id"])
    assert len([m for m in group.messages if m["from"]["is_bot"]]) == 2
    assert town.reads(lambda work: work.drafts.open(anna.id)) is None
    anna.sees_no("How many pieces?")


async def test_blocked_and_unblocked(town: Town) -> None:
    """A customer who blocks us is marked on the merchant's card; back again, he gets his card."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    lena = await town.customer(anna)
    anna.sees("Customer: connected ✓")
    await lena.does(lena.phone.blocks)
    anna.sees("Customer: has blocked me")
    omar = await quickly.driver(town)
    await omar.taps("Accept")
    await lena.does(lena.phone.unblocks)
    anna.sees("Customer: connected ✓")
    lena.sees_last("A driver is found: Omar")


async def test_a_blocked_driver_with_a_job_is_the_operators(town: Town) -> None:
    """The driver blocks us with a parcel in his hands: the operator is asked."""
    anna = await quickly.merchant(town)
    omar = await quickly.driver(town)
    await quickly.book(town, anna)
    await quickly.fetched(town, omar)
    await omar.does(omar.phone.blocks)
    assert quickly.cases(town) == ["dark"]


async def test_start_in_the_middle_of_anything(town: Town) -> None:
    """/start asks who you are also in the middle of a booking, which then goes on."""
    anna = await quickly.merchant(town)
    await anna.says("/deliver")
    await anna.says("2")
    await anna.starts()
    anna.sees("Who are you?")
    await anna.taps("M · a box")
    anna.sees_last("Where to?")


async def test_cancel_without_a_question(town: Town) -> None:
    """/cancel where nothing is asked says so."""
    sam = town.human("Sam Stranger")
    await sam.says("/cancel")
    sam.sees_last("There is no question to leave.")


async def test_every_command_answers_anybody(town: Town) -> None:
    """No command is met with silence, from somebody who never pressed Start either."""
    for name in ears.COMMANDS:
        sam = town.human(f"Sam {name}")
        await sam.says(f"/{name}")
        assert sam.texts(), name


async def test_start_with_a_link_that_means_nothing(town: Town) -> None:
    """Unknown, wrong and empty links are told from one another, none is silent."""
    sam = town.human("Sam Stranger")
    await sam.starts("nonsense")
    sam.sees_last("I don't know this link.")
    await sam.starts("cABCDEF")
    sam.sees_last("This link is over.")
    await sam.starts("sABCDEF")
    sam.sees_last("This link is used or over.")


async def test_a_deed_that_fails(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug behind a button: three tries, then an apology to the person and a card to the operator."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    town.may_fail = True
    tries = []

    def fails(turn: Any, _tap: Any) -> None:
        tries.append(turn.work.now)
        turn.say("noted")
        broken(turn)

    monkeypatch.setitem(taps.DEEDS, buttons.ShowLink, fails)
    await anna.taps("Customer's link")
    assert len(tries) == 1
    anna.sees_no("Something went wrong")
    await town.passes(seconds=2)
    await town.passes(seconds=6)
    assert len(tries) == 3
    anna.sees_last("Something went wrong on our side, sorry.")
    anna.sees_no("Got it")
    town.olivia.sees_last("An update could not be handled: RuntimeError in update")
    await town.passes(seconds=60)
    assert len(tries) == 3
    await town.olivia.taps("Seen to")
    town.olivia.sees_last("✓ Seen to.")


async def test_a_command_that_fails(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug behind a command; what the person says meanwhile waits its turn and is heard."""
    monkeypatch.setitem(ears.COMMANDS, "status", broken)
    await town.restart()
    anna = await quickly.merchant(town)
    town.may_fail = True
    await anna.says("/status")
    await town.passes(seconds=2)
    await town.passes(seconds=6)
    anna.sees("Something went wrong on our side, sorry.")
    await anna.says("/deliver")
    anna.sees_last("How many pieces?")


async def test_a_deed_that_recovers(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails once and works then: done once, and nobody hears of it."""
    anna = await quickly.merchant(town)
    await quickly.book(town, anna)
    town.may_fail = True
    before = len(anna.texts())
    good = taps.DEEDS[buttons.ShowLink]
    monkeypatch.setitem(taps.DEEDS, buttons.ShowLink, broken)
    await anna.taps("Customer's link")
    monkeypatch.setitem(taps.DEEDS, buttons.ShowLink, good)
    await town.passes(seconds=2)
    assert len(anna.texts()) == before + 1
    anna.sees_last("Send this link to Lena Lopez")
    assert "update" not in quickly.cases(town)


async def test_a_malformed_update_is_shown_to_the_operator_only(town: Town) -> None:
    """What cannot be read is marked as failed at once; the bot goes on."""
    anna = await quickly.merchant(town)
    town.may_fail = True
    last = town.reads(lambda work: work.inbox.last()) or 0
    bad: list[dict[str, Any]] = [
        {"update_id": last - 2000, "message": {"message_id": 1}},
        {"update_id": last - 1999, "message": "what?"},
        {"update_id": last - 1998},
        {"update_id": last - 1997, "callback_query": {"id": "1", "from": {"id": anna.id}}},
    ]
    said = len(anna.texts())
    await quickly.does(town, lambda work: receiver._store(work, bad))
    assert len(anna.texts()) == said
    town.olivia.sees("An update could not be handled: malformed")
    await anna.says("/deliver")
    anna.sees_last("How many pieces?")


async def test_a_message_that_telegram_refuses(town: Town) -> None:
    """What cannot be sent after all is kept and shown to the operator."""
    anna = await quickly.merchant(town)

    def gone(work: Any) -> None:
        work.outbox.write(anna.id, "photo", subject="no-such-file", text_id="noted")

    await quickly.does(town, gone)
    town.olivia.sees_last("A message could not be sent:")
    assert any("sendPhoto" in problem for problem in town.telegram.problems)
    town.telegram.problems.clear()


async def test_status_says_what_is_open(town: Town) -> None:
    """/status leads each person to what is open for him."""
    anna = await quickly.merchant(town)
    number = await quickly.book(town, anna)
    lena = await town.customer(anna)
    omar = await quickly.driver(town)
    await omar.taps("Accept")
    for human in (anna, lena, omar):
        await human.says("/status")
        human.sees_last("I am well.")
        await human.taps(number)
        human.sees_last(number)
    await town.olivia.says("/status")
    town.olivia.sees_last("1 with one")


async def test_late_updates_of_a_person_come_in_order(town: Town) -> None:
    """Ten messages typed at once are ten turns, one after the other."""
    anna = await quickly.merchant(town)
    anna.phone.says("/deliver")
    for answer in ("2", "M", "Bellagio"):
        anna.phone.says(answer)
    await town.settle()
    anna.sees_last("Is this the right door?")
    town.clock.now += timedelta(seconds=1)


async def test_a_button_without_data_is_answered(town: Town) -> None:
    """A tap on a game (we have none), or one that brings nothing with it, is answered as any other."""
    anna = await quickly.merchant(town)
    last = town.reads(lambda work: work.inbox.last()) or 0
    sender = anna.phone.user.as_json()
    for number, more in enumerate(({"game_short_name": "chess"}, {})):
        tap = {"id": f"77{number}", "from": sender, "chat_instance": "1", **more}
        update = {"update_id": last + 10_000 + number, "callback_query": tap}
        await town.bot.desk.do(lambda work, update=update: receiver._store(work, [update]))  # type: ignore[misc]
        await town.bot.receiver.drain()
        answered = [call.params for call in town.telegram.calls if call.method == "answerCallbackQuery"]
        assert answered[-1]["callback_query_id"] == f"77{number}"
    await town.settle()
