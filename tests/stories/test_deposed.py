"""A relay whose lock another process has taken says nothing more; what it leaves the other one says."""

import pytest

from tests.stories.town import Town

pytestmark = pytest.mark.both_engines


async def never() -> bool:
    """Another process speaks for this token."""
    return False


async def test_a_deposed_relay_is_silent(town: Town) -> None:
    """It keeps what was to be said; the one that relays now says it, once."""
    town.bot.relay.voice.may_speak = never
    lena = town.human("Lena Lopez")
    await lena.starts()
    await lena.says("/id")
    assert lena.texts() == []
    unsent = town.reads(lambda work: work.outbox.count_unsent())
    assert unsent > 0
    await town.restart()
    assert sum(str(lena.id) in text for text in lena.texts()) == 1
    assert town.reads(lambda work: work.outbox.count_unsent()) == 0


async def test_said_by_another_meanwhile(town: Town) -> None:
    """What one has said, another does not record anew: the card is where the first one put it."""
    lena = town.human("Lena Lopez")
    await lena.starts()
    (card,) = town.reads(lambda work: work.outbox.cards_of(f"welcome:{lena.id}"))
    rows = town.reads(
        lambda work: work.session.connection().exec_driver_sql("SELECT id FROM outbox WHERE sent_at IS NOT NULL").all()
    )
    assert not await town.bot.desk.do(lambda work: work.outbox.mark_sent([row[0] for row in rows], 999))
    (same,) = town.reads(lambda work: work.outbox.cards_of(f"welcome:{lena.id}"))
    assert same.message_id == card.message_id
