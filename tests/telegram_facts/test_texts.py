"""Texts and their formatting as Telegram reads them."""

import html
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import parse_html, read_text, utf16
from bot.sandbox.errors import ApiError
from tests.telegram_facts.facts import Town
from tests.telegram_facts.table import OURS, REPORTED, Topic, api, fact

PARSED: list[tuple[str, str, list[tuple[str, int, int]]]] = [
    ("<b>bold</b> and <i>italic</i>", "bold and italic", [("bold", 0, 4), ("italic", 9, 6)]),
    (
        "<strong>a</strong><em>b</em><ins>c</ins><del>d</del>",
        "abcd",
        [("bold", 0, 1), ("italic", 1, 1), ("underline", 2, 1), ("strikethrough", 3, 1)],
    ),
    ("<b><i>nested</i></b>", "nested", [("bold", 0, 6), ("italic", 0, 6)]),
    ("📦 <b>here</b>", "📦 here", [("bold", 3, 4)]),
    ("5 &lt; 6 &amp; 7 &gt; 6 &quot;yes&quot; &#39;so&#x27; &eacute;", "5 < 6 & 7 > 6 \"yes\" 'so' &eacute;", []),
    ('<tg-spoiler>s</tg-spoiler><span class="tg-spoiler">t</span>', "st", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
    ("<code>a/b</code>", "a/b", [("code", 0, 3)]),
    ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
    ("  <b> trimmed </b>  ", "trimmed", [("bold", 0, 7)]),
    ("see /help, now", "see /help, now", [("bot_command", 4, 5)]),
    ("<code>/help</code>", "/help", [("code", 0, 5)]),
    ("at https://a.example/x?y=1.", "at https://a.example/x?y=1.", [("url", 3, 23)]),
    ("call +1 702 555 0123 now", "call +1 702 555 0123 now", [("phone_number", 5, 15)]),
    ("9/10 stars", "9/10 stars", []),
    ("a&b", "a&b", []),
]


@fact(Topic.ENTITIES, "the same, and finds commands, links, mentions and numbers by itself", api("html-style"))
@pytest.mark.parametrize(("source", "text", "entities"), PARSED)
def test_html(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    """HTML becomes text and entities in UTF-16 units."""
    sent = Town().say(source, parse_mode="HTML")
    assert sent["text"] == text
    assert [(e["type"], e["offset"], e["length"]) for e in sent.get("entities", [])] == entities


BROKEN = [
    ("<b>unclosed", 'Can\'t find end tag corresponding to start tag "b"'),
    ("<script>x</script>", 'Unsupported start tag "script" at byte offset 0'),
    ("Tom <tom@x.org>", 'Unsupported start tag "tom@x.org" at byte offset 4'),
    ("é <3", "Unclosed start tag at byte offset 3"),
    ("<b><i>test</b></i>", 'Unmatched end tag at byte offset 10, expected "</i>", found "</b>"'),
    ("plain</b>", "Unexpected end tag at byte offset 5"),
    ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
    ("<b>x</b", "Unclosed end tag at byte offset 4"),
    ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
]


@fact(Topic.ENTITIES, "refuses it with 400 “can't parse entities: …”", REPORTED)
@pytest.mark.parametrize(("source", "words"), BROKEN)
def test_broken_html(source: str, words: str) -> None:
    """Unknown, unclosed and crossed tags are refused with the place in bytes."""
    town = Town()
    answer = town.refused("sendMessage", chat_id=town.anna.id, text=source, parse_mode="HTML")
    assert answer == f"400 Bad Request: can't parse entities: {words}"
    assert len(town.telegram.problems) == 1


@fact(Topic.ENTITIES, "the same", REPORTED)
def test_links_that_telegram_knows() -> None:
    """An unknown link in a text is dropped and its words stay; a good one gets its scheme."""
    town = Town()
    assert "entities" not in town.say('<a href="tel:+1702">call</a>', parse_mode="HTML")
    entity = town.say('<a href="maps.example/x">map</a>', parse_mode="HTML")["entities"][0]
    assert entity == {"type": "text_link", "offset": 0, "length": 3, "url": "http://maps.example/x"}


@fact(Topic.ENTITIES, "refuses others in these words", REPORTED)
@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ({"type": "bold", "offset": 100, "length": 1}, "entity begins after the end of the text at UTF-16 offset 100"),
        (
            {"type": "bold", "offset": 0, "length": 100},
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
        ),
        ({"type": "loud", "offset": 0, "length": 1}, "can't parse MessageEntity: Unsupported type specified"),
        ({"type": "bold", "offset": -1, "length": 1}, "receive an entity with incorrect offset -1"),
        (
            {"type": "text_link", "offset": 0, "length": 5, "url": "no-url"},
            "entity URL 'no-url' is invalid: Wrong HTTP URL",
        ),
    ],
)
def test_given_entities(entity: dict[str, Any], words: str) -> None:
    """Entities given instead of HTML must lie inside the text."""
    town = Town()
    assert (
        town.refused("sendMessage", chat_id=town.anna.id, text="hello", entities=[entity])
        == f"400 Bad Request: {words}"
    )


@fact(Topic.ENTITIES, "the same, for any text", api("html-style"))
@given(st.text(max_size=200))
def test_escaped_text_is_always_read_back(text: str) -> None:
    """Whatever is escaped with &amp; &lt; &gt; comes out as it was."""
    assert parse_html(html.escape(text)) == (text, [])


@fact(Topic.ENTITIES, "never crashes", OURS)
@given(st.text(alphabet="<>/&;=\"' abip-refsnotg0123456789é📦", max_size=60))
def test_any_source_is_read_or_refused(source: str) -> None:
    """No source breaks the reader: it is read or refused in words."""
    try:
        text, entities = read_text(source, "HTML")
    except ApiError as error:
        refusal = error.description
    else:
        refusal = ""
        assert all(0 <= e["offset"] < e["offset"] + e["length"] <= utf16(text) for e in entities)
    assert refusal.startswith("Bad Request: can't parse entities: ") or not refusal


@fact(Topic.LIMITS, "takes 4096, refuses 4097 with 400 “message is too long”", api("sendmessage"))
def test_text_limit_counts_after_parsing() -> None:
    """4096 characters after entities parsing are fine."""
    assert len(Town().say("<b>" + "x" * 4096 + "</b>", parse_mode="HTML")["text"]) == 4096


@fact(Topic.LIMITS, "refuses 1025 with 400 “message caption is too long”", api("sendphoto"))
def test_caption_limit() -> None:
    """A caption has at most 1024 characters after parsing."""
    town = Town()
    number = town.anna.photo()
    photo = next(m for m in town.anna.messages if m["message_id"] == number)["photo"][-1]["file_id"]
    assert town.call("sendPhoto", chat_id=town.anna.id, photo=photo, caption="x" * 1024)["caption"] == "x" * 1024
    words = town.refused("sendPhoto", chat_id=town.anna.id, photo=photo, caption="x" * 1025)
    assert words == "400 Bad Request: message caption is too long"
