"""The sandbox's journal: a restart gives back everything that was there."""

from pathlib import Path
from typing import Any

from bot.sandbox.pictures import make_png
from tests.telegram_facts.facts import Town, inline


def state(town: Town) -> dict[str, Any]:
    """Give all that a person or a bot could see of a town."""
    telegram = town.telegram
    return {
        "chats": {person.id: person.messages for person in telegram.people.values()},
        "people": {person.id: person.user for person in telegram.people.values()},
        "groups": {
            group.id: (group.chat.title, group.chat.members, group.messages) for group in telegram.groups.values()
        },
        "keyboards": {person.id: person.keyboard for person in telegram.people.values()},
        "sounds": {person.id: person.sounds for person in telegram.people.values()},
        "files": {file.id: file.data for file in telegram.sent_files.values()},
        "commands": telegram.commands_for(town.anna),
        "counters": telegram.world.counters,
        "updates": telegram.world.queue.peek(100),
        "webhook": telegram.world.settings.get("webhook"),
    }


def fill(town: Town) -> None:
    """Let a bit of everything happen."""
    ben = town.telegram.person("Ben Bell", language="es", username="ben")
    ben.start()
    ben.shares_live(36.1, -115.1)
    town.telegram.change_person(ben, role="driver")
    group = town.telegram.group("Desk", [town.anna, ben])
    town.call("sendMessage", chat_id=group.id, text="desk")
    town.say("menu", reply_markup={"keyboard": [[{"text": "Menu"}]]}, disable_notification=True)
    sent = town.say("offer", reply_markup=inline("Accept"))
    gone = town.say("gone")
    town.call("deleteMessage", chat_id=town.anna.id, message_id=gone["message_id"])
    town.call(
        "editMessageText",
        chat_id=town.anna.id,
        message_id=sent["message_id"],
        text="offer!",
        reply_markup=inline("Accept"),
    )
    town.call("pinChatMessage", chat_id=town.anna.id, message_id=sent["message_id"])
    town.anna.taps("Accept")
    town.anna.photo(data=make_png(1))
    town.call("setMyCommands", commands=[{"command": "deliver", "description": "Book"}])
    town.call("getUpdates", allowed_updates=["message", "edited_message", "callback_query"])
    ben.blocks()


def test_restart_gives_everything_back(tmp_path: Path) -> None:
    """People, chats, updates, keyboards, files, commands and counters are there after a restart."""
    town = Town(journal=tmp_path / "telegram.db")
    fill(town)
    before = state(town)
    town.telegram.close()
    again = Town(journal=tmp_path / "telegram.db")
    after = state(again)
    again.telegram.close()
    # The deleted message made its sound once; a restart hears only of messages that are left.
    left = [message["message_id"] for message in town.anna.messages]
    before["sounds"][town.anna.id] = [sound for sound in before["sounds"][town.anna.id] if sound[0] in left]
    assert after == before


def test_restart_goes_on(tmp_path: Path) -> None:
    """After a restart taps are answered, messages edited, live locations moved, numbers continue."""
    town = Town(journal=tmp_path / "telegram.db")
    fill(town)
    last = max(message["message_id"] for message in town.anna.messages)
    town.telegram.close()
    town = Town(journal=tmp_path / "telegram.db")
    query = next(update["callback_query"] for update in town.updates() if "callback_query" in update)
    assert town.call("answerCallbackQuery", callback_query_id=query["id"], text="Yours")
    assert town.anna.toasts == ["Yours"]
    assert town.anna.says("next") > last
    ben = town.telegram.person("Ben Bell")
    assert ben.user.blocked
    ben.start()
    ben.moves(36.2, -115.1)
    assert "edited_message" in town.updates()[-1]
    assert town.telegram.person("New").id not in (town.anna.id, ben.id)
    town.telegram.close()


def test_confirmed_updates_do_not_come_back(tmp_path: Path) -> None:
    """What was confirmed before the restart is gone, what was not is delivered."""
    town = Town(journal=tmp_path / "telegram.db")
    town.anna.says("one")
    first = town.updates()[0]
    town.updates(offset=first["update_id"] + 1)
    town.telegram.close()
    again = Town(journal=tmp_path / "telegram.db")
    assert [update["message"]["text"] for update in again.updates()] == ["one"]
    again.telegram.close()
