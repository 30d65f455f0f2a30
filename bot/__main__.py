"""The command line: run the bot, play with it in the sandbox, look whether all is well, migrate."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import OperationalError
from telegram.error import InvalidToken

from bot import app as doorstep
from bot import backup as copies
from bot import logs
from bot.doctor import Verdict, examine
from bot.receiver import AnotherPoller
from bot.settings import BadSettings, Settings, load_settings
from storage.locks import InUse

cli = typer.Typer(
    help="Doorstep: local delivery inside a Telegram chat.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they are names and addresses
    context_settings={"help_option_names": ["-h", "--help"]},
)
out, err = Console(), Console(stderr=True)
MARKS = {
    Verdict.WELL: "[green]✓[/green]",
    Verdict.WRONG: "[red]✗[/red]",
    Verdict.UNSEEN: "[yellow]?[/yellow]",
}


def main() -> None:
    """Run the command line; what stops a start is told in plain words, with the mend."""
    try:
        cli()
    except BadSettings as bad:
        for line in bad.lines:
            _refuse(line)
        sys.exit(2)
    except InvalidToken:
        _refuse("BOT_TOKEN: Telegram does not accept this token (any more). @BotFather shows the right one.")
        sys.exit(1)
    except (AnotherPoller, doorstep.WrongBot, copies.CannotCopy) as stopped:
        _refuse(str(stopped))
        sys.exit(1)
    except InUse:
        _refuse(
            "DATABASE_URL: another process works with this database; stop it first. A SQLite file serves one process, "
            "PostgreSQL serves several."
        )
        sys.exit(1)
    except OperationalError as error:
        _refuse(f"DATABASE_URL: the database cannot be used ({error.orig}). `doorstep doctor` looks closer.")
        sys.exit(1)


def _refuse(words: str) -> None:
    err.print(f"[red]✗[/red] {escape(words)}", highlight=False)


WAIT_S = 10.0
"""So long a migration waits for another one that is under way."""


@cli.command()
def run() -> None:
    """Run the bot: needs BOT_TOKEN and OPERATORS, from the environment or .env; migrates, polls, until Ctrl-C."""
    settings = load_settings()
    _ready_to_run(settings)
    logs.set_up(settings.log_level, settings.log_format)
    with doorstep.nobody_else(settings):  # not under the feet of one that runs
        doorstep.migrate(settings)
    asyncio.run(_until_stopped(lambda stop: doorstep.build(settings).run(stop)))


def _ready_to_run(settings: Settings) -> None:
    bad = []
    if settings.bot_token is None:
        bad.append("BOT_TOKEN is missing. Get one from @BotFather (/newbot) and write BOT_TOKEN=… into .env")
    if not settings.operators:
        bad.append("OPERATORS is empty: nobody could approve anybody. Write your Telegram id (the bot's /id tells it)")
    if settings.public_url:
        try:
            _ = settings.hook_secret
        except BadSettings as missing:
            bad += missing.lines
    if bad:
        raise BadSettings(bad)


@cli.command()
def sandbox(
    port: Annotated[
        int, typer.Option(help="Where the page is; the next free port is taken where this one is not.")
    ] = 8080,
    data: Annotated[Path, typer.Option(help="The database; the chats lie beside it.")] = Path("sandbox.db"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin anew: forget what was played before.")] = False,
    drivers: Annotated[int, typer.Option(min=0, max=200, help="So many simulated drivers are on duty.")] = 0,
    merchants: Annotated[int, typer.Option(min=0, max=50, help="So many simulated merchants have a shop.")] = 0,
    busy: Annotated[
        bool, typer.Option("--busy", help="The simulated people act: they book, accept, decline, ignore and drive.")
    ] = False,
) -> None:
    """Play a delivery on this machine: a Telegram of our own, the real bot, and a page with everybody's phones."""
    from bot import playground  # only here: nothing else of the product knows the sandbox

    logs.set_up("WARNING", "console")
    town = playground.Market(drivers, merchants, busy)
    asyncio.run(_until_stopped(lambda stop: playground.play(port, data, fresh, stop, out, town)))


@cli.command()
def demo(
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="How fast: 1 is made to be watched.")] = 1.0,
    language: Annotated[
        str, typer.Option(help="What everybody's phone speaks (en, es); else one of the drivers speaks Spanish.")
    ] = "",
) -> None:
    """Watch a whole delivery in this terminal, acted by itself on the real bot: the chats side by side, a summary.

    Exit code 1 where the story does not go as written.
    """
    from bot import playground

    logs.set_up("ERROR", "console")
    went_well: list[bool] = []

    async def act(stop: asyncio.Event) -> None:
        went_well.append(await playground.demo(stop, out, speed=speed, language=language or None))

    asyncio.run(_until_stopped(act))
    if not all(went_well):
        raise typer.Exit(1)


@cli.command()
def migrate() -> None:
    """Bring the database to the newest form and load market.toml into it."""
    settings = load_settings()
    with doorstep.nobody_else(settings, WAIT_S):
        market = doorstep.migrate(settings)
    out.print(f"[green]✓[/green] The database is up to date, with the market {market.title}.", highlight=False)


@cli.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; a name with the time where none is given.")] = None,
) -> None:
    """Copy the database into a file while the bot runs (PostgreSQL: by pg_dump). It holds names and addresses."""
    made = copies.back_up(load_settings(), file, doorstep.now())
    out.print(f"[green]✓[/green] {escape(str(made))}: {made.stat().st_size:,} bytes", highlight=False)


@cli.command()
def restore(file: Annotated[Path, typer.Argument(help="A copy that `doorstep backup` made.")]) -> None:
    """Put a copy in the place of the database; the bot must not run. What was there is kept beside it."""
    aside = copies.restore(load_settings(), file, doorstep.now())
    kept = f"; what was there before is in {aside}" if aside is not None else ""
    out.print(f"[green]✓[/green] The database is as {escape(str(file))} has it{escape(kept)}.", highlight=False)
    out.print("    What happened since then is not in it; what was due to be said then is said again.", highlight=False)


@cli.command()
def doctor() -> None:
    """Look at each setting and at what it leads to; say what is wrong and how to mend it.

    Exit code 1 where something is wrong; what could not be looked at ("?") is not.
    """
    logs.set_up("ERROR", "console")
    findings = asyncio.run(examine())
    for finding in findings:
        mark = MARKS[finding.verdict]
        out.print(f"{mark} [bold]{finding.what}[/bold]: {escape(finding.words)}", highlight=False)
        if finding.mend:
            out.print(f"    → {escape(finding.mend)}", highlight=False)
    if any(finding.verdict is Verdict.WRONG for finding in findings):
        raise typer.Exit(1)


async def _until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until Ctrl-C or SIGTERM, which let the turns in hand finish."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Python's own handlers, on the loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    await work(stop)


if __name__ == "__main__":
    main()
