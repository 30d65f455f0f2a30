"""The table of methods and their parameters, and what each parameter may be."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.errors import ApiError, UnknownParameterError, bad_request

_SENT = "disable_notification protect_content reply_parameters reply_markup message_thread_id allow_paid_broadcast"
_OLD = "reply_to_message_id allow_sending_without_reply"  # deprecated, still taken by Telegram
_EDITED = "chat_id! message_id! reply_markup"
_CAPTION = "caption parse_mode caption_entities show_caption_above_media"

# A method and its parameters; "!" marks the required ones. What the sandbox does not imitate (business connections,
# inline messages, effects, …) is left out on purpose: to send it is refused.
METHODS: dict[str, frozenset[str]] = {}
REQUIRED: dict[str, tuple[str, ...]] = {}
for _line in f"""
getMe
logOut
close
getUpdates offset limit timeout allowed_updates
setWebhook url! certificate ip_address max_connections allowed_updates drop_pending_updates secret_token
deleteWebhook drop_pending_updates
getWebhookInfo
sendMessage chat_id! text! parse_mode entities link_preview_options disable_web_page_preview {_SENT} {_OLD}
sendPhoto chat_id! photo! has_spoiler {_CAPTION} {_SENT} {_OLD}
sendDocument chat_id! document! caption parse_mode caption_entities thumbnail disable_content_type_detection \
{_SENT} {_OLD}
sendLocation chat_id! latitude! longitude! horizontal_accuracy live_period heading proximity_alert_radius {_SENT} {_OLD}
sendVenue chat_id! latitude! longitude! title! address! foursquare_id foursquare_type google_place_id \
google_place_type {_SENT} {_OLD}
sendContact chat_id! phone_number! first_name! last_name vcard {_SENT} {_OLD}
sendMediaGroup chat_id! media! disable_notification protect_content reply_parameters message_thread_id \
allow_paid_broadcast {_OLD}
sendChatAction chat_id! action! message_thread_id
copyMessage chat_id! from_chat_id! message_id! {_CAPTION} {_SENT} {_OLD}
forwardMessage chat_id! from_chat_id! message_id! disable_notification protect_content message_thread_id
editMessageText {_EDITED} text! parse_mode entities link_preview_options disable_web_page_preview
editMessageCaption {_EDITED} {_CAPTION}
editMessageMedia {_EDITED} media!
editMessageReplyMarkup {_EDITED}
editMessageLiveLocation {_EDITED} latitude! longitude! live_period horizontal_accuracy heading proximity_alert_radius
stopMessageLiveLocation {_EDITED}
deleteMessage chat_id! message_id!
deleteMessages chat_id! message_ids!
pinChatMessage chat_id! message_id! disable_notification
unpinChatMessage chat_id! message_id
setMessageReaction chat_id! message_id! reaction is_big
answerCallbackQuery callback_query_id! text show_alert url cache_time
setMyCommands commands! scope language_code
deleteMyCommands scope language_code
getMyCommands scope language_code
setMyName name language_code
getMyName language_code
setMyDescription description language_code
getMyDescription language_code
setMyShortDescription short_description language_code
getMyShortDescription language_code
setChatMenuButton chat_id menu_button
getChatMenuButton chat_id
getChat chat_id!
getFile file_id!
createForumTopic chat_id! name! icon_color icon_custom_emoji_id
""".strip().splitlines():
    _method, *_names = _line.split()
    METHODS[_method] = frozenset(name.rstrip("!") for name in _names)
    REQUIRED[_method] = tuple(name[:-1] for name in _names if name.endswith("!"))

BY_LOWER = {method.lower(): method for method in METHODS}  # Telegram does not mind the case

MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "from_chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "file_id": "file_id not specified",
    "media": 'parameter "media" is required',
}


def _int(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str) or not str(value).lstrip("-").isdigit():
        raise UnknownParameterError(400, f"Bad Request: parameter {name} must be an Integer, not {value!r}")
    return int(value)


def _float(name: str, value: Any) -> float:
    try:
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise UnknownParameterError(400, f"Bad Request: parameter {name} must be a Float, not {value!r}") from None


def _bool(name: str, value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    found = words.get(str(value).lower())
    if found is None:
        raise UnknownParameterError(400, f"Bad Request: parameter {name} must be a Boolean, not {value!r}")
    return found


def _json(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        what = "reply keyboard markup" if name == "reply_markup" else name
        raise bad_request(f"can't parse {what} JSON object") from None


def _chat(name: str, value: Any) -> int | str:
    if isinstance(value, str) and value.startswith("@"):
        return value
    if value == "":
        raise bad_request(MISSING[name])
    if isinstance(value, str) and not value.lstrip("-").isdigit():
        raise bad_request("chat not found")
    return _int(name, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool | dict | list | bytes) or value is None:
        raise UnknownParameterError(400, f"Bad Request: parameter {name} must be a String, not {value!r}")
    return str(value)


Reader = Callable[[str, Any], Any]
_READERS: tuple[tuple[Reader, str], ...] = (
    (_chat, "chat_id from_chat_id"),
    (_int, "message_id message_thread_id offset limit timeout max_connections live_period heading icon_color"),
    (_int, "proximity_alert_radius cache_time reply_to_message_id"),
    (_float, "latitude longitude horizontal_accuracy"),
    (_bool, "disable_notification protect_content allow_paid_broadcast allow_sending_without_reply show_alert is_big"),
    (_bool, "drop_pending_updates has_spoiler show_caption_above_media disable_content_type_detection"),
    (_bool, "disable_web_page_preview"),
    (_json, "reply_markup reply_parameters entities caption_entities link_preview_options media allowed_updates"),
    (_json, "commands scope menu_button reaction message_ids"),
)
KINDS: dict[str, Reader] = {name: reader for reader, names in _READERS for name in names.split()}


def read_parameters(method: str, params: Mapping[str, Any], uploads: Mapping[str, Any]) -> dict[str, Any]:
    """Check and convert the parameters of a known method; raises ApiError, also for what Telegram would swallow."""
    known = METHODS[method]
    read: dict[str, Any] = {}
    for name, value in params.items():
        if name not in known:
            raise UnknownParameterError(400, f"Bad Request: {method} has no parameter {name!r} in this sandbox")
        if value is not None:
            reader: Reader = KINDS.get(name, _text)
            read[name] = reader(name, value)
    for name in REQUIRED[method]:
        if name not in read and name not in uploads:
            raise _missing(name)
    return read


def _missing(name: str) -> ApiError:
    return bad_request(MISSING.get(name, f"{name} is empty"))
