"""The webhook's postman: takes each update to the bot over HTTP and brings back what the bot said."""

import asyncio
import json
import ssl
from typing import Any
from urllib.parse import parse_qsl

import aiohttp

from bot.sandbox.content import Upload
from bot.sandbox.polling import Bell
from bot.sandbox.telegram import Telegram
from bot.sandbox.webhooks import Post

PATIENCE = aiohttp.ClientTimeout(total=60, sock_connect=10)
LOOK = 0.5  # seconds between two looks at a clock that may be wound
Answer = tuple[dict[str, Any], dict[str, Upload]]


async def post_updates(telegram: Telegram) -> None:
    """Post what there is until the Telegram closes; without a webhook this only waits."""
    under_way: set[asyncio.Task[None]] = set()
    async with aiohttp.ClientSession(timeout=PATIENCE, cookie_jar=aiohttp.DummyCookieJar()) as http:
        with Bell(telegram) as bell:
            while not telegram.closing:
                for post in telegram.posts():
                    task = asyncio.create_task(_send(telegram, http, post))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                waits = telegram.world.webhook.next_at(telegram.world.now()) is not None
                await bell.wait(LOOK if waits else 3600)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _send(telegram: Telegram, http: aiohttp.ClientSession, post: Post) -> None:
    try:
        async with http.post(
            post.url, data=post.body, headers=post.headers, allow_redirects=False, ssl=_trust(post)
        ) as response:
            params, files = await _read(response)
            status, reason = response.status, response.reason or ""
            again = response.headers.get("Retry-After", "")
    except TimeoutError:
        telegram.post_failed(post, "Read timeout expired")
    except aiohttp.ClientSSLError as error:
        telegram.post_failed(post, f"SSL error {{{error}}}")
    except aiohttp.ClientConnectorError:
        telegram.post_failed(post, "Connection refused")
    except (aiohttp.ClientError, ValueError) as error:
        telegram.post_failed(post, f"Webhook connection closed ({error})")
    else:
        telegram.posted(post, status, reason, params, files, int(again) if again.isdigit() else 0)


def _trust(post: Post) -> ssl.SSLContext | bool:
    """Trust who everybody trusts, or only the certificate that setWebhook brought."""
    return ssl.create_default_context(cadata=post.certificate) if post.certificate else True


async def _read(response: aiohttp.ClientResponse) -> Answer:
    """Read an answer that may be a call of the Bot API: JSON, a form, or multipart; anything else is none."""
    kind = response.content_type
    if kind == "multipart/form-data":
        return await _read_parts(response)
    text = await response.text(errors="replace")
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(text)), {}
    if kind == "application/json":
        try:
            found = json.loads(text or "{}")
        except ValueError:
            found = None
        return (found if isinstance(found, dict) else {}), {}
    return {}, {}


async def _read_parts(response: aiohttp.ClientResponse) -> Answer:
    params: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    reader = aiohttp.MultipartReader.from_response(response)
    while (part := await reader.next()) is not None:
        if not isinstance(part, aiohttp.BodyPartReader) or part.name is None:
            continue
        if part.filename:
            files[part.name] = (part.filename, bytes(await part.read(decode=True)))
        else:
            params[part.name] = await part.text()
    return params, files
