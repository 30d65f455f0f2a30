"""Keyboards: what fits and what Telegram refuses."""

from typing import Any

import pytest

from tests.telegram_facts.facts import Town, inline
from tests.telegram_facts.table import REPORTED, Topic, api, fact

BUTTON = "can't parse inline keyboard button: "
REFUSED: list[tuple[dict[str, Any], str]] = [
    (inline(callback_data="x" * 65), "BUTTON_DATA_INVALID"),
    (inline(callback_data="é" * 33), "BUTTON_DATA_INVALID"),
    (inline(callback_data=""), BUTTON + "Text buttons are unallowed in the inline keyboard"),
    (inline(style="danger"), BUTTON + "Text buttons are unallowed in the inline keyboard"),
    ({"inline_keyboard": [[{"callback_data": "x"}]]}, BUTTON + 'Can\'t find field "text"'),
    ({"inline_keyboard": "bad"}, 'field "inline_keyboard" must be of type Array'),
    (inline(copy_text={"text": ""}), "BUTTON_COPY_TEXT_INVALID"),
    (inline(copy_text={"text": "x" * 257}), "BUTTON_COPY_TEXT_INVALID"),
    (inline(url="not-a-url"), "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL"),
    (
        inline(url="ftp://a.example"),
        "inline keyboard button URL 'ftp://a.example' is invalid: Unsupported URL protocol",
    ),
    (
        inline(url="tel:+17025550123"),
        "inline keyboard button URL 'tel:+17025550123' is invalid: Unsupported URL protocol",
    ),
    (inline(url="geo:36.1,-115"), "inline keyboard button URL 'geo:36.1,-115' is invalid: Unsupported URL protocol"),
    (
        inline(url="http://localhost:8080"),
        "inline keyboard button URL 'http://localhost:8080' is invalid: Wrong HTTP URL",
    ),
    (
        inline(web_app={"url": "http://a.example"}),
        "inline keyboard button Web App URL 'http://a.example' is invalid: Only HTTPS links are allowed",
    ),
    ({"inline_keyboard": [[{"text": str(n), "callback_data": "x"}] for n in range(101)]}, "reply markup is too long"),
    (inline(*"abcdefghi"), "reply markup is too long"),
    (
        {"inline_keyboard": [[{"text": "1234567890" * 6, "callback_data": "x" * 60}] for _ in range(100)]},
        "reply markup is too long",
    ),
]


@fact(
    Topic.KEYBOARDS,
    "refuses 65 bytes of data, bad links, 101 buttons, 9 in a row, 10 KB in all, in these words",
    api("inlinekeyboardbutton"),
    REPORTED,
)
@pytest.mark.parametrize(("markup", "words"), REFUSED)
def test_refused_keyboard(markup: dict[str, Any], words: str) -> None:
    """Wrong buttons and large keyboards are refused."""
    town = Town()
    assert (
        town.refused("sendMessage", chat_id=town.anna.id, text="x", reply_markup=markup) == f"400 Bad Request: {words}"
    )
    assert len(town.telegram.problems) == 1


@fact(Topic.KEYBOARDS, "answers it unchanged", api("inlinekeyboardbutton"))
@pytest.mark.parametrize(
    "markup",
    [
        inline(callback_data="x" * 64),
        inline(callback_data="x", style="success"),
        inline(copy_text={"text": "x" * 256}),
        inline(url="https://t.me/share/url?url=https%3A%2F%2Fa.example&text=hi"),
        inline(url="tg://user?id=1"),
        {"inline_keyboard": [[{"text": str(n), "callback_data": "x"} for n in range(8)] for _ in range(12)]},
    ],
)
def test_accepted_keyboard(markup: dict[str, Any]) -> None:
    """What is within the limits comes back as sent."""
    assert Town().say(reply_markup=markup)["reply_markup"] == markup


@fact(Topic.KEYBOARDS, "refuses two", api("inlinekeyboardbutton"))
def test_two_actions_in_a_button() -> None:
    """Exactly one of the optional fields makes a button."""
    town = Town()
    markup = inline(callback_data="x", url="https://a.example")
    assert "exactly one action" in town.refused("sendMessage", chat_id=town.anna.id, text="x", reply_markup=markup)


@fact(Topic.KEYBOARDS, "refuses others", api("inlinekeyboardbutton"))
def test_unknown_style() -> None:
    """A style is danger, success or primary."""
    town = Town()
    markup = inline(callback_data="x", style="pink")
    assert "style" in town.refused("sendMessage", chat_id=town.anna.id, text="x", reply_markup=markup)


@fact(Topic.KEYBOARDS, "shows a reply keyboard on the phone and leaves it out of the answer", api("message"))
def test_reply_keyboards_are_not_part_of_the_message() -> None:
    """A Message carries reply_markup only when it is inline."""
    town = Town()
    sent = town.say(reply_markup={"keyboard": [[{"text": "Menu"}], ["Help"]], "resize_keyboard": True})
    assert "reply_markup" not in sent
    assert town.anna.keyboard is not None
    assert town.anna.keyboard["keyboard"] == [[{"text": "Menu"}], [{"text": "Help"}]]
    town.say(reply_markup={"remove_keyboard": True})
    assert town.anna.keyboard is None


@fact(Topic.KEYBOARDS, "refuses it with 400 “inline keyboard expected”", api("editmessagetext"))
def test_edit_takes_inline_keyboards_only() -> None:
    """Editing cannot set a reply keyboard."""
    town = Town()
    sent = town.say()
    markup = {"keyboard": [[{"text": "Menu"}]]}
    words = town.refused(
        "editMessageText", chat_id=town.anna.id, message_id=sent["message_id"], text="x", reply_markup=markup
    )
    assert words == "400 Bad Request: inline keyboard expected"
