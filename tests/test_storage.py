"""The database: races decided by compare-and-set, promises kept by indexes, times and ids that come back whole."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from bot.dispatch import booking, receiving
from bot.dispatch.refusals import NotYours, TooLate
from storage import models
from storage.database import Database, Work
from storage.lifecycle import DRIVER, MERCHANT, IllegalStep
from storage.models import Delivery, Draft, Driver, Offer, Person, Run
from storage.rows import Raced, must_swap, swap
from tests.rules import START, Clock, Town

pytestmark = pytest.mark.both_engines

Row = TypeVar("Row", bound=SQLModel)
BIG = 2**62 + 1
"""An id as Telegram may give one: far beyond 32 bits."""


def a_draft(person_id: int, status: str = "open") -> Draft:
    """A conversation about booking."""
    return Draft(person_id=person_id, form="book", status=status, updated_at=START)


def an_offer(work: Work, driver: Driver, delivery: Delivery, status: str = "open") -> Offer:
    """An offer of this delivery to this driver."""
    return Offer(
        market_id=work.market_id,
        delivery_id=delivery.id,
        driver_id=driver.id,
        search=1,
        wave=1,
        status=status,
        pay=742,
        to_pickup_m=0,
        seconds=30,
        created_at=work.now,
    )


def index_words(connection: Connection, schema: str | None = None) -> dict[str, str]:
    """The words by which each index was made, spaces, quotes and the schema's name apart."""
    if connection.dialect.name == "sqlite":
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        made = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    rows = connection.exec_driver_sql(made)
    return {
        name: " ".join(words.replace('"', "").replace(f" ON {schema or 'public'}.", " ON ").split())
        for name, words in rows
        if not name.startswith("alembic")
    }


def adopt(work: Work, row: Row) -> Row:
    """A row that was read in an earlier transaction, in this one, as it was read."""
    work.session.add(row)
    return row


class TestMigrations:
    """The tables as the migrations leave them."""

    def test_tables_are_those_of_the_models(self, database: Database) -> None:
        """Every table and column of the models is in a migrated database, and nothing else."""
        found = inspect(database.engine)
        names = set(found.get_table_names()) - {"alembic_version"}
        assert names == set(SQLModel.metadata.tables)
        for name, table in SQLModel.metadata.tables.items():
            assert {column["name"] for column in found.get_columns(name)} == {column.name for column in table.columns}

    def test_indexes_are_those_of_the_models(self, database: Database) -> None:
        """Every index is as the models say, with its condition: the promises that races rest on."""
        with database.engine.connect() as connection:
            migrated = index_words(connection)
        if database.is_sqlite:
            drawn = create_engine("sqlite://")
            with drawn.begin() as connection:
                SQLModel.metadata.create_all(connection)
                expected = index_words(connection)
            drawn.dispose()
        else:
            with database.engine.connect() as connection:
                connection.exec_driver_sql("CREATE SCHEMA drawn")
                connection.exec_driver_sql("SET LOCAL search_path TO drawn")
                SQLModel.metadata.create_all(connection)
                expected = index_words(connection, "drawn")
                connection.rollback()
        assert migrated == expected
        assert "one_run_per_driver" in expected

    def test_migrating_twice_changes_nothing(self, database: Database) -> None:
        """A database that is up to date stays as it is, its market with it."""
        database.migrate()
        with database.transaction() as work:
            assert work.market.key == "las-vegas"

    @pytest.mark.only_on("sqlite")
    def test_sqlite_is_set_up(self, database: Database) -> None:
        """SQLite keeps what was committed through a power cut, and minds foreign keys."""
        plain = Database(database.url, database.clock)
        with plain.engine.connect() as connection:
            read = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
        plain.close()
        assert read == PRAGMAS

    def test_market_version_grows_with_its_settings(self, database: Database) -> None:
        """Loading the same market again keeps its version; another tariff makes a new one."""
        with database.transaction() as work:
            market = work.market
            before = work.tariff_version
            work.markets.load(market)
        with database.transaction() as work:
            assert work.tariff_version == before
            dearer = market.tariff.model_copy(update={"base": 599})
            work.markets.load(market.model_copy(update={"tariff": dearer}))
        with database.transaction() as work:
            assert (work.tariff_version, work.market.tariff.base) == (before + 1, 599)


PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000}


