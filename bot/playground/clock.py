"""The town's clock: the real time, wound forward by as much as the players wanted."""

from datetime import UTC, datetime, timedelta


class TownClock:
    """Called, it tells the time in aware UTC; it only ever goes forward, however it is wound."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead

    def __call__(self) -> datetime:
        """The time in the town."""
        return datetime.now(UTC) + self.ahead

    def wind(self, seconds: float) -> None:
        """Let so many seconds pass at once. Raises ValueError for less than none."""
        if seconds < 0:
            raise ValueError("a clock is wound forward only")
        self.ahead += timedelta(seconds=seconds)
