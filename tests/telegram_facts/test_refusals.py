"""What Telegram refuses, in its words: one table, a reference for each line."""

from typing import Any

import pytest

from bot.sandbox.errors import ApiError
from tests.telegram_facts.facts import NOBODY, Town, inline, watched_sandboxes
from tests.telegram_facts.table import OURS, REPORTED, Reference, Topic, api, fact

# method, parameters (ANNA and SENT stand for her chat and a message in it), words, reference
ANNA, SENT = "<anna>", "<sent>"
TO_ANNA = {"chat_id": ANNA}
THAT = {"chat_id": ANNA, "message_id": SENT}
TABLE: list[tuple[str, dict[str, Any], str, Reference]] = [
    ("sendMessage", {"text": "x"}, "chat_id is empty", REPORTED),
    ("sendMessage", {"chat_id": "", "text": "x"}, "chat_id is empty", REPORTED),
    ("sendMessage", {"chat_id": NOBODY, "text": "x"}, "chat not found", REPORTED),
    ("sendMessage", {"chat_id": "@nobody", "text": "x"}, "chat not found", REPORTED),
    ("sendMessage", {"chat_id": "nobody", "text": "x"}, "chat not found", REPORTED),
    ("sendMessage", {"chat_id": -1, "text": "x"}, "chat not found", REPORTED),
    ("sendMessage", {**TO_ANNA}, "message text is empty", REPORTED),
    ("sendMessage", {**TO_ANNA, "text": ""}, "message text is empty", REPORTED),
    ("sendMessage", {**TO_ANNA, "text": "   "}, "text must be non-empty", REPORTED),
    ("sendMessage", {**TO_ANNA, "text": "x" * 4097}, "message is too long", api("sendmessage")),
    ("sendMessage", {**TO_ANNA, "text": "x", "parse_mode": "YAML"}, "unsupported parse_mode", REPORTED),
    ("sendMessage", {**TO_ANNA, "text": "x", "message_thread_id": 5}, "message thread not found", REPORTED),
    (
        "sendMessage",
        {**TO_ANNA, "text": "x", "reply_parameters": {"message_id": 99}},
        "message to be replied not found",
        REPORTED,
    ),
    (
        "sendMessage",
        {**TO_ANNA, "text": "x", "reply_parameters": {"quote": "x"}},
        'can\'t find field "message_id"',
        REPORTED,
    ),
    (
        "sendMessage",
        {**TO_ANNA, "text": "x", "reply_markup": "{broken"},
        "can't parse reply keyboard markup JSON object",
        REPORTED,
    ),
    ("sendPhoto", {**TO_ANNA}, "there is no photo in the request", REPORTED),
    ("sendPhoto", {**TO_ANNA, "photo": "AgACAgQ-not-ours"}, "wrong file identifier/HTTP URL specified", REPORTED),
    ("sendDocument", {**TO_ANNA}, "there is no document in the request", REPORTED),
    ("sendChatAction", {**TO_ANNA, "action": "dancing"}, "wrong parameter action in request", REPORTED),
    ("editMessageText", {**THAT, "message_id": 99, "text": "x"}, "message to edit not found", REPORTED),
    ("editMessageText", {**THAT, "message_id": 1, "text": "x"}, "message can't be edited", REPORTED),
    ("editMessageText", {"chat_id": ANNA, "text": "x"}, "message identifier is not specified", REPORTED),
    ("editMessageCaption", {**THAT, "caption": "x"}, "there is no caption in the message to edit", REPORTED),
    ("editMessageLiveLocation", {**THAT, "latitude": 1, "longitude": 1}, "message can't be edited", REPORTED),
    ("deleteMessage", {**THAT, "message_id": 99}, "message to delete not found", REPORTED),
    ("pinChatMessage", {**THAT, "message_id": 99}, "message to pin not found", REPORTED),
    ("copyMessage", {**THAT, "from_chat_id": ANNA, "message_id": 99}, "message to copy not found", REPORTED),
    ("forwardMessage", {**THAT, "from_chat_id": ANNA, "message_id": 99}, "message to forward not found", REPORTED),
    ("setMessageReaction", {**THAT, "reaction": [{"type": "emoji", "emoji": "x"}]}, "REACTION_INVALID", REPORTED),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        "query is too old and response timeout expired or query ID is invalid",
        REPORTED,
    ),
    ("getFile", {"file_id": "nothing"}, "wrong file_id or the file is temporarily unavailable", REPORTED),
    ("getChat", {"chat_id": NOBODY}, "chat not found", REPORTED),
    ("setWebhook", {"url": "http://a.example"}, "bad webhook: An HTTPS URL must be provided for webhook", REPORTED),
    (
        "setWebhook",
        {"url": "https://a.example:8081/x"},
        "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        api("setwebhook"),
    ),
    (
        "setWebhook",
        {"url": "https://a.example/x", "secret_token": "a b"},
        "secret token contains unallowed characters",
        api("setwebhook"),
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "Deliver", "description": "x"}]},
        "BOT_COMMAND_INVALID",
        api("botcommand"),
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "a" * 33, "description": "x"}]},
        "command length must not exceed 32",
        api("botcommand"),
    ),
    (
        "setMyCommands",
        {"commands": [{"command": "a", "description": ""}]},
        "command description must be non-empty",
        api("botcommand"),
    ),
]


