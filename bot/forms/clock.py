"""Reading times that people type: today or tomorrow on the market's clock, resolved to UTC."""

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.dispatch.refusals import Unclear

TOMORROW = ("tomorrow", "mañana", "manana")
TODAY = ("today", "hoy")
SHAPE = re.compile(r"^(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?\s*(?P<half>[ap])?\.?\s*m?\.?$")
AT = ("at ", "a las ", "a la ")
NAMED = {"noon": "12:00", "midday": "12:00", "mediodía": "12:00", "mediodia": "12:00", "al mediodía": "12:00"}
WHILE = re.compile(
    r"^(?:in|en|dentro de) (?P<number>\d{1,3}|an?|una?)\s*(?P<unit>min(?:ute|uto)?s?|h|hours?|horas?)\.?$"
)
SOON = timedelta(minutes=5)


def read(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment that `3:30 pm`, `tomorrow at 9:00` or `in 2 hours` means; raises Unclear: none, past or too far.

    A time that the clock change skips or repeats is refused with a word about it: another must be typed.
    """
    words = " ".join(text.lower().replace(",", " ").split())
    in_a_while = WHILE.match(words)
    if in_a_while is not None:
        at = now + _while(in_a_while)
        check(at, now, zone)
        return at
    day_word = next((word for word in (*TOMORROW, *TODAY) if words.startswith(word) or words.endswith(word)), "")
    words = words.removeprefix(day_word).removesuffix(day_word).strip()
    words = next((words.removeprefix(at) for at in AT if words.startswith(at)), words)
    match = SHAPE.match(NAMED.get(words, words))
    if match is None:
        raise Unclear("unclear-time")
    wanted = _time(
        int(match["hour"]), int(match["minute"] or 0), match["half"], has_minutes=match["minute"] is not None
    )
    today = now.astimezone(zone).date()
    day = today + timedelta(days=1) if day_word in TOMORROW else today
    at = _resolve(datetime.combine(day, wanted), zone)
    check(at, now, zone)
    return at


def _while(match: re.Match[str]) -> timedelta:
    number = int(match["number"]) if match["number"].isdecimal() else 1
    return timedelta(minutes=number) if match["unit"].startswith("m") else timedelta(hours=number)


def _time(hour: int, minute: int, half: str | None, *, has_minutes: bool) -> time:
    if half is None and not has_minutes:
        raise Unclear("unclear-time")
    if half is not None:
        if not 1 <= hour <= 12:
            raise Unclear("unclear-time")
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        raise Unclear("unclear-time")
    return time(hour, minute)


def _resolve(local: datetime, zone: ZoneInfo) -> datetime:
    first = local.replace(tzinfo=zone, fold=0)
    second = local.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        # skipped: the wall clock does not come back the same; repeated: it does, twice
        skipped = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local
        raise Unclear("unclear-time-skipped" if skipped else "unclear-time-twice")
    return first.astimezone(UTC)


def check(at: datetime, now: datetime, zone: ZoneInfo) -> None:
    """Raise Unclear where a pickup time is past, or later than tomorrow."""
    if at < now + SOON:
        raise Unclear("unclear-time-past")
    if at.astimezone(zone).date() > now.astimezone(zone).date() + timedelta(days=1):
        raise Unclear("unclear-time-far")


def in_hours(now: datetime, hours: int) -> datetime:
    """So many hours from now, up to the next full quarter."""
    at = now + timedelta(hours=hours)
    past = timedelta(minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond)
    return at - past + timedelta(minutes=15) if past else at


def tomorrow(now: datetime, zone: ZoneInfo, hour: int) -> datetime:
    """Tomorrow at this hour on the market's clock (an hour that no clock change touches)."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)


def from_stamp(value: str) -> datetime:
    """The moment on a button; raises Unclear where it is none."""
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unclear("unclear-choose") from None
