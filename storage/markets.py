"""A market as market.toml describes it: zone, currency, units, languages, tariff, offer steps, malls."""

from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlmodel import Session, select

from storage.models import Market


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tariff(_Part):
    """What a delivery costs, in minor units of the market's currency."""

    base: int = Field(ge=0)
    per_km: int = Field(ge=0)
    size: dict[Literal["S", "M", "L"], int]
    pay_percent: int = Field(ge=0, le=100)
    cancel_percent: int = Field(ge=0, le=100)
    cancel_free_s: int = Field(ge=0)


class Wave(_Part):
    """Offers sent together: to how many drivers, for how long, how far from the pickup."""

    drivers: int = Field(ge=1, le=50)
    seconds: int = Field(ge=5, le=600)
    km: float = Field(gt=0, le=200)


class Offers(_Part):
    """The steps by which a delivery is offered; after the last one it expires."""

    waves: tuple[Wave, ...] = Field(min_length=1)
    operator_s: int = Field(default=300, ge=0)
    """How long an operator has, after the last wave, before the merchant is asked."""
    lead_s: int = Field(default=1200, ge=0)
    """How long before its pickup time a delivery for later is offered."""


class Mall(_Part):
    """A place where several merchants share a pickup point."""

    key: str
    name: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    radius_m: int = Field(gt=0)
    pickup_note: str = ""


class MarketSettings(_Part):
    """One market, checked."""

    key: str
    title: str
    zone: str
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    units: Literal["km", "mi"]
    languages: tuple[str, ...] = Field(min_length=1)
    country: str = Field(pattern=r"^[A-Z]{2}$")
    center: tuple[float, float]
    max_trip_km: float = Field(default=40, gt=0)
    keep_days: int = Field(default=30, ge=1, le=3650)
    """So many days after a delivery's end its names, phones, addresses and words are erased."""
    tariff: Tariff
    offers: Offers
    malls: tuple[Mall, ...] = ()

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no such time zone: {zone!r} (write it as in America/Los_Angeles)") from error
        return zone

    @property
    def tz(self) -> ZoneInfo:
        """The zone in which the market's people read the clock."""
        return ZoneInfo(self.zone)


class AnotherMarket(Exception):
    """The database serves a market with another key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Known(NamedTuple):
    """A market as it was read."""

    id: int
    version: int
    settings: MarketSettings


class Markets:
    """The market rows: one per database for now, each with the settings last loaded."""

    def __init__(self, session: Session, known: list[Known] | None = None) -> None:
        self.session = session
        self._known = known if known is not None else []

    def load(self, settings: MarketSettings) -> int:
        """Store the settings of market.toml; the version grows when they differ. Returns the market's id.

        Raises AnotherMarket where the database serves one with another key.
        """
        body = settings.model_dump(mode="json")
        row = self.session.exec(select(Market)).first()
        if row is not None and row.key != settings.key:
            raise AnotherMarket(row.key)
        if row is None:
            row = Market(key=settings.key, body=body)
        elif row.body != body:
            row.body, row.version = body, row.version + 1
        self.session.add(row)
        self.session.flush()
        self._known.clear()
        return row.id

    def only(self) -> Known:
        """The market that this database serves; raises LookupError before the first migrate."""
        if not self._known:
            row = self.session.exec(select(Market).order_by("id")).first()
            if row is None:
                raise LookupError("no market is loaded: run `doorstep migrate`")
            self._known[:] = [Known(row.id, row.version, MarketSettings.model_validate(row.body))]
        return self._known[0]