def _filled(params: dict[str, Any], town: Town) -> dict[str, Any]:
    sent = next((m["message_id"] for m in town.anna.messages if m["from"]["is_bot"]), 0)
    return {key: {ANNA: town.anna.id, SENT: sent}.get(str(value), value) for key, value in params.items()}


@fact(Topic.NOT_FOUND, "the table at the end of this page, word for word", api("making-requests"), REPORTED)
@pytest.mark.parametrize(("method", "params", "words", "reference"), TABLE)
def test_refusal(method: str, params: dict[str, Any], words: str, reference: Reference) -> None:
    """Each line of the table is refused with exactly these words."""
    town = Town()
    town.say("already here")
    assert town.refused(method, **_filled(params, town)) == f"400 Bad Request: {words}", reference


@fact(Topic.STRICT, "the same, and notes a problem", api("making-requests"))
def test_unknown_method() -> None:
    """An unknown method is 404."""
    town = Town()
    assert town.refused("sendDice", chat_id=town.anna.id) == "404 Not Found"
    assert town.telegram.problems, "a call of an unknown method is a fault of the bot"


@fact(Topic.STRICT, "the same", api("making-requests"))
def test_method_names_do_not_mind_case() -> None:
    """All methods are case-insensitive."""
    assert Town().call("getme")["is_bot"] is True


@fact(Topic.NOT_FOUND, "the same", api("authorizing-your-bot"))
def test_wrong_token() -> None:
    """A token of no bot is 401 Unauthorized."""
    town = Town()
    with pytest.raises(ApiError, match="401 Unauthorized"):
        town.telegram.call("1:wrong", "getMe", {})


@fact(Topic.STRICT, "refuses unknown parameters, unknown fields and wrong types with 400, and notes a problem", OURS)
@pytest.mark.parametrize(
    "params",
    [
        {"text": "x", "no_such_parameter": 1},
        {"text": "x", "disable_notification": "maybe"},
        {"text": {"a": "dict"}},
        {"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback": "a"}]]}},
    ],
)
def test_what_telegram_swallows_is_a_problem_here(params: dict[str, Any]) -> None:
    """Telegram ignores what it does not know; the sandbox refuses it and notes a problem."""
    town = Town()
    assert town.refused("sendMessage", chat_id=town.anna.id, **params).startswith("400")
    assert len(town.telegram.problems) == 1


@fact(Topic.STRICT, "fails every test of this project in which the bot was wrong (tests/conftest.py)", OURS)
def test_every_sandbox_of_every_test_is_watched() -> None:
    """What a bot does wrong anywhere in a test is found, whoever made the sandbox."""
    with watched_sandboxes() as problems:
        first, second = Town(), Town()
        first.say("fine")
        assert problems() == []
        second.refused("sendMessage", chat_id=second.anna.id, text="<b>unclosed", parse_mode="HTML")
    assert [line.split(" -> ")[1] for line in problems()] == [
        "400 Bad Request: can't parse entities: Can't find end tag corresponding to start tag \"b\""
    ]


@fact(Topic.STRICT, "notes what the bot did wrong in `telegram.problems`, edits in vain in `telegram.wasted`", OURS)
def test_problems_are_the_bot_s_faults_only() -> None:
    """Refusals that time and people make are not noted as problems."""
    town = Town()
    ben = town.telegram.person("Ben")
    town.refused("sendMessage", chat_id=ben.id, text="you never started me")
    town.refused("deleteMessage", chat_id=town.anna.id, message_id=99)
    town.refused("answerCallbackQuery", callback_query_id="1")
    sent = town.say("same")
    town.refused("editMessageText", chat_id=town.anna.id, message_id=sent["message_id"], text="same")
    assert town.telegram.problems == []
    assert len(town.telegram.wasted) == 1
    town.refused("sendMessage", chat_id=NOBODY, text="to an id of nobody")
    assert len(town.telegram.problems) == 1


@fact(Topic.KEYBOARDS, "the same", api("inlinekeyboardmarkup"))
def test_inline_markup() -> None:
    """The keyboard of a fine message is answered as it was sent."""
    assert Town().say(reply_markup=inline("Yes", "No"))["reply_markup"] == inline("Yes", "No")
