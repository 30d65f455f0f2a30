"""What the bot asks about the world: getMe, updates, webhook, taps, chats and files."""

from collections.abc import Callable
from typing import Any

from bot.sandbox.content import Uploads
from bot.sandbox.errors import QUERY_TOO_OLD, WEBHOOK_ACTIVE, ApiError, bad_request, too_many
from bot.sandbox.queue import MAX_BATCH
from bot.sandbox.records import JSON, Tap
from bot.sandbox.sending import known_chat, open_chat
from bot.sandbox.webhooks import read_hook
from bot.sandbox.world import KEPT_TOASTS, World

MAX_DOWNLOAD = 20 * 1024 * 1024
MAX_TOAST = 200
ANSWERABLE = 60.0  # seconds after a tap; Telegram names no number ("as soon as possible")
ALL_UPDATES = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
        "guest_message",
    ]
)
TOPIC_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def get_me(world: World, params: JSON, uploads: Uploads) -> JSON:
    """getMe."""
    flags = dict.fromkeys(("can_read_all_group_messages", "supports_inline_queries", "can_connect_to_business"), False)
    more = {"has_main_web_app": False, "has_topics_enabled": False, "allows_users_to_create_topics": False}
    more |= {"can_manage_bots": False, "supports_guest_queries": False}
    return {**world.bot, "can_join_groups": True, **flags, **more}


def get_updates(world: World, params: JSON, uploads: Uploads) -> list[JSON]:
    """getUpdates without the waiting, which is the shells' part; ends any older poll."""
    if world.settings.get("webhook", {}).get("url"):
        raise ApiError(409, WEBHOOK_ACTIVE)
    _allow(world, params)
    world.queue.polls += 1
    world.wake()  # an older poll that still waits learns that it is over
    offset = params.get("offset")
    limit = world.queue.limit_for(offset, params.get("limit", MAX_BATCH), world.now())
    return world.take_updates(offset, limit)


def _allow(world: World, params: JSON) -> None:
    kinds = params.get("allowed_updates")
    if kinds is None:
        return  # the last setting stays
    if not isinstance(kinds, list) or not set(kinds) <= ALL_UPDATES:
        raise bad_request(f"allowed_updates {kinds!r} names what is no update")
    world.queue.allowed = kinds or None
    if world.settings.get("allowed_updates") != world.queue.allowed:
        world.settings["allowed_updates"] = world.queue.allowed
        world.touch_settings()


def set_webhook(world: World, params: JSON, uploads: Uploads) -> bool:
    """setWebhook: from now on updates are posted there and polling is refused; an empty url takes it away."""
    hook = read_hook(params, _certificate(params, uploads))
    if hook and world.pace and world.webhook.too_soon(world.now()):
        raise too_many(1)
    _set(world, params, hook)
    world.wake()  # a poll that waits learns that it is over, and what waited is posted
    return True


def _certificate(params: JSON, uploads: Uploads) -> bytes | None:
    upload = uploads.get(str(params.get("certificate", "")).removeprefix("attach://") or "certificate")
    return upload[1] if isinstance(upload, tuple) else upload


def delete_webhook(world: World, params: JSON, uploads: Uploads) -> bool:
    """deleteWebhook: what is not taken yet stays for getUpdates."""
    _set(world, params, {})
    return True


def _set(world: World, params: JSON, hook: JSON) -> None:
    _allow(world, params)
    if hook == world.settings.get("webhook", {}) and not params.get("drop_pending_updates"):
        return  # set already: what is in hand and the last error stay
    if params.get("drop_pending_updates"):
        world.forget_updates()
    world.settings["webhook"] = hook
    world.touch_settings()
    world.webhook.begin()


def get_webhook_info(world: World, params: JSON, uploads: Uploads) -> JSON:
    """getWebhookInfo: where to, what waits, and what went wrong last."""
    hook = world.settings.get("webhook", {})
    info: JSON = {
        "url": hook.get("url", ""),
        "has_custom_certificate": "certificate" in hook,
        "pending_update_count": len(world.queue),
    }
    info |= {name: hook[name] for name in ("ip_address", "max_connections") if name in hook}
    if world.webhook.error:
        info["last_error_date"], info["last_error_message"] = world.webhook.error
    return info | ({"allowed_updates": world.queue.allowed} if world.queue.allowed else {})


def answer_callback(world: World, params: JSON, uploads: Uploads) -> bool:
    """answerCallbackQuery: once, in time, and with at most 200 characters."""
    tap = world.taps.get(params["callback_query_id"])
    if tap is None or tap.answered or world.now() - tap.at > ANSWERABLE:
        raise bad_request(QUERY_TOO_OLD)
    text = params.get("text", "")
    if len(text) > MAX_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    url = params.get("url")
    if url and not url.startswith((f"https://t.me/{world.bot['username']}?", f"t.me/{world.bot['username']}?")):
        raise bad_request("URL_INVALID")
    _answered(world, tap, text, bool(params.get("show_alert")), url)
    return True


def _answered(world: World, tap: Tap, text: str, alert: bool, url: str | None) -> None:
    tap.answered = True
    tap.answers.append({"text": text, "alert": alert, "url": url})
    world.touch_tap(tap)
    if text:
        user = world.users[tap.user_id]
        user.toasts = [*user.toasts, {"at": world.clock().isoformat(), "text": text, "alert": alert}][-KEPT_TOASTS:]
        world.touch_user(user)


# — chats and files —


def get_chat(world: World, params: JSON, uploads: Uploads) -> JSON:
    """getChat: the full record, all required fields included."""
    chat = known_chat(world, params["chat_id"])
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    full = world.chat_json(chat) | {
        "accent_color_id": chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, chat.kind == "private"),
    }
    if chat.kind == "private" and world.users[chat.id].username:
        full["active_usernames"] = [world.users[chat.id].username]
    if chat.kind != "private":
        full["permissions"] = {"can_send_messages": True}
    if chat.pinned:
        full["pinned_message"] = chat.messages[chat.pinned[0]].message
    return full


def get_file(world: World, params: JSON, uploads: Uploads) -> JSON:
    """getFile: where to download, at most 20 MB."""
    file = world.files.get(params["file_id"])
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > MAX_DOWNLOAD:
        raise bad_request("file is too big")
    size = len(file.data)
    return {"file_id": file.id, "file_unique_id": file.unique_id, "file_size": size, "file_path": file.path}


def create_topic(world: World, params: JSON, uploads: Uploads) -> JSON:
    """createForumTopic: in a group that is a forum."""
    chat = open_chat(world, params["chat_id"])
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    if not 1 <= len(params["name"]) <= 128:
        raise bad_request("topic name is invalid")
    color = params.get("icon_color", TOPIC_COLORS[0])
    if color not in TOPIC_COLORS:
        raise bad_request("invalid icon color specified")
    thread = world.next_message_id(chat)
    chat.topics[str(thread)] = params["name"]
    world.touch_chat(chat)
    return {"message_thread_id": thread, "name": params["name"], "icon_color": color}


def say_yes(world: World, params: JSON, uploads: Uploads) -> bool:
    """logOut and close: nothing changes here."""
    return True


ASKING: dict[str, Callable[[World, JSON, Uploads], Any]] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "answerCallbackQuery": answer_callback,
    "getChat": get_chat,
    "getFile": get_file,
    "createForumTopic": create_topic,
    "logOut": say_yes,
    "close": say_yes,
}