class TestTransactions:
    """All or nothing."""

    def test_an_exception_rolls_back(self, town: Town) -> None:
        """What was written before an exception is gone."""

        def fail(work: Work) -> None:
            work.memory.note("key", "value")
            work.outbox.write(town.operator, "notice", text_id="x")
            raise RuntimeError("stop")

        with pytest.raises(RuntimeError, match="stop"):
            town.do(fail)
        assert town.do(lambda work: work.memory.recall("key")) is None
        assert town.do(lambda work: work.outbox.count_unsent()) == 0

    def test_a_transaction_has_one_moment(self, town: Town, clock: Clock) -> None:
        """The clock is read once for a unit of work."""
        with town.database.transaction() as work:
            clock.wind(hours=1)
            assert work.now == START


class TestCompareAndSet:
    """Two hands on one row."""

    def test_one_of_two_wins(self, town: Town) -> None:
        """Both have read the row; the first to write wins, the second changes nothing and sees what is true."""
        delivery_id = town.delivery().id
        with town.database.transaction() as work:
            mine = work.deliveries.get(delivery_id)
        with town.database.transaction() as work:
            his = work.deliveries.get(delivery_id)
            work.deliveries.step(his, "expire", "sweep")
        with town.database.transaction() as work:
            work.session.add(mine)
            assert not swap(work.session, mine, {"status": "requested"}, {"status": "cancelled"})
            assert mine.status == "expired"
        assert town.see(delivery_id).status == "expired"

    def test_losing_a_step_raises_and_leaves_no_event(self, town: Town) -> None:
        """A step from a status that is no longer raises Raced; the trail does not lie."""
        delivery_id = town.delivery().id
        with town.database.transaction() as work:
            mine = work.deliveries.get(delivery_id)
        town.do(lambda work: work.deliveries.step(work.deliveries.get(delivery_id), "expire", "sweep"))
        with pytest.raises(Raced):
            town.do(lambda work: work.deliveries.step(adopt(work, mine), "cancel", MERCHANT))
        assert town.see(delivery_id).status == "expired"
        assert town.steps(delivery_id) == [("book", "merchant"), ("expire", "sweep")]

    def test_a_step_minds_the_driver(self, town: Town) -> None:
        """The same status with another driver is another state: the step of the first raises."""
        job, other = town.job("assigned"), town.driver()
        with town.database.transaction() as work:
            mine = work.deliveries.get(job.id)
        town.do(lambda work: swap(work.session, work.deliveries.get(job.id), {}, {"driver_id": other.id}))
        with pytest.raises(Raced):
            town.do(lambda work: work.deliveries.step(adopt(work, mine), "pick_up", DRIVER))
        assert town.see(job.id).status == "assigned"

    def test_an_illegal_step_changes_nothing(self, town: Town) -> None:
        """What the table does not allow raises, without an event."""
        delivery_id = town.delivery().id
        with pytest.raises(IllegalStep):
            town.do(lambda work: work.deliveries.step(work.deliveries.get(delivery_id), "deliver", DRIVER))
        assert town.see(delivery_id).status == "requested"
        assert town.steps(delivery_id) == [("book", "merchant")]

    def test_empty_is_compared_too(self, town: Town) -> None:
        """An expected None matches an empty column, and only that."""
        delivery_id = town.delivery().id
        with town.database.transaction() as work:
            row = work.deliveries.get(delivery_id)
            assert not swap(work.session, row, {"driver_id": 7}, {"note": "x"})
            assert swap(work.session, row, {"driver_id": None}, {"note": "y"})
            with pytest.raises(Raced):
                must_swap(work.session, row, {"note": None}, {"note": "z"})
        assert town.see(delivery_id).note == "y"

    def test_a_draft_has_versions(self, town: Town) -> None:
        """An answer to a question that was asked at an older version is dropped."""
        person_id = town.person()
        town.do(lambda work: work.drafts.add(a_draft(person_id)))
        with town.database.transaction() as work:
            mine = work.drafts.open(person_id)
        town.do(lambda work: work.drafts.write(_open(work, person_id), answers={"size": "S"}))
        assert mine is not None
        with pytest.raises(Raced):
            town.do(lambda work: work.drafts.write(adopt(work, mine), answers={"size": "L"}))
        draft = town.do(lambda work: work.drafts.open(person_id))
        assert draft is not None
        assert (draft.version, draft.answers) == (2, {"size": "S"})

    def test_a_wave_goes_out_once(self, town: Town) -> None:
        """Two sweeps that read the same wave: one goes on, the other is told that it was done."""
        delivery_id = town.delivery().id
        with town.database.transaction() as work:
            mine = work.deliveries.get(delivery_id)
        assert town.do(lambda work: work.deliveries.next_wave(work.deliveries.get(delivery_id), 7, START))
        with town.database.transaction() as work:
            work.session.add(mine)
            assert not work.deliveries.next_wave(mine, 7, START)


