"""`uv run python -m tests.crashes --kills 200`: kills the bot over and over, and tells what was lost or done twice."""

import asyncio
import sys
from collections import Counter
from statistics import median
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tests.crashes.play import PLANS, Outcome, Plan, crash, folder
from tests.crashes.proofs import PROOFS, extras
from tests.crashes.stage import POSTS

SHOWN = 10


def main(
    kills: Annotated[int, typer.Option(min=0, help="So often it is killed with -9.")] = 200,
    seed: Annotated[int, typer.Option(help="What people do and when it is killed (the machine has its say, too).")] = 1,
    database: Annotated[str, typer.Option(help="DATABASE_URL of an empty PostgreSQL; else SQLite in a file.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="So many processes on one PostgreSQL, killed one at a time.")] = 1,
    speed: Annotated[float, typer.Option(help="So many seconds pass in the town for each of ours.")] = 6.0,
) -> None:
    """Kill, let settle, prove. Exit code 1 where a promise was broken."""
    if workers > 1 and not database:
        sys.exit("--workers needs --database: SQLite serves one process")
    console = Console()
    with console.status("…") as status:
        plan = Plan(kills=kills, seed=seed, database_url=database or None, workers=workers, speed=speed)
        outcome = asyncio.run(_run(plan, status.update))
    console.print(figures(outcome))
    broken = 0
    for proof in PROOFS:
        found = proof(outcome.evidence)
        broken += len(found)
        console.print(f"{'[red]✗[/red]' if found else '[green]✓[/green]'} {(proof.__doc__ or '').strip()}")
        for line in found[:SHOWN]:
            console.print(f"    {line}", markup=False, highlight=False)
        if len(found) > SHOWN:
            console.print(f"    … and {len(found) - SHOWN} more")
    for line in outcome.failures:
        console.print(f"[red]✗[/red] {line}", highlight=False)
    sys.exit(1 if broken or outcome.failures else 0)


async def _run(plan: Plan, report: object) -> Outcome:
    async with folder() as where:
        return await crash(plan, where, report)  # type: ignore[arg-type]


def figures(outcome: Outcome) -> Table:
    """What happened, in numbers."""
    seen, lives = outcome.evidence, outcome.lives
    made = Table("what", "how many", title=f"{sum(life.killed for life in lives)} kills in {outcome.seconds:.0f} s")
    for plan in PLANS:
        made.add_row(f"killed {plan}", str(sum(life.killed and life.plan == plan for life in lives)))
    made.add_row("deliveries", str(len(seen.deliveries)))
    for status, often in Counter(one.status for one in seen.deliveries).most_common():
        made.add_row(f"   {status}", str(often))
    made.add_row("drivers' steps, undone ones among them", f"{len(seen.events)}, {_count(seen.events, 'undo')}")
    made.add_row("offers", str(len(seen.offers)))
    made.add_row("updates", str(len(seen.inbox)))
    made.add_row("messages", str(sum(said.method in POSTS for said in seen.said)))
    made.add_row("edits", str(sum(said.method.startswith("edit") for said in seen.said)))
    again = extras(seen)
    made.add_row("messages that came twice", str(len(again)))
    made.add_row("   at most by one kill", str(max(Counter(life for life, _, _ in again).values(), default=0)))
    starts = [life.ready_s for life in lives if life.ready_s is not None]
    if starts:
        made.add_row("from start to work: median, longest", f"{median(starts):.1f} s, {max(starts):.1f} s")
    return made


def _count(events: object, step: str) -> int:
    return sum(event.step == step for event in events)  # type: ignore[attr-defined]


if __name__ == "__main__":
    typer.run(main)
