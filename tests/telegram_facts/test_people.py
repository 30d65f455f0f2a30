"""People: who may be written to, what their phones send, how their locations live."""

import pytest

from tests.telegram_facts.facts import Town, inline
from tests.telegram_facts.table import REPORTED, Topic, api, docs, fact


@fact(Topic.STRANGERS, "refuses with 400 “chat not found” until Start is pressed", docs("features"), REPORTED)
def test_strangers() -> None:
    """A bot cannot write first: a stranger's chat is not found."""
    town = Town()
    ben = town.telegram.person("Ben")
    assert town.refused("sendMessage", chat_id=ben.id, text="hi") == "400 Bad Request: chat not found"
    ben.start("abc")
    assert town.call("sendMessage", chat_id=ben.id, text="hi")["chat"]["id"] == ben.id


@fact(Topic.STRANGERS, "refuses with 403 “bot can't initiate conversation with a user”", REPORTED)
def test_known_from_a_group_only() -> None:
    """Somebody met in a group who never pressed Start is 403."""
    town = Town()
    ben = town.telegram.person("Ben")
    town.telegram.group("Desk", [ben]).says(ben, "/open")
    words = "403 Forbidden: bot can't initiate conversation with a user"
    assert town.refused("sendMessage", chat_id=ben.id, text="hi") == words


@fact(
    Topic.STRANGERS, "the same, 403 “bot was blocked by the user”; Start unblocks", api("chatmemberupdated"), REPORTED
)
def test_blocking() -> None:
    """A block is told by my_chat_member and then refused with 403."""
    town = Town()
    town.drain()
    town.anna.blocks()
    update = town.drain()[0]["my_chat_member"]
    assert (update["old_chat_member"]["status"], update["new_chat_member"]["status"]) == ("member", "kicked")
    words = "403 Forbidden: bot was blocked by the user"
    assert town.refused("sendMessage", chat_id=town.anna.id, text="hi") == words
    with pytest.raises(LookupError, match="blocked"):
        town.anna.says("hello")
    town.anna.start()
    kinds = [set(u) - {"update_id"} for u in town.drain()]
    assert kinds == [{"my_chat_member"}, {"message"}]
    assert town.say("welcome back")["text"] == "welcome back"
    assert town.telegram.problems == []


@fact(Topic.PEOPLE, "the phone sends /start with it; 64 of A-Z a-z 0-9 _ - at most", docs("features#deep-linking"))
def test_deep_links() -> None:
    """A t.me link presses Start with its payload."""
    town = Town()
    town.anna.opens("https://t.me/doorstep_sandbox_bot?start=abc_DEF-1")
    assert town.anna.messages[-1]["text"] == "/start abc_DEF-1"
    assert town.anna.opens("https://maps.example/x") is None
    with pytest.raises(LookupError, match="payload"):
        town.anna.start("x" * 65)


@fact(Topic.LIVE, "the same", api("location"))
def test_live_location_moves_by_edited_message() -> None:
    """A moved live location is an edited_message with a newer edit_date."""
    town = Town()
    town.drain()
    number = town.anna.shares_live(36.1, -115.1, period=900)
    town.wind(20)
    town.anna.moves(36.2, -115.1)
    first, second = town.drain()
    assert first["message"]["location"] == {"latitude": 36.1, "longitude": -115.1, "live_period": 900}
    moved = second["edited_message"]
    assert (moved["message_id"], moved["location"]["latitude"]) == (number, 36.2)
    assert moved["edit_date"] == moved["date"] + 20


@fact(Topic.LIVE, "queues nothing unless the position moved", REPORTED)
def test_parked_phones_are_silent() -> None:
    """No update comes when the point stays the same."""
    town = Town()
    town.anna.shares_live(36.1, -115.1)
    town.drain()
    town.anna.moves(36.1, -115.1)
    assert town.updates() == []


@fact(Topic.LIVE, "the same", REPORTED)
def test_stopping_a_live_location() -> None:
    """Stopped by hand it is an edit without live_period; at its end nothing is sent."""
    town = Town()
    town.anna.shares_live(36.1, -115.1, period=60)
    town.anna.ends_live()
    assert "live_period" not in town.drain()[-1]["edited_message"]["location"]
    town.anna.shares_live(36.1, -115.1, period=60)
    town.drain()
    town.wind(61)
    assert town.updates() == []
    assert town.anna.position == {"lat": 36.1, "lon": -115.1, "live": False, "message_id": None}
    with pytest.raises(LookupError, match="no live location"):
        town.anna.moves(36.2, -115.1)


@fact(Topic.PEOPLE, "the same, the caption on the first", api("message"))
def test_albums_are_an_update_for_each_photo() -> None:
    """Photos of an album come one by one with one media_group_id."""
    town = Town()
    town.drain()
    numbers = town.anna.photo("three of them", count=3)
    messages = [update["message"] for update in town.drain()]
    assert [message["message_id"] for message in messages] == numbers
    assert len({message["media_group_id"] for message in messages}) == 1
    assert ["caption" in message for message in messages] == [True, False, False]


@fact(Topic.PEOPLE, "the same, the number without a plus, as a reply to the keyboard", api("keyboardbutton"), REPORTED)
def test_request_contact() -> None:
    """The contact button sends the own card: user_id is the sender's."""
    town = Town()
    sent = town.say(
        reply_markup={"keyboard": [[{"text": "My phone", "request_contact": True}]], "one_time_keyboard": True}
    )
    town.anna.press("My phone")
    message = town.drain()[-1]["message"]
    assert message["contact"]["user_id"] == message["from"]["id"]
    assert message["contact"]["phone_number"].isdigit(), "apps may leave out the plus (observed)"
    assert message["reply_to_message"]["message_id"] == sent["message_id"]
    assert town.anna.keyboard is None
    town.anna.contact("Ben", "+17025550100")
    assert "user_id" not in town.drain()[-1]["message"]["contact"]


