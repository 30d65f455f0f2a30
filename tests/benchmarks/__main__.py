"""`uv run python -m tests.benchmarks`: every measure in one run, one table; names given as arguments run only those."""

import asyncio
import os
import platform
import sys

from rich.console import Console
from rich.table import Table

from bot import logs
from tests.benchmarks import flood, measures
from tests.benchmarks.measures import Figure

MEASURES = (
    measures.echo,
    measures.form_answers,
    measures.accepts,
    measures.positions,
    measures.races,
    measures.start,
    flood.flood,
)


async def main(names: list[str]) -> None:
    """Measure, and print."""
    figures: list[Figure] = []
    for measure in MEASURES:
        if not names or measure.__name__ in names:
            figures += await measure()
    console = Console()
    console.print(table(figures))
    console.print(
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; SQLite in a file, "
        "synchronous=FULL; bot and Telegram in processes of their own, over HTTP on this machine; paced in (f) only."
    )


def table(figures: list[Figure]) -> Table:
    """The figures as a table; what is per second is compared with the echo of the same run."""
    yardstick = next((figure.value for figure in figures if figure.name.startswith("(a)")), None)
    made = Table("what", "measured", "aim", "")
    for figure in figures:
        aim, met = figure.aim, figure.met
        if figure.name.startswith("(b)") and yardstick:
            aim, met = f"≥ {yardstick:,.0f} (a)", figure.value >= yardstick
        mark = "" if met is None else "✓" if met else "✗"
        made.add_row(figure.name, f"{figure.value:,.1f} {figure.unit}", aim, mark)
    return made


if __name__ == "__main__":
    logs.set_up("ERROR", "console")
    asyncio.run(main(sys.argv[1:]))
