"""The bot's messages: what a send method makes of its parameters."""

from collections.abc import Callable, Sequence
from typing import Any

from bot.sandbox.content import (
    Uploads,
    caption_content,
    input_media,
    location_content,
    media_content,
    text_content,
)
from bot.sandbox.errors import BLOCKED, CANNOT_INITIATE, ApiError, bad_request, too_many
from bot.sandbox.keyboards import read_markup
from bot.sandbox.records import JSON, Chat, Stored
from bot.sandbox.world import World, find_message

ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)
CONTENT = frozenset(
    [
        "text",
        "entities",
        "link_preview_options",
        "photo",
        "caption",
        "caption_entities",
        "document",
        "location",
        "venue",
        "contact",
        "voice",
        "sticker",
        "show_caption_above_media",
        "has_media_spoiler",
    ]
)


def open_chat(world: World, chat_id: int | str) -> Chat:
    """Give the chat the bot may write into, or raise 400 or 403 as Telegram does for strangers and blockers."""
    if isinstance(chat_id, str):
        raise bad_request("chat not found")  # @usernames name channels and supergroups, which we have not
    chat = known_chat(world, chat_id)
    if chat.kind == "private":
        user = world.users[chat.id]
        if user.blocked:
            raise ApiError(403, BLOCKED)
        if not user.started:
            raise ApiError(403, CANNOT_INITIATE)
    return chat


def known_chat(world: World, chat_id: int | str) -> Chat:
    """Give a chat that the bot has met, or raise "chat not found"."""
    user = world.users.get(int(chat_id)) if not isinstance(chat_id, str) else None
    if user is not None and user.known:
        return world.private_chat(user)
    chat = world.chats.get(int(chat_id)) if not isinstance(chat_id, str) else None
    if chat is None or chat.kind == "private":
        raise bad_request("chat not found")
    return chat


def keep_pace(world: World, chat: Chat, messages: int = 1) -> None:
    """Count messages against the flood limits, or raise 429."""
    if world.pace and (wait := world.pace.wait(chat.id, world.now(), messages)):
        raise too_many(wait)


def post(world: World, params: JSON, content: JSON, *, until: float | None = None, messages: int = 1) -> JSON:
    """Put a message of the bot into a chat and give it as the Bot API does."""
    chat = open_chat(world, params["chat_id"])
    kind, markup = read_markup(params.get("reply_markup"))
    head: JSON = {
        "message_id": 0,
        "from": world.bot,
        "chat": world.chat_json(chat),
        "date": world.date(),
    }
    head |= _thread(chat, params) | _reply(chat, params)
    if messages:
        keep_pace(world, chat, messages)
    head["message_id"] = message_id = world.next_message_id(chat)
    message = head | content
    if kind == "inline_keyboard":
        message["reply_markup"] = markup
    if params.get("protect_content"):
        message["has_protected_content"] = True
    loud = not params.get("disable_notification")
    fixed = kind not in (None, "inline_keyboard")
    world.store(chat, Stored(message, world.bot["id"], loud=loud, fixed=fixed, until=until))
    world.sounds.setdefault(chat.id, []).append((message_id, loud))
    if kind in ("keyboard", "remove_keyboard"):
        chat.keyboard = markup if kind == "keyboard" else None
        chat.keyboard_message = message_id
        world.touch_chat(chat)
    if chat.kind == "private":
        world.users[chat.id].unread += 1
        world.touch_user(world.users[chat.id])
    return message


def _thread(chat: Chat, params: JSON) -> JSON:
    thread = params.get("message_thread_id")
    if thread is None:
        return {}
    if str(thread) not in chat.topics:
        raise bad_request("message thread not found")
    return {"message_thread_id": thread, "is_topic_message": True}


def _reply(chat: Chat, params: JSON) -> JSON:
    asked = params.get("reply_parameters") or {}
    if asked and "message_id" not in asked:
        raise bad_request('can\'t find field "message_id"')
    message_id = asked.get("message_id", params.get("reply_to_message_id"))
    if not message_id:
        return {}
    found = chat.messages.get(int(message_id))
    if found is None:
        if asked.get("allow_sending_without_reply") or params.get("allow_sending_without_reply"):
            return {}
        raise bad_request("message to be replied not found")
    return {"reply_to_message": {k: v for k, v in found.message.items() if k != "reply_to_message"}}


