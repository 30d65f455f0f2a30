"""What the bot says about itself: commands by scope and language, names, the menu button."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from bot.sandbox.content import Uploads
from bot.sandbox.errors import bad_request
from bot.sandbox.records import JSON, User
from bot.sandbox.sending import known_chat
from bot.sandbox.world import World

SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def _scope_key(world: World, params: JSON) -> str:
    scope = params.get("scope") or {"type": "default"}
    kind = scope.get("type")
    if kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    ids = []
    for name in SCOPES[kind]:
        if name not in scope:
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{name}\"")
        ids.append(str(scope[name]))
    if kind.startswith("chat"):
        known_chat(world, int(ids[0]) if ids[0].lstrip("-").isdigit() else ids[0])
    language = params.get("language_code") or ""
    if not re.fullmatch(r"|[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return json.dumps([kind, *ids, language])


def set_commands(world: World, params: JSON, uploads: Uploads) -> bool:
    """setMyCommands: at most 100 per scope and language."""
    key = _scope_key(world, params)
    commands = params["commands"]
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad_request("too much commands specified")
    for entry in commands:
        command = str(entry.get("command", "")).removeprefix("/")
        description = str(entry.get("description", ""))
        if not command or len(command) > 32:
            raise bad_request("command must be non-empty" if not command else "command length must not exceed 32")
        if not re.fullmatch(r"[a-z0-9_]+", command):
            raise bad_request("BOT_COMMAND_INVALID")
        if not description or len(description) > 256:
            wrong = "must be non-empty" if not description else "length must not exceed 256"
            raise bad_request(f"command description {wrong}")
    world.settings.setdefault("commands", {})[key] = [
        {"command": c["command"].removeprefix("/"), "description": c["description"]} for c in commands
    ]
    world.touch_settings()
    return True


def delete_commands(world: World, params: JSON, uploads: Uploads) -> bool:
    """deleteMyCommands."""
    if world.settings.get("commands", {}).pop(_scope_key(world, params), None) is not None:
        world.touch_settings()
    return True


def get_commands(world: World, params: JSON, uploads: Uploads) -> list[JSON]:
    """getMyCommands of exactly this scope and language."""
    return list(world.settings.get("commands", {}).get(_scope_key(world, params), []))


def commands_for(world: World, user: User) -> list[JSON]:
    """Give the commands a person sees in the private chat: chat before all private chats before default."""
    kept = world.settings.get("commands", {})
    for scope in (["chat", str(user.id)], ["all_private_chats"], ["default"]):
        for language in (user.language[:2], ""):
            if found := kept.get(json.dumps([*scope, language])):
                return list(found)
    return []


NAMES = {"Name": ("name", 64), "Description": ("description", 512), "ShortDescription": ("short_description", 120)}


def _names() -> Iterator[tuple[str, Callable[[World, JSON, Uploads], Any]]]:
    for suffix, (field, longest) in NAMES.items():

        def store(world: World, params: JSON, uploads: Uploads, field: str = field, longest: int = longest) -> bool:
            value = params.get(field, "")
            if len(value) > longest:
                raise bad_request(f"bot {field.replace('_', ' ')} is too long")
            world.settings.setdefault(field, {})[params.get("language_code", "")] = value
            world.touch_settings()
            return True

        def read(world: World, params: JSON, uploads: Uploads, field: str = field) -> JSON:
            kept = world.settings.get(field, {})
            first = world.bot["first_name"] if field == "name" else ""
            return {field: kept.get(params.get("language_code", "")) or kept.get("") or first}

        yield f"setMy{suffix}", store
        yield f"getMy{suffix}", read


def set_menu_button(world: World, params: JSON, uploads: Uploads) -> bool:
    """setChatMenuButton."""
    button = params.get("menu_button") or {"type": "default"}
    if button.get("type") not in ("commands", "web_app", "default"):
        raise bad_request("can't parse menu button: Unsupported type specified")
    world.settings.setdefault("menu", {})[str(params.get("chat_id", ""))] = button
    world.touch_settings()
    return True


def get_menu_button(world: World, params: JSON, uploads: Uploads) -> JSON:
    """getChatMenuButton."""
    kept = world.settings.get("menu", {})
    found: JSON = kept.get(str(params.get("chat_id", ""))) or kept.get("") or {"type": "commands"}
    return {"type": "commands"} if found == {"type": "default"} else found


PROFILE: dict[str, Callable[[World, JSON, Uploads], Any]] = {
    "setMyCommands": set_commands,
    "deleteMyCommands": delete_commands,
    "getMyCommands": get_commands,
    "setChatMenuButton": set_menu_button,
    "getChatMenuButton": get_menu_button,
    **dict(_names()),
}
