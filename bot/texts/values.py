"""Money, distances and times as a reader writes them: his language, the market's currency, units and zone."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_interval, format_skeleton, format_time
from babel.numbers import format_currency, get_currency_precision
from babel.units import format_unit

from bot.dispatch.words import Deadline, Metres, Money, Window
from storage.markets import MarketSettings

METRES_PER_MILE = 1609.344
METRES_PER_FOOT = 0.3048


@dataclass(frozen=True)
class Reader:
    """Who reads: the language, the market whose clock and units are meant, and when it is for him."""

    language: str
    market: MarketSettings
    now: datetime

    @property
    def locale(self) -> Locale:
        """The language as it is written in the market's country."""
        try:
            return Locale.parse(f"{self.language}_{self.market.country}")
        except (UnknownLocaleError, ValueError):
            return Locale.parse(self.language)


def money(value: Money, reader: Reader) -> str:
    """Minor units as an amount, e.g. $9.80."""
    digits = get_currency_precision(value.currency)
    return _plain(format_currency(value.minor / 10**digits, value.currency, locale=reader.locale))


def metres(value: Metres, reader: Reader) -> str:
    """A distance in the market's units, coarser the longer it is."""
    if reader.market.units == "mi":
        if value.metres < 300:
            return _unit(max(50, round(value.metres / METRES_PER_FOOT / 50) * 50), "length-foot", reader)
        return _unit(round(value.metres / METRES_PER_MILE, 1), "length-mile", reader)
    if value.metres < 1000:
        return _unit(max(50, round(value.metres / 50) * 50), "length-meter", reader)
    return _unit(round(value.metres / 1000, 1), "length-kilometer", reader)


def window(value: Window, reader: Reader) -> str:
    """From and to on the market's clock, with the day where it is not today."""
    start = value.start.astimezone(reader.market.tz)
    end = value.end.astimezone(reader.market.tz)
    times = _plain(format_interval(start, end, skeleton="hm", locale=reader.locale, tzinfo=reader.market.tz))
    return _with_day(times, start, reader)


def moment(value: datetime, reader: Reader) -> str:
    """A time on the market's clock, with the day where it is not today."""
    local = value.astimezone(reader.market.tz)
    return _with_day(_plain(format_time(local, "short", locale=reader.locale)), local, reader)


def deadline(value: Deadline, reader: Reader) -> str:
    """A time to the second on the market's clock."""
    return _plain(format_time(value.at.astimezone(reader.market.tz), "medium", locale=reader.locale))


def _with_day(times: str, local: datetime, reader: Reader) -> str:
    if local.date() == reader.now.astimezone(reader.market.tz).date():
        return times
    return f"{_plain(format_skeleton('MMMEd', local, locale=reader.locale))}, {times}"


def _unit(amount: float, unit: str, reader: Reader) -> str:
    return _plain(format_unit(amount, unit, "short", locale=reader.locale))


def _plain(text: str) -> str:
    # the narrow and thin spaces of CLDR are boxes on some phones
    return text.replace("\u202f", " ").replace("\u2009", " ").replace("\xa0", " ")
