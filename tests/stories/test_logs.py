"""The logs: a whole delivery and all that can go wrong is played, and nothing of anybody's stands in them."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from telegram.error import NetworkError

from bot import buttons, logs, receiver
from bot.app import build
from bot.chat import taps
from bot.settings import load_settings
from bot.wire import AiohttpRequest, Timeouts
from tests.stories import quickly
from tests.stories.town import TOKEN, Town

LIBRARIES = (
    *("telegram", "telegram.ext", "httpx", "httpcore", "aiohttp", "aiohttp.client", "sqlalchemy.engine"),
    *("apscheduler", "asyncio", "geopy", "alembic"),
)
SECRET = "Marigold"
"""What somebody types, and no text of ours holds."""


@pytest.fixture
def loud() -> Iterator[None]:
    """Libraries turned up as far as they go; all is put back at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    configured = structlog.get_config()
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.configure(**configured)


@pytest.fixture
async def town(home: Path, template: Path) -> Any:
    """A town with a bot and an operator, in which things go wrong on purpose."""
    made = await Town(home, template).open()
    made.may_fail = made.may_waste = True
    yield made
    made.telegram.problems.clear()
    await made.close()


async def broken(town: Town, anna: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deed that fails with everything that it knows in its words."""

    def fails(turn: Any, _tap: Any) -> None:
        try:
            raise KeyError(f"{turn.person.name} +17025550177")
        except KeyError as error:
            raise RuntimeError(f"{SECRET} at 3600 S Las Vegas Blvd, {TOKEN}") from error

    with monkeypatch.context() as patch:
        patch.setitem(taps.DEEDS, buttons.ShowLink, fails)
        await anna.taps("Customer's link")
        for seconds in (2, 6, 30):
            await town.passes(seconds=seconds)


async def refused(town: Town, anna: Any) -> None:
    """Messages that Telegram refuses, chats that are gone, taps that are too old, updates that cannot be read."""

    def gone(work: Any) -> None:
        work.outbox.write(anna.id, "photo", subject=f"{SECRET}-file", text_id="noted")
        work.outbox.write(anna.id, "notice", text_id="no-such-text", params={"name": SECRET})
        work.outbox.write(777, "notice", text_id="plain", params={"text": SECRET})
        receiver._store(work, [{"update_id": 1, "message": {"text": SECRET, "from": {"id": anna.id}}}])

    await quickly.does(town, gone)


async def everything_goes_wrong(town: Town, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A delivery from its booking to its proof, with errors on the way; all that was said and must not be logged."""
    anna = await town.merchant()
    omar = await town.driver(at=quickly.NEARBY)
    await town.book(anna, pin=True)
    await omar.taps("Accept")
    delivery = town.delivery()
    lena = await town.customer(anna)
    await broken(town, anna, monkeypatch)
    await refused(town, anna)
    await omar.taps("I'm at the pickup")
    await omar.taps("Picked up")
    await omar.taps("I'm at the door")
    await omar.taps("Delivered")
    await omar.says(str(delivery.pin))
    await lena.says(f"/start c{SECRET}")
    await lena.says(f"{SECRET} writes this")
    link = town.reads(lambda work: work.deliveries.link(delivery.id))
    assert link is not None
    people = [human.name for human in (anna, omar, lena, town.olivia)]
    names = [part for name in people for part in name.split()]
    phones = ["7025550142", "702 555 0142", "7025550177", omar.phone.user.phone.lstrip("+")]
    places = ["Bellagio", "3600 S", "Las Vegas Blvd", "next to the cinema", "Anna's Shoes"]
    return [SECRET, TOKEN, TOKEN.split(":")[1], link.token, *names, *phones, *places]


@pytest.mark.usefixtures("loud", "lenient")
@pytest.mark.parametrize("form", ["console", "json"])
async def test_nothing_of_anybodys_is_logged(
    form: str, town: Town, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a name, a phone, an address, a PIN, a token nor a text stands in the log; what happened does."""
    logs.set_up("DEBUG", form)
    said = await everything_goes_wrong(town, monkeypatch)
    logged = capsys.readouterr().err
    assert [words for words in said if words in logged] == []
    pin = town.delivery().pin
    assert not re.search(rf"(?<![\d:.]){pin}(?!\d)", re.sub(r"\d{4}-\d\d-\d\dT\S+|\.py:\d+|\[?'?\d{5,}", "", logged))
    for event in ("turn.failed", "turn.malformed", "relay.given_up", "relay.cannot_render"):
        assert event in logged, event
    assert "RuntimeError at" in logged
    assert "KeyError at" in logged
    assert "test_logs.py" in logged
    if form == "json":
        assert all(json.loads(line) for line in logged.splitlines() if line.startswith("{"))


@pytest.mark.usefixtures("loud")
async def test_no_token_when_telegram_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The token stands in every address that the bot calls, and in no line of the log."""
    logs.set_up("DEBUG", "console")
    settings = load_settings(
        bot_token="5150515051:AAsecretOFtheBOT_35charactersLONG123",
        operators=(1,),
        bot_api_url="http://127.0.0.1:9",
        database_url=f"sqlite:///{tmp_path / 'away.db'}",
        geocoder="gazetteer",
        _env_file=None,
    )
    bot = build(settings, request=lambda: AiohttpRequest(timeouts=Timeouts(1, 1, 1, 1, 1)))
    await bot.receiver.request.initialize()
    with pytest.raises(NetworkError) as away:
        await bot.receiver.receive(0)
    structlog.get_logger().error("away", exc_info=away.value)
    logging.getLogger("telegram.ext.Updater").error("Failed: %s", away.value, exc_info=away.value)
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {away.value!r} {SECRET}")
    logging.getLogger("aiohttp.client").warning(f"http://127.0.0.1/bot{settings.token}/getMe was slow")
    await bot.receiver.request.shutdown()
    bot.desk.close()
    logged = capsys.readouterr().err
    assert "NeverSent at" in logged
    assert "was slow" in logged
    assert "AAsecret" not in logged
    assert SECRET not in logged


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("message to edit not found", "message to edit not found"),
        ('Unsupported start tag "lena" at byte offset 5', "Unsupported start tag … at byte offset 5"),
        ("button URL 'https://wa.me/17025550177?text=hi' is invalid", "button URL … is invalid"),
        ("call +1 702 555 0177 now", "call +… now"),
        ("https://api.telegram.org/bot5150515051:AAsecret/getMe failed", "… failed"),
        ("first line\nsecond line", "first line"),
        ("parameters {'text': 'Lena'} refused", "parameters … refused"),
    ],
)
def test_what_others_quote_is_left_out(words: str, left: str) -> None:
    """Of a foreign message the kind of trouble stays, and what it quotes goes."""
    assert logs.plain(words) == left


def test_an_exception_is_told_by_type_and_place() -> None:
    """Its own words may be anybody's; so may be those of what led to it."""
    try:
        try:
            int("Lena Lopez")
        except ValueError as error:
            raise LookupError("Lena Lopez") from error
    except LookupError as error:
        told = logs.trace(error)
    assert re.fullmatch(r"LookupError at \S+:\d+ \w+\nfrom ValueError at \S+:\d+ \w+", told)


def test_aiohttp_is_the_wire() -> None:
    """The library whose logger is watched is the one that is used."""
    assert aiohttp.__name__ in LIBRARIES
