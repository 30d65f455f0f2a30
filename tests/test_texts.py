"""The texts: the same in every language, small enough for Telegram, safe for people's words; and their values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from html import unescape
from html.parser import HTMLParser
from itertools import product
from typing import Any

import pytest
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl

from bot.cards.operator import MOST
from bot.dispatch.words import Deadline, Metres, Money, Say, Window
from bot.settings import MARKET, load_market
from bot.texts import LANGUAGES, Reader, Texts, loader, values

LAS_VEGAS = load_market(MARKET)
NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1, hours=2)
OTHERS = tuple(code for code in LANGUAGES if code != "en")


def reader(language: str, **market: str) -> Reader:
    """Somebody who reads this language in Las Vegas (or a place like it) at noon."""
    return Reader(language, LAS_VEGAS.model_copy(update=market), NOW)


# the files


def _walk(node: Any) -> Iterator[Any]:
    yield node
    for value in vars(node).values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ftl.BaseNode):
                yield from _walk(child)


@cache
def _entries(language: str) -> Sequence[Any]:
    source = (loader.FOLDER / f"{language}.ftl").read_text(encoding="utf-8")
    return tuple(FluentParser(with_spans=False).parse(source).body)


@cache
def _messages(language: str) -> Mapping[str, Any]:
    return {entry.id.name: entry for entry in _entries(language) if isinstance(entry, ftl.Message)}


def _sections(language: str) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {"": []}
    for entry in _entries(language):
        if isinstance(entry, ftl.GroupComment):
            sections[entry.content or ""] = []
        elif isinstance(entry, ftl.Message):
            sections[list(sections)[-1]].append(entry.id.name)
    return sections


def _variables(message: Any) -> set[str]:
    return {node.id.name for node in _walk(message) if isinstance(node, ftl.VariableReference)}


def _choices(message: Any) -> dict[str, list[Any]]:
    """What each variable that selects can be: the words of its variants, or numbers."""
    found: dict[str, list[Any]] = {}
    for node in _walk(message):
        if isinstance(node, ftl.SelectExpression):
            keys = [getattr(variant.key, "name", "") for variant in node.variants]
            named = [key for key in keys if key not in ("", "zero", "one", "two", "few", "many", "other")]
            assert isinstance(node.selector, ftl.VariableReference)
            found[node.selector.id.name] = named or [0, 1, 2, 5, 20]
    return found


IDS = sorted(_messages("en"))


def variables(text_id: str) -> set[str]:
    """What a text needs to be said."""
    return _variables(_messages("en")[text_id])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_file_is_read_without_rest(language: str) -> None:
    """No line is junk, and no id comes twice."""
    names = [entry.id.name for entry in _entries(language) if isinstance(entry, ftl.Message | ftl.Term)]
    assert [entry.content for entry in _entries(language) if isinstance(entry, ftl.Junk)] == []
    assert [name for name in names if names.count(name) > 1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_everything(language: str) -> None:
    """A language has the ids of English in the same sections, no more and no less."""
    ours, english = _sections(language), _sections("en")
    assert list(ours) == list(english)
    for name, ids in english.items():
        assert sorted(ours[name]) == sorted(ids), name or "the head of the file"


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_knows_the_same_variables_and_attributes(language: str) -> None:
    """Each text takes the variables of the English one, in selectors too; attributes and terms are the same."""
    for text_id, english in _messages("en").items():
        ours = _messages(language)[text_id]
        assert ours.value is not None, text_id
        assert _variables(ours) == _variables(english), text_id
        assert {a.id.name for a in ours.attributes} == {a.id.name for a in english.attributes}, text_id
    terms = [{e.id.name for e in _entries(code) if isinstance(e, ftl.Term)} for code in (language, "en")]
    assert terms[0] == terms[1]


# the worst that can stand in a text

NAME = "Wilhelmina-Maximiliana Oppenheimer-Villanueva de la Concepci"
ADDRESS = ("3200 South Las Vegas Boulevard, Building 12, Floor 23, Apartment 2304, " * 2)[:120]
MONEY = Money(123_456_789, "USD")
FAR = Metres(1_234_567)
WORST: Mapping[str, Any] = {
    **dict.fromkeys(("name", "merchant", "mall", "driver", "customer"), NAME),
    **dict.fromkeys(("pay", "fee", "price", "amount"), MONEY),
    **dict.fromkeys(("way", "length", "metres"), FAR),
    **dict.fromkeys(("at", "from", "to", "when"), LATER),
    **dict.fromkeys(("most", "cases", "waiting", "drivers", "more", "minutes"), 9999),
    "address": ADDRESS,
    "area": ADDRESS[:60],
    "answer": NAME,
    "text": ADDRESS[:80],
    "note": (ADDRESS * 3)[:280],
    "reason": (ADDRESS * 2)[:200],
    "detail": (ADDRESS * 9)[:1000],
    "market": NAME,
    "number": "7K2QX",
    "icon": "🚐",
    "phone": "+52 1 998 123 4567 890",
    "pin": "0000",
    "id": 9_007_199_254_740_991,
    "username": "w" * 32,
    "url": "https://t.me/" + "w" * 32 + "?start=c" + "0" * 32,
    "window": Window(LATER, LATER + timedelta(minutes=45)),
    "load": Say.of("load", pieces=20, size="L"),
}
"""Per variable; one that is missing here is taken to be as long as a note."""
SAID = {"what": "form-", "state": "state-", "vehicle": "vehicle-", "direction": "direction-"}
SAID |= {"step": "event-", "by": "party-", "field": "field-"}
"""Variables that are texts themselves: the longest with this beginning."""
TYPED: Mapping[str, Any] = {"offer-until": {"until": Deadline(LATER)}, "unclear-too-far": {"most": FAR}}
CUT = 40
"""Cards cut a name to so many characters before it goes on a button."""


def _worst(text_id: str, variable: str, language: str) -> Any:
    if variable in TYPED.get(text_id, {}):
        return TYPED[text_id][variable]
    if text_id.startswith("button-") and WORST.get(variable) == NAME:
        return NAME[:CUT]
    if variable in SAID:
        texts = [i for i in IDS if i.startswith(SAID[variable]) and "what" not in variables(i)]
        says = [Say(i, {name: WORST.get(name, NAME) for name in variables(i)}) for i in texts]
        return max(says, key=lambda say: len(Texts().plain(say, reader(language))))
    if variable == "until":
        return LATER
    return WORST.get(variable, WORST["note"])


def _sayings(text_id: str, language: str) -> list[Say]:
    """This text with the longest values, once for each way through its selectors."""
    message = _messages(language)[text_id]
    choices = _choices(message)
    rest = {name: _worst(text_id, name, language) for name in _variables(message) if name not in choices}
    ways = product(*([(name, value) for value in given] for name, given in choices.items()))
    return [Say(text_id, {**rest, **dict(way)}) for way in ways]


class _Markup(HTMLParser):
    """Takes Telegram's HTML apart; complains of what Telegram would refuse."""

    KNOWN = frozenset(("b", "i", "u", "s", "code", "pre", "a", "tg-spoiler", "blockquote"))

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open} in {html}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.KNOWN, f"Telegram has no <{tag}>"
        assert not attrs or tag == "a", f"<{tag}> has attributes"
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes nothing"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