def _open(work: Work, person_id: int) -> Draft:
    draft = work.drafts.open(person_id)
    assert draft is not None
    return draft


class TestIndexes:
    """What must not be twice cannot be."""

    def refused(self, town: Town, write: Callable[[Work], object]) -> None:
        """The database refuses this."""
        with pytest.raises(IntegrityError):
            town.do(write)

    def test_one_run_per_driver(self, town: Town) -> None:
        """A driver has one open run; when that has ended he may have the next."""
        driver = town.driver()
        run = town.do(lambda work: work.drivers.start_run(driver))
        assert run is not None
        assert town.do(lambda work: work.drivers.start_run(driver)) is None
        town.do(lambda work: work.drivers.end_run_if_done(run))
        assert town.do(lambda work: work.drivers.run(driver.id)) is None
        assert town.do(lambda work: work.drivers.start_run(driver)) not in (None, run)
        self.refused(town, lambda work: work.drivers.reopen_run(run))

    def test_one_open_offer_per_driver(self, town: Town) -> None:
        """A driver has one open offer, whatever it offers; ended ones do not count."""
        driver, first, second = town.driver(at=None), town.delivery(), town.delivery()
        town.do(lambda work: work.offers.add(an_offer(work, driver, first, "declined")))
        town.do(lambda work: work.offers.add(an_offer(work, driver, first)))
        self.refused(town, lambda work: work.offers.add(an_offer(work, driver, second)))
        other = town.driver(at=None)
        town.do(lambda work: work.offers.add(an_offer(work, other, first)))
        assert town.offered(first.id) == [driver.id, other.id]

    def test_one_open_draft_per_person(self, town: Town) -> None:
        """One open question per person; parked ones wait beside it."""
        person_id, other = town.person(), town.person()
        for draft in (a_draft(person_id), a_draft(person_id, "parked"), a_draft(person_id, "parked"), a_draft(other)):
            town.do(lambda work, draft=draft: work.drafts.add(draft))  # type: ignore[misc]
        self.refused(town, lambda work: work.drafts.add(a_draft(person_id)))
        assert len(town.do(lambda work: work.drafts.parked(person_id))) == 2

    def test_one_open_case_per_kind_and_subject(self, town: Town) -> None:
        """A case is opened once while it is open, and may come again when it was closed."""

        def open_case(work: Work, subject_id: int = BIG) -> Any:
            return work.cases.open(work.market_id, "dark", subject_id)

        case = town.do(open_case)
        assert case is not None
        assert town.do(open_case) is None
        assert town.do(open_case, 2) is not None
        town.do(lambda work: work.cases.close_about(BIG, ["dark"]))
        assert town.do(open_case).id != case.id

    def test_a_draft_is_booked_once(self, town: Town) -> None:
        """Two taps on Confirm make one delivery."""
        merchant = town.merchant()
        request = town.request(merchant)
        town.do(booking.book, merchant.owner_id, request, 77)
        self.refused(town, lambda work: booking.book(work, merchant.owner_id, request, 77))
        assert len(town.rows(Delivery)) == 1

    def test_one_driver_per_person(self, town: Town) -> None:
        """Nobody is two drivers."""
        driver = town.driver()
        twin = Driver(**{**driver.model_dump(), "id": None})
        self.refused(town, lambda work: work.drivers.add(twin))

    def test_unknown_words_are_refused(self, town: Town) -> None:
        """A status that is none is refused by the table itself."""
        delivery = town.delivery()
        self.refused(town, lambda work: swap(work.session, work.deliveries.get(delivery.id), {}, {"status": "gone"}))

    def test_rows_of_nobody_are_refused(self, town: Town) -> None:
        """A row that names a person who is none is refused."""
        self.refused(town, lambda work: work.drafts.add(a_draft(5)))


