"""The inbox and the outbox: order, marks, keys and deadlines of what came in and what is to be said."""

from datetime import timedelta
from typing import Any

import pytest

from storage.database import Database
from storage.models import Outbox
from storage.outbox import Unsaid
from tests.rules import START, Clock, Town

pytestmark = pytest.mark.both_engines

ANNA, OMAR = 6_000_000_101, 6_000_000_102


class TestInbox:
    """Stored before it is confirmed, handled in order."""

    def store(self, database: Database, *updates: tuple[int, int]) -> None:
        """Store updates (id, person) in one transaction, as a batch comes."""
        with database.transaction() as work:
            work.inbox.store((update_id, person, {"update_id": update_id}) for update_id, person in updates)

    def waiting(self, database: Database, limit: int = 100, busy: tuple[int, ...] = ()) -> list[int]:
        """The ids of what is to be handled now."""
        with database.transaction() as work:
            return [update.update_id for update in work.inbox.waiting(limit, busy)]

    def test_order_of_arrival(self, database: Database) -> None:
        """Updates are handled in the order of their ids, however they were stored."""
        self.store(database, (12, ANNA), (10, OMAR), (11, ANNA))
        assert self.waiting(database) == [10, 11]
        assert self.waiting(database, limit=1) == [10]
        with database.transaction() as work:
            work.inbox.mark(11)
        assert self.waiting(database) == [10, 12]

    def test_nobody_overtakes_himself(self, database: Database) -> None:
        """What a person said later waits behind what was put off; others do not."""
        self.store(database, (10, ANNA), (11, ANNA), (12, OMAR))
        with database.transaction() as work:
            work.inbox.put_off(10, 5, "locked", count=False)
        assert self.waiting(database) == [12]

    def test_the_same_update_twice(self, database: Database) -> None:
        """What Telegram says twice is stored once, in one batch or in two, and never handled again."""
        self.store(database, (10, ANNA), (10, OMAR))
        assert self.waiting(database) == [10]
        with database.transaction() as work:
            work.inbox.mark(10)
        self.store(database, (10, ANNA), (11, ANNA))
        assert self.waiting(database) == [11]
        with database.transaction() as work:
            assert work.inbox.last() == 11

    def test_people_in_hand_wait(self, database: Database) -> None:
        """One person's turns never overlap; other people's do not wait for him."""
        self.store(database, (10, ANNA), (11, OMAR), (12, ANNA))
        assert self.waiting(database, busy=(ANNA,)) == [11]
        assert self.waiting(database, busy=(ANNA, OMAR)) == []

    def test_marks(self, database: Database) -> None:
        """Done and failed ones are not handled again; the mark keeps the time and the error."""
        self.store(database, (10, ANNA), (11, ANNA), (12, ANNA))
        with database.transaction() as work:
            work.inbox.mark(10)
            work.inbox.mark(11, "failed", "KeyError")
            assert work.inbox.count_waiting() == 1
        assert self.waiting(database) == [12]
        with database.transaction() as work:
            failed = work.inbox.get(11)
            assert (failed.status, failed.error, failed.done_at) == ("failed", "KeyError", START)

    def test_put_off(self, database: Database, clock: Clock) -> None:
        """A try that failed is tried again later; only some failures count."""
        self.store(database, (10, ANNA))
        with database.transaction() as work:
            assert work.inbox.put_off(10, 5, "locked", count=False) == 0
            assert work.inbox.put_off(10, 5, "KeyError", count=True) == 1
        assert self.waiting(database) == []
        clock.wind(seconds=5)
        assert self.waiting(database) == [10]

    def test_nothing_came_yet(self, database: Database) -> None:
        """A new installation has no last update, and asking for an unknown one raises."""
        with database.transaction() as work:
            assert work.inbox.last() is None
            with pytest.raises(LookupError):
                work.inbox.get(1)


