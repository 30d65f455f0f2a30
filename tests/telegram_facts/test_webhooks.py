"""Webhooks: what is posted, in which order, and what an answer or a silence means."""

import json
from typing import Any

import pytest

from bot.sandbox.errors import ApiError
from bot.sandbox.webhooks import SECRET, Post
from tests.telegram_facts.facts import Town, inline
from tests.telegram_facts.table import OURS, Topic, api, fact, server

HOOK = "https://a.example/hook"
ACTOR = server("WebhookActor.cpp")


def hooked(**params: Any) -> Town:
    """A town whose bot has a webhook and nothing that waits."""
    town = Town()
    town.drain()
    town.call("setWebhook", url=HOOK, **params)
    return town


def texts(posts: list[Post]) -> list[str]:
    """What each post brings: the text of a message, or the data of a tap."""
    parts = [part for post in posts for key, part in json.loads(post.body).items() if key != "update_id"]
    return [str(part.get("text") or part.get("data")) for part in parts]


def take(town: Town, post: Post, answer: dict[str, Any] | None = None) -> None:
    """The bot answers 200."""
    town.telegram.posted(post, 200, "OK", answer or {}, {})


@fact(Topic.WEBHOOKS, "the same", api("setwebhook"))
def test_an_update_is_posted_with_the_secret() -> None:
    """An update is posted as JSON with the secret token in a header, and is gone when the bot answers 2xx."""
    town = hooked(secret_token="s-3")
    town.anna.says("hello")
    (post,) = town.telegram.posts()
    assert (post.url, post.headers[SECRET], post.headers["Content-Type"]) == (HOOK, "s-3", "application/json")
    assert json.loads(post.body)["message"]["text"] == "hello"
    assert town.telegram.posts() == [], "it is in hand"
    assert town.call("getWebhookInfo")["pending_update_count"] == 1
    take(town, post)
    assert town.call("getWebhookInfo")["pending_update_count"] == 0


@fact(Topic.WEBHOOKS, "posts a person's taps beside the messages of the chat; each queue is in order", ACTOR)
def test_messages_and_taps_are_in_no_order() -> None:
    """Messages of one chat come one after the other, and so do taps of one person, but not one after the other kind."""
    town = hooked()
    town.say(reply_markup=inline("Go"))
    town.anna.says("one")
    town.anna.says("two")
    town.anna.taps("Go")
    ben = town.telegram.person("Ben")
    ben.start()
    posts = town.telegram.posts()
    assert texts(posts) == ["one", "Go", "/start"]
    take(town, posts[1])
    assert town.telegram.posts() == []
    take(town, posts[0])
    assert texts(town.telegram.posts()) == ["two"]


@fact(Topic.WEBHOOKS, "posts at most so many at once; 40, and 1 to 100, are the bounds", api("setwebhook"))
def test_max_connections() -> None:
    """max_connections bounds what is under way."""
    town = hooked(max_connections=2)
    for number in range(4):
        town.telegram.person(f"Person {number}").start()
    posts = town.telegram.posts()
    assert len(posts) == 2
    take(town, posts[0])
    assert len(town.telegram.posts()) == 1
    assert town.call("getWebhookInfo")["max_connections"] == 2
    town.call("setWebhook", url=HOOK, max_connections=1000)
    assert town.call("getWebhookInfo")["max_connections"] == 100


@fact(Topic.WEBHOOKS, "tries at once, then after 2, 4, 8, 16, 32, 64 and every 120 s", api("setwebhook"), ACTOR)
def test_pauses_grow() -> None:
    """What is not answered 2xx is tried again with growing pauses, and what is behind it waits; the rest does not."""
    town = hooked()
    town.anna.says("one")
    town.anna.says("two")
    pauses = []
    for _ in range(9):
        waited = 0
        while not (posts := town.telegram.posts()):
            town.wind(1)
            waited += 1
        pauses.append(waited)
        assert texts(posts) == ["one"]
        town.telegram.posted(posts[0], 500, "Internal Server Error", {}, {})
    assert pauses == [0, 0, 2, 4, 8, 16, 32, 64, 120]
    town.telegram.person("Ben").start()
    assert texts(town.telegram.posts()) == ["/start"]


@fact(Topic.WEBHOOKS, "waits as long as the bot asks", ACTOR)
def test_retry_after_of_the_bot() -> None:
    """A Retry-After in the bot's answer is obeyed."""
    town = hooked()
    town.anna.says("one")
    town.telegram.posted(town.telegram.posts()[0], 503, "Service Unavailable", {}, {}, retry_after=90)
    town.wind(89)
    assert town.telegram.posts() == []
    town.wind(1)
    assert len(town.telegram.posts()) == 1


