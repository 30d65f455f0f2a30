"""Metrics: what this process has done, counted as it happens, and how the bot is, read when somebody asks."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.dispatch.health import Health

TURN_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
ACCEPT_S = (5, 10, 20, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """Counters of one process, in a registry of its own; counting takes a few microseconds, and no database."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()  # the global one would count the parts of other libraries, too
        self._state = _State()
        self._registry.register(self._state)
        own = self._registry
        self._turns = Counter("doorstep_turns", "Turns, by what came of them", ["outcome"], registry=own)
        self._turn_s = Histogram("doorstep_turn_seconds", "From claim to mark", buckets=TURN_S, registry=own)
        self._refusals = Counter("doorstep_refusals", "What rules refused, by kind", ["kind"], registry=own)
        self._sends = Counter("doorstep_sends", "What was asked of Telegram", ["kind", "outcome"], registry=own)
        self._offers = Counter("doorstep_offers", "Offers, by what became of them", ["outcome"], registry=own)
        self._accept_s = Histogram("doorstep_accept_seconds", "From search to accept", buckets=ACCEPT_S, registry=own)
        self._posts = Counter("doorstep_webhook_posts", "What was posted to the webhook", ["status"], registry=own)

    def turn(self, outcome: str, seconds: float) -> None:
        """A turn is over: `done`, `refused`, `failed` (or to be tried again) or `malformed`."""
        self._turns.labels(outcome).inc()
        self._turn_s.observe(seconds)

    def refused(self, kind: str) -> None:
        """A rule said no, by this class of refusal."""
        self._refusals.labels(kind).inc()

    def sent(self, kind: str, outcome: str) -> None:
        """A letter of this kind was sent, or was not for this reason."""
        self._sends.labels(kind, outcome).inc()

    def posted(self, status: int) -> None:
        """The webhook answered a post."""
        self._posts.labels(str(status)).inc()

    def happened(self, events: Iterable[tuple[str, str, float]]) -> None:
        """What transactions did that are committed now: event, how it came out, and a figure."""
        for event, outcome, figure in events:
            if event == "offer":
                self._offers.labels(outcome).inc()
            elif event == "accepted":
                self._accept_s.observe(figure)

    def show(self, health: Health | None) -> bytes:
        """All metrics as Prometheus reads them; `health` is None where the database does not answer."""
        self._state.health = health
        return generate_latest(self._registry)


class _State(Collector):
    """How the bot is, as last read."""

    def __init__(self) -> None:
        self.health: Health | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing before it was read."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        health = self.health
        yield _gauge("doorstep_database_answers", "1 where it does, else 0", 0 if health is None else 1)
        if health is None:
            return
        yield _gauge("doorstep_outbox_waiting", "Messages due and not sent", health.messages)
        yield _gauge("doorstep_outbox_age_seconds", "How long the oldest waits", health.since(health.oldest_message))
        yield _gauge("doorstep_inbox_waiting", "Updates stored and not handled", health.updates)
        yield _gauge("doorstep_inbox_age_seconds", "How long the oldest waits", health.since(health.oldest_update))
        yield _gauge("doorstep_telegram_silence_seconds", "Since it was heard", health.since(health.heard_at))
        yield _gauge("doorstep_sweeps_late", "Sweeps that should have run by now", len(health.late))
        deliveries = GaugeMetricFamily("doorstep_deliveries", "Deliveries, by status", labels=["status"])
        for status, number in health.deliveries.items():
            deliveries.add_metric([status], number)
        yield deliveries


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
