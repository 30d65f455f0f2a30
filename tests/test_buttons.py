"""Buttons: what they mean goes into callback data and comes back, and nothing else is understood."""

import re
from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import buttons
from bot.buttons import Tap, unpack
from bot.dispatch import booking, carrying, joining, operating, returning

TAPS = sorted(Tap.__subclasses__(), key=lambda kind: kind.__name__)
BIGGEST = 2**63 - 1
FORMS = ("book", "merchant", "driver", "declinemerchant", "deskunassign")
VALUES = (
    *booking.MERCHANT_REASONS,
    *(reason for reasons in operating.REASONS.values() for reason in reasons),
    *carrying.GIVE_BACK_REASONS,
    *returning.GIVE_UP_REASONS,
    *joining.DECLINE_REASONS,
    *operating.STEPS,
)

ids = st.integers(0, BIGGEST)
plain = st.text(st.characters(codec="ascii", exclude_characters=":", min_codepoint=33), max_size=10)


def taps_of(kind: type[Tap]) -> st.SearchStrategy[Tap]:
    """Any tap of this kind: ids to 63 bits, short words."""
    hints = get_type_hints(kind)
    # two ids of the widest and a word stay within Telegram's limit
    numbers = {"version": st.integers(0, 2**31), "yes": st.integers(0, 1)}
    values = {f.name: numbers.get(f.name, ids) if hints[f.name] is int else plain for f in fields(kind)}
    return st.builds(kind, **values)


def test_every_button_has_a_code_of_its_own() -> None:
    """No two buttons share a code; codes are short, of small letters."""
    codes = [kind.code for kind in TAPS]
    assert len(set(codes)) == len(codes) >= 20
    assert all(re.fullmatch(r"[a-z]{1,2}", code) for code in codes)


def test_a_code_cannot_be_taken_twice() -> None:
    """A second button of the same code stops the program where it is written."""
    with pytest.raises(TypeError, match="two buttons"):
        type("Thief", (Tap,), {}, code=buttons.Accept.code)


@pytest.mark.parametrize("kind", TAPS)
def test_round_trip(kind: type[Tap]) -> None:
    """Every button, with any ids, comes back as it was and takes no more than 64 bytes."""

    @given(taps_of(kind))
    def comes_back(tap: Tap) -> None:
        data = tap.pack()
        assert 1 <= len(data.encode()) <= 64
        assert unpack(data) == tap

    comes_back()


@pytest.mark.parametrize("kind", TAPS)
def test_64_bit_ids_fit(kind: type[Tap]) -> None:
    """Ids of 63 bits, and the longest word that stands in the code, still fit."""
    hints = get_type_hints(kind)
    longest = max((*FORMS, *VALUES), key=len)
    big: dict[str, Any] = {f.name: BIGGEST if hints[f.name] is int else longest for f in fields(kind)}
    for small in ("version", "yes"):
        if small in big:
            big[small] = 1
    assert len(kind(**big).pack().encode()) <= 64


@pytest.mark.parametrize("value", ["x" * 64, "a:b", "ä" * 32, ":"])
def test_what_does_not_fit_is_refused_when_packed(value: str) -> None:
    """A button that Telegram would refuse, or that would be read otherwise, fails where it is made."""
    with pytest.raises(ValueError, match="cannot be a button's data"):
        buttons.Begin(value).pack()


@pytest.mark.parametrize(
    "data",
    [
        "",
        ":",
        "::",
        "ok",
        "ok:",
        "ok:x",
        "ok:1:2",
        "ok:1.5",
        "zz:1",
        "OK:1",
        "p:1:2",
        "ag:1",
        "p:1:x:y",
        "of:",
        " ok:1",
    ],
)
def test_mangled_data_means_nothing(data: str) -> None:
    """Unknown codes, missing, surplus or unreadable parts are no tap."""
    assert unpack(data) is None


@pytest.mark.parametrize("number", [str(2**63), "9" * 40, str(-(2**63) - 1)])
def test_numbers_that_no_table_holds_mean_nothing(number: str) -> None:
    """An id beyond 64 bits (from a mangled client) is no tap: no database could look it up."""
    assert unpack(f"ok:{number}") is None


@given(st.text(max_size=80))
def test_any_text_is_a_tap_or_nothing(data: str) -> None:
    """Whatever a client sends, reading it never raises."""
    tap = unpack(data)
    assert tap is None or isinstance(tap, Tap)


anything = st.one_of(st.integers().map(str), st.text(max_size=12), st.just(""))


@given(st.sampled_from([kind.code for kind in TAPS]), st.lists(anything, max_size=4))
def test_any_parts_are_a_tap_or_nothing(code: str, parts: list[str]) -> None:
    """Known codes with whatever parts never raise, and what is read has the fields of its kind."""
    tap = unpack(":".join([code, *parts]))
    if tap is not None:
        hints = get_type_hints(type(tap))
        assert tap.code == code
        assert all(isinstance(getattr(tap, field.name), hints[field.name]) for field in fields(tap))
