"""What is to be said, as data: parameters go into the outbox as JSON and come back as they were."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch.words import Deadline, Metres, Money, Say, Window, dump, dump_params, load, load_params
from storage.database import Database
from storage.outbox import Unsaid
from tests.rules import START

names = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=8)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
plain = st.one_of(st.text(), st.integers(), st.booleans(), st.none())
typed = st.one_of(
    plain,
    st.builds(Money, st.integers(), st.sampled_from(["USD", "EUR", "JPY"])),
    st.builds(Metres, st.integers(0)),
    st.builds(Window, moments, moments),
    st.builds(Deadline, moments),
    moments,
)
says = st.recursive(
    st.builds(Say, names, st.dictionaries(names, typed, max_size=3)),
    lambda inner: st.builds(Say, names, st.dictionaries(names, typed | inner, max_size=3)),
    max_leaves=6,
)


@given(typed | says)
def test_a_value_comes_back(value: Any) -> None:
    """Any value, through JSON, is what it was: type and all."""
    back = load(json.loads(json.dumps(dump(value))))
    assert back == value
    assert type(back) is type(value)


@given(st.dictionaries(names, typed | says))
def test_parameters_come_back(params: dict[str, Any]) -> None:
    """So are all the parameters of a text."""
    assert load_params(json.loads(json.dumps(dump_params(params)))) == params


def test_times_stay_aware() -> None:
    """A time keeps its zone and its seconds."""
    back = load(json.loads(json.dumps(dump(START))))
    assert back == START
    assert back.utcoffset() == START.utcoffset()


def test_through_the_outbox(database: Database) -> None:
    """A text within a text, with money, a window and a time, comes out of a real outbox row as it went in."""
    params = {
        "fee": Money(928, "USD"),
        "way": Metres(3903),
        "when": Window(START, START),
        "until": Deadline(START),
        "why": Say.of("reason-other", at=START, name="Zoë <b>&"),
        "count": 3,
    }
    with database.transaction() as work:
        work.outbox.write(6_000_000_001, "notice", text_id="x", params=dump_params(params))
    with database.transaction() as work:
        row = work.outbox.of_chats([6_000_000_001])[6_000_000_001][0]
        assert isinstance(row, Unsaid)
        assert load_params(row.params) == params
