"""Updates by webhook: who may post, what is stored before 200 is said, and going over from polling and back."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import select
from telegram import WebhookInfo
from telegram.error import RetryAfter, TimedOut

from bot import doctor
from bot import receiver as ear
from bot import webhook as hook
from bot.dispatch import away
from bot.receiver import AnotherPoller
from bot.sandbox import posting
from bot.sandbox.posting import post_updates
from bot.settings import BadSettings, load_settings
from bot.webhook import SECRET, cannot_post
from storage.database import Work
from storage.models import Driver, Inbox
from tests.hands import until
from tests.stories.town import FASHION_SHOW, TOKEN, Human, Town

WORD = "only-Telegram_knows-this"
MOST_BYTES = 4096
LAS_VEGAS = (36.1290, -115.1700)
NO_UPDATES = (
    b"",
    b"{",
    b"[]",
    b"7",
    b"\xff\xfe",
    b"1" * 5000,
    b"[" * 200_000,
    b'{"update_id": "7"}',
    b'{"update_id": true}',
    b'{"update_id": -1}',
    b'{"update_id": 9223372036854775808}',
    b'{"update_id": 7, "x": NaN}',
)


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def by_webhook(port: int) -> dict[str, str]:
    """The settings by which updates are posted to this machine."""
    return {
        "public_url": f"http://127.0.0.1:{port}",
        "webhook_secret": WORD,
        "listen": f"127.0.0.1:{port}",
    }


class Hooked:
    """A town whose bot listens on a port."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.port = free_port()
        self.town = Town(folder, template, **by_webhook(self.port))
        self.url = f"http://127.0.0.1:{self.port}/telegram"

    async def open(self) -> "Hooked":
        """Start the bot, and let it listen."""
        assert self.town.bot.web is not None
        await self.town.bot.web.open()
        await self.town.bot.start()
        return self

    async def post(self, body: Any, secret: str | None = WORD, url: str = "") -> int:
        """Post this; the status of the answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {SECRET: secret} if secret is not None else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(url or self.url, data=data, headers=headers) as answer,
        ):
            assert await answer.text() == "" or answer.status in (404, 405)
            return answer.status

    def inbox(self) -> list[Inbox]:
        """Every stored update."""
        return stored(self.town)

    async def handle(self) -> None:
        """Let the bot answer."""
        await self.town.bot.receiver.drain()
        await self.town.bot.relay.drain()


def stored(town: Town) -> list[Inbox]:
    """Every stored update, by its number."""
    return town.reads(lambda work: list(work.session.exec(select(Inbox).order_by("update_id")).all()))


@pytest.fixture
async def hooked(tmp_path: Path, template: Path) -> AsyncIterator[Hooked]:
    """A town whose bot listens."""
    made = await Hooked(tmp_path, template).open()
    yield made
    await made.town.bot.close()


def update(number: int, human: Human, text: str = "/id") -> dict[str, Any]:
    """An update as Telegram posts it."""
    user = {"id": human.id, "is_bot": False, "first_name": human.name, "language_code": "en"}
    chat = {"id": human.id, "type": "private", "first_name": human.name}
    entities = [{"type": "bot_command", "offset": 0, "length": len(text)}] if text.startswith("/") else []
    message = {"message_id": number, "date": 1_763_490_000, "from": user, "chat": chat, "text": text}
    return {"update_id": number, "message": {**message, "entities": entities}}


class TestWhoMayPost:
    """Only Telegram, which knows the secret."""

    @pytest.mark.parametrize("secret", [None, "", "else", WORD + "x", WORD[:-1], "ä"])
    async def test_without_the_secret(self, hooked: Hooked, secret: str | None) -> None:
        """Who does not know it is sent away, and nothing is stored."""
        assert await hooked.post(update(7, hooked.town.human("Anna")), secret) == 403
        assert hooked.inbox() == []

    async def test_in_constant_time(self, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
        """How long the comparison takes does not tell how much of a guess was right."""
        compared: list[tuple[bytes, bytes]] = []

        def compare(one: bytes, other: bytes) -> bool:
            compared.append((one, other))
            return False

        monkeypatch.setattr("bot.webhook.secrets.compare_digest", compare)
        assert await hooked.post({}, "guess") == 403
        assert compared == [(b"guess", WORD.encode())]

    async def test_only_there_and_only_posts(self, hooked: Hooked) -> None:
        """Other paths and methods are nothing."""
        async with aiohttp.ClientSession() as session, session.get(hooked.url, headers={SECRET: WORD}) as answer:
            assert answer.status == 405
        assert await hooked.post({}, url=hooked.url + "/else") == 404

    def test_the_secret_is_told_to_telegram_only(self, hooked: Hooked) -> None:
        """setWebhook has it, with what we ask for; nothing that is pending is dropped."""
        called = next(call for call in hooked.town.telegram.calls if call.method == "setWebhook")
        assert called.params["url"] == hooked.url
        assert called.params["secret_token"] == WORD
        assert json.loads(called.params["allowed_updates"]) == list(ear.KINDS)
        assert str(called.params["max_connections"]) == "40"
        assert str(called.params.get("drop_pending_updates", "false")).lower() == "false"
        assert WORD not in repr(hooked.town.bot.settings)


class TestStoredFirst:
    """200 is said when the inbox has it, and not before."""

    async def test_an_update(self, hooked: Hooked) -> None:
        """It is stored, answered, and when it comes again, neither stored nor answered again."""
        anna = hooked.town.human("Anna")
        anna.phone.says("hello")
        assert await hooked.post(update(70, anna)) == 200
        assert [row.update_id for row in hooked.inbox()] == [70]
        assert await hooked.post(update(70, anna)) == 200
        await hooked.handle()
        assert sum(str(anna.id) in text for text in anna.texts()) == 1

    async def test_the_database_is_away(self, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
        """Telegram is told that it is not stored, and posts it again: then it is."""
        anna, real = hooked.town.human("Anna"), ear._store

        def stumble(work: Work, updates: list[dict[str, Any]]) -> None:
            real(work, updates)
            raise OperationalError("COMMIT", {}, Exception("database is locked"))

        monkeypatch.setattr(ear, "_store", stumble)
        assert await hooked.post(update(70, anna)) == 503
        assert hooked.inbox() == []
        monkeypatch.setattr(ear, "_store", real)
        assert await hooked.post(update(70, anna)) == 200
        assert len(hooked.inbox()) == 1

    async def test_another_worker_has_just_stored_it(self, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two workers get the same update at once: the one that is too late finds it there."""
        anna, real = hooked.town.human("Anna"), ear._store
        first: list[bool] = []

        def twice(work: Work, updates: list[dict[str, Any]]) -> None:
            if not first:  # as if another had inserted it after we had looked
                first.append(True)
                row = {"update_id": 70, "person_id": anna.id, "body": {}, "status": "new", "attempts": 0}
                for _ in range(2):
                    work.session.connection().execute(Inbox.__table__.insert(), {**row, "received_at": work.now})  # type: ignore[attr-defined]
            real(work, updates)

        monkeypatch.setattr(ear, "_store", twice)
        assert await hooked.post(update(70, anna)) == 200
        assert len(hooked.inbox()) == 1

    @pytest.mark.parametrize("body", NO_UPDATES, ids=lambda body: repr(body[:24]))
    async def test_what_is_no_update(self, hooked: Hooked, body: bytes) -> None:
        """What cannot be stored by any number is a bad request, whatever it is."""
        assert await hooked.post(body) == 400
        assert hooked.inbox() == []

    async def test_too_large(self, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
        """More than any update has is not read to its end, be its length told before or not."""
        monkeypatch.setattr(hook, "MOST_BYTES", MOST_BYTES)

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b" " * 1000

        async with (
            aiohttp.ClientSession() as session,
            session.post(hooked.url, data=pieces(), headers={SECRET: WORD}) as answer,
        ):
            assert answer.status == 413
        assert await hooked.post(b" " * (MOST_BYTES + 1)) == 413
        padded = json.dumps(update(70, hooked.town.human("Anna"))).encode().ljust(MOST_BYTES)
        assert await hooked.post(padded) == 200

    async def test_a_malformed_update(self, hooked: Hooked) -> None:
        """As when it is polled: taken, marked failed, and shown to the operators."""
        assert await hooked.post({"update_id": 71, "message": {"date": "x"}}) == 200
        await hooked.handle()
        assert [(row.status, (row.error or "").split(":")[0]) for row in hooked.inbox()] == [("failed", "malformed")]
        assert [case.kind for case in hooked.town.reads(lambda work: work.cases.all_open())] == ["update"]

    async def test_positions(self, hooked: Hooked) -> None:
        """They go to the driver and leave nothing in the inbox."""
        town = hooked.town
        hooked.town.reads(lambda work: work.people.meet(5, work.market_id, "Omar", None, "en"))
        omar = town.human("Omar", id=5)

        def join(work: Work) -> None:
            at = {"created_at": work.now, "status": "approved", "on_duty": True, "position_source": "live"}
            driver = Driver.model_validate(
                {**at, "market_id": 1, "person_id": 5, "name": "", "vehicle": "car", "phone": ""}
            )
            work.session.add(driver)

        town.reads(join)
        sent = int(town.clock.now.timestamp())
        place = {"latitude": LAS_VEGAS[0], "longitude": LAS_VEGAS[1], "live_period": 3600}
        moved = update(72, omar)["message"] | {"date": sent - 5, "edit_date": sent, "location": place}
        assert await hooked.post({"update_id": 72, "edited_message": moved}) == 200
        assert hooked.inbox() == []
        found = town.reads(lambda work: work.drivers.of(5))
        assert found is not None
        assert (found.lat, found.lon) == LAS_VEGAS


class TestWatching:
    """Whether Telegram can post is asked, so that a quiet night is not taken for an absence."""

    async def test_a_quiet_night(self, hooked: Hooked) -> None:
        """Nobody says anything for hours, and nobody is told in the morning that we were away."""
        town, anna = hooked.town, hooked.town.human("Anna")
        anna.phone.says("hello")
        assert await hooked.post(update(70, anna, "/start")) == 200
        await hooked.handle()
        assert town.bot.webhook is not None
        for _ in range(10):
            town.clock.now += timedelta(seconds=60)
            town.telegram.world.queue.clean(10**9, 0)  # it was posted
            await town.bot.webhook.look()
        assert not town.reads(away.deaf)
        assert await hooked.post(update(80, anna)) == 200
        await hooked.handle()
        anna.sees_no("I was away")

    async def test_telegram_cannot_reach_us(self, hooked: Hooked) -> None:
        """What is pending and fails means that nobody can be heard: no time of anybody's runs out."""
        town = hooked.town
        assert town.bot.webhook is not None
        town.human("Anna").phone.says("hello")
        for _ in range(3):
            town.clock.now += timedelta(seconds=50)
            for post in town.telegram.posts():
                town.telegram.post_failed(post, "Connection refused")
            await town.bot.webhook.look()
        assert town.reads(away.deaf)

    async def test_somebody_took_it_away(self, hooked: Hooked) -> None:
        """Another process polls: this one stops with a clear word, rather than hear nothing for ever."""
        town = hooked.town
        assert town.bot.webhook is not None
        town.telegram.call(TOKEN, "deleteWebhook", {})
        with pytest.raises(AnotherPoller, match="the webhook was taken away"):
            await town.bot.webhook.watch(asyncio.Event())

    async def test_telegram_does_not_answer(self, hooked: Hooked, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is asked again, until we are told to stop."""
        webhook, stop, errors = hooked.town.bot.webhook, asyncio.Event(), [TimedOut(), RetryAfter(timedelta(0))]
        assert webhook is not None

        async def look() -> None:
            if not errors:
                stop.set()
                return
            raise errors.pop()

        monkeypatch.setattr(hook, "LOOK_S", 0.01)
        monkeypatch.setattr(webhook, "look", look)
        await webhook.watch(stop)
        assert errors == []


class TestSwitching:
    """From polling to the webhook and back: what is pending is heard, and heard once."""

    async def test_there_and_back(self, tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Things are said before, between and after; every one is answered once."""
        monkeypatch.setattr(posting, "LOOK", 0.02)
        town = await Town(tmp_path, template).open()
        polling = town.settings_given
        anna, omar = town.human("Anna"), town.human("Omar")
        await anna.says("/id")
        anna.phone.says("/id")
        omar.phone.says("/id")
        omar.phone.shares_live(*FASHION_SHOW)

        port = free_port()
        await town.bot.close()
        town.settings_given = polling | by_webhook(port)
        town.bot = town._build()
        assert town.bot.web is not None
        await town.bot.web.open()
        await town.bot.start()
        postman = asyncio.create_task(post_updates(town.telegram))
        anna.phone.says("/id")
        await until(lambda: not len(town.telegram.world.queue))
        await town.bot.receiver.drain()
        await town.bot.relay.drain()
        town.telegram.closing = True
        town.telegram.world.wake()
        await postman
        town.telegram.closing = False

        anna.phone.says("/id")
        omar.phone.says("/id")
        await town.bot.close()
        town.settings_given = polling
        town.bot = town._build()
        await town.bot.start()
        await town.settle()
        await town.settle()
        assert [text.count(str(anna.id)) for text in anna.texts()] == [1] * 4
        assert sum(str(omar.id) in text for text in omar.texts()) == 2
        assert {row.status for row in stored(town)} == {"done"}
        await town.close()

    async def test_an_older_one_is_pending_still(self, tmp_path: Path, template: Path) -> None:
        """By webhook a later update may come before an older one: polling must not confirm that one unheard."""
        town = await Town(tmp_path, template).open()
        polling = town.settings_given
        await town.bot.close()
        town.settings_given = polling | by_webhook(free_port())
        town.bot = town._build()
        await town.bot.start()
        anna, omar = town.human("Anna"), town.human("Omar")
        anna.phone.says("/id")
        omar.phone.says("/id")
        first, second = town.telegram.posts()
        await town.bot.receiver.take([json.loads(second.body)])
        town.telegram.posted(second, 200, "OK", {}, {})
        town.telegram.post_failed(first, "Connection refused")
        await town.bot.close()
        town.settings_given = polling
        for _ in range(2):  # a crash before all of it was fetched changes nothing
            town.bot = town._build()
            await town.bot.start()
            assert town.bot.receiver.offset is None
            await town.bot.receiver.receive(0)
            if not _:
                await town.bot.close()
        await town.settle()
        await town.settle()
        assert [str(anna.id) in text for text in anna.texts()] == [True]
        assert [str(omar.id) in text for text in omar.texts()] == [True]
        last = stored(town)[-1].update_id
        await town.restart()
        assert town.bot.receiver.offset == last + 1  # all is as if there had never been a webhook
        await town.close()


@pytest.mark.parametrize(("seconds", "fails"), [(5, True), (119, True), (200, False)])
def test_how_long_a_failure_counts(seconds: float, fails: bool) -> None:
    """Telegram lets up to two minutes pass between two tries: until then what waits cannot be posted."""
    now = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)
    told = WebhookInfo("https://x", False, 1, last_error_date=now - timedelta(seconds=seconds))
    assert cannot_post(told, now) == fails
    assert not cannot_post(WebhookInfo("https://x", False, 0, last_error_date=told.last_error_date), now)


class TestDoctor:
    """`doorstep doctor` says whether Telegram can post."""

    NOW = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)
    OURS = "https://bot.example.org/telegram"

    def looks(self, url: str = OURS, pending: int = 0, failed_s_ago: float | None = None, **given: str) -> list[str]:
        """What is found: verdict and words."""
        failed = None if failed_s_ago is None else self.NOW - timedelta(seconds=failed_s_ago)
        words = "Connection refused" if failed is not None else None
        told = WebhookInfo(url, False, pending, last_error_date=failed, last_error_message=words)
        public = {"public_url": "https://bot.example.org", "webhook_secret": WORD, **given}
        found = doctor._webhook(load_settings(_env_file=None, **public), told, self.NOW)
        return [f"{finding.verdict.name} {finding.what}: {finding.words}" for finding in found]

    def test_well(self) -> None:
        """It posts to us; a failure of yesterday, or one that nothing waits behind, says nothing."""
        assert self.looks() == [f"WELL PUBLIC_URL: Telegram posts to {self.OURS}; 0 updates wait"]
        assert self.looks(pending=3, failed_s_ago=3600)[0].startswith("WELL PUBLIC_URL")
        assert self.looks(failed_s_ago=5)[0].startswith("WELL PUBLIC_URL")

    def test_wrong(self) -> None:
        """It cannot post, posts elsewhere, or is to be told no secret."""
        said = self.looks(pending=3, failed_s_ago=5)
        assert said == ["WRONG PUBLIC_URL: Telegram cannot post (Connection refused); 3 updates wait"]
        assert self.looks("https://else.example.org/x") == [
            "WRONG PUBLIC_URL: Telegram posts to https://else.example.org/x"
        ]
        assert self.looks(webhook_secret="")[0] == "WRONG WEBHOOK_SECRET: missing"

    def test_not_yet(self) -> None:
        """Before the first start; and where updates are polled, one that is left over is taken away."""
        assert self.looks("") == ["UNSEEN PUBLIC_URL: Telegram does not post yet"]
        assert self.looks(public_url="") == ["WELL webhook: one is set; `doorstep run` takes it away and polls"]
        assert self.looks("", public_url="") == []


