"""Every answer and update of the sandbox, read by two libraries' models of the Bot API."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
import telegram
from pydantic import BaseModel, TypeAdapter

from bot.sandbox.parameters import METHODS
from bot.sandbox.telegram import HANDLERS
from tests.telegram_facts.facts import Town, inline
from tests.telegram_facts.table import OURS, Topic, api, fact

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\0\0\1\0\0\0\1\0"
COMMANDS = [{"command": "deliver", "description": "Book a delivery"}]
POINT = {"latitude": 36.1, "longitude": -115.1}


class Sample:
    """A town with one of everything, and the parameters that make each method succeed."""

    def __init__(self) -> None:
        self.town = town = Town()
        self.anna = town.anna
        forum = town.telegram.group("Forum", [town.anna], forum=True)
        text = town.say("<b>text</b> /help", parse_mode="HTML", reply_markup=inline("a"))
        photo = town.call("sendPhoto", {"photo": PICTURE}, chat_id=self.anna.id, caption="one")
        live = town.call("sendLocation", chat_id=self.anna.id, **POINT, live_period=600, heading=90)
        tap = town.anna.taps("a")
        chat = {"chat_id": self.anna.id}
        that = {**chat, "message_id": text["message_id"]}
        that_photo = {**chat, "message_id": photo["message_id"]}
        that_live = {**chat, "message_id": live["message_id"]}
        file_id = photo["photo"][-1]["file_id"]
        reply = {"reply_parameters": {"message_id": text["message_id"]}, "protect_content": True}
        album = [{"type": "photo", "media": file_id, "caption": "c"}, {"type": "photo", "media": file_id}]
        town.call("pinChatMessage", **that)
        self.samples: dict[str, dict[str, Any]] = {
            "getMe": {},
            "logOut": {},
            "close": {},
            "getUpdates": {},
            "setWebhook": {"url": ""},
            "deleteWebhook": {},
            "getWebhookInfo": {},
            "sendMessage": {**chat, "text": "<a href='https://a.example'>x</a>", "parse_mode": "HTML", **reply},
            "sendPhoto": {**chat, "photo": file_id, "caption": "<i>c</i>", "parse_mode": "HTML", "has_spoiler": True},
            "sendDocument": {**chat, "document": "attach://note"},
            "sendLocation": {**chat, **POINT, "horizontal_accuracy": 20.5},
            "sendVenue": {**chat, **POINT, "title": "Fashion Show", "address": "3200 S Las Vegas Blvd"},
            "sendContact": {**chat, "phone_number": "+17025550100", "first_name": "Ben"},
            "sendMediaGroup": {**chat, "media": album},
            "sendChatAction": {**chat, "action": "typing"},
            "copyMessage": {**that, "from_chat_id": self.anna.id},
            "forwardMessage": {**that, "from_chat_id": self.anna.id},
            "editMessageText": {**that, "text": "other", "reply_markup": inline("b", "c")},
            "editMessageCaption": {**that_photo, "caption": "two"},
            "editMessageMedia": {**that_photo, "media": {"type": "photo", "media": "attach://new", "caption": "x"}},
            "editMessageReplyMarkup": {**that, "reply_markup": inline("z")},
            "editMessageLiveLocation": {**that_live, "latitude": 36.2, "longitude": -115.2},
            "stopMessageLiveLocation": that_live,
            "deleteMessage": that,
            "deleteMessages": {**chat, "message_ids": [text["message_id"]]},
            "pinChatMessage": that_photo,
            "unpinChatMessage": that,
            "setMessageReaction": {**that, "reaction": [{"type": "emoji", "emoji": "👍"}]},
            "answerCallbackQuery": {"callback_query_id": tap.id, "text": "ok"},
            "setMyCommands": {"commands": COMMANDS, "scope": {"type": "chat", **chat}},
            "deleteMyCommands": {},
            "getMyCommands": {},
            "setMyName": {"name": "Doorstep"},
            "getMyName": {},
            "setMyDescription": {"description": "d"},
            "getMyDescription": {},
            "setMyShortDescription": {"short_description": "d"},
            "getMyShortDescription": {},
            "setChatMenuButton": {"menu_button": {"type": "commands"}},
            "getChatMenuButton": chat,
            "getChat": chat,
            "getFile": {"file_id": file_id},
            "createForumTopic": {"chat_id": forum.id, "name": "D-4711"},
        }

    def answer(self, method: str) -> Any:
        """Call a method with its sample and give what comes over the wire."""
        files = {"note": b"a note", "new": PICTURE[:-1] + b"\1"}
        return json.loads(json.dumps(self.town.call(method, files, **self.samples[method])))


PTB: dict[str, Callable[[Any], Any]] = {
    "getMe": lambda data: telegram.User.de_json(data, None),
    "getUpdates": lambda data: telegram.Update.de_list(data, None),
    "getWebhookInfo": lambda data: telegram.WebhookInfo.de_json(data, None),
    "sendMediaGroup": lambda data: telegram.Message.de_list(data, None),
    "copyMessage": lambda data: telegram.MessageId.de_json(data, None),
    "getMyCommands": lambda data: telegram.BotCommand.de_list(data, None),
    "getMyName": lambda data: telegram.BotName.de_json(data, None),
    "getMyDescription": lambda data: telegram.BotDescription.de_json(data, None),
    "getMyShortDescription": lambda data: telegram.BotShortDescription.de_json(data, None),
    "getChatMenuButton": lambda data: telegram.MenuButton.de_json(data, None),
    "getChat": lambda data: telegram.ChatFullInfo.de_json(data, None),
    "getFile": lambda data: telegram.File.de_json(data, None),
    "createForumTopic": lambda data: telegram.ForumTopic.de_json(data, None),
}


def unknown_to_ptb(value: Any, path: str = "") -> Iterator[str]:
    """Walk a python-telegram-bot object and name every key that it had no field for."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from unknown_to_ptb(item, path)
    elif isinstance(value, telegram.TelegramObject):
        yield from (f"{path}.{key}" for key in value.api_kwargs)
        for key in dir(type(value)):
            if not key.startswith("_") and type(getattr(type(value), key)).__name__ == "member_descriptor":
                yield from unknown_to_ptb(getattr(value, key, None), f"{path}.{key}")