class TestOutbox:
    """What is to be said."""

    def say(self, town: Town, chat_id: int, text: str, **values: Any) -> None:
        """Write a notice."""
        town.do(lambda work: work.outbox.write(chat_id, "notice", text_id=text, **values))

    def due(self, town: Town, limit: int = 100, in_hand: tuple[int, ...] = (), held: tuple[int, ...] = ()) -> list[str]:
        """The texts that are to be sent now."""
        texts = {row["id"]: row["text_id"] for row in town.rows(Outbox)}
        found = town.do(lambda work: work.outbox.due(limit, in_hand, held))
        return [texts[row_id] for _, row_id in found]

    def waiting(self, town: Town, chat_id: int) -> list[Unsaid]:
        """The rows that this chat waits for."""
        return town.do(lambda work: work.outbox.of_chats([chat_id]))[chat_id]

    def test_urgent_first_then_oldest(self, town: Town) -> None:
        """Somebody who waits comes before an offer, an offer before news and bulk; equals in the order of writing."""
        for text, urgency in (("bulk", 3), ("news 1", 2), ("offer", 1), ("news 2", 2), ("answer", 0)):
            self.say(town, ANNA, text, urgency=urgency)
        assert self.due(town) == ["answer", "offer", "news 1", "news 2", "bulk"]
        assert self.due(town, limit=2) == ["answer", "offer"]

    def test_within_a_chat_the_oldest_is_first(self, town: Town) -> None:
        """Whatever its urgency: messages of one chat are sent in the order of writing."""
        self.say(town, ANNA, "old news", urgency=3)
        self.say(town, ANNA, "answer", urgency=0)
        self.say(town, OMAR, "other", urgency=0)
        assert [row.text_id for row in self.waiting(town, ANNA)] == ["old news", "answer"]

    def test_what_is_in_hand_or_held_waits(self, town: Town) -> None:
        """Rows that are being sent, and chats that must rest, are left out."""
        for chat_id, text in ((ANNA, "a"), (ANNA, "b"), (OMAR, "c")):
            self.say(town, chat_id, text)
        first = self.waiting(town, ANNA)[0]
        assert self.due(town, in_hand=(first.id,)) == ["b", "c"]
        assert self.due(town, held=(ANNA,)) == ["c"]

    def test_due_later(self, town: Town, clock: Clock) -> None:
        """A row waits for its time, and does not hold up what was written after it."""
        self.say(town, ANNA, "later", due_in=60)
        self.say(town, ANNA, "now")
        assert self.due(town) == ["now"]
        assert [row.text_id for row in self.waiting(town, ANNA)] == ["now"]
        clock.wind(seconds=60)
        assert self.due(town) == ["later", "now"]

    def test_expiry(self, town: Town, clock: Clock) -> None:
        """What is not said in time is not said."""
        self.say(town, ANNA, "soon", expires_at=START + timedelta(seconds=30))
        self.say(town, ANNA, "always")
        assert self.due(town) == ["soon", "always"]
        clock.wind(seconds=30)
        assert self.due(town) == ["always"]
        assert town.do(lambda work: work.outbox.count_unsent()) == 1

    def test_withdraw(self, town: Town) -> None:
        """What is no longer true is not said; what was said stays said."""
        self.say(town, ANNA, "said", about="delivery:1:late")
        town.relay()
        self.say(town, ANNA, "unsaid", about="delivery:1:late")
        self.say(town, OMAR, "unsaid too", about="delivery:1:late", due_in=60)
        self.say(town, ANNA, "another", about="delivery:11:late")
        town.do(lambda work: work.outbox.withdraw("delivery:1:late"))
        assert self.due(town) == ["another"]
        self.say(town, ANNA, "said anew", about="delivery:1:late")
        assert self.due(town) == ["another", "said anew"]
        rows = {row["text_id"]: row for row in town.rows(Outbox)}
        assert rows["said"]["dropped_at"] is None
        assert rows["said"]["sent_at"] == START
        assert rows["unsaid too"]["dropped_at"] == START

    def test_withdraw_in_the_transaction_that_wrote(self, town: Town) -> None:
        """A message may become untrue before anybody else has seen it."""
        with town.database.transaction() as work:
            work.outbox.write(ANNA, "notice", text_id="x", about="a")
            work.outbox.withdraw("a")
            work.outbox.write(ANNA, "notice", text_id="y", about="a")
        assert self.due(town) == ["y"]

    def test_put_off_and_dropped(self, town: Town, clock: Clock) -> None:
        """A failed send comes again later and counts; a hopeless one is kept with its reason."""
        self.say(town, ANNA, "flaky")
        self.say(town, OMAR, "hopeless")
        ids = {row["text_id"]: row["id"] for row in town.rows(Outbox)}
        assert town.do(lambda work: work.outbox.put_off([ids["flaky"]], 5, "timed out")) == 1
        town.do(lambda work: work.outbox.drop([ids["hopeless"]], "blocked"))
        assert self.due(town) == []
        clock.wind(seconds=5)
        assert self.due(town) == ["flaky"]
        assert town.do(lambda work: work.outbox.put_off([ids["flaky"]], 5, "timed out")) == 2
        dropped = town.do(lambda work: work.outbox.get(ids["hopeless"]))
        assert dropped is not None
        assert (dropped.error, dropped.dropped_at) == ("blocked", clock.now - timedelta(seconds=5))

    def test_one_rendering_serves_all_rows_of_a_card(self, town: Town, clock: Clock) -> None:
        """Due rows of one card are found together; those of later, of other cards and of other chats are not."""

        def stale(chat_id: int, subject: str, due_in: float = 0) -> None:
            town.do(lambda work: work.outbox.write(chat_id, "card", subject=subject, due_in=due_in))

        for chat_id, subject, due_in in (
            (ANNA, "job:1", 0),
            (ANNA, "job:2", 0),
            (ANNA, "job:1", 0),
            (ANNA, "job:1", 60),
            (OMAR, "job:1", 0),
        ):
            stale(chat_id, subject, due_in)
        assert [row.subject for row in self.waiting(town, ANNA)] == ["job:1", "job:2", "job:1"]
        clock.wind(seconds=60)
        assert [row.subject for row in self.waiting(town, ANNA)] == ["job:1", "job:2", "job:1", "job:1"]

    def test_a_group_becomes_a_supergroup(self, town: Town) -> None:
        """What was meant for the old chat goes to the new one; what was said stays where it was."""
        self.say(town, ANNA, "said")
        town.relay()
        self.say(town, ANNA, "unsaid")
        town.do(lambda work: work.outbox.move_chat(ANNA, OMAR))
        assert {row["text_id"]: row["chat_id"] for row in town.rows(Outbox)} == {"said": ANNA, "unsaid": OMAR}


