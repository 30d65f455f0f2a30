"""The words: short, whole, and free of anything that only a machine reads."""

import re
from pathlib import Path

import pytest

import bot.texts
from tests.stories import quickly
from tests.stories.quickly import at_the_door, jumps
from tests.stories.town import Human, Town

LONGEST = 4
"""Lines of a message, but for the cards below."""

MAY_BE_LONGER = (
    "📦",  # a delivery or a parcel: one line for each thing that is true of it
    "🚗",  # a job, or a driver who wants to join
    "🛍",  # a merchant who wants to join
    "🛠",  # an operator's desk
    "💵",  # an offer
    "Shall I book this?",  # the summary with its quote
    "⏰",  # the same after a quote has lapsed; a case with its people
    "📞",  # cases with the people in them
    "📡",
    "🔑",
    "🔎",
    "↩️",
    "/deliver books a delivery",  # help: a line for each command
    "Share your live location to come on duty",
    "Doorstep brings parcels",
    "open deliver",  # the operator's list
)


def ids() -> set[str]:
    """The ids of all texts."""
    lines = (Path(bot.texts.__file__).parent / "en.ftl").read_text("utf-8").splitlines()
    return {line.split(" =")[0] for line in lines if re.match(r"^[a-z][a-z0-9-]+ =", line)}


def said(town: Town) -> list[str]:
    """Everything that the bot has said or edited in this story, and every label of its buttons."""
    found = []
    for call in town.telegram.calls:
        if call.error is None and isinstance(call.result, dict):
            found.append(str(call.result.get("text") or call.result.get("caption") or ""))
            for row in call.result.get("reply_markup", {}).get("inline_keyboard", []):
                found += [button["text"] for button in row]
    found += [toast for person in town.telegram.people.values() for toast in person.toasts]
    return [words for words in found if words]


async def a_long_day(town: Town, language: str) -> None:
    """As many of the bot's words as a day can bring about."""
    anna = await quickly.merchant(town, language=language)
    omar, petra = await quickly.drivers(town, "Omar Ortiz", "Petra Pan", at=[quickly.NEARBY, quickly.north(0.9)])
    for human in (anna, omar, petra, town.olivia):
        await human.says("/language")
        await human.taps("Español" if language == "es" else "English")
        for command in ("/start", "/help", "/status", "/id", "/cancel", "/staff", "/open", "/nonsense"):
            await human.says(command)
    number = await quickly.book(town, anna, pin=True)
    lena = town.human("Lena Lopez", language=language)
    await data(anna, "li:")
    await data(anna, "qr:")
    link = re.search(r"https://t\.me/\S+", " ".join(anna.texts()))
    assert link is not None
    await lena.opens(link[0])
    await data(lena, "mi:")
    await data(lena, "wh:")
    await data(omar, "no:")
    await data(petra, "ok:")
    await data(petra, "st:1:problem")
    await data(petra, "p:")
    await omar.moves(36.1291, -115.1701)
    await town.passes(seconds=305, step=100)
    await data(anna, "re:")
    await omar.does(omar.phone.taps, data="of", message_id=omar.phone.messages[-1]["message_id"])
    await omar.shares_live(*quickly.NEARBY)
    if not any("ok:" in str(m.get("reply_markup")) for m in omar.phone.messages):
        number = await quickly.book(town, anna, pin=True)
    await data(omar, "ok:")
    here = quickly.delivery(town, number)
    for step in ("at_pickup", "pick_up", "undo", "pick_up"):
        await data(omar, f"st:{here.id}:{step}")
    await data(lena, "wh:")
    await town.passes(seconds=62)
    await data(omar, f"st:{here.id}:at_door")
    await data(omar, f"st:{here.id}:hand_over")
    for wrong in ("abc", "0001", "0002", "0003", "0004", "0005", "0006"):
        if wrong != here.pin:
            await omar.says(wrong)
    await data(omar, f"st:{here.id}:nobody")
    await data(omar, f"st:{here.id}:problem")
    await data(omar, "p:")
    await data(omar, "p:")
    await data(omar, f"st:{here.id}:brought_back")
    await jumps(town, minutes=20)
    await town.olivia.says("/open")
    await data(town.olivia, "de:")
    await data(anna, "hb:")
    await anna.says("/deliver")
    await anna.says("99")
    for answer in ("2", "M", "Bellagio"):
        await anna.says(answer)
    await data(anna, "p:")
    for answer in ("Luis", "12", "702 555 0177", "n" * 300, "Ring twice", "3:99", "yesterday", "tomorrow 9:00"):
        await anna.says(answer)
    await data(anna, "p:")
    await anna.says("yes please")
    await data(anna, "p:")
    await data(anna, "ca:")
    await data(anna, "p:")


async def data(human: Human, start: str) -> None:
    """Tap the newest button whose data begins so; where there is none, never mind."""
    for message in reversed(human.phone.messages):
        for row in message.get("reply_markup", {}).get("inline_keyboard", []):
            for button in row:
                if str(button.get("callback_data", "")).startswith(start):
                    await human.does(human.phone.taps, data=button["callback_data"], message_id=message["message_id"])
                    return


@pytest.mark.parametrize("language", ["en", "es"])
async def test_a_long_day_in_good_words(town: Town, language: str) -> None:
    """No id, no brace, no tag, no doubled space, nothing empty, nothing longer than four lines but the cards."""
    await a_long_day(town, language)
    words = said(town)
    assert len(set(words)) > 120
    known = ids()
    for text in words:
        assert "{" not in text, text
        assert "}" not in text, text
        assert not re.search(r"</?(b|i|u|code|a|pre)>|&(amp|lt|gt|quot);", text), text
        assert not re.search(r"\bNone\b|\bTrue\b|\bFalse\b|\?\?\?", text), text
        assert not re.search(r"\w  +\w", text), text
        assert "\u2068" not in text, text
        dashed = set(re.findall(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+", text))
        assert not dashed & known, text
        assert text == text.strip(), text
        if len(text.splitlines()) > LONGEST and language == "en":
            assert any(text.startswith(head) or head in text for head in MAY_BE_LONGER), text


async def test_people_read_their_language(town: Town) -> None:
    """In one delivery the merchant reads Spanish, the driver English, each all the way."""
    anna = await quickly.merchant(town, language="es")
    omar = await quickly.driver(town)
    number = await quickly.book(town, anna)
    await at_the_door(town, omar)
    await omar.taps("Nobody there")
    anna.sees_last("Lena Lopez")
    for english in ("Please", "call", "driver", "Cancel"):
        assert english not in anna.last()
    omar.sees(f"{number}")
    omar.sees("The shop has been asked to call")


async def test_what_people_type_cannot_break_a_message(town: Town) -> None:
    """Tags, ampersands and braces in names and notes come out as they went in."""
    anna = await quickly.merchant(town, shop="<b>Fish & Chips</b> {name}")
    omar = await quickly.driver(town)
    await quickly.book(town, anna, note="</b> 2 < 3 & {note} &amp;", customer_name="<i>Lena</i>")
    omar.sees("From <b>Fish & Chips</b> {name}")
    await quickly.fetched(town, omar)
    omar.sees("Bring it to <i>Lena</i>,")
    omar.sees("</b> 2 < 3 & {note} &amp;")
    lena = await town.customer(anna)
    lena.sees("<b>Fish & Chips</b> {name}")