@fact(Topic.PEOPLE, "the same; a phone that does not know where it is says so", api("keyboardbutton"))
def test_request_location() -> None:
    """The location button sends one fixed point, no live one."""
    town = Town()
    town.say(reply_markup={"keyboard": [[{"text": "Here", "request_location": True}]]})
    with pytest.raises(LookupError, match="pin"):
        town.anna.press("Here")
    town.anna.sends_pin(36.1, -115.1)
    town.anna.press("Here")
    assert town.drain()[-1]["message"]["location"] == {"latitude": 36.1, "longitude": -115.1}


@fact(Topic.PEOPLE, "the same", api("update"))
def test_own_edits_reach_the_bot() -> None:
    """A changed text is an edited_message."""
    town = Town()
    number = town.anna.says("helo")
    town.anna.edits(number, "hello /help")
    edited = town.drain()[-1]["edited_message"]
    assert (edited["text"], edited["entities"][0]["type"]) == ("hello /help", "bot_command")


@fact(Topic.LIMITS, "the phone sends 4096 and the rest", REPORTED)
def test_long_texts_come_in_pieces() -> None:
    """What is longer than 4096 leaves an app as several messages."""
    town = Town()
    town.drain()
    town.anna.says("x" * 5000)
    assert [len(update["message"]["text"]) for update in town.drain()] == [4096, 904]


@fact(Topic.PEOPLE, "the same, and no time", api("callbackquery"))
def test_taps_by_label() -> None:
    """A callback query names its data, message and sender."""
    town = Town()
    town.say("old", reply_markup=inline("Accept"))
    new = town.say("new", reply_markup=inline("Accept", "Decline"))
    town.anna.taps("acc")
    query = town.drain()[-1]["callback_query"]
    assert (query["data"], query["message"]["message_id"], query["from"]["id"]) == (
        "Accept",
        new["message_id"],
        town.anna.id,
    )
    assert "date" not in query, "a press carries no time"
    with pytest.raises(LookupError, match="Decline"):
        town.anna.taps("Cancel")


@fact(
    Topic.PEOPLE, "brings it with the message as it is now, or an inaccessible one (date 0)", api("inaccessiblemessage")
)
def test_a_tap_that_crossed_an_edit_or_a_delete() -> None:
    """A late tap still arrives."""
    town = Town()
    sent = town.say("offer", reply_markup=inline("Accept"))
    town.call("editMessageText", chat_id=town.anna.id, message_id=sent["message_id"], text="taken")
    with pytest.raises(LookupError):
        town.anna.taps("Accept")
    town.anna.taps(data="Accept", message_id=sent["message_id"])
    assert town.drain()[-1]["callback_query"]["message"]["text"] == "taken"
    town.call("deleteMessage", chat_id=town.anna.id, message_id=sent["message_id"])
    town.anna.taps(data="Accept", message_id=sent["message_id"])
    assert town.drain()[-1]["callback_query"]["message"]["date"] == 0


@fact(Topic.PEOPLE, "opens the link, copies the text, queues nothing", api("inlinekeyboardbutton"))
def test_buttons_that_never_ask_the_bot() -> None:
    """Link and copy buttons are the phone's own business."""
    town = Town()
    town.say(reply_markup=inline(copy_text={"text": "12 Main St"}))
    town.drain()
    assert town.anna.taps("button").copied == "12 Main St" == town.anna.clipboard
    town.say(reply_markup=inline(url="https://maps.example/x"))
    assert town.anna.taps("button").url == "https://maps.example/x"
    assert town.updates() == []


@fact(Topic.PEOPLE, "the same; commands to other bots stay away", docs("features#privacy-mode"))
def test_privacy_mode() -> None:
    """In groups only commands, replies and presses arrive."""
    town = Town()
    group = town.telegram.group("Desk", [town.anna])
    town.drain()
    sent = town.call("sendMessage", chat_id=group.id, text="approve?", reply_markup=inline("Yes"))
    group.says(town.anna, "just chatting")
    group.says(town.anna, "/open@another_bot")
    group.says(town.anna, "/open@doorstep_sandbox_bot")
    group.says(town.anna, "because", reply_to=sent["message_id"])
    group.taps(town.anna, "Yes")
    heard = town.drain()
    assert [update.get("message", {}).get("text") for update in heard] == [
        "/open@doorstep_sandbox_bot",
        "because",
        None,
    ]
    assert heard[-1]["callback_query"]["message"]["chat"]["id"] == group.id
    assert group.reads().splitlines()[0] == "bot> approve? [Yes]"


@fact(Topic.PEOPLE, "refuses it elsewhere with 400 “the chat is not a forum”", api("createforumtopic"))
def test_forum_topics() -> None:
    """A topic is made in a forum only."""
    town = Town()
    plain = town.telegram.group("Desk", [town.anna])
    assert town.refused("createForumTopic", chat_id=plain.id, name="x") == "400 Bad Request: the chat is not a forum"
    forum = town.telegram.group("Forum", [town.anna], forum=True)
    topic = town.call("createForumTopic", chat_id=forum.id, name="D-4711")
    sent = town.call("sendMessage", chat_id=forum.id, text="here", message_thread_id=topic["message_thread_id"])
    assert sent["is_topic_message"] is True
