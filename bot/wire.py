"""The wire to Telegram: python-telegram-bot's request seam on aiohttp, four times as fast as its default client."""

import asyncio
import re
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import IO, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

# A Bot API address carries the token; what is logged or raised must not.
_TOKEN_IN_URL: Final = re.compile(r"(/bot)\d+:[\w-]+")

# What python-telegram-bot's own request raises before a byte has left.
_NEVER_LEFT: Final = (
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)


class NeverSent(NetworkError):
    """The request surely never reached Telegram, so that sending it again cannot say a thing twice."""

    __slots__ = ()


def may_have_arrived(error: TelegramError) -> bool:
    """Tell whether a failed call may have been carried out all the same.

    True for a read or write time-out, a broken connection and a 5xx; False when no connection was made and when
    Telegram refused (400, 403, 429, …).
    """
    return type(error) in (NetworkError, TimedOut)


@dataclass(frozen=True)
class Timeouts:
    """How long a call may take, in seconds; None waits without end.

    `media_write` stands for `write` when files are uploaded.
    """

    read: float | None = 5.0
    write: float | None = 5.0
    connect: float | None = 5.0
    pool: float | None = 1.0
    media_write: float | None = 20.0


class AiohttpRequest(BaseRequest):
    """Speaks HTTP to the Bot API over at most `connections` kept-alive connections.

    Proxies are taken from the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY) when it is initialized.
    Errors are those of python-telegram-bot's own request, finer in one point: what never left raises `NeverSent`.
    """

    __slots__ = ("_connections", "_places", "_proxy_for", "_session", "_timeouts")

    def __init__(self, connections: int = 64, timeouts: Timeouts | None = None) -> None:
        self._connections = connections
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The read time-out of a call that names none, in seconds; getUpdates adds its own waiting to it."""
        return self._timeouts.read

    async def initialize(self) -> None:
        """Open the session; a second call does nothing."""
        if self._session is not None:
            return
        # The pool is ours: aiohttp counts waiting for a connection and connecting as one time-out, and a full pool
        # must be told apart from a Telegram that cannot be reached.
        self._places = asyncio.Semaphore(self._connections)
        # aiohttp's own `trust_env` asks a thread for the proxy at every single call.
        self._proxy_for = lru_cache(maxsize=16)(_find_proxy)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
        )

    async def shutdown(self) -> None:
        """Close the session and its connections; a second call does nothing."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one call and return its HTTP status and body.

        Raises TimedOut when Telegram may have done what was asked, NeverSent when it cannot have, and NetworkError
        when the connection broke on the way. Time-outs are in seconds.
        """
        session = self._session
        if session is None:
            raise RuntimeError("This AiohttpRequest is not initialized: await initialize() first.")
        uploads = request_data is not None and request_data.contains_files
        default = self._timeouts
        timeout = _compose(
            read=_choose(read_timeout, default.read),
            write=_choose(write_timeout, default.media_write if uploads else default.write),
            connect=_choose(connect_timeout, default.connect),
            has_body=request_data is not None,
        )
        body, headers = await _encode(request_data)
        await self._take_place(_choose(pool_timeout, default.pool))
        try:
            async with session.request(
                method,
                url,
                data=body,
                headers=headers,
                timeout=timeout,
                proxy=self._proxy_for(*_origin(url)),
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except _NEVER_LEFT as err:
            raise NeverSent(_describe(err)) from _hide_token(err)
        except TimeoutError as err:
            raise TimedOut from _hide_token(err)
        except (aiohttp.ClientError, OSError) as err:
            raise NetworkError(_describe(err)) from _hide_token(err)
        finally:
            self._places.release()

    async def _take_place(self, seconds: float | None) -> None:
        """Wait for one of the connections; raise NeverSent when none comes free in time."""
        if not self._places.locked():
            await self._places.acquire()  # does not yield: the hot path pays no timer
            return
        try:
            async with asyncio.timeout(seconds):
                await self._places.acquire()
        except TimeoutError as err:
            raise NeverSent(f"All {self._connections} connections to Telegram are busy; nothing was sent.") from err


def _choose(given: object, default: float | None) -> float | None:
    """Return the call's own time-out, or the default where it names none (None is a value: no limit)."""
    if given is None or isinstance(given, int | float):
        return given
    return default


def _compose(
    *, read: float | None, write: float | None, connect: float | None, has_body: bool
) -> aiohttp.ClientTimeout:
    """Turn the time-outs of a call into aiohttp's.

    aiohttp starts the read time-out when the body is written and has none for writing, so that a write which stalls
    is ended by the sum of all three.
    """
    total = None
    if has_body and read is not None and write is not None and connect is not None:
        total = read + write + connect
    return aiohttp.ClientTimeout(total=total, connect=connect, sock_read=read)


async def _encode(data: RequestData | None) -> tuple[bytes | aiohttp.FormData | None, dict[str, str]]:
    """Write the parameters as the Bot API takes them: a plain form, or a multipart one when there are files."""
    if data is None:
        return None, {}
    if not data.contains_files:
        fields = data.url_encoded_parameters().encode()
        return (fields, {"Content-Type": "application/x-www-form-urlencoded"}) if fields else (None, {})
    form = aiohttp.FormData(quote_fields=False)  # Telegram reads file names as plain UTF-8
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for part, (filename, content, mimetype) in data.multipart_data.items():
        # Read here, since aiohttp closes a file handle once it is sent, which would spoil the second try; and wrapped,
        # since plain bytes over 1 MB go out in one piece that holds up the loop.
        raw = content if isinstance(content, bytes) else await asyncio.to_thread(_read_all, content)
        form.add_field(part, BytesIO(raw), filename=filename, content_type=mimetype)
    return form, {}


def _read_all(handle: IO[bytes]) -> bytes:
    if handle.seekable():
        handle.seek(0)
    return handle.read()


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or ""


def _find_proxy(scheme: str, host: str) -> str | None:
    """Return the proxy that the environment names for this host, or None; this machine needs none."""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(scheme) or proxies.get("all")


def _describe(err: BaseException) -> str:
    return _TOKEN_IN_URL.sub(r"\1<token>", f"aiohttp.{type(err).__name__}: {err}")


def _hide_token(err: BaseException) -> BaseException | None:
    """Return the error fit to be a cause: without the token, or None if it cannot be taken out."""
    err.args = tuple(_TOKEN_IN_URL.sub(r"\1<token>", arg) if isinstance(arg, str) else arg for arg in err.args)
    return None if _TOKEN_IN_URL.search(str(err)) else err
