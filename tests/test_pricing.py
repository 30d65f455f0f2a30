"""Prices: what a delivery costs, what its driver earns, what cancelling it costs."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dispatch.pricing import cancel_price, half_up, quote
from bot.settings import MARKET, load_market
from storage import lifecycle
from storage.markets import Tariff
from storage.models import Delivery
from tests.rules import DOOR, SHOP, START, away

TARIFF = load_market(MARKET).tariff

amounts = st.integers(0, 100_000)
percents = st.integers(0, 100)
tariffs = st.builds(
    Tariff,
    base=amounts,
    per_km=st.integers(0, 2_000),
    size=st.fixed_dictionaries({"S": amounts, "M": amounts, "L": amounts}),
    pay_percent=percents,
    cancel_percent=percents,
    cancel_free_s=st.integers(0, 3_600),
)
offsets = st.tuples(st.integers(-20_000, 20_000), st.integers(-20_000, 20_000))


def a_delivery(status: str = "assigned", fee: int = 1001, percent: int = 50, free_s: int = 120) -> Delivery:
    """A delivery as far as cancelling asks: assigned at START."""
    assigned_at = None if status in ("requested", "expired") else START
    values: dict[str, Any] = {"fee": fee, "cancel_percent": percent, "cancel_free_s": free_s}
    return Delivery.model_construct(status=status, assigned_at=assigned_at, **values)


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0", 0), ("0.4999", 0), ("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.49", 2), ("1000.5", 1001)]
)
def test_halves_go_up(amount: str, rounded: int) -> None:
    """Half a cent is a cent, at even and at odd amounts."""
    assert half_up(Decimal(amount)) == rounded


@pytest.mark.parametrize(("size", "extra"), [("S", []), ("M", [("size", 200)]), ("L", [("size", 500)])])
def test_a_quote_by_hand(size: str, extra: list[tuple[str, int]]) -> None:
    """The shipped tariff over a known way: 3.002 km straight are 3.903 km of streets, $4.29 at $1.10."""
    made = quote(TARIFF, SHOP, DOOR, size)
    assert made.distance_m == 3903
    assert made.lines == (("base", 499), ("distance", 429), *extra)
    assert made.fee == 928 + sum(amount for _, amount in extra)
    assert made.pay == {928: 742, 1128: 902, 1428: 1142}[made.fee]


def test_no_way_costs_no_way() -> None:
    """A delivery next door costs the base."""
    assert quote(TARIFF, SHOP, SHOP, "S").fee == TARIFF.base


@given(tariffs, offsets, st.sampled_from("SML"))
def test_lines_sum_to_the_fee(tariff: Tariff, offset: tuple[int, int], size: str) -> None:
    """Every line is the tariff's amount rounded half up, the fee is their sum, the pay its share of it."""
    made = quote(tariff, SHOP, away(SHOP, *offset), size)
    lines = dict(made.lines)
    assert made.fee == sum(lines.values())
    assert lines["base"] == tariff.base
    assert lines.get("size", 0) == tariff.size[size]  # type: ignore[index]
    exact = Fraction(tariff.per_km * made.distance_m, 1000)
    assert 0 <= lines["distance"] - exact + Fraction(1, 2) <= 1
    assert lines["distance"] >= exact - Fraction(1, 2)
    share = Fraction(made.fee * tariff.pay_percent, 100)
    assert -Fraction(1, 2) < made.pay - share <= Fraction(1, 2)
    assert 0 <= made.pay <= made.fee


@given(offsets, st.floats(1.01, 3))
def test_farther_is_never_cheaper(offset: tuple[int, int], factor: float) -> None:
    """A longer way in the same direction costs at least as much."""
    near = quote(TARIFF, SHOP, away(SHOP, *offset), "S")
    far = quote(TARIFF, SHOP, away(SHOP, offset[0] * factor, offset[1] * factor), "S")
    assert near.fee <= far.fee
    assert near.distance_m <= far.distance_m


@pytest.mark.parametrize(("seconds", "price"), [(0, 0), (119, 0), (120, 0), (120.001, 501), (121, 501), (86_400, 501)])
def test_cancelling_is_free_for_two_minutes(seconds: float, price: int) -> None:
    """Free until 120 seconds after a driver has it, half the fee (rounded half up) from then on."""
    assert cancel_price(a_delivery(), START + timedelta(seconds=seconds)) == price


@pytest.mark.parametrize("status", [status for status in lifecycle.STATUSES if status != "assigned"])
def test_cancelling_costs_nothing_without_a_driver(status: str) -> None:
    """Only who has a driver on the way pays; before that and after the end there is no price."""
    assert cancel_price(a_delivery(status), START + timedelta(hours=5)) == 0


@given(amounts, percents, st.integers(0, 600), st.integers(0, 1200))
def test_the_price_of_cancelling(fee: int, percent: int, free_s: int, after: int) -> None:
    """Nothing while it is free, then the share of the fee, never more than the fee."""
    price = cancel_price(a_delivery("assigned", fee, percent, free_s), START + timedelta(seconds=after))
    if after <= free_s:
        assert price == 0
    else:
        assert -Fraction(1, 2) < price - Fraction(fee * percent, 100) <= Fraction(1, 2)
        assert price <= fee
