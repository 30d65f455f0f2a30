"""Formatted text as Telegram reads it: HTML or given entities in, plain text and entities (UTF-16 units) out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.errors import bad_request
from bot.sandbox.links import checked_link, why_wrong

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
GIVEN = frozenset(
    {
        *TAGS.values(),
        "expandable_blockquote",
        "text_mention",
        "bot_command",
        "hashtag",
        "cashtag",
        "email",
        "url",
        "mention",
        "phone_number",
        "date_time",
    }
)
NESTING = (
    "blockquote",
    "expandable_blockquote",
    "pre",
    "code",
    "",
    "bold",
    "italic",
    "underline",
    "strikethrough",
    "spoiler",
)
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
ESCAPED = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
ATTRIBUTE = re.compile(r"""([^\s=>]+)\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)""")
FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))"
    r"|(?P<url>https?://[^\s<>\"']*[^\s<>\"'.,!?;:)\]]|(?<![\w@/.])(?:t\.me|wa\.me)/[\w+?=&%./-]*[\w])"
    r"|(?P<email>(?<![\w.@])[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<mention>(?<![\w@/.])@[A-Za-z][A-Za-z0-9_]{3,31})"
    r"|(?P<phone_number>(?<![\w+/])\+[1-9][0-9 ()-]{7,18}[0-9](?!\w))"
    r"|(?P<hashtag>(?<![\w&/])#\w*[^\W\d_]\w*)"
)

Entity = dict[str, Any]


def utf16(text: str) -> int:
    """Count the UTF-16 code units of a text, the unit of Telegram's offsets and limits."""
    if text.isascii():
        return len(text)
    return len(text) + sum(1 for char in text if char > "\uffff")


@dataclass
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int


def unescape(text: str) -> str:
    """Resolve the four named and the numeric entities that Telegram knows; others stay as they are."""

    if "&" not in text:
        return text

    def char(match: re.Match[str]) -> str:
        number = int(match[1], 16) if match[1] else int(match[2]) if match[2] else -1
        if number < 0:
            return NAMED[match[3]]
        return chr(number) if 0 < number < 0x110000 and not 0xD800 <= number < 0xE000 else match[0]

    return ESCAPED.sub(char, text)


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Give the plain text and its entities; a broken source raises Telegram's "can't parse entities: …"."""
    out: list[str] = []
    length = 0
    stack: list[_Open] = []
    entities: list[Entity] = []
    at = 0
    while (start := source.find("<", at)) >= 0:
        plain = unescape(source[at:start])
        out.append(plain)
        length += utf16(plain)
        end = source.find(">", start)
        if source[start + 1 : start + 2] == "/":
            _close(source, start, end, stack, length, entities, out)
        else:
            stack.append(_open(source, start, end, length))
        at = end + 1
    out.append(unescape(source[at:]))
    if stack:
        raise _unparsed(f'Can\'t find end tag corresponding to start tag "{stack[-1].tag}"')
    return "".join(out), order(entities)


def _open(source: str, start: int, end: int, offset: int) -> _Open:
    where = len(source[:start].encode())
    name = re.match(r"[^\s>]*", source[start + 1 :])
    tag = name[0].lower() if name else ""
    if end < 0 and len(tag) == len(source) - start - 1:
        raise _unparsed(f"Unclosed start tag at byte offset {where}")
    if tag not in TAGS:
        raise _unparsed(f'Unsupported start tag "{tag}" at byte offset {where}')
    if end < 0:
        raise _unparsed(f'Unclosed start tag "{tag}" at byte offset {where}')
    inner = source[start + 1 + len(tag) : end]
    attributes: dict[str, str] = {}
    rest = inner.strip()
    while rest:
        match = ATTRIBUTE.match(rest)
        if match is None:
            bare = re.match(r"[^\s=>]+", rest)
            # `<blockquote expandable>` is the one attribute that stands alone.
            if bare is None or bare[0] != "expandable":
                raise _unparsed(
                    f'Expected equal sign in declaration of an attribute of the tag "{tag}" at byte offset {where}'
                )
            attributes[bare[0]] = ""
            rest = rest[bare.end() :].lstrip()
            continue
        attributes[match[1].lower()] = unescape(match[2].strip("\"'"))
        rest = rest[match.end() :].lstrip()
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise _unparsed(f'Tag "span" must have class "tg-spoiler" at byte offset {where}')
    return _Open(tag, attributes, offset)


