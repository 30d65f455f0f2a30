"""A short crash run in the suite; `uv run python -m tests.crashes --kills 200` is the long one."""

from pathlib import Path

from tests.crashes.play import Plan, crash
from tests.crashes.proofs import PROOFS

SHORT = Plan(
    kills=3,
    seed=3,
    speed=15.0,
    drivers=6,
    merchants=4,
    customers=4,
    busy_s=1.0,
    warm_up_s=1.5,
    plans=("between deed and record", "while it starts", "with updates in hand"),
    finish_s=1.5,
)


async def test_three_kills(tmp_path: Path) -> None:
    """A town lives while the bot is killed three times: every promise is kept."""
    outcome = await crash(SHORT, tmp_path)
    assert outcome.failures == []
    assert {proof.__name__: found for proof in PROOFS if (found := proof(outcome.evidence))} == {}
    assert sum(life.killed for life in outcome.lives) == 3
    assert len(outcome.evidence.deliveries) > 0