def send_message(world: World, params: JSON, uploads: Uploads) -> JSON:
    """sendMessage."""
    open_chat(world, params["chat_id"])
    return post(world, params, text_content(params))


def send_photo(world: World, params: JSON, uploads: Uploads) -> JSON:
    """sendPhoto."""
    open_chat(world, params["chat_id"])
    return post(world, params, media_content(world, "photo", params, "photo", uploads))


def send_document(world: World, params: JSON, uploads: Uploads) -> JSON:
    """sendDocument."""
    open_chat(world, params["chat_id"])
    return post(world, params, media_content(world, "document", params, "document", uploads))


def send_location(world: World, params: JSON, uploads: Uploads) -> JSON:
    """sendLocation."""
    location = location_content(params)
    period = location.get("live_period")
    return post(world, params, {"location": location}, until=world.now() + period if period else None)


def send_venue(world: World, params: JSON, uploads: Uploads) -> JSON:
    """sendVenue."""
    location = location_content(params)
    venue: JSON = {"location": location, "title": params["title"], "address": params["address"]}
    for name in ("foursquare_id", "foursquare_type", "google_place_id", "google_place_type"):
        if name in params:
            venue[name] = params[name]
    return post(world, params, {"venue": venue, "location": location})


def send_contact(world: World, params: JSON, uploads: Uploads) -> JSON:
    """sendContact."""
    names = ("phone_number", "first_name", "last_name", "vcard")
    return post(world, params, {"contact": {name: params[name] for name in names if name in params}})


def send_media_group(world: World, params: JSON, uploads: Uploads) -> list[JSON]:
    """sendMediaGroup: an album of 2 to 10 pictures or documents."""
    media = params["media"]
    if not isinstance(media, Sequence) or not 2 <= len(media) <= 10:
        raise bad_request("there must be from 2 to 10 media in an album")
    chat = open_chat(world, params["chat_id"])
    contents = [input_media(world, item, uploads) for item in media]
    keep_pace(world, chat, len(media))
    group = {"media_group_id": str(13_000_000_000_000_000 + world.count("album"))}
    return [post(world, params, group | content, messages=0) for content in contents]


def send_chat_action(world: World, params: JSON, uploads: Uploads) -> bool:
    """sendChatAction: nothing stays of it."""
    open_chat(world, params["chat_id"])
    if params["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True


def copy_message(world: World, params: JSON, uploads: Uploads) -> JSON:
    """copyMessage: the content without where it came from; answers only the new id."""
    source = _source(world, params, "message to copy not found", "message can't be copied")
    content = {key: value for key, value in source.message.items() if key in CONTENT}
    if "caption" in params:
        if not {"photo", "document"} & set(content):
            raise bad_request("message can't be copied")
        content = {k: v for k, v in content.items() if k not in ("caption", "caption_entities")}
        content |= caption_content(params)
    return {"message_id": post(world, params, content)["message_id"]}


def forward_message(world: World, params: JSON, uploads: Uploads) -> JSON:
    """forwardMessage: the content and who said it."""
    source = _source(world, params, "message to forward not found", "message can't be forwarded")
    content = {key: value for key, value in source.message.items() if key in CONTENT}
    origin = source.message.get("forward_origin") or {
        "type": "user",
        "sender_user": source.message["from"],
        "date": source.message["date"],
    }
    return post(world, params, {"forward_origin": origin} | content)


def _source(world: World, params: JSON, missing: str, refused: str) -> Stored:
    chat = known_chat(world, params["from_chat_id"])
    source = find_message(chat, params["message_id"], missing)
    if source.message.get("has_protected_content"):
        raise bad_request(refused)
    return source


SENDING: dict[str, Callable[[World, JSON, Uploads], Any]] = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendLocation": send_location,
    "sendVenue": send_venue,
    "sendContact": send_contact,
    "sendMediaGroup": send_media_group,
    "sendChatAction": send_chat_action,
    "copyMessage": copy_message,
    "forwardMessage": forward_message,
}