def _close(
    source: str, start: int, end: int, stack: list[_Open], length: int, entities: list[Entity], out: list[str]
) -> None:
    where = len(source[:start].encode())
    if not stack:
        raise _unparsed(f"Unexpected end tag at byte offset {where}")
    if end < 0:
        raise _unparsed(f"Unclosed end tag at byte offset {where}")
    found = source[start + 2 : end].strip().lower()
    opened = stack.pop()
    if found and found != opened.tag:
        raise _unparsed(f'Unmatched end tag at byte offset {where}, expected "</{opened.tag}>", found "</{found}>"')
    size = length - opened.offset
    if size <= 0:
        return
    entity: Entity = {"type": TAGS[opened.tag], "offset": opened.offset, "length": size}
    if opened.tag == "a":
        covered = "".join(out).encode("utf-16-le")[opened.offset * 2 :].decode("utf-16-le")
        url = opened.attributes.get("href") or covered
        if match := re.fullmatch(r"tg://user\?id=(\d+)", url):
            entity |= {"type": "text_mention", "user": {"id": int(match[1]), "is_bot": False, "first_name": covered}}
        else:
            checked = checked_link(url)
            if checked is None:
                return  # Telegram drops a link it does not know (tel:, geo:, …) and keeps the words
            entity["url"] = checked
    if opened.tag == "tg-emoji":
        entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
    if opened.tag == "blockquote" and "expandable" in opened.attributes:
        entity["type"] = "expandable_blockquote"
    language = opened.attributes.get("class", "")
    if opened.tag == "code" and language.startswith("language-") and stack and stack[-1].tag == "pre":
        stack[-1].attributes["language"] = language.removeprefix("language-")
        return
    if opened.tag == "pre" and opened.attributes.get("language"):
        entity["language"] = opened.attributes["language"]
    entities.append(entity)


def _unparsed(words: str) -> Exception:
    return bad_request(f"can't parse entities: {words}")


def order(entities: Sequence[Entity]) -> list[Entity]:
    """Sort entities as Telegram answers them: by offset, the longer first, the outer first."""

    def place(entity: Entity) -> tuple[int, int, int]:
        kind = entity["type"]
        return entity["offset"], -entity["length"], NESTING.index(kind) if kind in NESTING else 4

    return sorted(entities, key=place)


def find_entities(text: str, taken: Sequence[Entity] = ()) -> list[Entity]:
    """Find what Telegram marks by itself (commands, links, mentions, …) outside the `taken` code and links."""
    closed = [e for e in taken if e["type"] in ("code", "pre", "text_link", "text_mention")]
    found: list[Entity] = []
    for match in FOUND.finditer(text):
        offset, length = utf16(text[: match.start()]), utf16(match[0])
        if not any(e["offset"] < offset + length and offset < e["offset"] + e["length"] for e in closed):
            found.append({"type": str(match.lastgroup), "offset": offset, "length": length})
    return found


def trim(text: str, entities: Sequence[Entity]) -> tuple[str, list[Entity]]:
    """Cut white space at both ends, as Telegram does, and move the entities along."""
    stripped = text.strip()
    if stripped == text:
        return text, list(entities)
    lead = utf16(text[: len(text) - len(text.lstrip())])
    size = utf16(stripped)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        end = min(size, entity["offset"] + entity["length"] - lead)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return stripped, kept


def _check_given(entity: Entity, size: int) -> Entity:
    kind, offset, length = entity.get("type"), int(entity.get("offset", 0)), int(entity.get("length", 0))
    if kind not in GIVEN:
        raise bad_request("can't parse MessageEntity: Unsupported type specified")
    if offset < 0:
        raise bad_request(f"receive an entity with incorrect offset {offset}")
    if offset > size:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {offset}")
    end = offset + length
    if end > size:
        raise bad_request(
            f"entity beginning at UTF-16 offset {offset} ends after the end of the text at UTF-16 offset {end}"
        )
    if kind == "text_link" and (wrong := why_wrong(str(entity.get("url", "")))):
        raise bad_request(f"entity URL '{entity.get('url', '')}' is invalid: {wrong}")
    return dict(entity)


def read_text(text: str, parse_mode: str | None, given: Sequence[Entity] | None = None) -> tuple[str, list[Entity]]:
    """Turn what the bot sent into text and entities; raises "can't parse entities" and "unsupported parse_mode"."""
    if parse_mode and parse_mode.lower() == "html":
        plain, entities = parse_html(text)
    elif parse_mode:
        # The bot speaks HTML only; the other two modes are not imitated, so they are refused loudly.
        raise bad_request("unsupported parse_mode")
    else:
        plain, entities = text, [_check_given(entity, utf16(text)) for entity in given or ()]
    plain, entities = trim(plain, entities)
    return plain, order([*entities, *find_entities(plain, entities)])
