"""Which updates are posted to the bot's webhook, when, and what becomes of each answer; the posting is the shell's."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.errors import bad_request
from bot.sandbox.links import why_wrong
from bot.sandbox.queue import Entry
from bot.sandbox.records import JSON

PORTS = (443, 80, 88, 8443)
HERE = ("localhost", "127.0.0.1", "::1")
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
CONNECTIONS = 40  # at once, unless max_connections says otherwise
MOST_CONNECTIONS = 100
LONGEST_PAUSE = 120.0  # seconds between two tries
LONGEST_RETRY_AFTER = 3600
SILENT = frozenset({"deletewebhook", "setwebhook", "close", "logout"})  # no answer to an update may call these

Lane = tuple[str, int]


@dataclass(frozen=True)
class Post:
    """One update on its way to the webhook: what a shell needs to send it, and what it must give back."""

    update_id: int
    lane: Lane
    setting: int  # which setWebhook it belongs to: an answer to an older one counts for nothing
    url: str
    headers: dict[str, str]
    body: bytes
    certificate: str | None = None  # PEM of a self-signed one


def lane_of(entry: Entry) -> Lane:
    """Give the queue of an update: messages of a chat are in one order, taps of a person in another."""
    kind = str(entry["kind"])
    body = entry["update"][kind]
    if kind == "callback_query":
        return "taps", int(body["from"]["id"])
    chat = int(body.get("chat", body.get("from", {"id": 0}))["id"])
    return ("messages" if kind in ("message", "edited_message") else kind), chat


def read_hook(params: JSON, certificate: bytes | None) -> JSON:
    """Check what setWebhook was given and give what is kept of it; raises Telegram's 400.

    Plain http and any port are taken on this machine only, as Telegram's own server takes them with `--local`.
    """
    url, secret = str(params["url"]), str(params.get("secret_token", ""))
    if not url:
        return {}
    if (urlsplit(url).hostname or "") not in HERE:
        _check_url(url)
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not all(char.isascii() and (char.isalnum() or char in "_-") for char in secret):
        raise bad_request("secret token contains unallowed characters")
    connections = max(1, min(int(params.get("max_connections") or CONNECTIONS), MOST_CONNECTIONS))
    hook: JSON = {"url": url, "secret_token": secret, "max_connections": connections}
    if "ip_address" in params:
        hook["ip_address"] = params["ip_address"]
    if certificate is not None:
        hook["certificate"] = certificate.decode("ascii", "replace")
    return hook


def _check_url(url: str) -> None:
    if not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if wrong := why_wrong(url):
        raise bad_request(f"bad webhook: {wrong}")
    if (urlsplit(url).port or 443) not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


class Webhook:
    """The state of the posting: what is in hand, what failed and waits, the last error; times are the world's."""

    def __init__(self) -> None:
        self.error: tuple[int, str] | None = None  # when, and Telegram's words
        self._setting = 0
        self._set_at = float("-inf")
        self._in_hand: dict[Lane, int] = {}
        self._failed: dict[int, tuple[int, float]] = {}  # update -> failures, not before

    def begin(self) -> None:
        """Start anew: another webhook is set, or none."""
        self._setting += 1
        self._in_hand.clear()
        self._failed.clear()
        self.error = None

    def too_soon(self, now: float) -> bool:
        """Note a setWebhook; tells whether the last one is less than a second ago."""
        soon = 0 <= now - self._set_at < 1
        self._set_at = self._set_at if soon else now
        return soon

    def due(self, hook: JSON, entries: Iterable[Entry], now: float) -> list[Post]:
        """Give the posts that go out now: the oldest update of each lane that is free, up to max_connections."""
        posts: list[Post] = []
        seen = set(self._in_hand)
        for entry in entries:
            if len(self._in_hand) >= hook.get("max_connections", CONNECTIONS):
                break
            lane = lane_of(entry)
            if lane in seen:
                continue
            seen.add(lane)
            number = int(entry["update"]["update_id"])
            if now >= self._failed.get(number, (0, 0.0))[1]:
                self._in_hand[lane] = number
                posts.append(self._post(hook, entry, number, lane))
        return posts

    def _post(self, hook: JSON, entry: Entry, number: int, lane: Lane) -> Post:
        headers = {"Content-Type": "application/json"}
        if secret := hook.get("secret_token"):
            headers[SECRET] = secret
        body = json.dumps(entry["update"], ensure_ascii=False).encode()
        return Post(number, lane, self._setting, hook["url"], headers, body, hook.get("certificate"))

    def next_at(self, now: float) -> float | None:
        """Give the time of the next second try that lies ahead, or None."""
        return min((at for _, at in self._failed.values() if at > now), default=None)

    def taken(self, post: Post) -> bool:
        """Note that the bot took a post; tells whether that still counts."""
        if not self._back(post):
            return False
        self._failed.pop(post.update_id, None)
        return True

    def refused(self, post: Post, words: str, now: float, retry_after: int = 0) -> None:
        """Note that a post failed: it is tried again at once, then after 2, 4, 8 … 60 s, or as `Retry-After` says."""
        if not self._back(post):
            return
        self.error = (int(now), words)
        failures, _ = self._failed.get(post.update_id, (0, 0.0))
        pause = min(LONGEST_PAUSE, 2.0**failures) if failures else 0.0
        if retry_after > 0:
            pause = float(min(retry_after, LONGEST_RETRY_AFTER))
        self._failed[post.update_id] = (failures + 1, now + pause)

    def _back(self, post: Post) -> bool:
        if post.setting != self._setting or self._in_hand.get(post.lane) != post.update_id:
            return False
        del self._in_hand[post.lane]
        return True


def called(answer: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Give (method, parameters) of an answer that is itself a call of the Bot API, or None when it is none."""
    method = str(answer.get("method") or "")
    if not method or method.lower() in SILENT or method.lower().startswith("get"):
        return None
    return method, {name: value for name, value in answer.items() if name != "method"}
