"""How updates come: once, in order, for a while, to one poller."""

from pathlib import Path

import pytest

from bot.sandbox.errors import ApiError
from bot.sandbox.telegram import Telegram
from tests.telegram_facts.facts import NOON, Town, inline
from tests.telegram_facts.table import OURS, Topic, api, fact, server


@fact(Topic.UPDATES, "the same", api("getupdates"))
def test_updates_stay_until_confirmed() -> None:
    """An update is confirmed by a higher offset."""
    town = Town()
    town.anna.says("two")
    first, second = town.updates()
    assert [first["message"]["text"], second["message"]["text"]] == ["/start", "two"]
    assert second["update_id"] == first["update_id"] + 1
    assert town.updates(offset=first["update_id"]) == [first, second]
    assert town.updates(offset=second["update_id"]) == [second]
    assert town.updates() == [second]
    assert town.updates(offset=second["update_id"] + 1) == []


@fact(Topic.UPDATES, "the same", api("getupdates"), server("Client.cpp"))
def test_negative_offset() -> None:
    """A negative offset counts from the end and forgets what lies before."""
    town = Town()
    town.anna.says("two")
    town.anna.says("three")
    assert [u["message"]["text"] for u in town.updates(offset=-1)] == ["three"]
    assert [u["message"]["text"] for u in town.updates()] == ["three"]


@fact(Topic.UPDATES, "the same", api("getupdates"))
def test_limit() -> None:
    """A batch has 1 to 100 updates, 100 by default."""
    town = Town()
    for number in range(120):
        town.anna.says(str(number))
    assert len(town.updates()) == 100
    assert len(town.updates(limit=7)) == 7


@fact(
    Topic.UPDATES,
    "answers the repeated one with limit 1 (the server also waits up to 3 s: not imitated)",
    server("Client.cpp"),
)
def test_repeated_offset() -> None:
    """The same offset within half a second is answered with one update."""
    town = Town()
    town.anna.says("two")
    assert len(town.updates()) == 2
    town.wind(0.4)
    assert len(town.call("getUpdates")) == 1
    town.wind(0.6)
    assert len(town.call("getUpdates")) == 2


@fact(
    Topic.UPDATES, "forgets messages after 24 h and presses after 150 s", api("getting-updates"), server("Client.cpp")
)
def test_messages_wait_a_day_and_taps_150_seconds() -> None:
    """Updates are kept 24 hours, presses 150 s."""
    town = Town()
    town.say(reply_markup=inline("Go"))
    town.anna.taps("Go")
    town.wind(149)
    assert [set(u) - {"update_id"} for u in town.updates()] == [{"message"}, {"callback_query"}]
    town.wind(2)
    assert [set(u) - {"update_id"} for u in town.updates()] == [{"message"}]
    town.wind(24 * 3600)
    assert town.updates() == []


@fact(Topic.UPDATES, "the same", api("getupdates"))
def test_allowed_updates() -> None:
    """Kinds that were not asked for never come, and the list stays set."""
    town = Town()
    town.drain()
    town.updates(allowed_updates=["callback_query"])
    town.anna.says("unheard")
    assert town.updates() == []
    town.say(reply_markup=inline("Go"))
    town.anna.taps("Go")
    assert len(town.drain()) == 1
    town.updates(allowed_updates=[])
    town.anna.says("heard")
    assert len(town.updates()) == 1


@fact(
    Topic.POLLERS,
    "answers 409 “can't use getUpdates method while webhook is active”",
    api("getupdates"),
    server("Client.cpp"),
)
def test_polling_with_a_webhook() -> None:
    """getUpdates does not work while a webhook is set."""
    town = Town()
    assert town.call("setWebhook", url="https://a.example/hook", secret_token="s-3") is True
    assert town.refused("getUpdates") == (
        "409 Conflict: can't use getUpdates method while webhook is active; "
        "use deleteWebhook to delete the webhook first"
    )
    info = town.call("getWebhookInfo")
    assert (info["url"], info["pending_update_count"]) == ("https://a.example/hook", 1)
    assert town.call("deleteWebhook", drop_pending_updates=True) is True
    assert town.updates() == []


@fact(Topic.POLLERS, "answers a waiting poll 409 “terminated by setWebhook request”", server("Client.cpp"))
def test_a_poll_that_waits_ends_when_a_webhook_is_set() -> None:
    """setWebhook ends a long poll."""
    town = Town()
    town.drain()
    town.updates()
    town.call("setWebhook", url="https://a.example/hook")
    with pytest.raises(ApiError, match="409 Conflict: terminated by setWebhook request"):
        town.telegram.poll_again(town.telegram.polls)


@fact(Topic.POLLERS, "answers the older with 409 “terminated by other getUpdates request”", server("Client.cpp"))
def test_an_older_poll_ends_when_a_newer_comes() -> None:
    """Of two pollers the older is terminated with 409."""
    town = Town()
    town.drain()
    town.updates()
    older = town.telegram.polls
    town.updates()
    with pytest.raises(ApiError, match="409 Conflict: terminated by other getUpdates request"):
        town.telegram.poll_again(older)
    town.anna.says("hello")
    assert len(town.telegram.poll_again(town.telegram.polls)) == 1


@fact(Topic.UPDATES, "the same, from its journal", api("update"))
def test_update_ids_never_start_again(tmp_path: Path) -> None:
    """Update ids grow, also when the sandbox is started anew."""
    town = Town(journal=tmp_path / "telegram.db")
    last = town.drain()[-1]["update_id"]
    town.telegram.close()
    again = Town(journal=tmp_path / "telegram.db")
    again.anna.says("back")
    assert again.updates()[0]["update_id"] == last + 1
    again.telegram.close()


@fact(Topic.UPDATES, "begins at a number made of the time", OURS)
def test_update_ids_without_a_journal() -> None:
    """Without a file a later sandbox still numbers on."""
    early = Telegram(clock=lambda: NOON)
    late = Telegram(clock=lambda: NOON.replace(hour=21))
    for telegram in (early, late):
        telegram.person("Anna").start()
    first, second = (telegram.call(telegram.token, "getUpdates", {})[0]["update_id"] for telegram in (early, late))
    assert second > first