@fact(Topic.WEBHOOKS, "the same, until the webhook is set anew", api("webhookinfo"), ACTOR)
def test_the_last_error_is_told() -> None:
    """getWebhookInfo tells when and how a post failed last."""
    town = hooked()
    assert "last_error_date" not in town.call("getWebhookInfo")
    town.anna.says("one")
    town.telegram.posted(town.telegram.posts()[0], 500, "Internal Server Error", {}, {})
    info = town.call("getWebhookInfo")
    assert info["last_error_date"] == int(town.now.timestamp())
    assert info["last_error_message"] == "Wrong response from the webhook: 500 Internal Server Error"
    town.telegram.post_failed(town.telegram.posts()[0], "Connection refused")
    assert town.call("getWebhookInfo")["last_error_message"] == "Connection refused"
    town.call("setWebhook", url=HOOK)
    assert "last_error_message" in town.call("getWebhookInfo"), "the same once more changes nothing"
    town.call("setWebhook", url=HOOK + "2")
    assert "last_error_message" not in town.call("getWebhookInfo")


@fact(
    Topic.WEBHOOKS,
    "calls it; its result goes nowhere, its refusal is noted",
    api("making-requests-when-getting-updates"),
)
def test_an_answer_that_is_a_call() -> None:
    """A method call may stand in the answer to an update."""
    town = hooked()
    town.anna.says("one")
    said = {"method": "sendMessage", "chat_id": town.anna.id, "text": "heard"}
    take(town, town.telegram.posts()[0], said)
    assert town.anna.messages[-1]["text"] == "heard"
    town.anna.says("two")
    take(town, town.telegram.posts()[0], {**said, "text": ""})
    assert town.telegram.problems[-1].endswith("400 Bad Request: message text is empty")
    town.anna.says("three")
    take(town, town.telegram.posts()[0], {"method": "deleteWebhook"})
    assert town.call("getWebhookInfo")["url"] == HOOK, "get…, setWebhook, deleteWebhook, close, logOut are not called"


@fact(Topic.WEBHOOKS, "the same", api("setwebhook"))
def test_allowed_updates_of_a_webhook() -> None:
    """Kinds that were not asked for are not posted; what waited can be dropped."""
    town = hooked(allowed_updates=["callback_query"])
    town.say(reply_markup=inline("Go"))
    town.anna.says("unheard")
    town.anna.taps("Go")
    assert texts(town.telegram.posts()) == ["Go"]
    assert town.call("getWebhookInfo")["allowed_updates"] == ["callback_query"]
    town.call("setWebhook", url=HOOK, drop_pending_updates=True)
    assert town.telegram.posts() == []


@fact(
    Topic.WEBHOOKS, "keeps what was not taken; an answer to an older webhook counts for nothing", api("deletewebhook")
)
def test_back_to_polling() -> None:
    """After deleteWebhook, or another setWebhook, what was not taken comes again."""
    town = hooked()
    town.anna.says("one")
    (old,) = town.telegram.posts()
    town.call("setWebhook", url=HOOK + "2")
    (new,) = town.telegram.posts()
    assert (old.update_id, old.url, new.url) == (new.update_id, HOOK, HOOK + "2")
    take(town, old)
    town.call("deleteWebhook")
    assert [update["message"]["text"] for update in town.updates()] == ["one"]


@fact(Topic.WEBHOOKS, "forgets them as getUpdates would", server("Client.cpp"))
def test_what_no_webhook_takes_is_forgotten() -> None:
    """Taps live 150 s and messages a day, also with a webhook that is down."""
    town = hooked()
    town.say(reply_markup=inline("Go"))
    town.anna.taps("Go")
    town.wind(151)
    assert town.telegram.posts() == []


@fact(Topic.WEBHOOKS, "answers 429 with retry_after 1", server("Client.cpp"))
def test_set_webhook_twice_in_a_second() -> None:
    """A second setWebhook within a second is refused."""
    town = Town(pacing=True)
    town.call("setWebhook", url=HOOK)
    assert town.refused("setWebhook", url=HOOK + "2") == "429 Too Many Requests: retry after 1"
    town.wind(1)
    assert town.call("setWebhook", url=HOOK + "2") is True


@fact(Topic.WEBHOOKS, "takes plain http and any port for this machine only", api("using-a-local-bot-api-server"), OURS)
@pytest.mark.parametrize("url", ["http://127.0.0.1:5000/hook", "http://localhost:80/", "http://[::1]:5000/hook"])
def test_a_webhook_on_this_machine(url: str) -> None:
    """Telegram's server in local mode takes any webhook; api.telegram.org wants https on four ports."""
    town = Town()
    assert town.call("setWebhook", url=url) is True
    with pytest.raises(ApiError, match="An HTTPS URL must be provided"):
        town.call("setWebhook", url="http://192.168.0.7:5000/hook")


@fact(Topic.WEBHOOKS, "trusts only that one, and says so", api("setwebhook"))
def test_a_certificate_of_ones_own() -> None:
    """A self-signed certificate is uploaded with setWebhook."""
    town = Town()
    town.call("setWebhook", {"certificate": b"-----BEGIN CERTIFICATE-----"}, url=HOOK)
    assert town.call("getWebhookInfo")["has_custom_certificate"] is True
    assert town.telegram.posts()[0].certificate == "-----BEGIN CERTIFICATE-----"
