"""A town in the database, as large as a benchmark needs it: merchants, drivers on duty, deliveries, open offers."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from sqlmodel import col, update

from bot import app
from bot.dispatch import booking, duty, joining
from bot.forms import talk
from bot.settings import load_settings
from storage.database import Database, Work
from storage.models import Outbox

MARKET = Path(app.__file__).parent / "market.toml"
WAVES = re.compile(r"^waves = \[.*?^\]", re.MULTILINE | re.DOTALL)
FASHION_SHOW = (36.1277, -115.1722)
BELLAGIO = (36.1126, -115.1767)


class Town:
    """One database, and what is put into it."""

    def __init__(self, folder: Path, wave: int = 1) -> None:
        self.url = f"sqlite:///{folder / 'bench.db'}"
        self.market = folder / "market.toml"
        self.market.write_text(
            WAVES.sub(f"waves = [{{ drivers = {wave}, seconds = 600, km = 12 }}]", MARKET.read_text())
        )
        settings = load_settings(_env_file=None, database_url=self.url, geocoder="gazetteer", market_file=self.market)
        app.migrate(settings)
        self._drafts = count(1_000_000)
        self.database = Database(self.url, lambda: datetime.now(UTC))
        with self.database.transaction() as work:
            work.people.set_operators(work.market_id, (1,))

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def meet(self, ids: list[int]) -> None:
        """People who have pressed Start."""
        with self.database.transaction() as work:
            for number in (1, *ids):
                work.people.meet(number, work.market_id, f"Person {number}", None, "en").started = True

    def merchants(self, ids: list[int], *, booking_begun: bool = False) -> None:
        """Each of them speaks for an approved shop, and may have begun to book."""
        with self.database.transaction() as work:
            for number in ids:
                joined = joining.apply_as_merchant(
                    work,
                    number,
                    name=f"Shop {number}",
                    address="3200 S Las Vegas Blvd",
                    point=FASHION_SHOW,
                    mall=None,
                    phone="+17025550142",
                    pickup_note=None,
                )
                joining.settle_merchant(work, 1, joined.id)
                if booking_begun:
                    talk.open_form(work, number, "booking")
            self._silence(work)

    def drivers(self, ids: list[int]) -> None:
        """Each of them is approved and on duty by live location, close to the pickup."""
        with self.database.transaction() as work:
            until = work.now + timedelta(hours=8)
            for n, number in enumerate(ids):
                joined = joining.apply_as_driver(
                    work, number, name=f"Driver {number}", vehicle="car", phone=f"+1702450{n:04}"
                )
                joining.settle_driver(work, 1, joined.id)
                point = (FASHION_SHOW[0] + n * 1e-5, FASHION_SHOW[1])
                duty.come_on(work, number, point, "live", until, work.now)
            self._silence(work)

    def book(self, merchant_id: int, number: int) -> list[int]:
        """So many deliveries of this merchant; their ids. The first wave of each is asked."""
        with self.database.transaction() as work:
            return [self._book(work, merchant_id) for _ in range(number)]

    def _book(self, work: Work, person_id: int) -> int:
        merchant = work.merchants.approved_of(person_id)
        assert merchant is not None
        request = booking.Request(
            merchant, 1, "S", BELLAGIO, "Bellagio", "The Strip", "Lena", "+17025550177", None, None, False
        )
        return booking.book(work, person_id, request, next(self._drafts)).id

    def offers(self, delivery_id: int) -> dict[int, int]:
        """The open offers of a delivery by the person who may accept them."""
        with self.database.transaction() as work:
            found = work.offers.open_for_delivery(delivery_id)
            return {work.drivers.get(offer.driver_id).person_id: offer.id for offer in found}

    def sent(self, delivery_ids: list[int]) -> bool:
        """Whether the cards of all their offers have been sent."""
        with self.database.transaction() as work:
            return all(offer.sent_at for number in delivery_ids for offer in work.offers.open_for_delivery(number))

    def finish(self, delivery_id: int) -> None:
        """The delivery is cancelled by an operator, and its driver free again; nobody is told."""
        with self.database.transaction() as work:
            booking.end(work, work.deliveries.get(delivery_id), "operator", 1, "other", 0)
            self._silence(work)

    @staticmethod
    def _silence(work: Work) -> None:
        work.session.flush()
        work.session.execute(update(Outbox).where(col(Outbox.sent_at).is_(None)).values(dropped_at=work.now))