class TestCards:
    """Where a subject's card lies."""

    def test_a_card_is_found_by_subject_and_by_message(self, town: Town) -> None:
        """One card per chat and subject; posted anew, it lies elsewhere."""

        def save(chat_id: int, message_id: int, *, closed: bool = False) -> None:
            town.do(
                lambda work: work.outbox.save_card(chat_id, "job:1", message_id, content="c", said=1, closed=closed)
            )

        save(ANNA, 5)
        save(ANNA, 9)
        save(OMAR, 5, closed=True)
        with town.database.transaction() as work:
            card = work.outbox.card(ANNA, "job:1")
            assert card is not None
            assert card.message_id == 9
            assert work.outbox.card_by_message(ANNA, 5) is None
            assert work.outbox.chats_of("job:1") == [ANNA, OMAR]
            assert [found.chat_id for found in work.outbox.open_cards()] == [ANNA]


class TestMemory:
    """Facts, known places, and the geocoder's budget."""

    def test_facts(self, town: Town) -> None:
        """A fact is what was noted last."""
        assert town.do(lambda work: work.memory.recall("bot")) is None
        town.do(lambda work: work.memory.note("bot", "1"))
        town.do(lambda work: work.memory.note("bot", "2"))
        assert town.do(lambda work: work.memory.recall("bot")) == "2"

    def test_known_places_age(self, town: Town, clock: Clock) -> None:
        """What the geocoder answered is believed since a time."""
        places = [{"lat": 36.1, "lon": -115.1, "label": "Café"}]
        town.do(lambda work: work.memory.know_places("cafe", places))
        assert town.do(lambda work: work.memory.known_places("cafe", START)) == places
        assert town.do(lambda work: work.memory.known_places("cafe", START + timedelta(seconds=1))) is None

    def test_one_caller_per_interval(self, town: Town, clock: Clock) -> None:
        """Callers are given moments an interval apart, and none is saved up."""
        waits = [town.do(lambda work: work.memory.reserve("geocoder", 1)) - START for _ in range(3)]
        assert [wait.total_seconds() for wait in waits] == [0, 1, 2]
        now = clock.wind(minutes=1)
        assert town.do(lambda work: work.memory.reserve("geocoder", 1)) == now