class TestSettings:
    """What cannot be is said at the start."""

    @pytest.mark.parametrize(
        "url",
        [
            "https://bot.example.org",
            "https://bot.example.org:8443",
            "https://bot.example.org/town/",
            "https://b.org:88",
        ],
    )
    def test_addresses(self, url: str) -> None:
        """Telegram posts to https, on four ports; a path is kept."""
        assert load_settings(_env_file=None, public_url=url).public_url == url.rstrip("/")

    @pytest.mark.parametrize(
        ("name", "value", "mend"),
        [
            ("public_url", "http://bot.example.org", "https"),
            ("public_url", "bot.example.org", "https"),
            ("public_url", "https://", "https"),
            ("public_url", "https://bot.example.org:8080", "443, 80, 88, 8443"),
            ("public_url", "https://bot.example.org:x", "whole address"),
            ("public_url", "https://bot.example.org/?a=b", "without ?"),
            ("webhook_secret", "two words", "A–Z a–z 0–9 _ -"),
            ("webhook_secret", "x" * 257, "1 to 256"),
            ("webhook_secret", "ñ", "openssl rand"),
            ("listen", "8088", "127.0.0.1:8088"),
            ("listen", ":8088", "127.0.0.1:8088"),
            ("listen", "localhost:http", "127.0.0.1:8088"),
            ("listen", "localhost:70000", "127.0.0.1:8088"),
        ],
    )
    def test_bad_ones(self, name: str, value: str, mend: str) -> None:
        """Each names the variable, and how to mend it."""
        with pytest.raises(BadSettings) as refused:
            load_settings(_env_file=None, **{name: value})
        assert refused.value.lines[0].startswith(f"{name.upper()}: ")
        assert mend in refused.value.lines[0]

    def test_where_it_listens(self) -> None:
        """Nowhere, unless there is something to listen for or it is asked for."""
        assert load_settings(_env_file=None).address is None
        assert load_settings(_env_file=None, public_url="https://bot.example.org").address == ("127.0.0.1", 8088)
        assert load_settings(_env_file=None, listen="0.0.0.0:9000").address == ("0.0.0.0", 9000)  # noqa: S104
        assert load_settings(_env_file=None, listen="[::1]:9000").address == ("::1", 9000)

    @pytest.mark.parametrize("path", ["/telegram", "/town/telegram"])
    async def test_a_proxy_may_cut_the_path(self, tmp_path: Path, template: Path, path: str) -> None:
        """Where PUBLIC_URL has a path, posts are taken with and without it."""
        port = free_port()
        town = Town(tmp_path, template, **{**by_webhook(port), "public_url": f"http://127.0.0.1:{port}/town"})
        assert town.bot.web is not None
        await town.bot.web.open()
        url = f"http://127.0.0.1:{port}{path}"
        async with aiohttp.ClientSession() as session, session.post(url, data=b"", headers={SECRET: WORD}) as answer:
            assert answer.status == 400
        await town.bot.close()

    def test_a_secret_is_needed(self, tmp_path: Path, template: Path) -> None:
        """Without it anybody could speak for anybody."""
        with pytest.raises(BadSettings, match="WEBHOOK_SECRET is missing"):
            Town(tmp_path, template, public_url="https://bot.example.org")

    async def test_the_port_is_taken(self, tmp_path: Path, template: Path) -> None:
        """The setting is named."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            town = Town(tmp_path, template, listen=f"127.0.0.1:{taken.getsockname()[1]}")
            with pytest.raises(BadSettings, match="LISTEN: cannot listen on"):
                await town.bot.run(asyncio.Event())
