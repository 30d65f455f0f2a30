"""Flood limits, files and what the bot says about itself."""

import pytest

from bot.sandbox.errors import ApiError
from bot.sandbox.limits import CHAT_BURST
from bot.sandbox.people import Person
from tests.telegram_facts.facts import Town
from tests.telegram_facts.table import REPORTED, Topic, api, docs, fact, server


@fact(
    Topic.PACE,
    "lets five pass at once, then answers 429 with retry_after 1 until a second has gone by",
    docs("faq#my-bot-is-hitting-limits-how-do-i-avoid-this"),
)
def test_one_message_a_second_per_chat() -> None:
    """About one message a second per chat, short bursts pass."""
    town = Town(pacing=True)
    for number in range(CHAT_BURST):
        town.say(str(number))
    with pytest.raises(ApiError) as refused:
        town.say("too much")
    assert refused.value.description == "Too Many Requests: retry after 1"
    assert refused.value.parameters == {"retry_after": 1}
    town.wind(1)
    assert town.say("again")["text"] == "again"
    assert town.telegram.problems == []


@fact(
    Topic.PACE, "answers the 31st with 429 and retry_after 1", docs("faq#my-bot-is-hitting-limits-how-do-i-avoid-this")
)
def test_thirty_messages_a_second_over_all() -> None:
    """About 30 messages a second over all chats."""
    town = Town(pacing=True)
    people = [town.telegram.person(f"Person {number}") for number in range(31)]
    for person in people:
        person.start()
    for person in people[:30]:
        town.call("sendMessage", chat_id=person.id, text="hi")
    last = people[30].id
    assert town.refused("sendMessage", chat_id=last, text="hi") == "429 Too Many Requests: retry after 1"
    town.wind(1)
    assert town.call("sendMessage", chat_id=last, text="hi")["text"] == "hi"


@fact(
    Topic.PACE,
    "answers the 21st with 429 and the seconds until the first is a minute old",
    docs("faq#my-bot-is-hitting-limits-how-do-i-avoid-this"),
)
def test_twenty_messages_a_minute_per_group() -> None:
    """20 messages a minute into one group."""
    town = Town(pacing=True)
    group = town.telegram.group("Desk", [town.anna])
    for number in range(20):
        town.call("sendMessage", chat_id=group.id, text=str(number))
        town.wind(1)
    assert town.refused("sendMessage", chat_id=group.id, text="21") == "429 Too Many Requests: retry after 40"
    town.wind(40)
    assert town.call("sendMessage", chat_id=group.id, text="21")["text"] == "21"


@fact(Topic.PACE, "counts sends and edits only", REPORTED)
def test_answers_and_reading_are_free() -> None:
    """What puts no message into a chat is not counted."""
    town = Town(pacing=True)
    for _ in range(100):
        town.call("sendChatAction", chat_id=town.anna.id, action="typing")
        town.call("getMe")
    assert town.say()["text"] == "hello"


@fact(Topic.PACE, "counts an edit as a message", REPORTED)
def test_edits_are_counted() -> None:
    """Edits of one chat run into the same limit as messages."""
    town = Town(pacing=True)
    sent = town.say("0")
    where = {"chat_id": town.anna.id, "message_id": sent["message_id"]}
    for number in range(1, CHAT_BURST):
        town.call("editMessageText", **where, text=str(number))
    words = town.refused("editMessageText", **where, text="too much")
    assert words == "429 Too Many Requests: retry after 1"


