"""What the bot may do to messages that are there: edit, delete, pin, react, end a live location."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.content import (
    LIVE_FOR_EVER,
    Uploads,
    caption_content,
    input_media,
    location_content,
    text_content,
)
from bot.sandbox.errors import NOT_MODIFIED, bad_request
from bot.sandbox.keyboards import read_markup
from bot.sandbox.records import JSON, Chat, Stored
from bot.sandbox.sending import keep_pace, known_chat, open_chat
from bot.sandbox.world import World, find_message

DELETABLE = 48 * 3600  # seconds
CAPTION = ("caption", "caption_entities", "show_caption_above_media")
COMPARED = ("text", "entities", "link_preview_options", "location", "photo", "document", "reply_markup", *CAPTION)
REACTIONS = frozenset(
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡"
)


def _mine(world: World, params: JSON) -> tuple[Chat, Stored]:
    """Find the bot's own message that may be edited."""
    chat = open_chat(world, params["chat_id"])
    stored = find_message(chat, params["message_id"], "message to edit not found")
    if stored.sender != world.bot["id"] or stored.fixed or "forward_origin" in stored.message:
        raise bad_request("message can't be edited")
    return chat, stored


def _change(
    world: World, chat: Chat, stored: Stored, params: JSON, drop: tuple[str, ...], content: JSON, **extra: Any
) -> JSON:
    """Put new content in place of the `drop`ped; a reply markup that is not given is taken away, as Telegram does."""
    kind, markup = read_markup(params.get("reply_markup"))
    if kind not in (None, "inline_keyboard"):
        raise bad_request("inline keyboard expected")
    old = stored.message
    new = {key: value for key, value in old.items() if key not in (*drop, "reply_markup")} | content
    if markup:
        new["reply_markup"] = markup
    if all(old.get(key) == new.get(key) for key in COMPARED) and not extra:
        raise bad_request(NOT_MODIFIED)
    keep_pace(world, chat)
    new["edit_date"] = world.date()
    world.store(chat, replace(stored, message=new, edited=True, **extra))
    return new


def edit_text(world: World, params: JSON, uploads: Uploads) -> JSON:
    """editMessageText."""
    chat, stored = _mine(world, params)
    content = text_content(params)
    if "text" not in stored.message:
        raise bad_request("there is no text in the message to edit")
    return _change(world, chat, stored, params, ("text", "entities", "link_preview_options"), content)


def edit_caption(world: World, params: JSON, uploads: Uploads) -> JSON:
    """editMessageCaption."""
    chat, stored = _mine(world, params)
    content = caption_content(params)
    if not {"photo", "document"} & set(stored.message):
        raise bad_request("there is no caption in the message to edit")
    return _change(world, chat, stored, params, CAPTION, content)


def edit_media(world: World, params: JSON, uploads: Uploads) -> JSON:
    """editMessageMedia: other media in place of media, or of a text."""
    chat, stored = _mine(world, params)
    content = input_media(world, params["media"], uploads)
    drop = ("text", "entities", "link_preview_options", "photo", "document", "has_media_spoiler", *CAPTION)
    if not {"photo", "document", "text"} & set(stored.message):
        raise bad_request("message can't be edited")
    return _change(world, chat, stored, params, drop, content)


def edit_markup(world: World, params: JSON, uploads: Uploads) -> JSON:
    """editMessageReplyMarkup."""
    chat, stored = _mine(world, params)
    return _change(world, chat, stored, params, (), {})


def _live(world: World, params: JSON) -> tuple[Chat, Stored]:
    chat, stored = _mine(world, params)
    if stored.until is None or stored.until <= world.now():
        raise bad_request("message can't be edited")
    return chat, stored


def edit_live(world: World, params: JSON, uploads: Uploads) -> JSON:
    """editMessageLiveLocation: a new point, and a longer period when given (counted from the start)."""
    chat, stored = _live(world, params)
    old = stored.message["location"]
    location = location_content({"live_period": old.get("live_period"), **params})
    period = location["live_period"]
    until = float("inf") if period == LIVE_FOR_EVER else float(stored.message["date"] + period)
    extra = {"until": until} if "live_period" in params else {}
    return _change(world, chat, stored, params, ("location",), {"location": location}, **extra)


def stop_live(world: World, params: JSON, uploads: Uploads) -> JSON:
    """stopMessageLiveLocation: the location stays as a plain point."""
    chat, stored = _live(world, params)
    point = {key: stored.message["location"][key] for key in ("latitude", "longitude")}
    return _change(world, chat, stored, params, ("location",), {"location": point}, until=None)


def delete_message(world: World, params: JSON, uploads: Uploads) -> bool:
    """deleteMessage: younger than 48 hours."""
    chat = known_chat(world, params["chat_id"])
    stored = find_message(chat, params["message_id"], "message to delete not found")
    if world.now() - stored.message["date"] > DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    if chat.kind != "private" and stored.sender != world.bot["id"]:
        raise bad_request("message can't be deleted")
    world.remove(chat, params["message_id"])
    return True


def delete_messages(world: World, params: JSON, uploads: Uploads) -> bool:
    """deleteMessages: 1 to 100; those that are not found or too old are skipped."""
    numbers = params["message_ids"]
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= 100:
        raise bad_request("message identifiers are not specified" if not numbers else "too many messages to delete")
    chat = known_chat(world, params["chat_id"])
    for number in numbers:
        stored = chat.messages.get(int(number))
        if stored and world.now() - stored.message["date"] <= DELETABLE:
            world.remove(chat, int(number))
    return True


def pin(world: World, params: JSON, uploads: Uploads) -> bool:
    """pinChatMessage."""
    chat = open_chat(world, params["chat_id"])
    find_message(chat, params["message_id"], "message to pin not found")
    chat.pinned = [params["message_id"], *(n for n in chat.pinned if n != params["message_id"])]
    world.touch_chat(chat)
    return True


def unpin(world: World, params: JSON, uploads: Uploads) -> bool:
    """unpinChatMessage: the named one, or the newest."""
    chat = open_chat(world, params["chat_id"])
    number = params.get("message_id") or next(iter(chat.pinned), 0)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    world.touch_chat(chat)
    return True


def react(world: World, params: JSON, uploads: Uploads) -> bool:
    """setMessageReaction: one emoji of the free set, or none; people see it, no message changes for the bot."""
    chat = open_chat(world, params["chat_id"])
    stored = find_message(chat, params["message_id"], "message to react not found")
    reaction = params.get("reaction") or []
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    if any(r.get("type") != "emoji" or r.get("emoji") not in REACTIONS for r in reaction):
        raise bad_request("REACTION_INVALID")
    world.store(chat, replace(stored, reaction=reaction[0]["emoji"] if reaction else None))
    return True


EDITING: dict[str, Callable[[World, JSON, Uploads], Any]] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageMedia": edit_media,
    "editMessageReplyMarkup": edit_markup,
    "editMessageLiveLocation": edit_live,
    "stopMessageLiveLocation": stop_live,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin,
    "unpinChatMessage": unpin,
    "setMessageReaction": react,
}