def unknown_to_aiogram(value: Any, path: str = "") -> Iterator[str]:
    """Walk an aiogram model and name every key that it had no field for (its models let extra keys in)."""
    if isinstance(value, list):
        for item in value:
            yield from unknown_to_aiogram(item, path)
    elif isinstance(value, BaseModel):
        yield from (f"{path}.{key}" for key in value.model_extra or {})
        for key in type(value).model_fields:
            yield from unknown_to_aiogram(getattr(value, key), f"{path}.{key}")


def aiogram(part: str) -> Any:
    """Give aiogram's `types` or `methods`; imported here because it takes seconds, and only these tests need it."""
    return import_module(f"aiogram.{part}")


def aiogram_method(method: str) -> Any:
    """Find aiogram's class of a method."""
    return getattr(aiogram("methods"), method[0].upper() + method[1:])


@fact(Topic.SHAPES, "a test of these tests", OURS)
def test_the_walkers_see_unknown_keys() -> None:
    """A key that the Bot API does not have is found in both models, however deep it lies."""
    sent = Town().say("<b>x</b>", parse_mode="HTML", reply_markup=inline("a"))
    sent["entities"] = [{**sent["entities"][0], "colour": "red"}]
    sent["reply_markup"]["inline_keyboard"][0][0]["shape"] = "round"
    assert sorted(unknown_to_ptb(telegram.Message.de_json(sent, None))) == [
        ".entities.colour",
        ".reply_markup.inline_keyboard.shape",
    ]
    assert sorted(unknown_to_aiogram(aiogram("types").Message.model_validate(sent))) == [
        ".entities.colour",
        ".reply_markup.inline_keyboard.shape",
    ]


@fact(Topic.SHAPES, "a method without a sample fails the suite", OURS)
def test_every_method_has_a_sample_and_a_handler() -> None:
    """The table of methods, their handlers and these samples name the same methods."""
    assert set(Sample().samples) == set(METHODS) == set(HANDLERS)


@fact(Topic.SHAPES, "every method's answer, every key", api("available-methods"))
@pytest.mark.parametrize("method", METHODS)
def test_answer_is_what_python_telegram_bot_expects(method: str) -> None:
    """python-telegram-bot reads the answer and knows every key of it."""
    answer = Sample().answer(method)
    if answer is True:
        return
    is_message = isinstance(answer, dict) and "chat" in answer
    read = (telegram.Message.de_json(answer, None) if is_message else PTB[method](answer)) if answer != [] else []
    assert list(unknown_to_ptb(read)) == []


@fact(Topic.SHAPES, "every method's answer, every key", api("available-methods"))
@pytest.mark.parametrize("method", METHODS)
def test_answer_is_what_aiogram_expects(method: str) -> None:
    """aiogram's model of the return type accepts the answer, and every key."""
    answer = Sample().answer(method)
    read = TypeAdapter(aiogram_method(method).__returning__).validate_python(answer)
    assert list(unknown_to_aiogram(read)) == []


@fact(Topic.STRICT, "the same for every method", api("available-methods"))
@pytest.mark.parametrize("method", METHODS)
def test_parameters_are_telegram_s(method: str) -> None:
    """Each parameter in our table is one of aiogram's model, and the required ones are."""
    fields = aiogram_method(method).model_fields
    assert set(fields) >= METHODS[method]
    required = {name for name, field in fields.items() if field.is_required()}
    assert required <= METHODS[method]


@fact(Topic.SHAPES, "20 updates of four kinds", api("update"))
def test_updates_of_every_kind() -> None:
    """Both libraries read every update that people cause, and know every key."""
    town = Town()
    group = town.telegram.group("Desk", [town.anna])
    town.say(reply_markup=inline("Go"))
    town.anna.says("see https://a.example and /help", reply_to=2)
    town.anna.forwards("news")
    town.anna.taps("Go")
    town.anna.taps(data="gone", message_id=77)
    town.anna.sends_pin(36.1, -115.1)
    town.anna.shares_live(36.1, -115.1)
    town.anna.moves(36.2, -115.1)
    town.anna.ends_live()
    town.anna.photo("p", count=2)
    town.anna.contact()
    town.anna.contact("Ben Bell", "+17025550100")
    town.anna.voice()
    town.anna.sticker()
    town.anna.document("note.txt")
    group.says(town.anna, "/open")
    town.anna.blocks()
    town.anna.start()
    updates = json.loads(json.dumps(town.updates()))
    assert len(updates) == 20
    for update in updates:
        assert list(unknown_to_ptb(telegram.Update.de_json(update, None))) == []
        assert list(unknown_to_aiogram(aiogram("types").Update.model_validate(update))) == []
    kinds = {key for update in updates for key in update} - {"update_id"}
    assert kinds == {"message", "edited_message", "callback_query", "my_chat_member"}
