"""What a delivery costs, what its driver earns, what cancelling it costs: integer minor units throughout."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from bot.dispatch.geo import Point, way_m
from storage import lifecycle
from storage.markets import Tariff
from storage.models import Delivery

VALID = timedelta(minutes=15)


@dataclass(frozen=True)
class Quote:
    """A fee itemised: each line rounded half up, the total their sum."""

    lines: tuple[tuple[str, int], ...]
    distance_m: int
    fee: int
    pay: int


def half_up(amount: Decimal) -> int:
    """The amount as a whole number, halves upwards."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def quote(tariff: Tariff, pickup: Point, dropoff: Point, size: str) -> Quote:
    """Fee = base + per km × 1.3 × great circle + size; pay = the tariff's share of the fee."""
    distance_m = way_m(pickup, dropoff)
    extra = tariff.size[size]  # type: ignore[index] # the form offers only sizes of the tariff
    lines = [("base", tariff.base), ("distance", half_up(Decimal(tariff.per_km) * distance_m / 1000))]
    if extra:
        lines.append(("size", extra))
    fee = sum(amount for _, amount in lines)
    return Quote(tuple(lines), distance_m, fee, half_up(Decimal(fee * tariff.pay_percent) / 100))


def earned(delivery: Delivery) -> int:
    """What a delivery that has ended pays its driver: all once it was carried, of a cancel fee the same share."""
    if delivery.status == lifecycle.CANCELLED:
        return half_up(Decimal((delivery.cancel_fee or 0) * delivery.pay) / delivery.fee) if delivery.fee else 0
    return delivery.pay if delivery.status in (lifecycle.DELIVERED, lifecycle.RETURNED) else 0


def cancel_price(delivery: Delivery, now: datetime) -> int:
    """What cancelling costs the merchant now: nothing before a driver has it and a short while after, then a share."""
    if delivery.status != lifecycle.ASSIGNED or delivery.assigned_at is None:
        return 0
    if now <= delivery.assigned_at + timedelta(seconds=delivery.cancel_free_s):
        return 0
    return half_up(Decimal(delivery.fee * delivery.cancel_percent) / 100)