class TestLinks:
    """The customer's link binds to one person, and a new one takes its place."""

    def test_the_first_who_claims_has_it(self, town: Town) -> None:
        """A bound link cannot be bound again, not even by one who read it unbound."""
        delivery = town.delivery()
        with town.database.transaction() as work:
            mine = work.deliveries.link(delivery.id)
        first, second = town.connect(delivery.id), town.person()
        assert mine is not None
        with town.database.transaction() as work:
            work.session.add(mine)
            assert not work.deliveries.bind(mine, second)
        assert town.do(lambda work: work.deliveries.customer(delivery.id)) == first

    def test_a_new_link_starts_anew(self, town: Town) -> None:
        """The old link is over for everybody, and the new one may bind to another or the same."""
        delivery = town.delivery()
        first, second = town.connect(delivery.id), town.person()
        old = town.do(lambda work: work.deliveries.link(delivery.id))
        assert old is not None
        town.do(booking.new_link, delivery.booked_by, delivery.id)
        assert town.do(lambda work: work.deliveries.customer(delivery.id)) is None
        for person_id in (first, second):
            with pytest.raises(TooLate):
                town.do(receiving.open_link, person_id, old.token)
            with pytest.raises(TooLate):
                town.do(receiving.claim, person_id, old.id)
        new = town.do(lambda work: work.deliveries.link(delivery.id))
        assert new is not None
        assert new.token != old.token
        town.do(receiving.claim, second, new.id)
        with pytest.raises(NotYours):
            town.do(receiving.claim, first, new.id)
        assert [found.id for found in town.do(lambda work: work.deliveries.of_customer(second))] == [delivery.id]
        assert town.do(lambda work: work.deliveries.of_customer(first)) == []

    def test_tokens_have_128_bits(self, town: Town) -> None:
        """Links cannot be guessed and fit into a deep link."""
        merchant = town.merchant()
        for _ in range(3):
            town.delivery(merchant)
        tokens = {row["token"] for row in town.rows(models.Link)}
        assert len(tokens) == 3
        assert all(len(token) == 22 and token.replace("-", "").replace("_", "").isalnum() for token in tokens)


class TestTypes:
    """What goes in comes out."""

    def test_times_come_back_aware(self, town: Town) -> None:
        """Times are aware UTC after SQLite, to the microsecond, whatever zone they came in."""
        at = datetime(2026, 11, 18, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=-8)))
        driver = town.driver()
        town.do(lambda work: work.drivers.move([(driver.person_id, 36.1, -115.1, at + timedelta(minutes=1), at)]))
        seen = town.see_driver(driver.id)
        assert seen.position_at is not None
        assert seen.valid_until == at
        assert seen.position_at.utcoffset() == timedelta(0)
        assert seen.position_at == datetime(2026, 11, 18, 18, 1, 0, 123456, tzinfo=UTC)

    def test_every_time_of_a_delivery_is_aware(self, town: Town) -> None:
        """No column of a delivery or an offer reads back without its zone."""
        town.job("delivered")
        for model in (Delivery, Offer, Run, models.DeliveryEvent, models.Outbox, models.Link):
            for row in town.rows(model):
                times = [value for value in row.values() if isinstance(value, datetime)]
                assert all(value.utcoffset() == timedelta(0) for value in times)

    def test_ids_beyond_32_bits(self, town: Town) -> None:
        """Telegram's ids are kept whole wherever they stand."""

        def write(work: Work) -> None:
            work.people.meet(BIG, work.market_id, "Zoë", "zoe", "es")
            work.inbox.store([(2**40, BIG, {"update_id": 2**40})])
            work.outbox.write(-BIG, "notice", text_id="x")
            work.outbox.save_card(-BIG, "job:1", BIG, content="c", said=0)
            work.people.set_operators(work.market_id, [BIG, BIG])

        town.do(write)
        with town.database.transaction() as work:
            person = work.people.get(BIG)
            assert (person.id, person.name, person.language) == (BIG, "Zoë", "es")
            assert work.inbox.last() == 2**40
            assert [row.person_id for row in work.inbox.waiting(10, ())] == [BIG]
            card = work.outbox.card_by_message(-BIG, BIG)
            assert card is not None
            assert card.chat_id == -BIG
            assert work.people.operators() == [BIG]

    def test_money_and_words_come_back(self, town: Town) -> None:
        """Fee lines, notes in any script and coordinates are as they were booked."""
        note = "Ring twice — ¡gracias! 🙂"
        seen = town.see(town.delivery(note=note, size="M").id)
        assert seen.note == note
        assert seen.fee_lines == [["base", 499], ["distance", 429], ["size", 200]]
        assert (seen.fee, seen.pay, seen.currency) == (1128, 902, "USD")

    def test_a_person_keeps_his_language(self, town: Town) -> None:
        """The name follows Telegram; the language does too, until he has chosen one."""
        person_id = town.person("Ana")
        town.do(lambda work: work.people.meet(person_id, work.market_id, "Ana M.", "ana", "es"))
        with town.database.transaction() as work:
            person = work.people.get(person_id)
            assert (person.name, person.language) == ("Ana M.", "es")
            person.chose_language = True
        town.do(lambda work: work.people.meet(person_id, work.market_id, "Ana", None, "en"))
        assert town.do(lambda work: work.people.get(person_id)).language == "es"
        assert len(town.rows(Person)) == 2
