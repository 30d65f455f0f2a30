"""Editing, deleting, answering: what stays, what goes, what is too late."""

import pytest

from tests.telegram_facts.facts import Town, inline
from tests.telegram_facts.table import REPORTED, Topic, api, fact

SAME = (
    "400 Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


@fact(Topic.SAME, "gives the changed message and adds no sound", api("editmessagetext"))
def test_edit_changes_the_message_and_makes_no_sound() -> None:
    """An edit keeps id and date, sets edit_date and is silent."""
    town = Town()
    sent = town.say("one")
    town.wind(5)
    edited = town.call("editMessageText", chat_id=town.anna.id, message_id=sent["message_id"], text="two")
    assert (edited["text"], edited["date"]) == ("two", sent["date"])
    assert edited["edit_date"] == sent["date"] + 5
    assert town.anna.messages[-1]["text"] == "two"
    assert town.anna.sounds == [(sent["message_id"], True)]


@fact(
    Topic.SAME, "refuses it with 400 “message is not modified”, the keyboard included", api("editmessagetext"), REPORTED
)
def test_edit_without_change() -> None:
    """An edit to the same content is refused."""
    town = Town()
    sent = town.say("<b>one</b>", parse_mode="HTML", reply_markup=inline("a"))
    where = {"chat_id": town.anna.id, "message_id": sent["message_id"]}
    same = {**where, "text": "<b>one</b>", "parse_mode": "HTML", "reply_markup": inline("a")}
    assert town.refused("editMessageText", **same) == SAME
    assert town.refused("editMessageReplyMarkup", **where, reply_markup=inline("a")) == SAME
    assert town.call("editMessageText", **{**same, "text": "one"})["text"] == "one"


@fact(Topic.SAME, "takes the buttons away", REPORTED)
def test_edit_without_keyboard_takes_it_away() -> None:
    """An edit that names no reply_markup removes the buttons."""
    town = Town()
    sent = town.say("one", reply_markup=inline("a"))
    edited = town.call("editMessageText", chat_id=town.anna.id, message_id=sent["message_id"], text="two")
    assert "reply_markup" not in edited


@fact(
    Topic.SAME,
    "refuses with 400 “message can't be edited” what was sent with a reply keyboard",
    api("updating-messages"),
)
def test_messages_with_reply_keyboard_cannot_be_edited() -> None:
    """Messages without or with inline markup are editable."""
    town = Town()
    sent = town.say("one", reply_markup={"keyboard": [[{"text": "Menu"}]]})
    words = town.refused("editMessageText", chat_id=town.anna.id, message_id=sent["message_id"], text="two")
    assert words == "400 Bad Request: message can't be edited"


@fact(Topic.SAME, "refuses it with 400 “there is no text in the message to edit”", REPORTED)
def test_no_text_in_a_photo() -> None:
    """editMessageText wants a text message."""
    town = Town()
    town.anna.photo()
    photo = town.anna.messages[-1]["photo"][-1]["file_id"]
    sent = town.call("sendPhoto", chat_id=town.anna.id, photo=photo)
    where = {"chat_id": town.anna.id, "message_id": sent["message_id"]}
    words = town.refused("editMessageText", **where, text="two")
    assert words == "400 Bad Request: there is no text in the message to edit"
    assert town.call("editMessageCaption", **where, caption="two")["caption"] == "two"


@fact(Topic.TOO_OLD, "refuses with 400 “message can't be deleted for everyone”; an edit passes", api("deletemessage"))
def test_old_messages_stay_editable_but_not_deletable() -> None:
    """A message can be deleted within 48 hours only."""
    town = Town()
    sent = town.say("one")
    town.wind(48 * 3600 + 1)
    where = {"chat_id": town.anna.id, "message_id": sent["message_id"]}
    assert town.refused("deleteMessage", **where) == "400 Bad Request: message can't be deleted for everyone"
    assert town.call("editMessageText", **where, text="two")["text"] == "two"


@fact(Topic.TOO_OLD, "answers true and deletes the others", api("deletemessages"))
def test_delete() -> None:
    """deleteMessages skips what is not there."""
    town = Town()
    one, two = town.say("one"), town.say("two")
    assert town.call("deleteMessage", chat_id=town.anna.id, message_id=one["message_id"]) is True
    assert town.call("deleteMessages", chat_id=town.anna.id, message_ids=[one["message_id"], two["message_id"]]) is True
    assert town.anna.reads() == "me> /start"


@fact(
    Topic.TOO_OLD,
    "takes one answer of at most 200 characters within 60 s, then 400 “query is too old”",
    api("answercallbackquery"),
    REPORTED,
)
def test_a_tap_is_answered_once_and_in_time() -> None:
    """answerCallbackQuery works once and soon."""
    town = Town()
    town.say(reply_markup=inline("Go"))
    old = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
    tap = town.anna.taps("Go")
    assert (
        town.refused("answerCallbackQuery", callback_query_id=tap.id, text="x" * 201)
        == "400 Bad Request: MESSAGE_TOO_LONG"
    )
    assert town.call("answerCallbackQuery", callback_query_id=tap.id, text="x" * 200, show_alert=True) is True
    assert tap.answers == [{"text": "x" * 200, "alert": True, "url": None}]
    assert town.anna.toasts == ["x" * 200]
    assert town.refused("answerCallbackQuery", callback_query_id=tap.id) == old
    late = town.anna.taps("Go")
    town.wind(61)
    assert town.refused("answerCallbackQuery", callback_query_id=late.id) == old


@fact(Topic.NOT_FOUND, "refuses both with 400", api("sendmessage"))
def test_protected_messages_are_not_copied() -> None:
    """protect_content keeps a message from being copied and forwarded."""
    town = Town()
    sent = town.say("secret", protect_content=True)
    assert sent["has_protected_content"] is True
    source = {"chat_id": town.anna.id, "from_chat_id": town.anna.id, "message_id": sent["message_id"]}
    assert town.refused("copyMessage", **source) == "400 Bad Request: message can't be copied"
    assert town.refused("forwardMessage", **source) == "400 Bad Request: message can't be forwarded"


@fact(Topic.NOT_FOUND, "the same; forwardMessage names the sender", api("copymessage"))
def test_copy_says_nothing_of_where_it_comes_from() -> None:
    """copyMessage answers an id only and names no origin."""
    town = Town()
    number = town.anna.says("hello")
    source = {"chat_id": town.anna.id, "from_chat_id": town.anna.id, "message_id": number}
    copied = town.call("copyMessage", **source)
    assert set(copied) == {"message_id"}
    assert "forward_origin" not in town.anna.messages[-1]
    assert town.call("forwardMessage", **source)["forward_origin"]["sender_user"]["id"] == town.anna.id


@fact(Topic.LIVE, "refuses other periods", api("sendlocation"))
@pytest.mark.parametrize("period", [59, 86401])
def test_live_period(period: int) -> None:
    """A live period is 60 to 86400 seconds or 0x7FFFFFFF."""
    town = Town()
    place = {"chat_id": town.anna.id, "latitude": 36.1, "longitude": -115.1}
    assert "live location period" in town.refused("sendLocation", **place, live_period=period)
    assert town.call("sendLocation", **place, live_period=0x7FFFFFFF)["location"]["live_period"] == 0x7FFFFFFF


@fact(Topic.LIVE, "moves it, then refuses with 400 “message can't be edited”", api("editmessagelivelocation"))
def test_live_location_of_the_bot_ends() -> None:
    """A live location is edited until it ends."""
    town = Town()
    place = {"chat_id": town.anna.id, "latitude": 36.1, "longitude": -115.1}
    sent = town.call("sendLocation", **place, live_period=60)
    where = {"chat_id": town.anna.id, "message_id": sent["message_id"]}
    moved = town.call("editMessageLiveLocation", **where, latitude=36.2, longitude=-115.1)
    assert moved["location"]["latitude"] == 36.2
    assert town.refused("editMessageLiveLocation", **where, latitude=36.2, longitude=-115.1) == SAME
    assert "live_period" not in town.call("stopMessageLiveLocation", **where)["location"]
    again = town.call("sendLocation", **place, live_period=60)
    town.wind(61)
    where["message_id"] = again["message_id"]
    assert town.refused("stopMessageLiveLocation", **where) == "400 Bad Request: message can't be edited"


@fact(Topic.SHAPES, "the same, and a missing message is left out where that is allowed", api("message"))
def test_replies_carry_the_message_they_answer() -> None:
    """reply_to_message holds the answered message without its own reply."""
    town = Town()
    first = town.say("one")
    second = town.say("two", reply_parameters={"message_id": first["message_id"]})
    third = town.say("three", reply_parameters={"message_id": second["message_id"]})
    assert third["reply_to_message"]["text"] == "two"
    assert "reply_to_message" not in third["reply_to_message"]
    gone = town.say("four", reply_parameters={"message_id": 99, "allow_sending_without_reply": True})
    assert "reply_to_message" not in gone
