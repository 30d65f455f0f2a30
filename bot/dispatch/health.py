"""Health: what waits and since when, which sweep is late; an operator is told once, until it has been well between."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dispatch import away, notices
from storage.database import Work
from storage.figures import Figures

OLD = timedelta(minutes=2)
"""A message that waits for so long is told to an operator."""
WELL = timedelta(minutes=1)
"""… and all is well again when none has waited for longer than this."""
GRACE = timedelta(seconds=60)
"""So much later than three of its intervals a sweep may run; whoever was away himself gives it anew."""
BRIEF_S = 5.0
"""What waits for less than so many seconds does not wait, to a person's eye."""
NOTE_EVERY = timedelta(seconds=10)
CHECKED_AT = "health_checked_at"
ILL_SINCE = "ill_since:"
SWEEP_DUE = "sweep_due:"


@dataclass(frozen=True)
class Health:
    """How the bot is at a moment; times are None where there is nothing to tell of."""

    at: datetime
    messages: int
    """Due and not yet said."""
    oldest_message: datetime | None
    updates: int
    """Stored and not yet handled."""
    oldest_update: datetime | None
    heard_at: datetime | None
    """When Telegram last answered or posted."""
    stored_at: datetime | None
    """When the newest update was stored."""
    late: tuple[str, ...]
    """The sweeps that should have run by now."""
    deliveries: Mapping[str, int]
    """How many there are in each status."""

    def since(self, moment: datetime | None) -> float:
        """Seconds from then to now; 0 where there is no such moment."""
        return 0.0 if moment is None else max(0.0, (self.at - moment).total_seconds())

    @property
    def outbox_is_old(self) -> bool:
        """Whether a message has waited too long."""
        return self.since(self.oldest_message) > OLD.total_seconds()

    @property
    def is_deaf(self) -> bool:
        """Whether Telegram has not been heard for too long."""
        return self.heard_at is not None and self.at - self.heard_at > away.GAP

    @property
    def is_well(self) -> bool:
        """Whether messages go out, Telegram is heard and the sweeps run."""
        return not (self.outbox_is_old or self.is_deaf or self.late)


def look(work: Work) -> Health:
    """How the bot is now."""
    figures = Figures(work.session, work.now)
    messages, oldest_message = figures.messages()
    updates, oldest_update = figures.updates()
    heard = work.memory.recall(away.HEARD_AT)
    return Health(
        work.now,
        messages,
        oldest_message,
        updates,
        oldest_update,
        datetime.fromisoformat(heard) if heard else None,
        figures.last_update_at(),
        late(work),
        figures.deliveries(),
    )


def begin(work: Work, sweeps: Mapping[str, float]) -> None:
    """These sweeps begin to run, each every so many seconds; what ran under another name is forgotten."""
    for name in work.memory.recall_all(SWEEP_DUE):
        if name not in sweeps:
            work.memory.forget(SWEEP_DUE + name)
    for name, seconds in sweeps.items():
        ran(work, name, seconds)


def ran(work: Work, name: str, seconds: float) -> None:
    """This sweep has run now, and is to run again in so many seconds; written down every few seconds."""
    due = work.now + 3 * timedelta(seconds=seconds) + GRACE
    before = work.memory.recall(SWEEP_DUE + name)
    if before is None or due - datetime.fromisoformat(before) >= NOTE_EVERY:
        work.memory.note(SWEEP_DUE + name, due.isoformat())


def late(work: Work) -> tuple[str, ...]:
    """The sweeps that should have run again by now, in any process."""
    dues = work.memory.recall_all(SWEEP_DUE)
    return tuple(sorted(name for name, due in dues.items() if datetime.fromisoformat(due) < work.now))


def check(work: Work) -> None:
    """Tell the operators what is not well, once; what is well again settles itself.

    Whoever comes back (a start, a sleep) looks first at the next check: what was late meanwhile is catching up.
    """
    before = work.memory.recall(CHECKED_AT)
    work.memory.note(CHECKED_AT, work.now.isoformat())
    if before is None or work.now - datetime.fromisoformat(before) > GRACE:
        for name, due in work.memory.recall_all(SWEEP_DUE).items():
            work.memory.note(SWEEP_DUE + name, max(datetime.fromisoformat(due), work.now + GRACE).isoformat())
        return
    messages, oldest = Figures(work.session, work.now).messages()
    waited = work.now - oldest if oldest is not None else timedelta(0)
    _mind(work, "outbox", waited > OLD, waited < WELL, str(messages))
    names = late(work)
    _mind(work, "sweep", bool(names), not names, ",".join(names))


def _mind(work: Work, kind: str, ill: bool, well: bool, detail: str) -> None:
    """Open a case when it becomes ill, close it when it is well; in between everything stays as it is."""
    since = work.memory.recall(ILL_SINCE + kind)
    if ill:
        if since is None:
            since = work.now.isoformat()
            work.memory.note(ILL_SINCE + kind, since)
        began = datetime.fromisoformat(since)
        notices.raise_case(work, kind, 0, detail, since=began, urgency=notices.NOW_PLEASE)
    elif well and since is not None:
        work.memory.forget(ILL_SINCE + kind)
        for case in work.cases.close_about(0, (kind,)):
            notices.stale_everywhere(work, f"case:{case.id}")