@fact(Topic.FILES, "serves it under /file/bot&lt;token&gt;/", api("getfile"))
def test_download() -> None:
    """getFile names a path to download from."""
    town = Town()
    town.anna.photo(data=b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\0\0\1\0\0\0\1\0")
    sizes = town.anna.messages[-1]["photo"]
    assert [size["width"] for size in sizes] == [90, 256], "the largest is the last"
    file = town.call("getFile", file_id=sizes[-1]["file_id"])
    found = town.telegram.world.file_by_path(file["file_path"])
    assert found is not None
    assert len(found.data) == file["file_size"]


@fact(Topic.FILES, "refuses with 400 “file is too big”", api("getfile"), server("Client.cpp"))
def test_files_over_20_mb_cannot_be_downloaded() -> None:
    """Bots download up to 20 MB."""
    town = Town()
    town.anna.document("film.bin", bytes(20 * 1024 * 1024 + 1))
    file_id = town.anna.messages[-1]["document"]["file_id"]
    assert town.refused("getFile", file_id=file_id) == "400 Bad Request: file is too big"


@fact(Topic.FILES, "takes all three, refuses what is no picture or empty", api("sending-files"))
def test_uploads() -> None:
    """Uploads are direct, by attach:// or by file_id."""
    town = Town()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(8) + b"\0\0\1\0\0\0\1\0"
    sent = town.call("sendPhoto", {"photo": picture}, chat_id=town.anna.id)
    again = town.call("sendPhoto", chat_id=town.anna.id, photo=sent["photo"][-1]["file_id"])
    assert again["photo"] == sent["photo"]
    album = [{"type": "photo", "media": "attach://a"}, {"type": "photo", "media": sent["photo"][-1]["file_id"]}]
    both = town.call("sendMediaGroup", {"a": picture}, chat_id=town.anna.id, media=album)
    assert both[0]["media_group_id"] == both[1]["media_group_id"]
    words = town.refused("sendPhoto", {"photo": b"no picture"}, chat_id=town.anna.id)
    assert words == "400 Bad Request: IMAGE_PROCESS_FAILED"
    words = town.refused("sendDocument", {"document": b""}, chat_id=town.anna.id)
    assert words == "400 Bad Request: file must be non-empty"


@fact(Topic.FILES, "refuses with 400 “wrong file identifier”", api("sending-files"))
def test_a_file_id_has_its_kind() -> None:
    """A file keeps its type when it is sent again by id."""
    town = Town()
    town.anna.document("note.txt")
    file_id = town.anna.messages[-1]["document"]["file_id"]
    words = town.refused("sendPhoto", chat_id=town.anna.id, photo=file_id)
    assert words == "400 Bad Request: wrong file identifier/HTTP URL specified"


@fact(
    Topic.PROFILE,
    "shows chat before all private chats before default, the language before none",
    api("determining-list-of-commands"),
)
def test_commands_by_scope_and_language() -> None:
    """The narrowest scope is seen."""
    town = Town()
    luis = town.telegram.person("Luis", language="es")
    luis.start()

    def menu(word: str, **where: object) -> None:
        town.call("setMyCommands", commands=[{"command": "x", "description": word}], **where)

    def seen(person: Person) -> str:
        return str(town.telegram.commands_for(person)[0]["description"])

    menu("everybody")
    menu("todos", language_code="es")
    assert (seen(town.anna), seen(luis)) == ("everybody", "todos")
    menu("driver", scope={"type": "chat", "chat_id": luis.id})
    assert (seen(town.anna), seen(luis)) == ("everybody", "driver")
    town.call("deleteMyCommands", scope={"type": "chat", "chat_id": luis.id})
    assert seen(luis) == "todos"
    assert town.call("getMyCommands") == [{"command": "x", "description": "everybody"}]


@fact(Topic.PROFILE, "the same, with their lengths", api("setmyname"))
def test_names() -> None:
    """Name and descriptions are kept per language."""
    town = Town()
    assert town.call("getMyName") == {"name": "Doorstep"}
    town.call("setMyDescription", description="hola", language_code="es")
    assert town.call("getMyDescription", language_code="es") == {"description": "hola"}
    assert town.call("getMyDescription") == {"description": ""}
    assert town.refused("setMyShortDescription", short_description="x" * 121).startswith("400")


@fact(Topic.FILES, "refuses a photo over 10 MB with 400, any file over 50 MB with 413", api("sending-files"), REPORTED)
def test_files_that_are_too_big_to_send() -> None:
    """Bots upload photos up to 10 MB and other files up to 50 MB."""
    town = Town()
    photo = town.refused("sendPhoto", {"photo": bytes(10 * 1024 * 1024 + 1)}, chat_id=town.anna.id)
    assert "is too big for a photo" in photo
    file = town.refused("sendDocument", {"document": bytes(50 * 1024 * 1024 + 1)}, chat_id=town.anna.id)
    assert file == "413 Request Entity Too Large"
