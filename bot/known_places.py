"""What the geocoder answered and how fast it may be asked, kept in the database for all processes."""

from datetime import datetime, timedelta
from typing import Any

from bot.desk import Desk

KEPT = timedelta(days=30)


class KnownPlaces:
    """The store behind `Places`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def cached(self, key: str) -> list[dict[str, Any]] | None:
        """What was answered to this in the last 30 days, or None."""
        return await self.desk.do(lambda work: work.memory.known_places(key, work.now - KEPT))

    async def remember(self, key: str, places: list[dict[str, Any]]) -> None:
        """Keep an answer."""
        await self.desk.do(lambda work: work.memory.know_places(key, places))

    async def reserve(self, now: datetime, interval_s: float) -> datetime:
        """The moment at which this caller may ask; one caller per interval."""
        return await self.desk.do(lambda work: work.memory.reserve("geocoder_free_at", interval_s))
