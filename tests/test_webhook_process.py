"""The real process by webhook, over real HTTP: killed, watched, and going over from polling and back."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.webhook import SECRET
from tests.hands import Phone, until
from tests.test_process import FASHION_SHOW, TOKEN, Installation
from tests.test_webhook import WORD, by_webhook, free_port


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation whose Telegram can be reached."""
    made = Installation(tmp_path)
    await made.serve()
    yield made
    await made.close()


def hooked(port: int) -> dict[str, str]:
    """The environment in which updates are posted to this port."""
    return {name.upper(): value for name, value in by_webhook(port).items()}


async def get(port: int, path: str) -> tuple[int, Any]:
    """What the bot's own port answers: status, and JSON or text."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as answer:
        json = answer.content_type == "application/json"
        return answer.status, await (answer.json() if json else answer.text())


def told(phone: Phone) -> int:
    """How often this person was told the own id."""
    return sum(f"Your number here is {phone.person.id}" in text for text in phone.texts())


async def test_from_polling_to_the_webhook_and_back(here: Installation) -> None:
    """Things are said while nobody listens, while the webhook does, and after a kill: each is answered exactly once."""
    anna, lena, omar = here.anna, here.lena, here.omar
    polling = await here.start()
    await polling.tells("start.ready")
    anna.person.says("/id")
    await until(lambda: told(anna) == 1, seen=anna.person.reads)
    polling.signal(signal.SIGTERM)
    assert await polling.ends() == 0

    anna.person.says("/id")
    lena.person.says("/id")
    omar.person.shares_live(*FASHION_SHOW)
    port = free_port()
    posted = await here.start(**hooked(port))
    await posted.tells("start.ready")
    await until(lambda: (told(anna), told(lena)) == (2, 1))
    anna.person.says("/id")
    lena.person.says("/id")
    await until(lambda: (told(anna), told(lena)) == (3, 2))
    assert here.reads("SELECT count(*) FROM inbox WHERE body LIKE '%live_period%'") == [1]

    status, health = await get(port, "/healthz")
    assert (status, health["ready"], health["mode"]) == (200, True, "webhook")
    _, metrics = await get(port, "/metrics")
    assert 'doorstep_webhook_posts_total{status="200"}' in metrics
    async with aiohttp.ClientSession() as session:
        for secret, expected in (("else", 403), (WORD, 400)):
            async with session.post(
                f"http://127.0.0.1:{port}/telegram", data=b"{}", headers={SECRET: secret}
            ) as answer:
                assert answer.status == expected

    posted.signal(signal.SIGKILL)
    await posted.ends()
    for phone in (anna, lena, anna):
        phone.person.says("/id")
    again = await here.start()
    await until(lambda: (told(anna), told(lena)) == (5, 3))
    anna.person.says("/id")
    await until(lambda: told(anna) == 6)
    again.signal(signal.SIGTERM)
    assert await again.ends() == 0
    await asyncio.sleep(0.2)
    assert (told(anna), told(lena)) == (6, 3)
    assert here.reads("SELECT DISTINCT status FROM inbox") == ["done"]
    assert here.telegram.call(TOKEN, "getWebhookInfo", {})["pending_update_count"] == 0
    assert WORD not in posted.says()
    assert "Traceback" not in polling.says() + posted.says() + again.says()
    assert here.telegram.problems == []


async def test_a_port_for_monitoring_only(here: Installation) -> None:
    """Where updates are polled, LISTEN serves health and metrics, before Telegram has answered, and no webhook."""
    port = free_port()
    assert here.serving is not None
    await here.serving.stop()
    process = await here.start(LISTEN=f"127.0.0.1:{port}")
    await process.tells("start.telegram_is_away")
    assert (await get(port, "/healthz/live"))[0] == 200
    await here.serve()
    await process.tells("start.ready")
    assert (await get(port, "/healthz"))[1]["mode"] == "polling"
    assert (await get(port, "/telegram"))[0] == 404
    process.signal(signal.SIGTERM)
    assert await process.ends() == 0
    assert "Traceback" not in process.says()
