"""How a person's writing and tapping becomes messages and updates, in private chats and in groups."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.records import JSON, Chat, Stored, Tap, User
from bot.sandbox.world import World

KEPT_TAPS = 500


def act(world: World, user: User) -> None:
    """Note that a person did something: the chat is read and the bot knows the person."""
    if user.unread or not user.known:
        user.unread = 0
        user.known = True
        world.touch_user(user)


def write(
    world: World,
    user: User,
    chat: Chat,
    content: JSON,
    *,
    reply_to: int | None = None,
    until: float | None = None,
) -> int:
    """Put a person's message into a chat and, where the bot may see it, into its updates; gives the id."""
    with world.change():
        message: JSON = {
            "message_id": 0,
            "from": user.as_json(),
            "chat": world.chat_json(chat),
            "date": world.date(),
        }
        if reply_to and reply_to in chat.messages:
            answered = chat.messages[reply_to].message
            message["reply_to_message"] = {k: v for k, v in answered.items() if k != "reply_to_message"}
        message["message_id"] = world.next_message_id(chat)
        message |= content
        world.store(chat, Stored(message, user.id, until=until))
        if chat.kind == "private":
            if not user.started:
                user.started = True
                world.touch_user(user)
            act(world, user)
            world.push("message", message)
        elif _meant_for_bot(world, message):
            user.known = True
            world.touch_user(user)
            world.push("message", message)
        return int(message["message_id"])


def _meant_for_bot(world: World, message: JSON) -> bool:
    if message.get("reply_to_message", {}).get("from", {}).get("id") == world.bot["id"]:
        return True
    text = message.get("text", "")
    for entity in message.get("entities", ()):
        if entity["type"] == "bot_command" and entity["offset"] == 0:
            _, _, addressed = text[: entity["length"]].partition("@")
            return not addressed or addressed.lower() == str(world.bot["username"]).lower()
    return False


def buttons_of(message: JSON) -> list[JSON]:
    """Give the inline buttons of a message, row by row."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def find_button(
    chat: Chat, label: str | None, data: str | None, message_id: int | None, whose: str
) -> tuple[int, JSON]:
    """Find (message_id, button) by label or data, the newest first; raises LookupError that lists what there is."""
    newest = [s.message for s in reversed(chat.messages.values()) if buttons_of(s.message)]
    if message_id is not None:
        newest = [message for message in newest if message["message_id"] == message_id]
    tests: list[Callable[[JSON], bool]] = (
        [lambda b: b.get("callback_data") == data]
        if data is not None
        else [lambda b: b["text"] == label, lambda b: str(label).lower() in b["text"].lower()]
    )
    for fits in tests:
        for message in newest:
            for button in buttons_of(message):
                if fits(button):
                    return message["message_id"], button
    if data is not None and message_id is not None:
        return message_id, {"text": label or "", "callback_data": data}
    there = [[b["text"] for b in buttons_of(message)] for message in newest[:8]]
    raise LookupError(f"{whose} has no button {label or data!r}; newest first, there are {there}")


def press_button(
    world: World, user: User, chat: Chat, message_id: int, button: JSON, opens: Callable[[str], Any] | None
) -> Tap:
    """Do what a button does: ask the bot, open a link, or copy a text."""
    tap = Tap(str(4_382_000_000_000_000_000 + world.count("tap")), user.id, chat.id, message_id, None, world.now())
    if "url" in button:
        tap.url = button["url"]
        if opens:
            opens(button["url"])
    elif "copy_text" in button:
        tap.copied = user.clipboard = button["copy_text"]["text"]
        world.touch_user(user)
    elif "callback_data" in button:
        if chat.kind == "private" and user.blocked:
            raise LookupError(f"{user.name} has blocked the bot; unblocks() or start() first")
        tap.data = button["callback_data"]
        _ask(world, user, chat, tap)
    else:
        raise LookupError(f"the sandbox's phones cannot press {button['text']!r}: {sorted(button)}")
    return tap


def _ask(world: World, user: User, chat: Chat, tap: Tap) -> None:
    world.taps[tap.id] = tap
    world.touch_tap(tap)
    while len(world.taps) > KEPT_TAPS:
        world.forget_tap(next(iter(world.taps)))
    act(world, user)
    stored = chat.messages.get(tap.message_id)
    gone = {"chat": world.chat_json(chat), "message_id": tap.message_id, "date": 0}
    instance = -(abs(chat.id) * 2_654_435_761 % 2**63)
    world.push(
        "callback_query",
        {
            "id": tap.id,
            "from": user.as_json(),
            "message": stored.message if stored else gone,
            "chat_instance": str(instance),
            "data": tap.data,
        },
    )


def describe(stored: Stored, bot_id: int) -> str:
    """Write a message as one line: who, what, and its buttons in brackets."""
    message = stored.message
    if stored.sender == bot_id:
        who = "bot"
    elif message["chat"]["type"] == "private":
        who = "me"
    else:
        who = message["from"]["first_name"]
    said = message.get("text") or message.get("caption") or ""
    parts = [part for part in (_thing(message), said.replace("\n", " ⏎ ")) if part]
    parts += [f"[{button['text']}]" for button in buttons_of(message)]
    return f"{who}> {' '.join(parts)}"


def _thing(message: JSON) -> str:
    if "venue" in message:
        return f"(venue {message['venue']['title']}, {message['venue']['address']})"
    if "location" in message:
        point = message["location"]
        what = "live location" if "live_period" in point else "location"
        return f"({what} {point['latitude']:.5f}, {point['longitude']:.5f})"
    if "contact" in message:
        card = message["contact"]
        return f"(contact {card['first_name']} {card['phone_number']})"
    if "document" in message:
        return f"(document {message['document']['file_name']})"
    return next((f"({kind})" for kind in ("photo", "voice", "sticker") if kind in message), "")
