"""The town's clock: the real time, wound forward by as much as the players wanted, and held while they pause."""

from datetime import UTC, datetime, timedelta


class TownClock:
    """Called, it tells the time in aware UTC; it only ever goes forward, however it is wound."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead
        self._held: datetime | None = None

    def __call__(self) -> datetime:
        """The time in the town."""
        return (self._held or datetime.now(UTC)) + self.ahead

    @property
    def held(self) -> bool:
        """Whether it stands still."""
        return self._held is not None

    def hold(self) -> None:
        """Stand still, until it is let go (or wound)."""
        self._held = self._held or datetime.now(UTC)

    def let_go(self) -> None:
        """Go on from where it stood: what passed meanwhile did not pass in the town."""
        if self._held is not None:
            self.ahead -= datetime.now(UTC) - self._held
            self._held = None

    def wind(self, seconds: float) -> None:
        """Let so many seconds pass at once. Raises ValueError for less than none."""
        if seconds < 0:
            raise ValueError("a clock is wound forward only")
        self.ahead += timedelta(seconds=seconds)
