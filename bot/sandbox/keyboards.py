"""Reply markups: what Telegram accepts, in its words where it does not."""

import json
from collections.abc import Mapping
from typing import Any

from bot.sandbox.errors import ApiError, UnknownParameterError, bad_request
from bot.sandbox.links import checked_link, why_wrong

MAX_BUTTONS = 100
MAX_ROW = 8
MAX_BYTES = 10 * 1024  # of the whole keyboard as JSON; observed, nowhere documented
MAX_DATA = 64  # bytes
MAX_COPY = 256  # characters
STYLES = ("danger", "success", "primary")

INLINE_ACTIONS = (
    "url",
    "callback_data",
    "copy_text",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "callback_game",
    "pay",
)
INLINE_FIELDS = frozenset({"text", "style", "icon_custom_emoji_id", *INLINE_ACTIONS})
REPLY_ACTIONS = ("request_contact", "request_location", "request_users", "request_chat", "request_poll", "web_app")
REPLY_FIELDS = frozenset({"text", "style", "icon_custom_emoji_id", *REPLY_ACTIONS})
MARKUPS = {
    "inline_keyboard": frozenset({"inline_keyboard"}),
    "keyboard": frozenset(
        {
            "keyboard",
            "is_persistent",
            "resize_keyboard",
            "one_time_keyboard",
            "input_field_placeholder",
            "selective",
        }
    ),
    "remove_keyboard": frozenset({"remove_keyboard", "selective"}),
    "force_reply": frozenset({"force_reply", "input_field_placeholder", "selective"}),
}


def read_markup(markup: Any) -> tuple[str | None, dict[str, Any] | None]:
    """Give (kind, markup) with kind inline_keyboard, keyboard, remove_keyboard or force_reply, or (None, None)."""
    if markup is None or markup == {}:
        return None, None
    if not isinstance(markup, Mapping):
        raise bad_request("object expected as reply markup")
    kind = next((name for name in MARKUPS if name in markup), None)
    if kind is None:
        raise bad_request("can't parse reply keyboard markup JSON object")
    _refuse_unknown(markup, MARKUPS[kind], "reply markup")
    if kind == "inline_keyboard":
        rows = [[_inline(button) for button in row] for row in _rows(kind, markup[kind])]
        rows = [row for row in rows if row]
        return (kind, {"inline_keyboard": rows}) if rows else (None, None)
    if kind == "keyboard":
        rows = [[_reply(button) for button in row] for row in _rows(kind, markup[kind])]
        placeholder = markup.get("input_field_placeholder", "")
        if not any(rows):
            raise bad_request("reply keyboard must not be empty")
        if len(placeholder) > 64:
            raise bad_request("input field placeholder is too long")
        return kind, {**markup, "keyboard": rows}
    return kind, dict(markup)


def _rows(name: str, rows: Any) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f'field "{name}" must be of type Array')
    if (
        len(json.dumps(rows)) > MAX_BYTES
        or sum(len(row) for row in rows) > MAX_BUTTONS
        or any(len(row) > MAX_ROW for row in rows)
    ):
        raise bad_request("reply markup is too long")
    return rows


def _inline(button: Any) -> dict[str, Any]:
    if not isinstance(button, Mapping):
        raise _unparsed("Object expected")
    _refuse_unknown(button, INLINE_FIELDS, "inline keyboard button")
    text = button.get("text")
    if not isinstance(text, str):
        raise _unparsed('Can\'t find field "text"')
    if not text.strip():
        raise _unparsed("Text must be non-empty")
    _check_style(button)
    actions = [name for name in INLINE_ACTIONS if button.get(name) not in (None, "") or name.startswith("switch_")]
    actions = [name for name in actions if name in button]
    if not actions:
        raise _unparsed("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise _unparsed(f"exactly one action is expected, found {', '.join(actions)}")
    checked = dict(button)
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or len(data.encode()) > MAX_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button:
        url = str(button["url"])
        if wrong := why_wrong(url):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: {wrong}")
        checked["url"] = checked_link(url)
    if "copy_text" in button:
        copied = button["copy_text"]
        if not isinstance(copied, Mapping) or set(copied) != {"text"} or not 1 <= len(str(copied["text"])) <= MAX_COPY:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    if "web_app" in button and not str(button["web_app"].get("url", "")).startswith("https://"):
        raise bad_request(
            f"inline keyboard button Web App URL '{button['web_app'].get('url', '')}' is invalid: "
            "Only HTTPS links are allowed"
        )
    return checked


def _reply(button: Any) -> dict[str, Any]:
    if isinstance(button, str):
        button = {"text": button}
    if not isinstance(button, Mapping):
        raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")
    _refuse_unknown(button, REPLY_FIELDS, "keyboard button")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise bad_request("keyboard button text must be non-empty")
    _check_style(button)
    if sum(1 for name in REPLY_ACTIONS if button.get(name)) > 1:
        raise bad_request("can't parse keyboard button: only one action is allowed")
    return dict(button)


def _check_style(button: Mapping[str, Any]) -> None:
    if "style" in button and button["style"] not in STYLES:
        raise bad_request(f'invalid button style "{button["style"]}" specified')


def _refuse_unknown(given: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    if extra := set(given) - known:
        raise UnknownParameterError(400, f"Bad Request: unknown field {sorted(extra)} in the {what}")


def _unparsed(words: str) -> ApiError:
    return bad_request(f"can't parse inline keyboard button: {words}")