def _units(text: str) -> int:
    """The length as Telegram counts it: UTF-16 code units, after the markup is taken out."""
    return len(text.encode("utf-16-le")) // 2


def _longest(text_id: str, language: str) -> int:
    shown = [Texts().html(say, reader(language)) for say in _sayings(text_id, language)]
    return max(_units(_Markup(html).text) for html in shown)


LABEL = re.compile(r"(button|field|reason|decline)-.+|size-.+-long|vehicle-.+-button|language-[a-z]{2}")
CAPTIONS = ("delivered-photo", "problem-photo", "link-qr")


def _most_on_one_line(text_id: str) -> int | None:
    """How long a button, a toast or a command's description may be; None for what is none of them."""
    if LABEL.fullmatch(text_id):
        return 64
    return {"refused": 200, "command": 256}.get(text_id.split("-")[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_markup_is_what_telegram_knows(language: str) -> None:
    """Every text, with every value, has balanced and known tags, and the same ones as in English."""
    for text_id in IDS:
        tags = {tuple(sorted(_Markup(Texts().html(s, reader(language))).tags)) for s in _sayings(text_id, language)}
        english = {tuple(sorted(_Markup(Texts().html(s, reader("en"))).tags)) for s in _sayings(text_id, "en")}
        assert tags == english, text_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_ends_twice(language: str) -> None:
    """No full stop follows a value that ends in one itself (a Spanish time does: p.m.)."""
    for text_id in IDS:
        for say in _sayings(text_id, language):
            words = Texts().plain(say, reader(language))
            assert not re.search(r"\.\.|\. \.|  ", words), words


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_fits_its_place(language: str) -> None:
    """With the longest names, notes and addresses, no text is longer than Telegram takes."""
    for text_id in IDS:
        most = 1024 if text_id in CAPTIONS else 4096
        assert 0 < _longest(text_id, language) <= most, text_id


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_toasts_and_commands_are_short_and_plain(language: str) -> None:
    """What stands on a button, in a toast or in the command menu has no markup and fits there."""
    for text_id in IDS:
        most = _most_on_one_line(text_id)
        for say in _sayings(text_id, language) if most else ():
            words = Texts().plain(say, reader(language))
            assert "<" not in words, text_id
            assert "\n" not in words, text_id
            assert 0 < _units(words) <= (most or 0), f"{text_id}: {words}"


CARDS: Mapping[str, Mapping[str, int]] = {
    "open": {"open-head": 1, "open-one": MOST, "open-more": 1},
    "desk": {i: 8 if i == "desk-event" else 1 for i in IDS if i.startswith("desk-")},
    "draft": {i: 1 for i in IDS if i.startswith(("summary-", "fee-")) or i in ("price-changed", "ask-booking-confirm")},
    "delivery": {i: 1 for i in IDS if i.startswith(("delivery-", "proof-", "customer-"))},
    "job": {i: 1 for i in IDS if i.startswith("job-")},
    "parcel": {i: 1 for i in IDS if i.startswith("parcel-")} | {"state-nobody-there-customer": 1},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("card", CARDS)
def test_a_card_of_many_lines_fits_a_message(card: str, language: str) -> None:
    """All lines of the longest cards together are one message."""
    assert sum((_longest(text_id, language) + 1) * times for text_id, times in CARDS[card].items()) <= 4096


def test_labels_of_a_reply_keyboard_are_known_in_every_language() -> None:
    """A phone's own button is recognised by its words, whatever language its owner reads."""
    assert Texts().labels("button-cancel") >= {"✕ Cancel", "✕ Cancelar"}


# what people write, and values


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_write_is_escaped_once(language: str) -> None:
    """A name with < and & is escaped where HTML is read and left alone where it is not, nested texts included."""
    texts = Texts()
    say = Say.of("home-driver-off", name="<b>&")
    assert "<b>&lt;b&gt;&amp;</b>" in texts.html(say, reader(language))
    assert "<b><b>&</b>" in texts.plain(say, reader(language))
    outer = Say.of("delivery-head", number="7K2QX", state=Say.of("state-arriving-merchant", driver="<b>&", at=NOW))
    assert "&lt;b&gt;&amp; " in texts.html(outer, reader(language))
    assert "amp;amp;" not in texts.html(outer, reader(language))
    assert unescape(_Markup(texts.html(outer, reader(language))).text).count("<b>&") == 1


def test_a_language_that_we_do_not_have_is_answered_in_the_first() -> None:
    """A Telegram that speaks Mexican Spanish is answered in Spanish, a Dutch one in the market's first language."""
    texts = Texts(LAS_VEGAS.languages)
    assert [texts.language(code) for code in ("es-MX", "en", "nl", None)] == ["es", "en", "en", "en"]
    with pytest.raises(LookupError, match="no texts for tlh"):
        Texts(["en", "tlh"])


def test_a_missing_id_or_variable_is_an_error() -> None:
    """A text that is not there, or a value that is not given, never reaches a person half said."""
    with pytest.raises(LookupError, match="no text 'nonsense'"):
        Texts().html(Say("nonsense"), reader("en"))
    with pytest.raises(ValueError, match="home-driver-off"):
        Texts().html(Say("home-driver-off"), reader("en"))


MI, KM = {"units": "mi"}, {"units": "km"}


@pytest.mark.parametrize(
    ("value", "market", "english", "spanish"),
    [
        (Money(980, "USD"), MI, "$9.80", "$9.80"),
        (Money(0, "USD"), MI, "$0.00", "$0.00"),
        (Money(1_234_567, "USD"), MI, "$12,345.67", "$12,345.67"),
        (Metres(10), MI, "50 ft", "50 ft"),
        (Metres(200), MI, "650 ft", "650 ft"),
        (Metres(300), MI, "0.2 mi", "0.2 mi"),
        (Metres(12_345), MI, "7.7 mi", "7.7 mi"),
        (Metres(10), KM, "50 m", "50 m"),
        (Metres(770), KM, "750 m", "750 m"),
        (Metres(12_345), KM, "12.3 km", "12.3 km"),
    ],
)
def test_money_and_distances(value: Money | Metres, market: Mapping[str, str], english: str, spanish: str) -> None:
    """Amounts in the market's currency, distances in its units, the coarser the longer."""
    for language, words in (("en", english), ("es", spanish)):
        who = reader(language, **market)
        assert (values.money(value, who) if isinstance(value, Money) else values.metres(value, who)) == words


@pytest.mark.parametrize(
    ("start", "minutes", "english", "spanish"),
    [
        (NOW, 40, "12:00 – 12:40 PM", "12:00–12:40 p.m."),
        (NOW - timedelta(minutes=20), 40, "11:40 AM – 12:20 PM", "11:40 a.m. – 12:20 p.m."),
        (LATER, 60, "Mon, Nov 23, 2:00 – 3:00 PM", "lun, 23 de nov, 2:00–3:00 p.m."),
    ],
)
def test_a_window_names_its_day_unless_it_is_today(start: datetime, minutes: int, english: str, spanish: str) -> None:
    """From and to on the market's clock, before and after noon, today and tomorrow."""
    given = Window(start, start + timedelta(minutes=minutes))
    assert [values.window(given, reader(language)) for language in ("en", "es")] == [english, spanish]


def test_moments_and_deadlines() -> None:
    """A time names its day where that is not today on the market's clock; a deadline is exact to the second."""
    late = datetime(2026, 11, 23, 7, 59, tzinfo=UTC)  # still today in Las Vegas, tomorrow in UTC
    moments = [(late, "11:59 PM", "11:59 p.m."), (LATER, "Mon, Nov 23, 2:00 PM", "lun, 23 de nov, 2:00 p.m.")]
    for at, english, spanish in moments:
        assert [values.moment(at, reader(language)) for language in ("en", "es")] == [english, spanish]
    until = Deadline(NOW + timedelta(seconds=65))
    assert [values.deadline(until, reader(language)) for language in ("en", "es")] == ["12:01:05 PM", "12:01:05 p.m."]


def test_values_are_formatted_inside_a_text() -> None:
    """A text takes typed values and writes them for its reader, in HTML and plain alike."""
    say = Say.of("where-away", driver="Omar", metres=Metres(3380), window=Window(NOW, NOW + timedelta(minutes=10)))
    assert Texts().html(say, reader("en")) == "Omar is 2.1 mi away. Expected 12:00 – 12:10 PM."
    assert Texts().plain(say, reader("es")) == "Omar está a 2.1 mi. Llegada: 12:00–12:10 p.m."
