"""Prometheus metrics of this process; no person, tenant or amount ever becomes a label."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """Counters and gauges on a registry of their own."""

    def __init__(self) -> None:
        """Make them."""
        self.registry = CollectorRegistry()
        self._rows = Counter("hazina_rows", "Work rows handled", ["kind"], registry=self.registry)
        self._parked = Counter(
            "hazina_rows_parked", "Work rows put aside", ["kind"], registry=self.registry
        )
        self._sends = Counter(
            "hazina_sends", "Calls to the Bot API by outcome", ["outcome"], registry=self.registry
        )
        self._turned = Counter(
            "hazina_turned_away", "Requests refused", ["reason"], registry=self.registry
        )
        self._depth = Gauge("hazina_rows_waiting", "Rows in memory", registry=self.registry)
        self._commits = Gauge("hazina_commits", "Commits since the start", registry=self.registry)
        self._books = Gauge(
            "hazina_books", "What waits in the books", ["what"], registry=self.registry
        )

    def done(self, kind: str) -> None:
        """Count a handled row."""
        self._rows.labels(kind).inc()

    def parked(self, kind: str) -> None:
        """Count a row that was put aside."""
        self._parked.labels(kind).inc()

    def sent(self, outcome: str) -> None:
        """Count a call to the Bot API."""
        self._sends.labels(outcome).inc()

    def turned(self, reason: str) -> None:
        """Count a request that was turned away."""
        self._turned.labels(reason).inc()

    def looked(self, figures: Mapping[str, int]) -> None:
        """Show what was counted in the books; nothing where they could not be read."""
        self._books.clear()
        for what, number in figures.items():
            self._books.labels(what).set(number)

    def watch(self, *, depth: Callable[[], int], commits: Callable[[], int]) -> None:
        """Read these when asked."""
        self._depth.set_function(depth)
        self._commits.set_function(commits)

    def watch_share(
        self, *, lanes: Callable[[], int], senders: Callable[[], int], is_alive: Callable[[], bool]
    ) -> None:
        """Read what one process among several holds."""
        held = Gauge("hazina_lanes_held", "Lanes this process holds", registry=self.registry)
        held.set_function(lanes)
        sharing = Gauge("hazina_senders", "Processes that share the rate", registry=self.registry)
        sharing.set_function(senders)
        alive = Gauge("hazina_lease", "1 while this process's lease runs", registry=self.registry)
        alive.set_function(lambda: int(is_alive()))

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self.registry)
