"""`doorstep run` as it is, on the town's clock and without the pacing that Telegram asks for: so more happens at once.

Its sweeps tick as often as they do elsewhere, by the town's clock.
"""

import os
import sys
from functools import partial
from pathlib import Path

from bot import app, jobs
from bot.__main__ import main
from tests.crashes.clock import SharedClock

if __name__ == "__main__":
    clock = SharedClock(Path(os.environ["TOWN_CLOCK"]))
    speed = float(os.environ["TOWN_SPEED"])
    vars(app)["build"] = partial(app.build, clock=clock, paced=False)
    vars(app)["migrate"] = partial(app.migrate, clock=clock)
    vars(jobs)["SWEEPS"] = tuple((name, sweep, max(0.2, seconds / speed)) for name, sweep, seconds in jobs.SWEEPS)
    sys.exit(main())  # type: ignore[func-returns-value]
